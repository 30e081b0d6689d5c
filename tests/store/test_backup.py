"""Backups: what was there comes back, who was erased does not, and what is damaged is refused."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from journeys.errors import ConfigError, InputError
from journeys.models.encoders import CARD_FILE, encoder_names, encoders_folder
from journeys.privacy import pseudonyms
from journeys.settings import Settings
from journeys.store import Store, dumping, open_store
from journeys.store.backup import make_backup, read_manifest, restore_backup
from journeys.store.engine import now
from journeys.store.receipts import MARGIN
from journeys.timeline import ActivityLog
from tests.databases import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


def people(store: Store) -> dict[str, int]:
    """Pseudonym -> number of events, of all logs."""
    return {p.pseudonym: p.n_events for log in store.logs.list() for p in store.logs.people(log.id)}


def alias(store: Store, user: str) -> str:
    (found,) = pseudonyms(store.keys.pseudonym, [user])
    return found


def person_id(store: Store, user: str) -> int:
    wanted = alias(store, user)
    (found,) = (
        person.id
        for log in store.logs.list()
        for person in store.logs.people(log.id)
        if person.pseudonym == wanted
    )
    return found


@pytest.fixture
def filled(store: Store, small_log: ActivityLog) -> Store:
    store.logs.add(small_log, "log")
    return store


@pytest.fixture
def kept(filled: Store, settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar.gz"
    make_backup(settings, path)
    return path


def test_what_was_there_comes_back(
    filled: Store, settings: Settings, tmp_path: Path, small_log: ActivityLog
) -> None:
    before = people(filled)
    run = filled.runs.create(filled.logs.list()[0].id, {"seed": 1})
    assert filled.runs.claim(run, "a worker")
    make_backup(settings, tmp_path / "b")
    filled.logs.add(small_log, "added later")
    filled.runs.finish(run, "a worker", "done")
    filled.close()
    done = restore_backup(settings, tmp_path / "b", replace=True)
    assert done.erased_again == 0
    store = open_store(settings)
    assert [log.name for log in store.logs.list()] == ["log"]
    assert people(store) == before
    # The worker that had the run is gone, so that the next may take it at once.
    assert [run.status for run in store.runs.list()] == ["queued"]
    store.logs.add(small_log, "and new ids are free")
    store.close()


def test_who_was_erased_since_is_erased_again(
    filled: Store, settings: Settings, kept: Path
) -> None:
    erased = alias(filled, "alice@example.org")
    filled.erase_person(person_id(filled, "alice@example.org"))
    left = people(filled)
    filled.close()
    assert restore_backup(settings, kept, replace=True).erased_again == 1
    store = open_store(settings)
    assert people(store) == left
    assert erased not in people(store)
    store.close()
    if not settings.on_postgresql:
        content = b"".join(p.read_bytes() for p in settings.home.glob("journeys.sqlite3*"))
        assert b"Only alice reads this" not in content


def test_models_that_learned_from_somebody_erased_are_withdrawn_at_the_restore(
    filled: Store, settings: Settings, kept: Path
) -> None:
    gone = alias(filled, "alice@example.org")
    filled.erase_person(person_id(filled, "alice@example.org"))
    filled.close()
    # As if the models' folder, too, came from a copy of that time.
    for name, learnt in (("old", [gone]), ("others", [alias(filled, "bob@example.org")])):
        folder = encoders_folder(settings.models_dir) / name
        folder.mkdir(parents=True)
        (folder / CARD_FILE).write_text(json.dumps({"people": learnt}))
    assert restore_backup(settings, kept, replace=True).erased_again == 1
    assert encoder_names(encoders_folder(settings.models_dir)) == ["others"]


def test_who_came_back_before_the_backup_stays(
    filled: Store, settings: Settings, tmp_path: Path, small_log: ActivityLog
) -> None:
    filled.erase_person(person_id(filled, "alice@example.org"))
    old = [json.loads(line) for line in settings.erasures.read_text().splitlines()]
    settings.erasures.write_text(
        "".join(json.dumps({**one, "at": one["at"] - 2 * MARGIN}) + "\n" for one in old)
    )
    # The same person, in the same log, with a new consent.
    filled.logs.append(filled.logs.list()[0].id, small_log)
    before = people(filled)
    assert alias(filled, "alice@example.org") in before
    make_backup(settings, tmp_path / "b")
    filled.close()
    assert restore_backup(settings, tmp_path / "b", replace=True).erased_again == 0
    assert people(open_store(settings)) == before


def test_a_receipt_tells_of_nobody(filled: Store, settings: Settings) -> None:
    gone = alias(filled, "alice@example.org")
    filled.erase_person(person_id(filled, "alice@example.org"))
    content = settings.erasures.read_text()
    lines = [json.loads(line) for line in content.splitlines()]
    assert [set(line) for line in lines] == [{"at", "mark"}] * 2, "of the log, and for agents"
    assert "alice" not in content
    assert gone not in content
    assert abs(lines[0]["at"] - now()) < 60e6
    if os.name == "posix":
        assert settings.erasures.stat().st_mode & 0o077 == 0


def test_what_agents_learnt_of_somebody_erased_does_not_come_back(
    filled: Store, settings: Settings, tmp_path: Path
) -> None:
    for pseudonym in ("p-gone", "p-stays"):
        assert filled.agent_users.write(pseudonym, None, "m", "{}")
        assert not filled.agent_users.write(pseudonym, None, "m", "another's"), "once only"
    make_backup(settings, tmp_path / "b")
    assert filled.agent_users.erase("p-gone").found
    filled.close()
    assert restore_backup(settings, tmp_path / "b", replace=True).erased_again == 1
    store = open_store(settings)
    assert [pseudonym for pseudonym, _ in store.agent_users.all()] == ["p-stays"]
    store.close()


def test_without_a_receipt_nobody_is_erased(filled: Store, settings: Settings) -> None:
    settings.erasures.mkdir()
    before = people(filled)
    with pytest.raises(ConfigError, match="Nothing was erased: the receipt"):
        filled.erase_person(person_id(filled, "alice@example.org"))
    assert people(filled) == before


def test_damaged_receipts_are_told_of_and_half_a_last_line_is_not(
    filled: Store, settings: Settings
) -> None:
    filled.erase_person(person_id(filled, "alice@example.org"))
    whole = settings.erasures.read_text()
    settings.erasures.write_text(whole + '{"at": 17')
    assert filled.erase_again(0) == 0
    settings.erasures.write_text("nonsense\n" + whole)
    with pytest.raises(ConfigError, match="damaged"):
        filled.erase_again(0)


def test_the_secret_is_apart_unless_asked_for(
    filled: Store, settings: Settings, kept: Path, tmp_path: Path
) -> None:
    secret = (settings.home / "secret.key").read_bytes()
    before = people(filled)
    filled.close()
    with tarfile.open(kept) as tar:
        assert "secret.key" not in tar.getnames()
    elsewhere = replace(settings, home=tmp_path / "elsewhere")
    if not settings.on_postgresql:
        url = f"sqlite:///{tmp_path / 'elsewhere' / 'journeys.sqlite3'}"
        elsewhere = replace(elsewhere, database_url=url)
    with pytest.raises(ConfigError, match=r"no secret.key.*Put your copy"):
        restore_backup(elsewhere, kept, replace=True)
    make_backup(settings, tmp_path / "whole", with_secret=True)
    restore_backup(elsewhere, tmp_path / "whole", replace=True)
    assert (elsewhere.home / "secret.key").read_bytes() == secret
    store = open_store(elsewhere)
    assert people(store) == before
    store.close()
    (elsewhere.home / "secret.key").write_bytes(bytes(32))
    with pytest.raises(ConfigError, match="not the one"):
        restore_backup(elsewhere, kept, replace=True)


def test_nothing_is_overwritten_unasked_or_under_a_worker(
    filled: Store, settings: Settings, kept: Path
) -> None:
    with pytest.raises(ConfigError, match="--replace"):
        restore_backup(settings, kept)
    filled.workers.sign_on("w", os.getpid(), "here")
    with pytest.raises(ConfigError, match="worker is alive"):
        restore_backup(settings, kept, replace=True)
    assert people(filled)


_numbers = itertools.count()


def damaged(kept: Path, member: str, content: bytes | None) -> Path:
    """A copy of a backup with one member changed, or without it."""
    path = kept.with_name(f"damaged {next(_numbers)}.tar.gz")
    with tarfile.open(kept) as old, tarfile.open(path, "w:gz") as new:
        for info in old:
            file = old.extractfile(info)
            assert file is not None
            data = file.read()
            if info.name == member:
                if content is None:
                    continue
                data = content or data[:-1] + bytes([data[-1] ^ 1])
                info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return path


def test_what_is_damaged_restores_nothing(filled: Store, settings: Settings, kept: Path) -> None:
    before = people(filled)
    name = next(iter(read_manifest(kept).sha256))
    told = asdict(read_manifest(kept))

    def of(**changed: object) -> bytes:
        return json.dumps({**told, **changed}).encode()

    newer = json.dumps({**told, "format": 2}).encode()
    later = json.dumps({**told, "revision": "9999"}).encode()
    other = json.dumps({**told, "database": "duckdb"}).encode()
    for path, why in (
        (damaged(kept, name, b""), "damaged"),
        (damaged(kept, name, None), "damaged"),
        (damaged(kept, "manifest.json", None), "not a backup"),
        (damaged(kept, "manifest.json", b"{}"), "not a backup"),
        (damaged(kept, "manifest.json", newer), "newer version"),
        (damaged(kept, "manifest.json", later), "does not know"),
        (damaged(kept, "manifest.json", other), "damaged|same kind"),
        (damaged(kept, "manifest.json", of(sha256={})), "damaged"),
        (damaged(kept, "manifest.json", of(sha256={name: "", "../secret.key": ""})), "damaged"),
        (damaged(kept, "manifest.json", of(sha256=[name])), "not a backup"),
        (damaged(kept, "manifest.json", of(made_at="now")), "not a backup"),
        (damaged(kept, "manifest.json", of(revision=8)), "not a backup"),
    ):
        with pytest.raises(InputError, match=why):
            restore_backup(settings, path, replace=True)
    half = kept.with_name("half")
    half.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    with pytest.raises(InputError, match="damaged"):
        restore_backup(settings, half, replace=True)
    half.write_text("no archive at all")
    with pytest.raises(InputError, match=r"cannot be read|not a backup"):
        restore_backup(settings, half, replace=True)
    assert people(filled) == before


def test_a_backup_is_whole_while_others_write(
    filled: Store, settings: Settings, tmp_path: Path, small_log: ActivityLog
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=ROOT,
        env={
            **os.environ,
            "JOURNEYS_HOME": str(settings.home),
            "DATABASE_URL": settings.database_url,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    make_backup(settings, tmp_path / "b")
    writer.communicate(timeout=60)
    assert writer.returncode == 0
    assert len(filled.logs.list()) == 21
    filled.close()
    restore_backup(settings, tmp_path / "b", replace=True)
    store = open_store(settings)
    for log in store.logs.list():
        assert sum(len(timeline) for _, timeline in store.logs.timelines(log.id)) == log.n_events
    assert 1 <= len(store.logs.list()) <= 21
    store.close()


WRITER = """
from journeys.settings import Settings
from journeys.store import open_store
from tests.logs import make_log
store = open_store(Settings.from_environment())
log = make_log(users=1)
print("writing", flush=True)
for at in range(20):
    store.logs.add(log, str(at))
