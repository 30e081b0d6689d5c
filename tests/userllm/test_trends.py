"""The prior of now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from journeys.userllm.sequences import ITEM
from journeys.userllm.tasks import rank, split_next
from journeys.userllm.trends import prior_shift, remembered, shifted
from tests.userllm.userllm_data import ITEMS, walking


def test_what_became_popular_is_moved_up() -> None:
    data = walking(users=40)
    train = split_next(data, "global").train
    half = np.median(data.times[train])
    items = data.ids[ITEM].copy()
    late = train & (data.times > half)
    items[late & (items % 2 == 1)] = 5  # From the middle on everybody takes one thing.
    data = replace(data, ids={**data.ids, ITEM: items})
    asked = split_next(data, "global").test
    moved = prior_shift(data, train, days=0.5)(asked)
    assert moved.shape == (len(asked), ITEMS + 1)
    gone = [at for at in range(1, ITEMS + 1) if at % 2 == 1 and at != 5]
    assert (moved[:, 5] > 0).all()
    assert (moved[:, gone] < 0).all()


def test_a_weight_of_nought_changes_nothing() -> None:
    data = walking(users=40)
    split = split_next(data, "last")
    rng = np.random.default_rng(0)
    fixed = rng.random((len(split.test), ITEMS + 1))
    shift = prior_shift(data, split.train, days=1.0)
    plain = rank(data, split.test, lambda asked: fixed[: len(asked)])
    for logits in (True, False):
        score = shifted(lambda asked: fixed[: len(asked)], shift, 0.0, logits=logits)
        assert (rank(data, split.test, score).rank == plain.rank).all()
    by_sum = shifted(lambda asked: np.log(fixed[: len(asked)]), shift, 1.0, logits=True)
    by_product = shifted(lambda asked: fixed[: len(asked)], shift, 1.0, logits=False)
    one, other = (rank(data, split.test, each).rank for each in (by_sum, by_product))
    np.testing.assert_array_equal(one, other)


def test_scores_are_asked_once() -> None:
    data = walking(users=20)
    asked, calls = split_next(data, "last").test, []
    score = remembered(lambda part: (calls.append(1), np.zeros((len(part), ITEMS + 1)))[1])
    score(asked)
    score(asked)
    score(asked.part(slice(0, 3)))
    assert len(calls) == 2
