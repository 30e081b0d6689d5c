"""``python -m journeys memory`` on real files and a real database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeys.cli import main
from journeys.settings import Settings
from journeys.store import open_store
from tests.memory.worlds import phases


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    return tmp_path


def write(path: Path, start: int, end: int) -> Path:
    phases("ann").frame.iloc[start:end].to_csv(path, index=False)
    return path


def test_a_log_enters_and_is_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write(home / "log.csv", 0, 22)
    assert main(["memory", "append", str(log), "--size", "10", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (first["events"], first["partitions"], first["llm_calls"]) == (22, 2, 0)
    assert main(["memory", "append", str(log), "--size", "10", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["events"] == 0
    more = write(home / "more.csv", 18, 30)
    given = ["memory", "append", str(more), "--name", "log", "--size", "10", "--json"]
    assert main(given) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["events"] == 8
    assert main(["memory", "show", "ann", "--size", "10", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [part["events"] for part in shown["partitions"]] == [10, 10, 10]
    assert shown["partitions"][0]["from"] == "2020-01-01"
    assert shown["cache"] == 0
    assert main(["memory", "show", "ann", "--size", "10"]) == 0
    assert "2020-01-11 to 2020-01-20, 10 events" in capsys.readouterr().out


def test_mail_addresses_do_not_enter(home: Path) -> None:
    log = home / "mail.csv"
    frame = phases("ann").frame.head(3)
    frame["title"] = "write to jane.doe@example.org about bread"
    frame.to_csv(log, index=False)
    assert main(["memory", "append", str(log)]) == 0
    store = open_store(Settings.from_environment())
    (memory,) = store.memory.of_log(store.logs.list()[0].id)
    (person,) = store.memory.people(memory.id)
    titles = [item.title for item in store.memory.items(memory.id, person.person_id)[0]]
    store.close()
    assert titles
    assert all("jane.doe" not in title for title in titles)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["append", "nowhere.csv"], "no file and no stored log"),
        (["show", "nobody"], "No memory of this kind has a person 'nobody'"),
        (["append", "nowhere.csv", "--size", "1"], "no file"),
    ],
)
def test_what_is_wrong_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str], told: str
) -> None:
    assert main(["memory", *command]) == 1
    assert told in capsys.readouterr().err