"""


def test_a_program_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dumping, "_FOLDERS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"pg_dump is not installed.*postgresql-client"):
        dumping.program("pg_dump")


def test_other_tables_of_a_shared_database_stay(
    postgres_server: PostgresServer, tmp_path: Path, small_log: ActivityLog
) -> None:
    from sqlalchemy import text

    with postgres_server.database() as url:
        settings = Settings.from_environment({"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": url})
        store = open_store(settings)
        with store.engine.begin() as connection:
            connection.execute(text("CREATE TABLE theirs (n integer)"))
        store.logs.add(small_log, "log")
        make_backup(settings, tmp_path / "b")
        store.close()
        restore_backup(settings, tmp_path / "b", replace=True)
        store = open_store(settings)
        with store.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM theirs")) == 0
        assert len(people(store)) == 3
        store.close()


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "JOURNEYS_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url,
    }


def test_the_commands(filled: Store, environ: dict[str, str], tmp_path: Path) -> None:
    before = people(filled)
    filled.close()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "journeys", *arguments],
            cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert run("backup", str(tmp_path / "b")).returncode == 0
    whole = (tmp_path / "b").read_bytes()
    kept = run("backup", str(tmp_path / "b"))
    assert kept.returncode == 1
    assert "--replace" in kept.stderr
    assert (tmp_path / "b").read_bytes() == whole
    assert run("backup", str(tmp_path / "b"), "--replace").returncode == 0
    refused = run("restore", str(tmp_path / "b"))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    done = run("restore", str(tmp_path / "b"), "--replace")
    assert done.returncode == 0, done.stderr
    assert "There are no receipts" in done.stdout
    store = open_store(Settings.from_environment(environ))
    assert people(store) == before
    store.close()
