"""Constructed users."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.errors import ConfigError, InputError
from journeys.evaluation.curves import Cell, construct
from journeys.evaluation.labelled import Truth
from journeys.evaluation.mixing import (
    COLLECTION,
    NOISE_PER_COLLECTION,
    MixRules,
    collections_of,
    disjoint_halves,
    mix,
    remix_halves,
)
from journeys.timeline import ActivityLog
from tests.logs import make_log

RULES = MixRules(least=5, most=12, typical=8)


@pytest.fixture(scope="module")
def log() -> ActivityLog:
    """People of four topics, each cut into three groups by the kind of item."""
    made = make_log(users=6, per_topic=30)
    frame = made.frame.copy()
    frame["group"] = [
        "" if title.startswith("something") else f"{title.split()[0]}{at % 3}"
        for at, title in enumerate(frame["title"])
    ]
    return ActivityLog(frame)


@pytest.fixture(scope="module")
def truth(log: ActivityLog) -> Truth:
    return Truth.of(log.frame["group"].tolist())


def test_collections_are_groups_pooled_over_users_each_item_once(
    log: ActivityLog, truth: Truth
) -> None:
    found = collections_of(log, truth, least=5)
    assert [c.name for c in found] == sorted(set(truth.labels.tolist()) - {""})
    times = log.frame["timestamp"].astype("int64").to_numpy()
    for collection in found:
        assert (np.diff(times[collection.rows]) >= 0).all()
        assert set(truth.labels[collection.rows]) == {collection.name}
        items = log.frame["item_id"].iloc[collection.rows]
        assert items.is_unique
    assert len({log.frame["user_id"].iloc[row] for row in found[0].rows}) > 1


@settings(deadline=None)
@given(mixed=st.integers(2, 6), noise=st.floats(0, 0.5), draw=st.integers(0, 50))
def test_a_mixture_keeps_its_promises(
    log: ActivityLog, truth: Truth, mixed: int, noise: float, draw: int
) -> None:
    collections = collections_of(log, truth, least=5)
    made = mix(log, collections, "u", mixed=mixed, noise=noise, seed=(draw,), rules=RULES)
    names, counts = np.unique(made.names[made.names != ""].astype(str), return_counts=True)
    assert len(names) == mixed
    assert counts.min() >= RULES.least
    assert counts.max() <= RULES.most
    assert (np.diff(made.times) >= 0).all()
    assert log.frame["item_id"].iloc[made.rows].is_unique
    noisy = truth.labels[made.rows[made.names == ""]].astype(str)
    assert not set(noisy) & set(names)
    assert len(noisy) <= round(noise * counts.sum())
    assert np.unique(noisy, return_counts=True)[1].max(initial=0) <= NOISE_PER_COLLECTION
    quiet = mix(log, collections, "u", mixed=mixed, noise=0.0, seed=(draw,), rules=RULES)
    assert set(quiet.rows) == set(made.rows[made.names != ""]), "noise changes nothing else"


def test_bursts_are_runs_in_time(log: ActivityLog, truth: Truth) -> None:
    collections = collections_of(log, truth, least=5)
    bursts = MixRules(least=5, most=12, typical=8, bursts=1.0)
    made = mix(log, collections, "u", mixed=4, noise=0, seed=(3,), rules=bursts)
    for collection in collections:
        places = np.flatnonzero(np.isin(collection.rows, made.rows))
        assert (np.diff(places) == 1).all()


def test_shuffled_times_say_nothing_of_the_collection(log: ActivityLog, truth: Truth) -> None:
    collections = collections_of(log, truth, least=5)
    rules = MixRules(least=5, most=12, typical=8, shuffle_times=True)
    original = mix(log, collections, "u", mixed=4, noise=0.2, seed=(1,), rules=RULES)
    shuffled = mix(log, collections, "u", mixed=4, noise=0.2, seed=(1,), rules=rules)
    assert set(original.rows) == set(shuffled.rows)
    assert shuffled.times.min() >= original.times.min()
    assert shuffled.times.max() <= original.times.max()
    assert not np.array_equal(original.rows, shuffled.rows)


@settings(deadline=None)
@given(st.sets(st.text(min_size=1, max_size=4), max_size=30), st.integers(0, 5))
def test_halves_are_disjoint_and_complete(groups: set[str], seed: int) -> None:
    one, other = disjoint_halves([*groups, "", *groups], seed)
    assert not one & other
    assert one | other == groups
    assert abs(len(one) - len(other)) <= 1
    assert disjoint_halves(groups, seed) == (one, other)


def test_remixed_halves_share_no_group_noise_included(log: ActivityLog, truth: Truth) -> None:
    group_of = dict(zip(log.frame["item_id"], truth.labels, strict=True))
    rules = MixRules(least=5, most=12, typical=8)
    first, second = remix_halves(log, truth, users=8, mixed=(2, 4), rules=rules)
    groups = [{group_of[item] for item in made.frame["item_id"]} for made, _ in (first, second)]
    assert not groups[0] & groups[1]
    for made, its_truth in (first, second):
        assert len(made.users) == 8
        np.testing.assert_array_equal(its_truth.labels, made.frame[COLLECTION].to_numpy())
        assert len(its_truth.scorable(made)) == 8
    again, _ = remix_halves(log, truth, users=8, mixed=(2, 4), rules=rules)
    assert again[0].frame.equals(first[0].frame)
    other, _ = remix_halves(log, truth, users=8, mixed=(2, 4), rules=rules, seed=1)
    assert not other[0].frame.equals(first[0].frame)


def test_every_point_of_the_protocol_is_constructed(log: ActivityLog, truth: Truth) -> None:
    made = construct(log, truth, mixed=[2, 3], noise=[0, 0.3], draws=3, rules=RULES)
    assert len(made.log.users) == len(made.draw_of) == 12
    assert {cell for cell, _ in made.draw_of.values()} == {
        Cell(count, rate) for count in (2, 3) for rate in (0, 0.3)
    }


def test_what_cannot_be_mixed_is_told(log: ActivityLog, truth: Truth) -> None:
    with pytest.raises(InputError, match="the log has 12 with at least 5"):
        construct(log, truth, mixed=[40], rules=RULES)
    with pytest.raises(ConfigError, match="at least 2"):
        construct(log, truth, mixed=[1], rules=RULES)
    with pytest.raises(ConfigError, match="noise rate"):
        construct(log, truth, noise=[-0.1], rules=RULES)
    with pytest.raises(ConfigError, match="one group an event"):
        collections_of(log, Truth.of(["a|b"] * len(log), "|"), least=5)
    with pytest.raises(ConfigError, match="sizes must rise"):
        MixRules(least=20)
