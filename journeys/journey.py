"""What a discovery finds: journeys, their names, and one user's share of the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

import numpy as np

Stage = Literal["emerging", "ongoing", "dormant", "ended"]
Kind = Literal["evergreen", "situational"]

#: The five levels of specificity, broad to narrow; index 0 is level 1.
LEVELS = ("field", "interest", "told to a friend", "project", "detail")

#: The level a person would use when a friend asks.
FRIEND_LEVEL = 3


@dataclass(frozen=True)
class Names:
    """A journey's names, one a level of specificity.

    Attributes:
        levels: five names, level 1 (field) to level 5 (detail).
        namer: what made them, e.g. ``"keyphrase"`` or ``"llm:qwen2.5-coder-1.5b"``.
        provisional: true for the keyphrase names that stand until a language model answers.
        fallback: levels (1-5) whose model answer failed its checks and was replaced.
        completion_keys: keys of the cached model answers these names came from, so that erasing
            a user can erase them too.
        cited: for each level the ids of the items that the name rests on, strongest first; ()
            where that is not known.
        shown: ids of the items that the namer saw; a later run asks again when they changed.
        prompts: id of the prompt set, '' where none was used.
        examples: ids of the people's corrections that were worked examples in the prompt.
    """

    levels: tuple[str, str, str, str, str]
    namer: str
    provisional: bool = False
    fallback: tuple[int, ...] = ()
    completion_keys: tuple[str, ...] = ()
    cited: tuple[tuple[str, ...], ...] = ()
    shown: tuple[str, ...] = ()
    prompts: str = ""
    examples: tuple[str, ...] = ()

    def at(self, level: int) -> str:
        """The name at a level from 1 to 5."""
        if not 1 <= level <= len(LEVELS):
            raise ValueError(f"level must be 1 to {len(LEVELS)}, not {level}")
        return self.levels[level - 1]


@dataclass(frozen=True)
class Journey:
    """A cluster of one user's events that passed the size and persistence rules.

    Attributes:
        id: stable for the same user and the same member events.
        user_id: whose it is.
        rank: 1 is the user's strongest journey.
        score: the number behind the rank, in [0, 1].
        stage: by time since it was last pursued, and by how new it is.
        kind: evergreen (returns over months) or situational (one burst).
        confidence: mean membership confidence of its events, in [0, 1].
        members: shape ``(events,)``, positions in the user's timeline, in order of time.
        central: positions of the most central members, most central first.
        first_seen, last_seen: times of its first and last event, UTC.
        active_months: number of calendar months with at least one event.
        keyphrases: what sets it apart in words, strongest first.
        names: its names at the five levels.
        boundary: positions of the members that belong least surely, least sure first.
        stability: how well it is found again in random subsamples of the timeline, in [0, 1];
            None where that was not measured.
        family: number of the broad group of this user's journeys that it is nested in.
    """

    id: str
    user_id: str
    rank: int
    score: float
    stage: Stage
    kind: Kind
    confidence: float
    members: np.ndarray
    central: tuple[int, ...]
    first_seen: datetime
    last_seen: datetime
    active_months: int
    keyphrases: tuple[str, ...]
    names: Names
    boundary: tuple[int, ...] = ()
    stability: float | None = None
    family: int = 0

    def __len__(self) -> int:
        return len(self.members)

    def name(self, level: int = FRIEND_LEVEL) -> str:
        """The journey's name at a level of specificity from 1 (field) to 5 (detail)."""
        return self.names.at(level)


@dataclass(frozen=True)
class UserJourneys:
    """One user's journeys.

    Attributes:
        labels: shape ``(events,)``, int64: index into ``journeys``, or -1 for unassigned.
        membership: shape ``(events,)``, float32 in [0, 1]: confidence that the event belongs.
        note: why there are no journeys, by the name of the rule; '' when there are.
        start: row of the log's frame at which the user's timeline begins.
        stability: agreement (adjusted Rand index) with clusterings of random subsamples; None
            where that was not measured.
    """

    user_id: str
    journeys: tuple[Journey, ...]
    labels: np.ndarray
    membership: np.ndarray
    note: str = ""
    start: int = 0
    stability: float | None = None

    @property
    def unassigned_share(self) -> float:
        """Share of the user's events in no journey, 0 to 1."""
        return float(np.mean(self.labels < 0)) if len(self.labels) else 0.0


def journey_id(user_id: str, items: Sequence[str], times: Sequence[int]) -> str:
    """An id made from who and what: the same members give the same id in any run.

    Args:
        user_id: the journey's user.
        items: item ids of the members.
        times: their times, same length.
    """
    digest = blake2b(user_id.encode(), digest_size=6, person=b"journey")
    for item, time in sorted(zip(items, times, strict=True)):
        digest.update(f"\x1f{item}\x1e{time}".encode("utf-8", "surrogatepass"))
    return f"j{digest.hexdigest()}"
