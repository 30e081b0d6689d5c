"""The doctor on sound and on broken installations."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.doctor import State
from journeys.doctor.finding import Finding
from journeys.doctor.machine import clock, disk_finding, memory
from journeys.doctor.running import data_home, database, endpoint, profile, worker
from journeys.doctor.software import models, packages, pins, python
from journeys.endpoint import choose_endpoint, choose_local_only, consent_to
from journeys.models import catalogue
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.examining import DatabaseState, examine_database
from tests.logs import make_log

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": database})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


def embedded(home: Path, **environ: str) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(home), **environ})


def looked_at(settings: Settings) -> DatabaseState:
    return examine_database(settings.database_url)


def only(findings: Iterator[Finding]) -> Finding:
    (found,) = findings
    return found


def test_the_command_changes_nothing_and_says_what_is_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environ = {
        **os.environ,
        "JOURNEYS_HOME": str(home),
        "DATABASE_URL": "",
        "JOURNEYS_PROFILE": "",
        "OPENAI_BASE_URL": "",
    }
    done = subprocess.run(
        [sys.executable, "-m", "journeys", "doctor", "--json"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(done.stdout)
    about = {finding["about"]: finding["state"] for finding in told["findings"]}
    needed = ("Python", "packages", "embedding model", "profile", "data home", "database", "disk")
    assert set(needed) <= set(about)
    assert all(f["advice"] for f in told["findings"] if f["state"] != "ok")
    assert done.returncode == (0 if told["healthy"] else 1)
    assert told["healthy"] == ("missing" not in about.values())
    assert not home.exists()


def test_a_setting_that_makes_no_sense_ends_with_status_1(tmp_path: Path) -> None:
    environ = {**os.environ, "JOURNEYS_HOME": str(tmp_path), "JOURNEYS_PROFILE": "laptop"}
    done = subprocess.run(
        [sys.executable, "-m", "journeys", "doctor"],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "must be one of embedded, server, cluster" in done.stdout
    assert "Traceback" not in done.stderr


def test_an_old_python() -> None:
    assert only(python((3, 10, 4))).state is State.MISSING
    assert only(python((3, 11, 0))).state is State.OK


def test_packages_that_are_missing_or_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("alembic==0.0.1  # old\nno-such-package==1\n# x\n")
    absent = only(packages(tmp_path))
    assert (absent.state, absent.found) == (State.MISSING, "not installed: no-such-package")
    (tmp_path / "requirements.txt").write_text("alembic==0.0.1\n")
    (tmp_path / "requirements-server.txt").write_text("no-such-driver[binary]==1\n")
    other, optional = packages(tmp_path)
    assert other.state is State.NOTE
    assert "tested: 0.0.1" in other.found
    assert optional.state is State.OK
    assert "requirements-server.txt" in optional.advice


def test_the_projects_own_pins_are_read() -> None:
    found = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert len(found) == sum("==" in line for line in lines) > 20
    assert pins("psycopg[binary]==3.3.9\n") == {"psycopg": "3.3.9"}


def test_a_damaged_model_is_found_by_its_hash(tmp_path: Path) -> None:
    model = catalogue()[0]
    path = embedded(tmp_path).models_dir / model.file
    path.parent.mkdir()
    path.write_bytes(b"GGUF and then nonsense")
    by_name = {finding.about: finding for finding in models(embedded(tmp_path))}
    assert by_name["embedding model"].state is State.OK
    assert by_name[f"model {model.name}"].state is State.MISSING
    assert f"models fetch {model.name}" in by_name[f"model {model.name}"].advice


def test_a_sound_database(settings: Settings, store: Store) -> None:
    run = store.runs.create(store.logs.add(make_log(users=1), "log"), {})
    found = list(database(settings, looked_at(settings)))
    assert [finding.state for finding in found] == [State.OK, State.OK]
    assert "1 waiting, 0 running" in only(worker(settings, looked_at(settings))).found
    store.workers.sign_on("w", 1, "here")
    store.runs.claim(run, "w")
    alive = only(worker(settings, looked_at(settings)))
    assert (alive.state, alive.found) == (State.OK, "1 alive; 0 waiting, 1 running")
    assert only(clock(looked_at(settings))).state is State.OK


def test_work_that_nobody_will_do(tmp_path: Path) -> None:
    settings = embedded(tmp_path, JOURNEYS_START_WORKER="0")
    open_store(settings).close()
    found = only(worker(settings, looked_at(settings)))
    assert (found.state, found.advice) == (State.MISSING, "python -m journeys worker --idle 0")


@pytest.mark.parametrize(("revision", "state"), [("0001", State.NOTE), ("9999", State.MISSING)])
def test_a_database_of_another_version(tmp_path: Path, revision: str, state: State) -> None:
    settings = embedded(tmp_path)
    open_store(settings).close()
    with sqlite3.connect(tmp_path / "journeys.sqlite3") as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", [revision])
    assert [finding.state for finding in database(settings, looked_at(settings))] == [
        State.OK, state,
    ]  # fmt: skip
    assert looked_at(settings).revision == revision, "and it was left as it is"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "journeys.sqlite3").write_bytes(b"not a database, but long enough" * 100)
    found = only(database(embedded(tmp_path), looked_at(embedded(tmp_path))))
    assert found.state is State.MISSING
    assert "not a database" in found.found


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://ann:sekrit@127.0.0.1:{_free_port()}/db"
    settings = embedded(tmp_path, DATABASE_URL=url)
    found = only(database(settings, looked_at(settings)))
    assert found.state is State.MISSING
    assert "sekrit" not in found.found
    assert only(profile(settings)).found.startswith("server")


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_a_secret_that_others_may_read_or_that_is_damaged(tmp_path: Path) -> None:
    settings = embedded(tmp_path / "home")
    open_store(settings).close()
    assert only(data_home(settings)).state is State.OK
    secret = settings.home / "secret.key"
    secret.chmod(0o644)
    assert only(data_home(settings)).advice == f"chmod 600 {secret}"
    secret.write_bytes(b"short")
    assert only(data_home(settings)).state is State.MISSING


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_an_endpoint_is_connected_to_and_told_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        settings = embedded(tmp_path, OPENAI_BASE_URL=url, OPENAI_MODEL="m")
        assert only(endpoint(settings, looked_at(settings))).state is State.OK
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            assert connection.recv(1000) == b""
    gone = embedded(
        tmp_path, OPENAI_BASE_URL=f"http://127.0.0.1:{_free_port()}/v1", OPENAI_MODEL="m"
    )
    found = only(endpoint(gone, looked_at(gone)))
    assert found.state is State.MISSING
    assert "does not answer" in found.found


def test_with_local_only_another_machine_is_not_even_tried(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert only(endpoint(settings, looked_at(settings))).found.startswith("none chosen")
    choose_endpoint(
        settings, store.choices, base_url="https://192.0.2.1/v1", model="m", key="sk-key"
    )
    consent_to(store.choices, "https://192.0.2.1:443")
    choose_local_only(store.choices, True)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "create_connection", refused)
    found = only(endpoint(settings, looked_at(settings)))
    assert (found.state, found.found) == (
        State.OK, "192.0.2.1 is refused (local only); not tried",
    )  # fmt: skip


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    store = open_store(settings)
    store.runs.create(store.logs.add(make_log(users=1), "log"), {})
    store.close()
    later = int((time.time() + 3600) * 1e6)
    with sqlite3.connect(tmp_path / "journeys.sqlite3") as raw:
        raw.execute("UPDATE run SET created_at = ?", [later])
    assert only(clock(looked_at(settings))).state is State.MISSING


@pytest.mark.parametrize(
    ("free", "state"),
    [(100 * 2**20, State.MISSING), (2 * 2**30, State.NOTE), (50 * 2**30, State.OK)],
)
def test_little_disk(tmp_path: Path, free: int, state: State) -> None:
    assert disk_finding(free, tmp_path).state is state


@pytest.mark.parametrize(
    ("kib", "state"),
    [(500_000, State.MISSING), (2_000_000, State.NOTE), (9_000_000, State.OK)],
)
def test_little_memory(tmp_path: Path, kib: int, state: State) -> None:
    told = tmp_path / "meminfo"
    told.write_text(f"MemTotal:       16000000 kB\nMemAvailable:   {kib} kB\nHugePages_Total:  0\n")
    assert only(memory(told)).state is state
    assert only(memory(tmp_path / "nowhere")).state is State.OK
