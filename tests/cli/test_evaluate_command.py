"""``evaluate`` on the command line, with the real embedder and a small log."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from journeys.cli import main
from tests.logs import make_log


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", "")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five people of three topics each, and one who did too little."""
    path = tmp_path_factory.mktemp("log") / "log.csv"
    frame = make_log(users=5, per_topic=9).frame[["user_id", "item_id", "timestamp", "title"]]
    frame = frame.assign(topic=[title.split()[0] for title in frame["title"]])
    frame.to_csv(path, index=False)
    return path


def last_json(printed: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(printed.splitlines()[-1])
    return found


def test_extractors_are_scored_and_end_with_one_object(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(
        ["evaluate", "extraction", str(log), "--truth", "topic", "--extractor", "hdbscan", "one",
         "--seeds", "3", "--json"]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert status == 0, printed.err
    found = last_json(printed.out)
    assert list(found) == ["hdbscan", "one"]
    assert {
        "ari", "ami", "bcubed_precision", "bcubed_recall", "bcubed_f1", "coverage", "noise_auroc",
        "bcubed_all_f1", "count_error", "playlist_recall", "playlist_precision", "ms_per_user",
        "users", "ari_low", "ari_high", "seeds",
    } <= set(found["hdbscan"])  # fmt: skip
    assert found["hdbscan"]["ari"] > 0.5 > found["one"]["ari"] == 0  # type: ignore[operator]
    assert found["hdbscan"]["users"] == 5
    assert set(found["one"]["seeds"]) == {"0", "1", "2"}  # type: ignore[call-overload]
    assert "| hdbscan |" in printed.out
    assert "5 of 6 users are scored" in printed.err


def test_our_own_assignments_score_as_the_extractor_does(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discover", str(log), "--out", str(tmp_path), "--map", "none"]) == 0
    capsys.readouterr()
    scoring = ["evaluate", "extraction", str(log), "--truth", "topic", "--json"]
    assert main([*scoring, "--assignments", str(tmp_path / "assignments.csv")]) == 0
    printed = capsys.readouterr()
    of_file = last_json(printed.out)["assignments"]
    assert "138 of 138 rows" in printed.err
    assert main([*scoring, "--seeds", "1"]) == 0
    of_extractor = last_json(capsys.readouterr().out)["hdbscan"]
    assert of_file["ari"] == of_extractor["ari"]
    assert of_file["bcubed_all_f1"] == of_extractor["bcubed_all_f1"]
    assert of_file["ms_per_user"] is None


def test_the_truth_itself_is_perfect(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.csv"
    with log.open(newline="") as file, mine.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["user_id", "item_id", "label"])
        writer.writerows([r["user_id"], r["item_id"], r["topic"]] for r in csv.DictReader(file))
    done = main(
        ["evaluate", "extraction", str(log), "--truth", "topic", "--assignments", str(mine),
         "--users", "2", "--json"]
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert done == 0
    found = last_json(printed)["assignments"]
    for figure in ("ari", "bcubed_f1", "coverage", "playlist_recall", "matched_precision"):
        assert found[figure] == 1
    assert (found["count_error"], found["users"], found["ari_low"]) == (0, 2, None)
    assert "With 2 users there is no interval." in printed


def test_mixing_prints_curves(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(
        ["evaluate", "mixing", str(log), "--truth", "topic", "--mixed", "2", "3", "--noise", "0",
         ".1", "--draws", "2", "--extractor", "one", "--times", "shuffled", "--json"]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert status == 0, printed.err
    found = last_json(printed.out)["one"]
    assert found["constructed_users"] == 8
    points = found["points"]
    assert [(p["mixed"], p["noise"]) for p in points] == [(2, 0), (2, 0.1), (3, 0), (3, 0.1)]  # type: ignore[attr-defined]
    assert all(p["ari"] == 0 and p["playlist_recall"] == 1 for p in points)  # type: ignore[attr-defined]
    assert "constructed users" in printed.out
    assert "times shuffled" in printed.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["extraction", "--truth", "nope"], "its columns are user_id"),
        (["extraction", "--truth", "topic", "--extractor", "magic"], "no extractor 'magic'"),
        (["extraction", "--truth", "topic", "--seeds", "0"], "--seeds must be at least 1"),
        (["extraction", "--truth", "topic", "--min-group", "10"], "two groups of at least 10"),
        (["extraction", "--truth", "topic", "--granularity", "2"], "granularity"),
        (["extraction", "--truth", "topic", "--assignments", "none.csv"], "no file none.csv"),
        (["mixing", "--truth", "topic", "--mixed", "9"], "the log has 4"),
        (["mixing", "--truth", "topic", "--draws", "0"], "at least 1 draw"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    log: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    action, *rest = arguments
    assert main(["evaluate", action, str(log), *rest]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert told in printed.err.splitlines()[-1]
