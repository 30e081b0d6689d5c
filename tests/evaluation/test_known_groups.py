"""Known groups: the chance of telling them apart, held against an oracle."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from journeys.evaluation.known_groups import auc, paired_auc


def test_auc_is_the_oracles_with_ties() -> None:
    rng = np.random.default_rng(0)
    high, low = rng.integers(2, 6, 30), rng.integers(1, 5, 40)
    expected = roc_auc_score([1] * 30 + [0] * 40, [*high, *low])
    assert auc(high.tolist(), low.tolist()) == pytest.approx(expected)


def test_known_values() -> None:
    assert auc([5, 5], [1, 2]) == 1
    assert auc([1], [5]) == 0
    assert auc([4, 4], [4, 4]) == 0.5


def test_the_interval_holds_the_value_and_narrows_with_pairs() -> None:
    rng = np.random.default_rng(1)
    low = rng.integers(1, 6, 400)
    high = np.clip(low + rng.integers(-1, 3, 400), 1, 5)
    few = paired_auc(high[:20].tolist(), low[:20].tolist())
    many = paired_auc(high.tolist(), low.tolist())
    assert few.low <= few.mean <= few.high
    assert many.low > 0.5
    assert many.high - many.low < (few.high - few.low) / 2


def test_what_is_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        paired_auc([1, 2], [1])
    with pytest.raises(ValueError, match="need a value"):
        auc([], [1])
