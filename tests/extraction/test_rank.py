from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import pytest

from journeys.extraction import Clusters, DescribedCluster, JourneyRules, describe_journeys
from journeys.journey import journey_id

DAY = 86_400_000_000
START = int(datetime(2024, 1, 10, tzinfo=UTC).timestamp()) * 1_000_000


def describe(
    spans: list[tuple[int, int, int]],
    *,
    now_day: int,
    actions: list[str] | None = None,
    centres: np.ndarray | None = None,
    rules: JourneyRules | None = None,
) -> tuple[list[DescribedCluster], np.ndarray]:
    """Journeys given as (first day, days between events, events); returns their labels too."""
    days = np.concatenate([first + step * np.arange(n) for first, step, n in spans])
    labels = np.repeat(np.arange(len(spans)), [n for _, _, n in spans])
    order = np.argsort(days, kind="stable")
    days, labels = days[order], labels[order]
    axes = np.eye(len(spans), 8) if centres is None else centres
    vectors = axes[labels] + 0.1 * np.random.default_rng(0).normal(size=(len(days), 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters = Clusters.of(labels, np.full(len(days), 0.8))
    by_label = [actions[label] for label in labels] if actions else ["view"] * len(days)
    found = describe_journeys(
        "ann",
        [f"item{at}" for at in range(len(days))],
        START + days * DAY,
        by_label,
        vectors,
        clusters,
        now=START + now_day * DAY,
        rules=rules or JourneyRules(),
    )
    return found, clusters.labels


def test_everything_of_a_journey_is_described() -> None:
    found, labels = describe([(0, 10, 20), (3, 1, 6)], now_day=200)
    assert [j.rank for j in found] == [1, 2]
    long = found[0]
    np.testing.assert_array_equal(long.members, np.flatnonzero(labels == 0))
    assert long.first_seen == datetime(2024, 1, 10, tzinfo=UTC)
    assert long.last_seen == datetime(2024, 7, 18, tzinfo=UTC)
    assert long.active_months == 7
    assert long.confidence == pytest.approx(0.8)
    assert len(long.central) == 12
    assert set(long.central) <= set(long.members.tolist())
    assert all(isinstance(at, int) for at in long.central)
    assert 0 < found[1].score < long.score <= 1
    items = [f"item{at}" for at in long.members]
    times = [START + 10 * at * DAY for at in range(20)]
    assert long.id == journey_id("ann", items, times)


@pytest.mark.parametrize(
    ("now_day", "stage"),
    [(45, "emerging"), (100, "ongoing"), (131, "dormant"), (400, "dormant"), (406, "ended")],
)
def test_stage_by_time_since_last_pursued(now_day: int, stage: str) -> None:
    found, _ = describe([(0, 4, 11)], now_day=now_day)  # Days 0 to 40.
    assert found[0].stage == stage


def test_a_new_journey_is_emerging_and_an_old_one_pursued_today_is_not() -> None:
    found, _ = describe([(0, 20, 20), (350, 3, 10)], now_day=380)
    assert {len(j.members): j.stage for j in found} == {20: "ongoing", 10: "emerging"}


def test_kind_by_months_and_span() -> None:
    found, _ = describe([(0, 30, 6), (0, 1, 30), (0, 22, 4)], now_day=180)
    assert {len(j.members): j.kind for j in found} == {6: "evergreen", 30: "situational"}


def test_rules_of_size() -> None:
    rules = JourneyRules(min_user_events=10, min_journey_events=5)
    assert describe([(0, 1, 9)], now_day=10, rules=rules)[0] == []
    found, _ = describe([(0, 1, 6), (0, 1, 4)], now_day=10, rules=rules)
    assert [len(j.members) for j in found] == [6]
    assert describe([(0, 1, 4), (0, 1, 4), (0, 1, 4)], now_day=10, rules=rules)[0] == []


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ((0, 1, 20), (1, 2, 10)),  # More often.
        ((80, 1, 10), (0, 1, 10)),  # More recently.
        ((9, 10, 10), (81, 2, 10)),  # Over more months, up to the same day.
    ],
)
def test_score_rises_with_frequency_recency_and_breadth(
    strong: tuple[int, int, int], weak: tuple[int, int, int]
) -> None:
    for spans in ([strong, weak], [weak, strong]):
        found, _ = describe(spans, now_day=100)
        assert found[0].first_seen.timestamp() * 1e6 == START + strong[0] * DAY


def test_outputs_rank_above_inputs() -> None:
    found, labels = describe([(0, 1, 12), (0, 1, 12)], now_day=20, actions=["view", "create"])
    assert labels[found[0].members[0]] == 1


def test_near_duplicates_are_demoted() -> None:
    centres = np.eye(3, 8)
    centres[1] = centres[0]
    found, labels = describe([(0, 2, 30), (0, 2, 29), (0, 2, 28)], now_day=60, centres=centres)
    assert [int(labels[j.members[0]]) for j in found] == [0, 2, 1]
    alone, _ = describe([(0, 2, 30), (0, 2, 29), (0, 2, 28)], now_day=60)
    twin = next(j.score for j in alone if len(j.members) == 29)
    assert found[2].score == pytest.approx(twin * 0.95)


def test_the_medoid_comes_first_and_repeats_are_shown_once() -> None:
    vectors = np.array([[1, 0.3], [1, 0], [1, -0.3], [1, 0.01], [1, 0], [0.2, 1]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (vectors @ vectors.T).mean(axis=1)
    found = describe_journeys(
        "ann",
        ["a", "b", "c", "d", "b", "e"],
        START + DAY * np.arange(6),
        ["view"] * 6,
        vectors,
        Clusters.of(np.zeros(6, dtype=int), np.ones(6)),
        now=START,
        rules=JourneyRules(min_user_events=1),
    )
    assert found[0].central[0] == int(cosines.argmax())
    assert len(found[0].central) == 5


def test_rules_can_stand_in_a_manifest() -> None:
    assert asdict(JourneyRules())["action_weights"]["create"] > 1


def test_the_boundary_are_the_least_sure_members_each_item_once() -> None:
    membership = np.array([0.9, 0.2, 0.5, 0.2, 0.1, 0.8, 0.3, 0.4, 0.0, 0.6])
    found = describe_journeys(
        "ann",
        ["a", "b", "c", "d", "b", "e", "f", "g", "h", "i"],
        START + DAY * np.arange(10),
        ["view"] * 10,
        np.tile([1.0, 0.0], (10, 1)),
        Clusters.of(np.array([0, 0, 0, 0, 0, 0, 0, 0, -1, 0]), membership),
        now=START,
        rules=JourneyRules(min_user_events=1),
    )
    # The event in no cluster is no member; "b" stands at its less sure place.
    assert found[0].boundary == (4, 3, 6, 7, 2)
    assert found[0].central[0] == 0


def test_a_family_holds_what_lies_close_together() -> None:
    # Two pairs of close journeys, the second pair stronger.
    centres = np.array([[1, 0.3, 0, 0], [1, -0.3, 0, 0], [0, 0, 1, 0.3], [0, 0, 1, -0.3]])
    centres = np.hstack([centres, np.zeros((4, 4))])
    found, _ = describe(
        [(0, 1, 8), (0, 1, 8), (50, 1, 40), (50, 1, 40)], now_day=100, centres=centres
    )
    of = {d.cluster: d.family for d in found}
    assert of[0] == of[1] == 1
    assert of[2] == of[3] == 0


def test_one_journey_is_a_family_of_its_own() -> None:
    found, _ = describe([(0, 1, 12)], now_day=20)
    assert [d.family for d in found] == [0]
