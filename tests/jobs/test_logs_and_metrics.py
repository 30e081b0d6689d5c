"""What a worker writes for machines: JSON lines and figures of the queue, and nothing of a log."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from journeys.cli import main
from journeys.discovery import DiscoveryConfig
from journeys.errors import ConfigError
from journeys.jobs.logs import JsonLines, figures
from journeys.jobs.metrics import exposition
from journeys.settings import Settings
from journeys.store import open_store
from journeys.store.queue_figures import queue_figures
from tests.logs import make_log

ROOT = Path(__file__).resolve().parents[2]


def line(record: logging.LogRecord) -> dict[str, object]:
    told = JsonLines().format(record)
    assert "\n" not in told
    return dict(json.loads(told))


def test_a_line_has_figures_and_none_of_the_values_in_the_words() -> None:
    logger = logging.getLogger("journeys.jobs.worker")
    try:
        raise ValueError("Only alice reads this")
    except ValueError as error:
        record = logger.makeRecord(
            logger.name, logging.ERROR, __file__, 1, "run %s: %s", (7, error), sys.exc_info(),
            extra=figures(run=7, s=0.5),
        )  # fmt: skip
    told = line(record)
    assert (told["event"], told["run"], told["s"], told["error"]) == ("run %s: %s", 7, 0.5,
                                                                      "ValueError")  # fmt: skip
    assert (told["level"], told["logger"]) == ("error", "journeys.jobs.worker")
    assert "alice" not in json.dumps(told)


def test_other_libraries_words_are_not_passed_on() -> None:
    record = logging.LogRecord("httpx2", logging.INFO, "", 1, "GET https://x/?q=alice", (), None)
    assert "alice" not in json.dumps(line(record))


def test_a_worker_writes_json_lines(tmp_path: Path) -> None:
    environ = {"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": "", "JOURNEYS_LOG": "json"}
    store = open_store(Settings.from_environment(environ))
    # An unknown namer, so that no model has to be loaded.
    run = store.runs.create(store.logs.add(make_log(users=1), "log"), {"namer": "who"})
    store.close()
    done = subprocess.run(
        [sys.executable, "-m", "journeys", "worker", "--idle", "0.1"],
        cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [json.loads(each) for each in done.stderr.splitlines()]
    assert [(each["event"], each["run"]) for each in lines] == [
        ("run %s begins", run), ("run %s: %s", run),
    ]  # fmt: skip
    assert lines[-1]["status"] == "failed"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", each["time"]) for each in lines)


def test_another_word_for_the_log_is_refused() -> None:
    with pytest.raises(ConfigError, match="text or json"):
        _ = Settings.from_environment({"JOURNEYS_LOG": "xml"}).json_logs


SAMPLE = re.compile(r'(\w+)(?:\{kind="(\w+)",status="(\w+)"\})? (\S+)')


def read(text: str) -> dict[tuple[str, ...], float]:
    """The samples of an exposition, each announced by its HELP and TYPE."""
    found: dict[tuple[str, ...], float] = {}
    announced: set[str] = set()
    for each in text.splitlines():
        if each.startswith("# TYPE "):
            announced.add(each.split()[2])
        elif not each.startswith("#"):
            match = SAMPLE.fullmatch(each)
            assert match, each
            assert match[1] in announced
            found[tuple(part for part in match.groups()[:-1] if part)] = float(match[4])
    return found


def test_the_figures_are_those_of_the_queue(tmp_path: Path, database: str) -> None:
    environ = {"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": database}
    store = open_store(Settings.from_environment(environ))
    empty = read(exposition(queue_figures(store.engine)))
    assert empty == {
        ("journeys_queue_waiting_seconds",): 0.0,
        ("journeys_runs_stale",): 0.0,
        ("journeys_workers_alive",): 0.0,
    }
    log = store.logs.add(make_log(users=1), "log")
    runs = [store.runs.create(log, DiscoveryConfig().to_dict()) for _ in range(3)]
    store.workers.sign_on("w", 1, "here")
    store.runs.claim(runs[0], "w")
    store.runs.finish(runs[0], "w", "done")
    store.runs.claim(runs[1], "w")
    told = read(exposition(queue_figures(store.engine)))
    for status, count in (("done", 1), ("running", 1), ("queued", 1)):
        assert told["journeys_runs", "discovery", status] == count
    assert told["journeys_workers_alive",] == 1
    assert told["journeys_runs_stale",] == 0
    assert told["journeys_queue_waiting_seconds",] > 0
    assert told["journeys_run_busy_seconds", "discovery", "done"] > 0
    store.close()


def test_the_command_writes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["metrics"]) == 0
    assert main(["metrics", "--out", str(tmp_path / "journeys.prom")]) == 0
    assert (tmp_path / "journeys.prom").read_text() == capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "journeys.prom"]
    assert main(["metrics", "--out", str(tmp_path / "no" / "file")]) == 1
