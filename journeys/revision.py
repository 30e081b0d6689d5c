"""An edit takes effect at once: one person's journeys, described anew after a change by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from journeys.discovery.described import as_journey, keyphrase_names
from journeys.discovery.ids import fresh_id
from journeys.editing import Edit, apply_edit
from journeys.errors import InputError
from journeys.extraction import Clusters, JourneyRules, describe_journeys
from journeys.extraction.graph import unit_rows
from journeys.journey import Journey, UserJourneys
from journeys.naming import DocumentFrequency, keyphrases
from journeys.timeline import Timeline

#: Rounds of 2-means; it settles in a handful.
_ROUNDS = 50


@dataclass(frozen=True)
class Scene:
    """What a person's journeys are described against.

    Attributes:
        vectors: shape ``(events, d)``, unit rows in the timeline's order.
        now: the run's "now", microseconds since 1970-01-01 UTC.
        mean: the run's corpus mean, shape ``(d,)``; None for none.
        rules: of the run. Those about size do not hold for what a person makes by hand.
    """

    timeline: Timeline
    vectors: np.ndarray
    now: int
    mean: np.ndarray | None = None
    rules: JourneyRules | None = None


def revise(scene: Scene, found: UserJourneys, edit: Edit) -> UserJourneys:
    """The journeys after an edit.

    * A journey that keeps at least half of its events keeps its id and its names, and of a
      journey that is split the bigger part does; of a merge, the anchor. Others get a new id,
      made from their events, and key phrases for names.
    * What did not change keeps everything but its rank, score and stage.

    Raises:
        InputError: the edit changes nothing.
    """
    labels, membership = found.labels.copy(), found.membership.copy()
    apply_edit(labels, membership, edit)
    if np.array_equal(labels, found.labels):
        raise InputError("Nothing would change: these items are where they should go already.")
    return _described(scene, found, labels, membership, _kept_ids(found, labels))


def put_back(
    scene: Scene, found: UserJourneys, moved: Mapping[int, tuple[str, float]]
) -> UserJourneys:
    """The journeys after events went back to where they were in an earlier run.

    Args:
        moved: position -> id of the journey it was in, '' for none, and its membership.
    """
    labels, membership = found.labels.copy(), found.membership.copy()
    number = {journey.id: at for at, journey in enumerate(found.journeys)}
    for position, (journey_id, sure) in moved.items():
        if journey_id:
            labels[position] = number.setdefault(journey_id, len(number))
        else:
            labels[position] = -1
        membership[position] = sure
    ids = _kept_ids(found, labels)
    for journey_id, label in number.items():
        if label >= len(found.journeys):
            ids[label] = journey_id
    return _described(scene, found, labels, membership, ids)


def halves(scene: Scene, journey: Journey) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A journey's events in two groups of like items, the bigger one first.

    Spherical 2-means, begun at the two sides of the first principal direction (Boley 1998,
    "Principal direction divisive partitioning"), so that the same events give the same halves.

    Returns:
        Positions in the timeline, the most typical of each half first.

    Raises:
        InputError: the items are all alike.
    """
    rows = scene.vectors[journey.members].astype(np.float64)
    rows = unit_rows(rows if scene.mean is None else rows - scene.mean)
    centred = rows - rows.mean(axis=0)
    if len(rows) < 2 or float(np.abs(centred).max(initial=0.0)) < 1e-6:
        raise InputError("The items of this journey are all alike. Choose by hand what to split.")
    side = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1] > 0
    for _ in range(_ROUNDS):
        centres = unit_rows(np.stack([rows[~side].mean(axis=0), rows[side].mean(axis=0)]))
        nearer = rows @ (centres[1] - centres[0]) > 0
        if nearer.all() or not nearer.any() or np.array_equal(nearer, side):
            break
        side = nearer
    first, second = (_most_typical(journey.members[which], rows[which]) for which in (~side, side))
    return (first, second) if (-len(first), first) <= (-len(second), second) else (second, first)


def _most_typical(positions: np.ndarray, rows: np.ndarray) -> tuple[int, ...]:
    return tuple(positions[np.argsort(-(rows @ rows.mean(axis=0)), kind="stable")].tolist())


def _kept_ids(found: UserJourneys, labels: np.ndarray) -> dict[int, str]:
    """Label -> id for the journeys that go on; see :func:`revise`."""
    ids: dict[int, str] = {}
    homeless = []
    for at, journey in enumerate(found.journeys):
        if 2 * int((labels[journey.members] == at).sum()) >= len(journey):
            ids[at] = journey.id
        else:
            homeless.append(journey)
    for journey in homeless:
        went = labels[journey.members]
        if (went >= 0).any():
            label = int(np.bincount(went[went >= 0]).argmax())
            if 2 * int((went == label).sum()) > len(journey):
                ids.setdefault(label, journey.id)
    return ids


def _described(
    scene: Scene,
    found: UserJourneys,
    labels: np.ndarray,
    membership: np.ndarray,
    ids: Mapping[int, str],
) -> UserJourneys:
    timeline = scene.timeline
    items, times = timeline.frame["item_id"].tolist(), timeline.times.tolist()
    clusters = Clusters.of(labels, membership)
    described = describe_journeys(
        timeline.user_id,
        items,
        timeline.times,
        timeline.frame["action"].tolist(),
        scene.vectors,
        clusters,
        now=scene.now,
        rules=replace(scene.rules or JourneyRules(), min_user_events=0, min_journey_events=1),
        mean=scene.mean,
    )
    before = {journey.id: journey for journey in found.journeys}
    titles = timeline.titles
    phrases = keyphrases(
        [[titles[at] for at in d.members] for d in described], DocumentFrequency.of(titles)
    )
    taken = set(ids.values())
    journeys = []
    for d, words in zip(described, phrases, strict=True):
        journey_id = ids.get(int(labels[d.members[0]]))
        old = before.get(journey_id) if journey_id else None
        if journey_id is None:
            at = d.members.tolist()
            # One that went on may have begun with just these events, so its id is taken.
            journey_id = fresh_id(
                timeline.user_id, [items[i] for i in at], [times[i] for i in at], taken
            )
            taken.add(journey_id)
        journey = as_journey(
            d,
            journey_id,
            words,
            old.names if old else keyphrase_names(titles, d, words),
            family=old.family if old else _family(found, d.members),
        )
        journeys.append(_as_before(journey, old) if old else journey)
    numbers = np.full(len(labels), -1, dtype=np.int64)
    for at, journey in enumerate(journeys):
        numbers[journey.members] = at
    note = "" if journeys else "by hand: every item was moved out of the journeys"
    sure = np.where(numbers >= 0, membership, 0.0).astype(np.float32)
    return UserJourneys(
        found.user_id, tuple(journeys), numbers, sure, note, found.start, found.stability
    )


def _as_before(journey: Journey, old: Journey) -> Journey:
    """A journey that has the same events as before keeps what was found of them."""
    if not np.array_equal(old.members, journey.members):
        return journey
    return replace(
        journey,
        keyphrases=old.keyphrases,
        confidence=old.confidence,
        boundary=old.boundary,
        stability=old.stability,
    )


def _family(found: UserJourneys, members: np.ndarray) -> int:
    """The family that most of these events were in; 0 if they were in no journey."""
    came = found.labels[members]
    families = [found.journeys[at].family for at in came[came >= 0].tolist()]
    return max(families, key=families.count) if families else 0
