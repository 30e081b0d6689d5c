"""One user's journeys: the pure function at the heart of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.described import as_journey, keyphrase_names
from journeys.discovery.ids import journey_ids
from journeys.discovery.progress import Stopwatch
from journeys.discovery.sendable import sendable, sendable_phrases
from journeys.discovery.storage import Earlier
from journeys.editing import Edit, apply_edits, without_small
from journeys.extraction import (
    Clusters,
    Extractor,
    JourneyRules,
    UserEvents,
    describe_journeys,
)
from journeys.extraction.rank import ACTION_WEIGHTS
from journeys.extraction.stability import subsample_stability
from journeys.extraction.updating import NEW, is_due, update_clusters
from journeys.journey import Journey, UserJourneys
from journeys.naming import DocumentFrequency, Evidence, keyphrases
from journeys.naming.space import Embed, Space
from journeys.timeline import Timeline

#: Titles of a journey that a namer may see.
CENTRAL_TITLES, RECENT_TITLES, SIBLINGS, SIBLING_TITLES = 12, 8, 6, 3


@dataclass(frozen=True)
class UserTools:
    """What is the same for every user of a run.

    Attributes:
        now: the log's last time, microseconds since 1970-01-01 UTC.
        mean: the corpus mean, shape ``(d,)``.
        background: how many titles of the log have each phrase.
        clustering: all that the labels depend on besides the events; an earlier run's labels are
            only built on where they depend on the same. Empty: they never are.
    """

    config: DiscoveryConfig
    extractor: Extractor
    rules: JourneyRules
    now: int
    mean: np.ndarray
    background: DocumentFrequency
    clustering: dict[str, Any] = field(default_factory=dict)


def find_journeys(
    timeline: Timeline,
    vectors: np.ndarray,
    tools: UserTools,
    watch: Stopwatch,
    earlier: Earlier | None = None,
    edits: Sequence[Edit] = (),
) -> UserJourneys:
    """Cluster one user's events and describe the journeys, with provisional keyphrase names.

    Args:
        vectors: shape ``(events, d)``, unit rows in the timeline's order.
        earlier: what an earlier run found; its journeys keep their ids, and its labels are built
            on where they were made in the same way.
        edits: what the user changed about their journeys; applied to whatever is found.
    """
    events = len(timeline)
    unassigned = np.full(events, -1, dtype=np.int64)
    membership = np.zeros(events, dtype=np.float32)
    if events < tools.rules.min_user_events:
        note = (
            f"min_user_events: {events} events are fewer than the "
            f"{tools.rules.min_user_events} that a discovery needs"
        )
        return UserJourneys(timeline.user_id, (), unassigned, membership, note, timeline.start)
    times = timeline.times
    user_events = UserEvents(vectors, times, tools.mean, timeline)
    with watch.measure("cluster"):
        clusters = without_small(
            _clusters(user_events, tools, earlier), tools.rules.min_journey_events
        )
        clusters = apply_edits(clusters, edits)
    stability = None
    if tools.config.stability_draws:
        with watch.measure("stability"):
            stability = subsample_stability(
                tools.extractor,
                user_events,
                clusters,
                draws=tools.config.stability_draws,
                seed=tools.config.seed,
            )
    with watch.measure("describe"):
        items = timeline.frame["item_id"].tolist()
        described = describe_journeys(
            timeline.user_id,
            items,
            times,
            timeline.frame["action"].tolist(),
            vectors,
            clusters,
            now=tools.now,
            # The size was looked at before the edits: a person may make a small journey.
            rules=replace(tools.rules, min_journey_events=1),
            mean=tools.mean,
        )
        ids = journey_ids(
            timeline.user_id, [d.members for d in described], items, times.tolist(), earlier
        )
        titles = timeline.titles
        phrases = keyphrases(
            [[titles[at] for at in d.members] for d in described], tools.background
        )
        journeys = tuple(
            as_journey(
                d,
                id_,
                words,
                keyphrase_names(titles, d, words),
                stability=float(stability.journeys[d.cluster]) if stability else None,
            )
            for d, id_, words in zip(described, ids, phrases, strict=True)
        )
    labels = unassigned
    for at, journey in enumerate(journeys):
        labels[journey.members] = at
    note = ""
    if not journeys:
        note = (
            "min_journey_events: no group of similar events has the "
            f"{tools.rules.min_journey_events} that make a journey"
        )
    membership = np.where(labels >= 0, clusters.membership, 0.0).astype(np.float32)
    return UserJourneys(
        timeline.user_id,
        journeys,
        labels,
        membership,
        note,
        timeline.start,
        stability.run if stability else None,
    )


def _clusters(events: UserEvents, tools: UserTools, earlier: Earlier | None) -> Clusters:
    """What the earlier run found, with the new events in it, or else what the extractor finds."""
    seed = tools.config.seed
    afresh = not tools.config.update or not tools.clustering
    if earlier is None or afresh or earlier.settings != tools.clustering:
        return tools.extractor.extract(events, seed=seed)
    known = int(np.sum(earlier.labels != NEW))
    if known == len(events):
        return Clusters.of(earlier.labels, earlier.membership)
    if is_due(known, len(events)):
        return tools.extractor.extract(events, seed=seed)
    return update_clusters(
        tools.extractor,
        events,
        earlier.labels,
        earlier.membership,
        min_size=tools.rules.min_journey_events,
        seed=seed,
    )


def build_evidence(
    timeline: Timeline,
    found: UserJourneys,
    journey: Journey,
    vectors: np.ndarray | None = None,
    embed: Embed | None = None,
) -> Evidence:
    """What a namer gets to see of a journey, redacted.

    Central titles first, each once; siblings are the user's other journeys, so that names differ:
    those of the same family first, as they are the likeliest to be mistaken for it.

    Args:
        vectors: of the timeline's events, shape ``(events, d)``, unit rows; with ``embed``, a
            namer can choose between names by them.
    """
    titles = timeline.titles
    actions = timeline.frame["action"].tolist()
    members = journey.members.tolist()
    outputs = [at for at in reversed(members) if ACTION_WEIGHTS.get(actions[at], 1.0) >= 1.5]
    others = [other for other in found.journeys if other.id != journey.id]
    siblings = sorted(others, key=lambda other: other.family != journey.family)[:SIBLINGS]
    return Evidence(
        titles=_texts(titles, journey.central, CENTRAL_TITLES),
        recent=_texts(titles, members[::-1], RECENT_TITLES),
        keyphrases=sendable_phrases(journey.keyphrases, [titles[at] for at in members]),
        siblings=tuple(_texts(titles, other.central, SIBLING_TITLES) for other in siblings),
        outputs=_texts(titles, outputs, RECENT_TITLES),
        first_seen=journey.first_seen,
        last_seen=journey.last_seen,
        events=len(journey),
        items=_items(
            titles,
            timeline.frame["item_id"].tolist(),
            # More than is shown, since titles may repeat; never all of a long journey.
            members[: -3 * RECENT_TITLES : -1],
            outputs[: 3 * RECENT_TITLES],
            journey.central,
        ),
        taken=tuple(other.names.levels for other in others if not other.names.provisional),
        space=_space(vectors, members, embed),
    )


def _items(titles: Sequence[str], ids: Sequence[str], *positions: Sequence[int]) -> dict[str, str]:
    """Title, as a namer sees it -> id of an item that has it."""
    return {sendable(titles[at]): ids[at] for part in positions for at in part}


def _space(vectors: np.ndarray | None, members: Sequence[int], embed: Embed | None) -> Space | None:
    if vectors is None or embed is None:
        return None
    return Space(np.asarray(vectors[members], dtype=np.float32), embed)


def _texts(titles: Sequence[str], positions: Sequence[int], most: int) -> tuple[str, ...]:
    chosen: dict[str, None] = {}
    for at in positions:
        if len(chosen) == most:
            break
        chosen.setdefault(sendable(titles[at]), None)
    return tuple(chosen)
