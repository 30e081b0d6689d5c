"""``userllm fit`` and ``userllm evaluate`` on a labelled log and a language model of two layers."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest

from journeys.cli import main
from journeys.naming.tuning import missing_packages
from journeys.userllm.results import newest_result, results_folder
from tests.naming.tiny import tiny_model
from tests.userllm.test_user_routes import groups_log

pytestmark = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    log, _ = groups_log(people=14, each=104)
    frame = pd.DataFrame(log.frame)
    frame.to_csv(tmp_path / "log.csv", index=False)
    titles = [str(title) for title in frame["title"]]
    words = [*titles, *frame["group"], "Question: Which interest does this person pursue? Answer:"]
    words.append("Titles that a person looked at, oldest first: What follows is about one person,")
    base = tiny_model(tmp_path / "tiny", [str(word) for word in words])
    return [
        *("--log", str(tmp_path / "log.csv"), "--base", str(base), "--dtype", "float32"),
        *("--people", "4", "--examples", "4", "--adapted", "0"),
    ]


def test_a_route_is_trained_and_compared(
    given: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["userllm", "fit", *given, "--route", "cross", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["config"]["context"]["route"] == "cross"
    assert told["step"] == 2
    assert Path(told["kept"], "weights.safetensors").is_file()

    figure = tmp_path / "curve.html"
    assert main(["userllm", "evaluate", *given, "--figure", str(figure), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    assert {"route", "history", "task", "score", "tokens", "seconds"} <= set(rows[0])
    routes = {row["route"] for row in rows}
    assert {"soft prompt", "text prompt", "cross-attention", "commonest answer"} <= routes
    tokens = {(row["route"], row["history"]): row["tokens"] for row in rows}
    assert tokens["soft prompt", 10] == tokens["soft prompt", 100]
    assert tokens["text prompt", 100] > 5 * tokens["soft prompt", 100]
    assert "plotly" in figure.read_text(encoding="utf-8")
    kept = newest_result(results_folder(tmp_path / "home"))
    assert kept is not None, "the page shows it"
    assert [asdict(row) for row in kept.rows] == rows
    assert kept.about["data"] == "log"

    assert main(["userllm", "evaluate", *given, "--kept", "--json"]) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    assert again == rows


def test_a_model_that_is_none_is_told_in_a_sentence(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given[given.index("--base") + 1] = "gpt-9"
    assert main(["userllm", "fit", *given]) == 1
    assert "There is no model called 'gpt-9'" in capsys.readouterr().err


def test_no_cut_at_all_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["userllm", "fit", *given, "--cuts", "0"]) == 1
    assert "at least 1" in capsys.readouterr().err
