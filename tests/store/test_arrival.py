"""Who meets which condition: balanced over those who take part, in whatever order they come."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import select

from journeys.discovery import DiscoveryConfig
from journeys.store import Participant, Store
from journeys.store.schema import Person
from journeys.study.default_design import default_design
from journeys.study.design import Condition
from journeys.study.trials import Subject, TrialPlan, plan_trials
from tests.logs import make_log

CONDITIONS = (Condition("a", "one"), Condition("b", "other"))


@pytest.fixture
def tokens(store: Store) -> list[str]:
    """Links of twelve people to a study that compares two conditions between people."""
    log_id = store.logs.add(make_log(users=11, per_topic=2), "made up")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    design = replace(default_design(conditions=CONDITIONS), arrangement="between")
    study = store.studies.create(log_id, design, dict.fromkeys("ab", run_id))
    store.studies.open(study)
    with store.engine.connect() as connection:
        people = list(connection.scalars(select(Person.id)))
    return [link.token for link in store.invitations.invite(study, people)]


def come(store: Store, token: str) -> Participant:
    store.participation.give_consent(store.invitations.enter(token))
    return store.invitations.enter(token)


@pytest.mark.parametrize("seed", range(6))
def test_groups_are_even_whoever_comes_and_in_whatever_order(
    store: Store, tokens: list[str], seed: int
) -> None:
    Random(seed).shuffle(tokens)
    met: Counter[str] = Counter()
    levels: Counter[int] = Counter()
    plan = TrialPlan((1, 2, 3, 4, 5), ("a",), journeys=1)
    for number, token in enumerate(tokens[:10]):  # two never come
        who = come(store, token)
        assert who.number == number
        met.update(who.conditions)
        assert abs(met["a"] - met["b"]) <= 1, "at every moment"
        (trial,) = plan_trials(plan, [Subject("j", 1, ("a",))], seed=who.seed, ordinal=who.number)
        levels[trial.level] += 1
    assert met == {"a": 5, "b": 5}
    assert set(levels.values()) == {2}, "each level as often, with one journey a person"


def test_a_place_stays_through_withdrawal_and_return(store: Store, tokens: list[str]) -> None:
    first = come(store, tokens[5])
    come(store, tokens[2])
    store.participation.withdraw(first)
    again = come(store, tokens[5])
    assert (again.number, again.conditions, again.seed) == (0, first.conditions, first.seed)


def test_who_consent_at_the_same_moment_get_different_places(
    store: Store, tokens: list[str]
) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda token: come(store, token), tokens[:6]))
    assert sorted(who.number for who in found) == list(range(6))
    assert Counter(who.conditions for who in found) == {("a",): 3, ("b",): 3}
