"""What is kept of one user, and where: everything about them in one value, so that erasing it
erases everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from journeys.agents.features import Features
from journeys.agents.rows import Belief, UserRows
from journeys.errors import StoreError


@dataclass(frozen=True)
class Episode:
    """A request with what was done, and what the user said to it so far.

    Attributes:
        id: of the trajectory.
        time: of the request.
        title: in a few words, redacted.
        features: as known when the request was made.
        liked: 1, 0, or None where nothing was said.
        weight: how much it counts.
        known: since when it is known.
        said: the last kind of feedback.
        foreseen: the chance of acceptance that was believed just before it was known.
        without_own: the same by the shared weights alone.
        simulated: whether a simulated user said it.
    """

    id: str
    time: datetime | None
    title: str
    features: Features
    liked: int | None = None
    weight: float = 1.0
    known: datetime | None = None
    said: str = ""
    foreseen: float | None = None
    without_own: float | None = None
    simulated: bool = False


@dataclass(frozen=True)
class UserState:
    """All that is kept of a user.

    Attributes:
        rows: what is believed of them.
        episodes: the newest, in the order in which they came.
        seen: ids that came before, the newest last.
        rankings: how many were made for them; seeds the next one.
        explored: how many of them explored.
    """

    rows: UserRows = field(default_factory=UserRows)
    episodes: tuple[Episode, ...] = ()
    seen: tuple[str, ...] = ()
    rankings: int = 0
    explored: int = 0

    @property
    def newest(self) -> datetime | None:
        """Time of the newest request."""
        return max((each.time for each in self.episodes if each.time is not None), default=None)

    @property
    def simulated(self) -> bool:
        """Whether this is a simulated user. Nobody is both."""
        return bool(self.episodes) and self.episodes[-1].simulated

    def to_json(self) -> str:
        """As text; numbers are written so that they come back to the last bit."""
        return json.dumps(
            {
                "beliefs": {name: list(held) for name, held in self.rows.beliefs.items()},
                "at": _iso(self.rows.at),
                "events": self.rows.events,
                "episodes": [_episode(each) for each in self.episodes],
                "seen": self.seen,
                "rankings": self.rankings,
                "explored": self.explored,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> UserState:
        """The inverse of :meth:`to_json`.

        Raises:
            StoreError: it is no such text.
        """
        try:
            found = json.loads(text)
            beliefs = {name: Belief(*held) for name, held in found["beliefs"].items()}
            return cls(
                UserRows(beliefs, _time(found["at"]), found["events"]),
                tuple(_as_episode(each) for each in found["episodes"]),
                tuple(found["seen"]),
                found["rankings"],
                found["explored"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError("What was kept of this user cannot be read. Reset them.") from error


class UserStates(Protocol):
    """Where states are kept."""

    def get(self, user: str) -> UserState | None: ...

    def put(self, user: str, state: UserState) -> None: ...

    def delete(self, user: str) -> bool:
        """Whether there was one."""
        ...

    def all(self) -> Iterator[tuple[str, UserState]]: ...


class MemoryStates:
    """States in a dictionary."""

    def __init__(self) -> None:
        self._held: dict[str, UserState] = {}

    def get(self, user: str) -> UserState | None:
        return self._held.get(user)

    def put(self, user: str, state: UserState) -> None:
        self._held[user] = state

    def delete(self, user: str) -> bool:
        return self._held.pop(user, None) is not None

    def all(self) -> Iterator[tuple[str, UserState]]:
        return iter(sorted(self._held.items()))


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time is not None else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _episode(each: Episode) -> dict[str, Any]:
    return {
        "id": each.id,
        "time": _iso(each.time),
        "title": each.title,
        "ids": each.features.ids,
        "own": each.features.own,
        "content": each.features.content.tolist(),
        "liked": each.liked,
        "weight": each.weight,
        "known": _iso(each.known),
        "said": each.said,
        "foreseen": each.foreseen,
        "without_own": each.without_own,
        "simulated": each.simulated,
    }


def _as_episode(found: Mapping[str, Any]) -> Episode:
    content = np.array(found["content"], dtype=np.float64)
    return Episode(
        found["id"],
        _time(found["time"]),
        found["title"],
        Features(tuple(found["ids"]), tuple(found["own"]), content),
        found["liked"],
        found["weight"],
        _time(found["known"]),
        found["said"],
        found.get("foreseen"),
        found.get("without_own"),
        found.get("simulated", False),
    )
