"""Where a run reads its timelines from and leaves its results: the contract, and memory.

The run itself (:mod:`journeys.discovery.pipeline`) is the same whether it works in memory for
the library and the command line, or on the database for the app; only the storage differs.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from journeys.editing import Edit
from journeys.embedding.keys import text_keys
from journeys.extraction.updating import NEW
from journeys.journey import Names, UserJourneys
from journeys.timeline import ActivityLog, Timeline

__all__ = ["NEW", "PERSON_NAMER", "Earlier", "MemoryStorage", "RunStorage"]

#: A namer's id for names that a person gave by hand; no later naming replaces them.
PERSON_NAMER = "person"


@dataclass(frozen=True)
class Earlier:
    """What an earlier run of the same log found for a person, against the timeline as it is now.

    Attributes:
        labels: shape ``(events,)``, int64: index into ``ids``, -1 for unassigned, :data:`NEW`
            for an event that the earlier run did not have.
        membership: shape ``(events,)``, float32 in [0, 1]; 0 for new events.
        ids: ids of the journeys.
        settings: all that the labels depend on besides the events: ``"clustering"`` of the
            manifest of the run that found them.
    """

    labels: np.ndarray
    membership: np.ndarray
    ids: tuple[str, ...]
    settings: dict[str, Any]


class RunStorage(Protocol):
    """A log to read, and a place for what is found in it. People are known by an integer."""

    def size(self) -> tuple[int, int]:
        """(people, events) of the log."""
        ...

    def last_time(self) -> int:
        """Time of the log's last event, microseconds since 1970-01-01 UTC: the run's "now"."""
        ...

    def timelines(self) -> Iterator[tuple[int, Timeline]]:
        """(person, timeline) of everybody, always in the same order."""
        ...

    def text_keys(self, timeline: Timeline) -> list[bytes]:
        """Cache keys of the texts of a timeline that came from here."""
        ...

    def finished(self) -> Container[int]:
        """People whose journeys are saved already."""
        ...

    def earlier(self, person: int, timeline: Timeline) -> Earlier | None:
        """What the newest earlier run found for this person; None where there is none."""
        ...

    def edits(self, person: int, timeline: Timeline) -> Sequence[Edit]:
        """What the person changed about their journeys, oldest first."""
        ...

    def earlier_names(self, person: int) -> Mapping[str, Names]:
        """Journey id -> names that a model gave it in the newest earlier run that has it."""
        ...

    def save_user(self, person: int, timeline: Timeline, result: UserJourneys) -> None:
        """Save one person's journeys; the person is then finished."""
        ...

    def load_user(self, person: int) -> tuple[Timeline, UserJourneys]:
        """What was saved, with the newest names."""
        ...

    def unnamed(self, namer: str) -> Sequence[tuple[int, str]]:
        """(person, journey id) of journeys that ``namer`` has yet to name, strongest first."""
        ...

    def save_names(self, person: int, journey_id: str, names: Names) -> None:
        """Give a journey its new names."""
        ...

    def save_map(self, person: int, key: str, points: np.ndarray) -> None:
        """Keep a person's map, shape ``(events, 2)``, under the key of the map cache."""
        ...

    def manifest(self) -> dict[str, Any]:
        """The manifest as far as an earlier, interrupted attempt wrote it; {} at first."""
        ...

    def save_manifest(self, manifest: dict[str, Any]) -> None:
        """Keep the manifest as far as it is known."""
        ...


class MemoryStorage:
    """A :class:`RunStorage` over an :class:`ActivityLog`, for the library and the command line.

    Args:
        earlier: user id -> what an earlier run found for them.
    """

    def __init__(
        self, log: ActivityLog, text_key: bytes, earlier: Mapping[str, Earlier] | None = None
    ) -> None:
        self._log = log
        self._text_key = text_key
        self._earlier = earlier or {}
        self._manifest: dict[str, Any] = {}
        self.results: dict[int, UserJourneys] = {}
        self.maps: dict[int, np.ndarray] = {}

    def size(self) -> tuple[int, int]:
        return len(self._log.users), len(self._log)

    def last_time(self) -> int:
        times = self._log.frame["timestamp"]
        return int(times.astype("int64").max()) if len(times) else 0

    def timelines(self) -> Iterator[tuple[int, Timeline]]:
        return enumerate(self._log.timelines())

    def text_keys(self, timeline: Timeline) -> list[bytes]:
        return text_keys(self._text_key, timeline.texts())

    def finished(self) -> Container[int]:
        return self.results.keys()

    def earlier(self, person: int, timeline: Timeline) -> Earlier | None:
        return self._earlier.get(timeline.user_id)

    def edits(self, person: int, timeline: Timeline) -> Sequence[Edit]:
        return ()

    def earlier_names(self, person: int) -> Mapping[str, Names]:
        return {}

    def save_user(self, person: int, timeline: Timeline, result: UserJourneys) -> None:
        self.results[person] = result

    def load_user(self, person: int) -> tuple[Timeline, UserJourneys]:
        return self._log.timeline(self._log.users[person]), self.results[person]

    def unnamed(self, namer: str) -> Sequence[tuple[int, str]]:
        waiting = [
            (journey.rank, person, journey.id)
            for person, result in self.results.items()
            for journey in result.journeys
            if journey.names.namer not in (namer, PERSON_NAMER)
        ]
        return [(person, journey_id) for _, person, journey_id in sorted(waiting)]

    def save_names(self, person: int, journey_id: str, names: Names) -> None:
        result = self.results[person]
        renamed = tuple(
            replace(journey, names=names) if journey.id == journey_id else journey
            for journey in result.journeys
        )
        self.results[person] = replace(result, journeys=renamed)

    def save_map(self, person: int, key: str, points: np.ndarray) -> None:
        self.maps[person] = points

    def manifest(self) -> dict[str, Any]:
        return self._manifest

    def save_manifest(self, manifest: dict[str, Any]) -> None:
        self._manifest = manifest
