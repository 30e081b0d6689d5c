"""Keys of agents by the command line, and erasing a user whom only agents know."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from journeys.cli import main
from journeys.privacy import pseudonyms
from journeys.settings import Settings
from journeys.store import open_store


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def test_a_key_is_shown_once_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "list"]) == 0
    assert "There are no keys" in capsys.readouterr().out
    made = ["keys", "create", "my agent", "--prefix", "acme/", "--scopes", "read,write"]
    assert main([*made, "--days", "30", "--per-minute", "100"]) == 0
    key = capsys.readouterr().out.split("\n")[1]
    assert key.startswith("ijk_")
    store = open_store(Settings.from_environment())
    found = store.agent_keys.find(key)
    store.close()
    assert found is not None
    assert found.scopes == ("read", "write")
    assert found.expires_at is not None
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert "my agent  works  read,write  users acme/..." in listed
    assert key not in listed
    assert main(["keys", "revoke", str(found.id)]) == 0
    assert main(["keys", "list"]) == 0
    assert "my agent  revoked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["create", "k", "--everybody", "--scopes", "fly"], "scopes are among"),
        (["create", "k", "--everybody", "--days", "-1"], "--days must be above 0"),
        (["revoke", "7"], "There is no key 7"),
    ],
)
def test_what_makes_no_sense_is_said(
    wrong: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", *wrong]) == 1
    assert said in capsys.readouterr().err


def test_a_user_whom_only_agents_know_is_erased(capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(Settings.from_environment())
    who = pseudonyms(store.keys.pseudonym, ["ada"])[0]
    store.agent_users.write(who, None, "m", "{}")
    assert main(["erase", "ada", "--yes"]) == 0
    assert "and what agents learnt" in capsys.readouterr().out
    assert store.agent_users.read(who) is None
    store.close()
    assert main(["erase", "ada", "--yes"]) == 1


def test_erasing_without_anybody_to_ask_erases_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    store = open_store(Settings.from_environment())
    who = pseudonyms(store.keys.pseudonym, ["ada"])[0]
    store.agent_users.write(who, None, "m", "{}")
    assert main(["erase", "ada"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert store.agent_users.read(who) is not None
    store.close()


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mcp")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"port {port}" in said
    assert "No key works yet" in said
    assert main(["serve", "--mcp-stdio", "--refresh-hours", "1"]) == 1
    assert "--refresh-hours is for the server over HTTP" in capsys.readouterr().err


def test_a_tool_without_a_key_is_told_where_it_belongs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mcp")
    monkeypatch.setenv("JOURNEYS_AGENT_KEY", "ijk_wrong")
    assert main(["serve", "--mcp-stdio"]) == 1
    assert "JOURNEYS_AGENT_KEY has no key that works" in capsys.readouterr().err
