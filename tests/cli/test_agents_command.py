"""``agents import``: a log of an agent, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeys.agents.states import UserState
from journeys.cli import main
from journeys.settings import Settings
from journeys.store import open_store


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    path = tmp_path / "log.jsonl"
    lines = [
        {
            "id": f"m{at}",
            "user": f"u{at % 2}",
            "messages": [{"role": "user", "content": f"do {at}"}],
        }
        for at in range(6)
    ]
    path.write_text("\n".join([*map(json.dumps, lines), "{no json"]), encoding="utf-8")
    return path


def test_a_log_is_taken_in_once(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["agents", "import", str(log), "--kind", "openai", "--json"]
    assert main(command) == 0
    told = capsys.readouterr()
    found = json.loads(told.out.splitlines()[-1])
    assert (found["events"], found["duplicates"], found["left_out"]) == (6, 0, 1)
    assert "1 left out" in told.err
    assert main(command) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (again["events"], again["duplicates"]) == (0, 6)


def test_simulated_users_are_marked(log: Path) -> None:
    assert main(["agents", "import", str(log), "--kind", "openai", "--simulated"]) == 0
    store = open_store(Settings.from_environment())
    states = [UserState.from_json(kept.text) for _, kept in store.agent_users.all()]
    store.close()
    assert len(states) == 2
    assert all(state.simulated for state in states)


def test_a_file_that_is_not_there_is_told(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agents", "import", str(log.parent / "none"), "--kind", "openai"]) == 1
    assert "error:" in capsys.readouterr().err


def test_a_log_of_another_kind_is_told(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agents", "import", str(log), "--kind", "agent-prs"]) == 0
    assert "Is it of the kind 'agent-prs'?" in capsys.readouterr().err
