"""``audit``: what commands read is noted, and listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeys.cli import main
from journeys.cli.opening import login
from journeys.settings import Settings
from journeys.store import open_store
from tests.logs import make_log
from tests.pages.filled import discovered


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def test_a_command_that_reads_titles_is_noted_and_listed(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(Settings.from_environment())
    discovered(store, make_log(users=1))
    store.close()
    # The account is the system's word, not a variable's.
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.setenv("USER", "mallory")
    assert main(["memory", "append", "A made-up log"]) == 0
    assert main(["memory", "show", "user0"]) == 0
    capsys.readouterr()
    assert main(["audit", "--person", "user0"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("memory") == 1
    assert login() in listed
    assert "mallory" not in listed
    assert "ukulele" not in listed
    assert main(["audit", "--who", "nobody-of-that-name"]) == 0
    assert "memory" not in capsys.readouterr().out
    assert main(["audit", "--csv", str(home / "looks.csv")]) == 0
    assert "memory" in (home / "looks.csv").read_text(encoding="utf-8")
    assert main(["audit", "--csv", str(home / "looks.csv")]) == 1
    assert "Name a new file" in capsys.readouterr().err
    assert main(["audit", "--most", "0"]) == 1
