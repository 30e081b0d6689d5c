"""Nothing of an impression's own instant or later may reach it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeys.ranking.features import build_features
from journeys.ranking.impressions import Impressions
from journeys.ranking.memory import build_bank
from journeys.ranking.oracle import oracle_memories
from journeys.ranking.splits import SPLITS, split
from tests.ranking.ranking_logs import random_log


def described(log: Impressions, known: np.ndarray) -> list[np.ndarray]:
    """Every feature of every impression; histories as what is under their mask."""
    found = build_features(log, known, history=6)
    mask = found.history_mask
    return [
        found.fields,
        found.numbers,
        mask,
        np.where(mask, found.history, -1),
        np.where(mask, found.history_grade, -1),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_what_comes_later_changes_no_feature(seed: int) -> None:
    log = random_log(seed=seed)
    rng = np.random.default_rng(seed)
    now = int(np.quantile(log.time, 0.6))
    later = log.time >= now
    changed = replace(
        log,
        grade=np.where(later, rng.integers(0, 5, len(log)), log.grade),
        item=np.where(later & (log.time > now), rng.integers(0, 15, len(log)), log.item),
    )
    known = np.ones(len(log), dtype=bool)
    seen = log.time <= now  # Those of this very instant keep their item and see no grade of it.
    for before, after in zip(described(log, known), described(changed, known), strict=True):
        np.testing.assert_array_equal(before[seen], after[seen])


def test_what_comes_earlier_does_change_features() -> None:
    log = random_log()
    early = log.time < np.quantile(log.time, 0.3)
    changed = replace(log, grade=np.where(early, 4 - log.grade, log.grade))
    known = np.ones(len(log), dtype=bool)
    before, after = described(log, known), described(changed, known)
    assert (before[1] != after[1])[~early].any(axis=1).mean() > 0.9


def test_outcomes_that_may_not_be_known_reach_nobody() -> None:
    log = random_log()
    parts = split(log, "random", seed=1)
    changed = replace(log, grade=np.where(parts.known, log.grade, 4 - log.grade))
    for before, after in zip(
        described(log, parts.known), described(changed, parts.known), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_the_oracle_of_a_partition_knows_nothing_later() -> None:
    log = random_log()
    known = np.ones(len(log), dtype=bool)
    now = int(np.quantile(log.time, 0.6))
    changed = replace(log, grade=np.where(log.time > now, 4 - log.grade, log.grade))
    compared = 0
    for user, memory in oracle_memories(log, known, 5, None).items():
        other = oracle_memories(changed, known, 5, None)[user]
        closed = memory.closed_at <= now
        np.testing.assert_array_equal(memory.closed_at, other.closed_at)
        for name in ("vectors", "shift_vectors", "whole_vectors"):
            np.testing.assert_array_equal(
                getattr(memory, name)[closed], getattr(other, name)[closed]
            )
        compared += int(closed.sum())
    assert compared


@pytest.mark.parametrize("fusion", ["oneshot", "partitions", "cascade"])
def test_an_impression_sees_only_partitions_closed_strictly_before(fusion: str) -> None:
    log = random_log()
    memories = oracle_memories(log, np.ones(len(log), dtype=bool), 5, None)
    # Say in each vector when it closed and whose it is.
    for user, memory in memories.items():
        stamp = np.stack([memory.closed_at, np.full(len(memory.closed_at), user)], axis=1)
        memories[user] = replace(
            memory, vectors=stamp, shift_vectors=stamp.copy(), whole_vectors=stamp
        )
    bank = build_bank(log, memories, fusion)
    for row in range(len(log)):
        seen = bank.vectors[bank.rows[row][bank.mask[row]]]
        closed = int((memories[int(log.user[row])].closed_at < log.time[row]).sum())
        count = {"oneshot": min(closed, 1), "partitions": closed, "cascade": 2 * closed}[fusion]
        assert len(seen) == count
        assert (seen[:, 0] < log.time[row]).all()
        assert (seen[:, 1] == log.user[row]).all()


@pytest.mark.parametrize("kind", SPLITS)
def test_parts_are_disjoint_and_in_order(kind: str) -> None:
    log = random_log(per_user=40)
    parts = split(log, kind)
    everything = np.concatenate([parts.train, parts.valid, parts.test])
    assert len(np.unique(everything)) == len(everything)
    if kind == "random":
        assert len(everything) == len(log)
        return
    for early, late in ((parts.train, parts.valid), (parts.valid, parts.test)):
        for user in range(log.n_users):
            before = log.time[early][log.user[early] == user]
            after = log.time[late][log.user[late] == user]
            if len(before) and len(after):
                assert before.max() < after.min()
    if kind == "global":
        assert log.time[parts.train].max() < log.time[parts.test].min()


def test_a_random_split_is_that_of_its_seed() -> None:
    log = random_log()
    first, again, other = (split(log, "random", seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.test, again.test)
    assert set(first.test) != set(other.test)
