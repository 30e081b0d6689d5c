"""``prompts``, and ``discover --prompts --language``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.cli import main
from journeys.naming.prompts import FILES, PromptSet
from journeys.settings import Settings
from journeys.store import open_store
from tests.endpoints import NamingServer, naming_server
from tests.logs import make_log

SHIPPED = PromptSet.shipped()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    for name in ("DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "JOURNEYS_LOCAL_ONLY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def folder(home: Path) -> Path:
    """The shipped files with another rule."""
    assert main(["prompts", "export", "ladder", str(home / "Brief")]) == 0
    rules = home / "Brief" / "system.j2"
    rules.write_text(rules.read_text() + "\nBe brief.\n")
    return home / "Brief"


def test_export_edit_check_add_list_show_delete(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prompts", "check", str(folder)]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out
    assert main(["prompts", "add", str(folder), "--based-on", SHIPPED.id]) == 0
    kept = capsys.readouterr().out.strip()
    assert kept.startswith("Brief-")
    assert main(["prompts", "list", "--json"]) == 0
    mine, shipped, local = json.loads(capsys.readouterr().out)
    assert (mine["id"], mine["based_on"], mine["runs"]) == (kept, SHIPPED.id, [])
    assert shipped == {"id": SHIPPED.id, "name": "ladder", "shipped": True}
    assert (local["name"], local["shipped"]) == ("local", True)
    assert main(["prompts", "list"]) == 0
    assert "not used yet" in capsys.readouterr().out
    assert main(["prompts", "show", kept, "--language", "Welsh"]) == 0
    shown = capsys.readouterr().out
    assert "Be brief." in shown
    assert "Welsh" in shown
    assert shown.count("--- user") == 1 + len(SHIPPED.examples)
    assert main(["prompts", "export", kept, str(folder.parent / "again")]) == 0
    for file in FILES:
        assert (folder.parent / "again" / file).read_text() == (folder / file).read_text()
    assert main(["prompts", "delete", kept]) == 0
    assert main(["prompts", "show", kept]) == 1
    assert "no prompts with the id" in capsys.readouterr().err


def test_errors_are_told_by_file_and_line_and_nothing_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "user.j2").write_text("Titles:\n{{ colours }}\n")
    assert main(["prompts", "check", str(folder)]) == 1
    assert "error: user.j2, line 2: There is no value “colours”" in capsys.readouterr().out
    assert main(["prompts", "add", str(folder)]) == 1
    assert "user.j2, line 2" in capsys.readouterr().err
    assert main(["prompts", "add", str(folder.parent / "nowhere")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert main(["prompts", "list", "--json"]) == 0
    assert all(row["shipped"] for row in json.loads(capsys.readouterr().out))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NamingServer]:
    with naming_server() as opened:
        monkeypatch.setenv("OPENAI_BASE_URL", opened.url)
        monkeypatch.setenv("OPENAI_MODEL", "m")
        yield opened


def test_discover_takes_a_folder_or_an_id_and_keeps_the_folder_as_a_set(
    folder: Path,
    server: NamingServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from journeys.embedding.fake import FakeEmbedder

    monkeypatch.setattr("journeys.embedding.load_embedder", lambda _: FakeEmbedder())
    log = folder.parent / "log.csv"
    make_log(users=1).frame.to_csv(log, index=False)
    out = folder.parent / "out"
    usual = ["discover", str(log), "--namer", "openai", "--map", "none", "--out"]
    assert main([*usual, str(out), "--prompts", str(folder), "--language", "Welsh"]) == 0
    manifest = json.loads((out / "manifest.json").read_text())
    store = open_store(Settings.from_environment())
    (record,) = store.prompts.list()
    store.close()
    assert manifest["prompts"] == record.id
    assert record.prompts.name == "Brief"
    assert manifest["config"]["language"] == "Welsh"
    assert all("Be brief." in sent["messages"][0]["content"] for sent in server.requests)
    assert f"Prompts: {record.id}" in capsys.readouterr().err
    asked = len(server.requests)
    assert asked > 0
    again = ["--prompts", record.id, "--language", "Welsh"]
    assert main([*usual, str(folder.parent / "out2"), *again]) == 0
    assert len(server.requests) == asked, "the same prompts are answered from the cache"
    assert main([*usual, str(folder.parent / "out3"), "--prompts", "nothing"]) == 1
    assert "no prompts with the id “nothing”" in capsys.readouterr().err
    assert main([*usual, str(folder.parent / "out3"), "--language", "x; rm"]) == 1
