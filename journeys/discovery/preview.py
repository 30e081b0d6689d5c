"""What other settings would find for one person, at once and without storing anything.

It is :func:`~journeys.discovery.user.find_journeys` itself, with the person's part of a run. The
work that is the same at every granularity is done once (:class:`PreparedPreview`), so that moving
a slider costs little more than naming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from journeys.discovery.changes import kept_pairs
from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.progress import Stopwatch
from journeys.discovery.user import UserTools, find_journeys
from journeys.editing import Edit, apply_edits, without_small
from journeys.errors import ConfigError
from journeys.extraction import (
    EXTRACTORS,
    Clusters,
    Extractor,
    JourneyRules,
    Levelled,
    LogExtractor,
    UserEvents,
    get_extractor,
)
from journeys.journey import UserJourneys
from journeys.naming import DocumentFrequency
from journeys.timeline import Timeline

#: More events than this, of a person or to be learnt from, take too long for a preview.
MOST_EVENTS = 20_000

#: The granularities at which journeys are counted: 0 to 1 in tenths.
STEPS = tuple(step / 10 for step in range(11))


#: Slow extractors, with the most events of a preview: UMAP compiles for 9 seconds and then takes
#: 0.2 to 10 a person; k-means is tried for every k.
_SLOW: Mapping[str, int] = MappingProxyType({"umap-hdbscan": 0, "bertopic": 0, "kmeans": 1000})

#: With so few events any extractor is done in no time.
_FEW = 500


@dataclass(frozen=True)
class PersonEvents:
    """One person's part of a run: all that a preview needs and that its settings do not change.

    Attributes:
        vectors: shape ``(events, d)``, unit rows in the timeline's order.
        mean: the run's corpus mean, shape ``(d,)``.
        now: the run's "now", microseconds since 1970-01-01 UTC.
        background: word frequencies for key phrases; the person's own titles when None.
        edits: what the person changed by hand; a run would apply it too.
        everybody: the log's timelines, for extractors that learn from all of them; None where the
            log is too large to read for a preview.
    """

    timeline: Timeline
    vectors: np.ndarray
    mean: np.ndarray
    now: int
    background: DocumentFrequency | None = None
    edits: tuple[Edit, ...] = ()
    everybody: Callable[[], Iterable[Timeline]] | None = None


def preview(
    person: PersonEvents, config: DiscoveryConfig, rules: JourneyRules | None = None
) -> UserJourneys:
    """One person's journeys under other settings, named by key phrases.

    Only ``extractor``, ``extractor_settings``, ``granularity``, ``seed`` and the rules of the
    configuration are looked at.

    Raises:
        ConfigError: the extractor or one of its settings is unknown, or it cannot be tried at
            once; see :func:`why_not`.
    """
    return PreparedPreview(person, config, rules).at(config.granularity)


class PreparedPreview:
    """One person and one extractor, ready for any granularity; arguments as :func:`preview`."""

    def __init__(
        self, person: PersonEvents, config: DiscoveryConfig, rules: JourneyRules | None = None
    ) -> None:
        self._person = person
        # What a run measures besides (such as stability) is not part of a preview.
        defaults = DiscoveryConfig(embedder=config.embedder)
        self._config = replace(
            defaults,
            seed=config.seed,
            extractor=config.extractor,
            extractor_settings=config.extractor_settings,
            min_user_events=config.min_user_events,
            min_journey_events=config.min_journey_events,
        )
        self._rules = rules or JourneyRules(
            min_user_events=config.min_user_events, min_journey_events=config.min_journey_events
        )
        self._levels = self._prepare()

    def at(self, granularity: float) -> UserJourneys:
        """The journeys at a granularity from 0 to 1."""
        person = self._person
        background = person.background or DocumentFrequency.of(person.timeline.titles)
        tools = UserTools(
            config=replace(self._config, granularity=granularity),
            extractor=_Known(self._config.extractor, self._levels(granularity)),
            rules=self._rules,
            now=person.now,
            mean=person.mean,
            background=background,
        )
        return find_journeys(
            person.timeline, person.vectors, tools, Stopwatch(), edits=person.edits
        )

    @property
    def quick(self) -> bool:
        """Another granularity costs little, so that :meth:`counts` takes no time to speak of."""
        kind = EXTRACTORS[self._config.extractor]
        levelled = isinstance(get_extractor(self._config.extractor), Levelled)
        return kind.granular and (levelled or len(self._person.timeline) <= _FEW)

    def counts(self, steps: Sequence[float] = STEPS) -> tuple[int, ...]:
        """Number of journeys at each granularity; without naming them, so it is fast."""
        if len(self._person.timeline) < self._rules.min_user_events:
            return (0,) * len(steps)
        least, edits = self._rules.min_journey_events, self._person.edits
        return tuple(
            len(apply_edits(without_small(self._levels(step), least), edits)) for step in steps
        )

    def _prepare(self) -> Callable[[float], Clusters]:
        """From a granularity to clusters, with the common work done and no result made twice."""
        person, config = self._person, self._config
        events = UserEvents(person.vectors, person.timeline.times, person.mean, person.timeline)
        granular = (
            EXTRACTORS[config.extractor].granular if config.extractor in EXTRACTORS else False
        )
        extractor = get_extractor(config.extractor, **config.extractor_settings)
        whole_log = person.everybody is not None
        reason = why_not(config.extractor, events=len(events), whole_log=whole_log)
        if reason:
            raise ConfigError(f"{config.extractor} cannot be tried at once. {reason}")
        granular = EXTRACTORS[config.extractor].granular
        if granular and isinstance(extractor, Levelled):
            return extractor.levels(events, seed=config.seed)
        if not granular:
            clusters = self._fitted(extractor).extract(events, seed=config.seed)
            return lambda granularity: clusters

        def anew(granularity: float) -> Clusters:
            settings = {**config.extractor_settings, "granularity": granularity}
            fitted = self._fitted(get_extractor(config.extractor, **settings))
            return fitted.extract(events, seed=config.seed)

        return anew

    def _fitted(self, extractor: Extractor) -> Extractor:
        if not isinstance(extractor, LogExtractor):
            return extractor
        assert self._person.everybody is not None
        return extractor.fit(self._person.everybody())


def why_not(name: str, *, events: int = 0, whole_log: bool = False) -> str:
    """Why an extractor cannot be tried on one person at once; '' when it can.

    Args:
        events: of the person.
        whole_log: the whole log can be read for it.

    Raises:
        ConfigError: there is no such extractor.
    """
    extractor = get_extractor(name)
    if isinstance(extractor, LogExtractor) and not whole_log:
        return "It learns from everybody's events, and the log is too large to read them at once."
    if events > _SLOW.get(name, MOST_EVENTS):
        return f"{name} takes too long to be seen at once for {events:,} events."
    return ""


def with_known_names(before: UserJourneys, after: UserJourneys) -> UserJourneys:
    """``after``, in which a journey that has (nearly) the events of an old one keeps its names."""
    names = {new: before.journeys[old].names for old, new in kept_pairs(before, after)}
    journeys = tuple(
        replace(journey, names=names.get(at, journey.names))
        for at, journey in enumerate(after.journeys)
    )
    return replace(after, journeys=journeys)


def warm_up() -> None:
    """Import what clustering needs, which takes seconds the first time in a process."""
    import hdbscan  # noqa: F401


@dataclass(frozen=True)
class _Known:
    """An extractor whose answer is there already."""

    id: str
    clusters: Clusters

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        return self.clusters
