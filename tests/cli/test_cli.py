"""The command line, on the real embedder and a small log."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]


def journeys(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m journeys`` with a home of its own."""
    return subprocess.run(
        [sys.executable, "-m", "journeys", *arguments],
        cwd=ROOT,
        env={**os.environ, "JOURNEYS_HOME": str(home), "DATABASE_URL": "", "OPENAI_API_KEY": ""},
        capture_output=True,
        text=True,
    )


TITLES = {
    "ukulele": "How to {} on the ukulele, lesson {}",
    "sourdough": "Sourdough bread: {} the dough, part {}",
}
VERBS = ["strum", "rest", "fold", "tune", "shape", "warm", "score", "hold"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, 16 events each, a duplicate of the first record, two unreadable ones."""
    path = tmp_path_factory.mktemp("log") / "log.csv"
    rows = []
    for user in ("zoe", "adam"):
        for at in range(16):
            title = list(TITLES.values())[at % 2].format(VERBS[at % 8], at)
            rows.append([user, f"2024-{at % 12 + 1:02d}-05T10:00:00Z", title, f"-v{user}{at}"])
    rows.insert(1, list(rows[0]))
    rows.insert(5, ["zoe", "not a time", "Broken", "x"])
    rows.append(["zoe", "2024-01-01T00:00:00Z", "", "y"])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "timestamp", "title", "item_id"])
        writer.writerows(rows)
    return path


def test_discover_writes_what_it_says(home: Path, log: Path, tmp_path: Path) -> None:
    done = journeys(home, "discover", str(log), "--out", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert {k: summary[k] for k in ("users", "events", "rejected")} == {
        "users": 2,
        "events": 32,
        "rejected": 2,
    }
    assert set(summary) == {
        "users", "events", "rejected", "journeys", "unassigned_share", "seconds", "llm",
    }  # fmt: skip
    assert set(summary["llm"]) == {
        "calls", "cached", "retries", "prompt_tokens", "completion_tokens", "estimated", "cost",
        "seconds", "failures",
    }  # fmt: skip
    with (tmp_path / "assignments.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["user_id", "item_id", "timestamp", "journey_id"]
    assert len(rows) == 33, "one row a readable record, the duplicate too"
    assert rows[0] == rows[1], "a duplicate has its twin's journey"
    assert [row["user_id"] for row in rows] == ["zoe"] * 17 + ["adam"] * 16, "input order"
    assert rows[0]["item_id"] == "-vzoe0", "the log's own ids, untouched"
    with (tmp_path / "rejected.csv").open(newline="") as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["6", "35"]
    found = [json.loads(line) for line in (tmp_path / "journeys.jsonl").read_text().splitlines()]
    assert len(found) == summary["journeys"] > 0
    assert {row["journey_id"] for row in rows} - {""} == {j["journey_id"] for j in found}
    assert all(list(j["names"]) == ["1", "2", "3", "4", "5"] for j in found)
    points = pq.read_table(tmp_path / "map.parquet")
    assert points.num_rows == 32
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["embedder"].startswith("all-MiniLM-L6-v2@")
    assert manifest["rejected"] == 2
    assert manifest["duplicates"] == 1


def test_the_same_command_gives_the_same_bytes_and_loads_no_model(
    home: Path, log: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    journeys(home, "discover", str(log), "--out", str(first), "--map", "none")
    code = (
        "import sys; from journeys.cli import main; "
        f"main(['discover', {str(log)!r}, '--out', {str(second)!r}, '--map', 'none']); "
        "print('torch' in sys.modules, 'umap' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "JOURNEYS_HOME": str(home), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["False", "False"], done.stderr
    for name in ("assignments.csv", "rejected.csv", "journeys.jsonl"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_first_users_by_id(home: Path, log: Path, tmp_path: Path) -> None:
    done = journeys(
        home, "discover", str(log), "--out", str(tmp_path), "--users", "1", "--map", "none",
        "--pseudonymise", "--json",
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1])["users"] == 1
    with (tmp_path / "assignments.csv").open(newline="") as file:
        users = {row["user_id"] for row in csv.DictReader(file)}
    assert len(users) == 1
    assert users.pop().startswith("p")
    assert "adam" not in (tmp_path / "journeys.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["discover", "nowhere.csv", "--out", "x"], "nowhere.csv"),
        (["discover", "{log}", "--out", "{out}", "--column", "title"], "must look like"),
        (["discover", "{log}", "--out", "{out}", "--granularity", "7"], "granularity"),
        (["discover", "{log}", "--out", "{out}", "--users", "0"], "--users must be"),
        (["discover", "{log}", "--out", "{out}", "--namer", "openai"], "OPENAI_API_KEY"),
        (["discover", "{log}", "--out", "{out}", "--namer", "local"], "models fetch"),
        (["models", "fetch", "nothing"], "no model called"),
        (["erase", "nobody", "--yes"], "nobody"),
    ],
)
def test_errors_are_one_sentence(
    home: Path, log: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    filled = [a.format(log=log, out=tmp_path) for a in arguments]
    done = journeys(home, *filled)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_pruning_drops_what_the_command_left(home: Path, log: Path, tmp_path: Path) -> None:
    journeys(home, "discover", str(log), "--out", str(tmp_path), "--map", "none")
    assert "Dropped 0 vectors" not in journeys(home, "cache", "prune").stdout
    assert "Dropped 0 vectors" in journeys(home, "cache", "prune").stdout


def test_models_are_listed(home: Path) -> None:
    listed = json.loads(journeys(home, "models", "list", "--json").stdout)
    assert listed[0]["name"] == "qwen2.5-coder-1.5b"
    assert not any(model["installed"] for model in listed)
    assert all(len(model["sha256"]) == 64 for model in listed)


def test_a_log_that_grew_is_continued_with_the_same_ids(
    home: Path, log: Path, tmp_path: Path
) -> None:
    less = tmp_path / "less.csv"
    less.write_text("".join(log.read_text(encoding="utf-8").splitlines(True)[:-4]), "utf-8")
    journeys(home, "discover", str(less), "--out", str(tmp_path / "one"), "--map", "none")
    again = ("--continue-from", str(tmp_path / "one"), "--map", "none")
    journeys(home, "discover", str(log), "--out", str(tmp_path / "more"), *again)
    before, after = (_ids(tmp_path / name) for name in ("one", "more"))
    assert before
    assert before <= after
    one, more = (
        json.loads((tmp_path / name / "manifest.json").read_text("utf-8"))
        for name in ("one", "more")
    )
    assert one["mean"] == more["mean"]
    assert one["clustering"] == more["clustering"]
    done = journeys(home, "discover", str(log), "--out", str(tmp_path), "--pseudonymise", *again)
    assert done.returncode != 0
    assert "without --pseudonymise" in done.stderr


def _ids(folder: Path) -> set[str]:
    lines = (folder / "journeys.jsonl").read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["journey_id"] for line in lines}


def test_stability_is_measured_when_asked_for(home: Path, log: Path, tmp_path: Path) -> None:
    journeys(home, "discover", str(log), "--out", str(tmp_path), "--map", "none",
             "--stability", "2")  # fmt: skip
    stability = json.loads((tmp_path / "manifest.json").read_text())["stability"]
    assert stability["draws"] == 2
    assert 0 < stability["subsample_ari"]["low"] <= stability["subsample_ari"]["high"] <= 1
    assert stability["seed_ari"]["mean"] == 1.0
    lines = (tmp_path / "journeys.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(0 <= json.loads(line)["stability"] <= 1 for line in lines)


def test_an_estimate_sends_and_writes_nothing(
    home: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens on the discard port, so a request would fail.
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "m")
    out = tmp_path / "out"
    arguments = ["discover", str(log), "--out", str(out), "--map", "none", "--estimate"]
    done = journeys(home, *arguments, "--namer", "openai", "--price", "1", "2")
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("Estimate:")]
    assert "journeys to name: about" in told
    assert "under a cent" in told
    assert not out.exists()
    refused = journeys(home, *arguments)
    assert refused.returncode != 0
    assert "--namer openai" in refused.stderr
    assert "Traceback" not in refused.stderr
