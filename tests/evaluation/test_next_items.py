"""Ranks of a true item among drawn ones."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.evaluation.next_items import near_in_time, placed


def test_places_by_hand() -> None:
    found = placed(np.array([[0.5, 0.9, 0.1, 0.5], [1.0, 0.0, 0.0, 0.0]]))
    assert found.auc == pytest.approx([0.5, 1.0])
    assert found.mrr == pytest.approx([1 / 2.5, 1.0])
    assert found.ndcg == pytest.approx([1 / np.log2(3.5), 1.0])
    short = placed(np.array([[0.5, 0.9, 0.9]]), np.array([[True, True, False]]))
    assert short.mrr == pytest.approx([0.5])
    assert placed(np.r_[0.0, np.ones(10)][None]).ndcg == pytest.approx([0.0])


def test_candidates_are_near_in_time_and_allowed() -> None:
    times, allowed = np.arange(1000), np.arange(1000) % 2 == 0
    drawn = near_in_time(times, allowed, 500, 5, np.random.default_rng(0))
    assert len(set(drawn.tolist())) == 5
    assert all(at % 2 == 0 and abs(at - 500) <= 50 for at in drawn.tolist())
    assert len(near_in_time(times[:3], allowed[:3], 0, 5, np.random.default_rng(0))) == 2
