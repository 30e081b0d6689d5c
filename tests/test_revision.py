"""A change by hand at once: ids, names and what is described anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeys.editing import Edit, merging, moving, splitting
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import InputError
from journeys.extraction import Clusters, describe_journeys
from journeys.journey import Journey, Names, UserJourneys
from journeys.revision import Scene, halves, put_back, revise
from journeys.timeline import ActivityLog
from tests.logs import TOPICS

#: Events of each topic, in turns.
EACH = 8


def names(text: str, namer: str = "llm:x") -> Names:
    return Names((f"{text} 1", f"{text} 2", f"{text} 3", f"{text} 4", f"{text} 5"), namer)


@pytest.fixture
def scene() -> Scene:
    topics = list(TOPICS.values())[:3]
    titles = [topics[at % 3] + f" {at}" for at in range(3 * EACH)]
    frame = pd.DataFrame({"user_id": "u", "title": titles})
    frame["timestamp"] = pd.to_datetime(
        np.arange(len(titles)) * 86_400 * 9 + 1_700_000_000, unit="s", utc=True
    )
    frame["item_id"] = [f"i{at}" for at in range(len(titles))]
    timeline = ActivityLog(frame).timeline("u")
    vectors = FakeEmbedder().embed(timeline.texts())
    return Scene(timeline, vectors, int(timeline.times.max()))


@pytest.fixture
def found(scene: Scene) -> UserJourneys:
    """Three journeys, one a topic, and the last three events in none."""
    timeline = scene.timeline
    labels = np.arange(len(timeline)) % 3
    labels[-3:] = -1
    sure = np.where(labels >= 0, 0.75, 0.0).astype(np.float32)
    described = describe_journeys(
        "u", timeline.frame["item_id"].tolist(), timeline.times, ["view"] * len(timeline),
        scene.vectors, Clusters.of(labels, sure), now=scene.now,
    )  # fmt: skip
    journeys = tuple(
        Journey(
            d.id, "u", d.rank, d.score, d.stage, d.kind, d.confidence, d.members, d.central,
            d.first_seen, d.last_seen, d.active_months, (f"words {d.cluster}",),
            names(f"name {d.cluster}"), stability=0.5, family=d.cluster,
        )
        for d in described
    )  # fmt: skip
    numbers = np.full(len(labels), -1)
    for at, journey in enumerate(journeys):
        numbers[journey.members] = at
    return UserJourneys("u", journeys, numbers, sure, stability=0.9)


def of_topic(found: UserJourneys, topic: int) -> Journey:
    return next(j for j in found.journeys if j.members[0] % 3 == topic)


def consistent(result: UserJourneys) -> None:
    assert [j.rank for j in result.journeys] == list(range(1, len(result.journeys) + 1))
    assert len({j.id for j in result.journeys}) == len(result.journeys)
    for at, journey in enumerate(result.journeys):
        np.testing.assert_array_equal(journey.members, np.flatnonzero(result.labels == at))
        assert set(journey.central) | set(journey.boundary) <= set(journey.members.tolist())
    assert (result.membership[result.labels < 0] == 0).all()


def test_a_merge_keeps_the_anchors_id_and_names(scene: Scene, found: UserJourneys) -> None:
    one, other, third = (of_topic(found, topic) for topic in range(3))
    edit = merging(found, one.id, other.id)
    result = revise(scene, found, edit)
    consistent(result)
    (kept,) = [j for j in (one, other) if j.members[0] in edit.anchor]
    merged = next(j for j in result.journeys if j.id == kept.id)
    assert merged.names == kept.names
    assert len(merged) == len(one) + len(other)
    assert {j.id for j in result.journeys} == {kept.id, third.id}
    # Stability was measured for other events; what did not change keeps all it had.
    assert merged.stability is None
    same = next(j for j in result.journeys if j.id == third.id)
    assert (same.names, same.keyphrases) == (third.names, third.keyphrases)
    assert (same.stability, same.family) == (0.5, third.family)
    assert (result.stability, result.user_id) == (0.9, "u")


def test_names_that_a_person_gave_go_on_even_if_the_other_journey_is_bigger(
    scene: Scene, found: UserJourneys
) -> None:
    smaller = revise(scene, found, moving(found, [0, 3], None))
    mine = of_topic(smaller, 0)
    own = replace(mine, names=names("mine", "person"))
    named = replace(
        smaller, journeys=tuple(own if j.id == mine.id else j for j in smaller.journeys)
    )
    bigger = of_topic(named, 1)
    assert len(bigger) > len(own)
    result = revise(scene, named, merging(named, bigger.id, own.id))
    assert next(j for j in result.journeys if j.id == own.id).names == own.names
    assert bigger.id not in {j.id for j in result.journeys}


def test_the_bigger_part_of_a_split_keeps_the_id(scene: Scene, found: UserJourneys) -> None:
    journey = of_topic(found, 0)
    members = journey.members.tolist()
    for chosen in (members[:2], members[2:]):
        result = revise(scene, found, splitting(found, chosen))
        consistent(result)
        kept = next(j for j in result.journeys if j.id == journey.id)
        assert kept.members.tolist() == members[2:]
        assert kept.names == journey.names
        (new,) = [j for j in result.journeys if j.id not in {o.id for o in found.journeys}]
        assert new.members.tolist() == members[:2]
        assert new.names.namer == "keyphrase"
        assert new.names.provisional
        assert new.family == journey.family
        assert result.membership[chosen].tolist() == [1.0] * len(chosen)


def test_a_journey_by_hand_may_be_small(scene: Scene, found: UserJourneys) -> None:
    result = revise(scene, found, splitting(found, [0]))
    assert sorted(len(j) for j in result.journeys) == [1, 6, 7, 7]
    consistent(result)


def test_moving_changes_two_journeys_only(scene: Scene, found: UserJourneys) -> None:
    source, target, third = (of_topic(found, topic) for topic in range(3))
    result = revise(scene, found, moving(found, [0, 3], target.id))
    consistent(result)
    sizes = {j.id: len(j) for j in result.journeys}
    assert sizes == {source.id: 5, target.id: 9, third.id: 7}
    assert {j.id: j.names for j in result.journeys} == {j.id: j.names for j in found.journeys}
    assert of_topic(result, 2).keyphrases == third.keyphrases


def test_moving_everything_out_leaves_no_journey_and_says_so(
    scene: Scene, found: UserJourneys
) -> None:
    everything = np.flatnonzero(found.labels >= 0).tolist()
    result = revise(scene, found, moving(found, everything, None))
    assert result.journeys == ()
    assert result.unassigned_share == 1.0
    assert result.note.startswith("by hand:")


def test_unassigned_events_can_become_a_journey(scene: Scene, found: UserJourneys) -> None:
    result = revise(scene, found, splitting(found, [21, 22, 23]))
    consistent(result)
    assert len(result.journeys) == 4
    assert result.unassigned_share == 0.0


def test_putting_back_undoes_the_grouping_with_ids(scene: Scene, found: UserJourneys) -> None:
    one, other = of_topic(found, 0), of_topic(found, 1)
    for edit in (
        merging(found, one.id, other.id),
        splitting(found, [0, 3]),
        moving(found, [0, 3], other.id),
        moving(found, other.members.tolist(), None),
    ):
        changed = revise(scene, found, edit)
        moved = {
            at: (found.journeys[was].id if was >= 0 else "", float(found.membership[at]))
            for at, was in enumerate(found.labels.tolist())
            if at in edit.events
        }
        back = put_back(scene, changed, moved)
        consistent(back)
        assert {j.id: j.members.tolist() for j in back.journeys} == {
            j.id: j.members.tolist() for j in found.journeys
        }
        np.testing.assert_array_equal(back.membership, found.membership)


def test_what_changes_nothing_or_is_not_there_is_refused(scene: Scene, found: UserJourneys) -> None:
    journey = of_topic(found, 0)
    with pytest.raises(InputError, match="with itself"):
        merging(found, journey.id, journey.id)
    with pytest.raises(InputError, match="no longer there"):
        merging(found, journey.id, "j-gone")
    with pytest.raises(InputError, match="at least one item"):
        moving(found, [], None)
    with pytest.raises(InputError, match="Leave at least one out"):
        splitting(found, journey.members.tolist())
    with pytest.raises(InputError, match="Nothing would change"):
        revise(scene, found, moving(found, [0], journey.id))
    with pytest.raises(InputError, match="Nothing would change"):
        revise(scene, found, moving(found, [21], None))
    with pytest.raises(InputError, match="Nothing would change"):
        revise(scene, found, Edit("move", (99,)))


def test_a_new_journey_never_takes_an_id_in_use(scene: Scene, found: UserJourneys) -> None:
    journey = of_topic(found, 0)
    # The journey goes on with other events; then just its first events are split off again.
    grown = revise(scene, found, moving(found, of_topic(found, 1).members.tolist(), journey.id))
    result = revise(scene, grown, splitting(grown, journey.members.tolist()))
    consistent(result)


def test_halves_tell_two_topics_apart(scene: Scene, found: UserJourneys) -> None:
    merged = revise(scene, found, merging(found, of_topic(found, 0).id, of_topic(found, 1).id))
    journey = max(merged.journeys, key=len)
    first, second = halves(scene, journey)
    assert len(first) >= len(second)
    assert {len({at % 3 for at in part}) for part in (first, second)} == {1}
    assert sorted(first + second) == journey.members.tolist()
    assert halves(scene, journey) == (first, second)


def test_items_that_are_all_alike_have_no_halves(scene: Scene, found: UserJourneys) -> None:
    flat = replace(scene, vectors=np.tile(scene.vectors[:1], (len(scene.vectors), 1)))
    with pytest.raises(InputError, match="all alike"):
        halves(flat, found.journeys[0])
    broken = replace(scene, vectors=np.full_like(scene.vectors, np.nan))
    with pytest.raises(InputError, match="all alike"):
        halves(broken, found.journeys[0])
