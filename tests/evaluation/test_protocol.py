"""Extractors run on a labelled log, and what is reported of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from journeys.embedding import MemoryVectorCache, choose_mean
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import InputError
from journeys.evaluation.curves import Cell, curves
from journeys.evaluation.labelled import LabelledLog, Truth, prepare, read_labelled
from journeys.evaluation.metrics import score_user
from journeys.evaluation.protocol import (
    Evaluation,
    evaluate_extractor,
    evaluate_labels,
    make_extractor,
)
from journeys.evaluation.report import as_json, curve_tables, short_table, table
from journeys.extraction import Clusters, UserEvents
from tests.logs import make_log


@dataclass
class Halves:
    """Cuts the events at a place that may depend on the seed; counts its calls."""

    random: bool
    id: str = "halves"
    calls: int = 0

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        self.calls += 1
        cut = len(events) // 2 + (seed if self.random else 0)
        labels = (np.arange(len(events)) >= cut).astype(int)
        return Clusters.of(labels, np.ones(len(events)))


@pytest.fixture(scope="module")
def labelled() -> LabelledLog:
    log = make_log(users=6)
    truth = Truth.of([title.split()[0] for title in log.frame["title"]])
    return prepare(log, truth, FakeEmbedder(), MemoryVectorCache(), b"secret")


def test_the_mean_is_that_of_a_discovery(labelled: LabelledLog) -> None:
    vectors = np.concatenate([labelled.vectors(t) for t in labelled.log.timelines()])
    own = vectors.mean(axis=0, dtype=np.float64)
    expected = choose_mean(own, users=7, events=len(labelled.log), shipped=None)
    np.testing.assert_allclose(labelled.mean, expected, atol=1e-6)


def test_everything_together_and_everything_apart(labelled: LabelledLog) -> None:
    for name, recall, precision in (("one", 1.0, 1 / 3), ("singletons", 1 / 14, 1.0)):
        extractor = make_extractor(name, 0.5, labelled.log)
        found = evaluate_extractor(labelled, extractor, seeds=range(3))
        figures = found.figures()
        assert found.users == tuple(f"user{at}" for at in range(6)), "the visitor is not scored"
        assert figures["ari"].mean == pytest.approx(0)
        assert figures["bcubed_recall"].mean == pytest.approx(recall)
        assert figures["bcubed_precision"].mean == pytest.approx(precision)
        assert found.ran == (0, 1)


def test_a_method_that_draws_nothing_is_run_twice(labelled: LabelledLog) -> None:
    steady, drawing = Halves(random=False), Halves(random=True)
    one = evaluate_extractor(labelled, steady, seeds=range(5))
    other = evaluate_extractor(labelled, drawing, seeds=range(5))
    assert (steady.calls, one.ran) == (1 + 2 * 6, (0, 1))
    assert (drawing.calls, other.ran) == (1 + 5 * 6, (0, 1, 2, 3, 4))
    assert set(one.scores) == set(other.scores) == set(range(5))
    assert len({row["ari"] for row in one.by_seed().values()}) == 1
    by_seed = [row["ari"] for row in other.by_seed().values()]
    assert len(set(by_seed)) == 5
    assert other.figures()["ari"].mean == pytest.approx(np.mean(by_seed))
    assert one.ms_per_user > 0


def test_labels_from_elsewhere_score_as_they_would_user_by_user(labelled: LabelledLog) -> None:
    labels = np.random.default_rng(0).integers(-1, 3, len(labelled.log))
    found = evaluate_labels(labelled.log, labelled.truth, labels, users=["user1", "user4"])
    assert found.users == ("user1", "user4")
    timeline = labelled.log.timeline("user4")
    own = slice(timeline.start, timeline.start + len(timeline))
    expected = score_user(labels[own], labelled.truth.labels[own])
    assert expected is not None
    assert found.scores[0][1] == expected
    with pytest.raises(ValueError, match="no user has two groups"):
        evaluate_labels(labelled.log, labelled.truth, labels, users=["visitor"])


def test_few_users_are_shown_one_by_one_without_an_interval(labelled: LabelledLog) -> None:
    labels = np.zeros(len(labelled.log), dtype=int)
    few = evaluate_labels(labelled.log, labelled.truth, labels, users=["user0", "user1"])
    many = evaluate_labels(labelled.log, labelled.truth, labels)
    assert "interval" not in table({"x": few})
    assert "user1" in table({"x": few})
    assert "95% interval" in table({"x": many})
    assert "user1" not in table({"x": many})
    assert as_json(few)["ari_low"] is None
    assert set(as_json(few)["by_user"]) == {"user0", "user1"}
    assert as_json(many)["ari_low"] == 0
    short = short_table({"x": few, "y": many}).splitlines()
    assert "| 0.000, 0.000 |" in short[2]
    assert "| 0.000 to 0.000 |" in short[3]
    assert "noise AUROC" not in short[0], "nobody has it"
    widths = {line.count("|") for line in table({"x": few}).splitlines()}
    assert len(widths) == 1, "every row has every column"


def test_json_has_no_nan(labelled: LabelledLog) -> None:
    truth = Truth.of(
        [",".join(title.split()[:1]) for title in labelled.log.frame["title"]], separator=","
    )
    found = evaluate_labels(labelled.log, truth, np.zeros(len(labelled.log), dtype=int))
    shown = as_json(found)
    assert shown["ari"] is shown["ami"] is shown["noise_auroc"] is shown["ms_per_user"] is None
    assert shown["bcubed_recall"] == 1
    json.dumps(shown, allow_nan=False)


def test_curves_average_a_draw_over_noise_before_the_interval(labelled: LabelledLog) -> None:
    found = evaluate_extractor(labelled, Halves(random=False))
    draw_of = {
        user: (Cell(2 if at < 4 else 3, 0.1 * (at % 2)), at // 2)
        for at, user in enumerate(found.users)
    }
    one = curves(found, draw_of)
    ari = [row["ari"] for row in found.by_user()]
    assert one.by_mixed[2]["ari"].mean == pytest.approx(np.mean(ari[:4]))
    pairs = [np.mean(ari[:2]), np.mean(ari[2:4])]
    assert one.by_mixed[2]["ari"].low >= min(pairs) - 1e-12
    assert one.by_mixed[2]["ari"].high <= max(pairs) + 1e-12
    assert one.by_noise[0.0]["ari"].mean == pytest.approx(np.mean(ari[::2]))
    assert len(one.cells) == 4
    shown = curve_tables({"halves": one}, {"ARI": "ari"})
    assert shown.count("\n| ") == 2 + 4 + 2 + 2, "a header, and a row for each point and axis"


def test_a_truth_that_the_extractor_would_see_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = [f"u,2024-01-{at + 1:02d},thing {at},{'ab'[at % 2]}" for at in range(12)]
    path.write_text("\n".join(["user_id,timestamp,title,text", *rows]), encoding="utf-8")
    with pytest.raises(InputError, match="see the answer"):
        read_labelled(path, "text")
    log, truth = read_labelled(path, "text", mapping={"text": ""})
    assert truth.scorable(log) == ["u"]
    with pytest.raises(InputError, match="its columns are user_id, timestamp, title, text"):
        read_labelled(path, "topic")
    with pytest.raises(InputError, match="two groups of at least 5"):
        read_labelled(path, "user_id")


@pytest.mark.shared
def test_the_default_on_real_groups(shared_data: Path) -> None:
    log, truth = read_labelled(shared_data / "stackexchange_beer" / "events.jsonl", "tags", "|")
    assert truth.overlapping
    assert len(truth.scorable(log)) == 7
    assert len(Truth.of([t[0] for t in truth.labels]).scorable(log)) == 4


def test_an_evaluation_of_nobody_cannot_be(labelled: LabelledLog) -> None:
    with pytest.raises(ValueError, match="no user"):
        evaluate_extractor(labelled, Halves(random=False), users=["visitor"])
    assert isinstance(evaluate_extractor(labelled, Halves(random=False)), Evaluation)
