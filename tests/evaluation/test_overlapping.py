from __future__ import annotations

import bcubed as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.evaluation import overlapping
from journeys.evaluation.metrics import score_overlapping
from journeys.evaluation.overlapping import extended_bcubed
from journeys.evaluation.partition import bcubed

names = st.frozensets(st.integers(0, 4), min_size=1, max_size=3)
coverings = st.lists(st.tuples(names, names), min_size=1, max_size=30)


@settings(deadline=None)
@given(coverings)
def test_extended_bcubed_agrees_with_the_bcubed_package(
    events: list[tuple[frozenset[int], frozenset[int]]],
) -> None:
    found, truth = zip(*events, strict=True)
    clusters = {at: set(mine) for at, mine in enumerate(found)}
    labels = {at: set(mine) for at, mine in enumerate(truth)}
    score = extended_bcubed(found, truth)
    assert score.precision == pytest.approx(reference.precision(clusters, labels))
    assert score.recall == pytest.approx(reference.recall(clusters, labels))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_on_partitions_it_is_plain_bcubed(events: list[tuple[int, int]]) -> None:
    found, truth = np.array(events).T
    extended = extended_bcubed([{c} for c in found.tolist()], [{g} for g in truth.tolist()])
    plain = bcubed(found, truth)
    assert extended.precision == pytest.approx(plain.precision)
    assert extended.recall == pytest.approx(plain.recall)


def test_extended_bcubed_by_hand() -> None:
    # Events 0 and 1 share two labels but one cluster, so each finds half of the other's sharing:
    # recall (1/2 with itself, 1/2 with the other); event 2 is alone and right.
    score = extended_bcubed([{0}, {0}, {1}], [{"a", "b"}, {"a", "b"}, {"c"}])
    assert score.precision == 1
    assert score.recall == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_it_is_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    found = [{int(c)} for c in rng.integers(0, 4, 50)]
    truth = [{int(a), int(b)} for a, b in rng.integers(0, 6, (50, 2))]
    whole = extended_bcubed(found, truth)
    monkeypatch.setattr(overlapping, "_ROWS", 7)
    assert extended_bcubed(found, truth).f1 == pytest.approx(whole.f1)


def test_events_without_a_cluster_or_label_are_refused() -> None:
    with pytest.raises(ValueError, match="one of its own"):
        extended_bcubed([set()], [{1}])
    with pytest.raises(ValueError, match="0 events"):
        extended_bcubed([], [])


def test_the_scoring_rule_with_overlapping_labels() -> None:
    tags = [("a",)] * 5 + [("b", "a")] * 5 + [("rare",)] * 2 + [()] * 3
    labels = np.array([0] * 5 + [1] * 5 + [-1] * 5)
    score = score_overlapping(labels, tags, np.where(labels < 0, 0.1, 0.9))
    assert score is not None
    assert np.isnan(score.ari)
    assert (score.events, score.groups, score.clusters, score.coverage) == (10, 2, 2, 1)
    # Rare tags do not count against events of a group, though they are labelled.
    assert score.bcubed.precision == 1
    assert score.noise_auroc == pytest.approx((10 + 0.5 * 2) / 12)
    # All events: the two rare ones share a label that no cluster holds; the untagged are alone.
    assert score.bcubed_all.precision == 1
    assert 0 < score.bcubed_all.recall < 1
    assert score.playlists.recall == pytest.approx((0.5 + 1) / 2)
    assert score_overlapping(labels, [("a",)] * 15) is None
