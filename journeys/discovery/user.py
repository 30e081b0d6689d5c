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
from journeys.discovery.storage import Earlier
from journeys.editing import Edit, apply_edits, without_small
from journeys.extraction import (
    Clusters,
    Extractor,
    JourneyRules,
    UserEvents,
    describe_journeys,
)
from journeys.extraction.stability import subsample_stability
from journeys.extraction.updating import NEW, is_due, update_clusters
from journeys.journey import UserJourneys
from journeys.naming import DocumentFrequency, keyphrases
from journeys.timeline import Timeline


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
