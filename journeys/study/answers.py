"""What a participant is shown and says, as values that are checked when they are made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from typing import Any, Literal, get_args

from journeys.errors import InputError
from journeys.journey import LEVELS
from journeys.study.design import (
    IDENTIFICATION_POINTS,
    ONGOING_KEYS,
    SPECIFICITY_KEYS,
    WISH_POINTS,
)

Kind = Literal["journey", "repeat", "foil"]
Moment = Literal["before", "after"]
Step = Literal[
    "opened", "consented", "stated", "confirmed", "rating", "corrected", "matched", "after", "done"
]

STEPS: tuple[str, ...] = get_args(Step)

#: Answers to "Do you remember these?".
RECALL_KEYS = ("all", "some", "none")

MOST_WORDS = 500
MOST_STATED = 50
MOST_EVENTS = 2_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def clean_words(text: str, most: int = MOST_WORDS) -> str:
    """A participant's words on one line, without what no database takes.

    Raises:
        InputError: they are longer than ``most`` characters.
    """
    words = " ".join(_CONTROL.sub(" ", text).split())
    if len(words) > most:
        raise InputError(f"This is {len(words):,} characters long; up to {most:,} can be kept.")
    return words


@dataclass(frozen=True)
class Shown:
    """What one trial showed.

    Attributes:
        trial: from 0, in the order of this participant.
        kind: "repeat" shows a journey again, "foil" a made-up one.
        run_id: the discovery that the journey is of; None for a foil, and once it was deleted.
        journey_id: for a foil "foil" and its number in the design, from 1.
        condition: its key in the design.
        level: of the name, 1 to 5.
        name, namer, prompts: what was read, and what had made it.
    """

    trial: int
    kind: Kind
    run_id: int | None
    journey_id: str
    condition: str
    level: int
    name: str
    namer: str
    prompts: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.trial < 1_000:
            raise ValueError(f"trial must be 0 to 999, not {self.trial}")
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {get_args(Kind)}, not {self.kind!r}")
        if self.kind == "foil" and self.run_id is not None:
            raise ValueError("a foil is of no run")
        if not 1 <= self.level <= len(LEVELS):
            raise ValueError(f"level must be 1 to {len(LEVELS)}, not {self.level}")


@dataclass(frozen=True)
class TrialAnswers:
    """What a participant said in one trial; None or '' where nothing was said.

    Attributes:
        recalled: one of :data:`RECALL_KEYS`.
        identification: 1 (not at all closely) to 5 (extremely closely).
        specificity: "broad", "right" or "specific".
        wish: 1 (much less of it) to 5 (much more).
        ongoing: "yes", "no" or "unsure".
        since: when it began, in the participant's words.
        own_words: "I would say:".

    Raises:
        InputError: a value is off its scale, or words are too long.
    """

    recalled: str | None = None
    identification: int | None = None
    specificity: str | None = None
    wish: int | None = None
    ongoing: str | None = None
    since: str = ""
    own_words: str = ""

    def __post_init__(self) -> None:
        for name, points in (("identification", IDENTIFICATION_POINTS), ("wish", WISH_POINTS)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and 1 <= value <= points):
                raise InputError(f"{name} must be 1 to {points}.")
        for name, keys in (
            ("recalled", RECALL_KEYS),
            ("specificity", SPECIFICITY_KEYS),
            ("ongoing", ONGOING_KEYS),
        ):
            if getattr(self, name) not in (None, *keys):
                raise InputError(f"{name} must be one of {', '.join(keys)}.")
        for name in ("since", "own_words"):
            object.__setattr__(self, name, clean_words(getattr(self, name)))

    def to_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrialAnswers:
        """The inverse of :meth:`to_dict`; entries of a newer version are passed over."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True)
class TrialRecord:
    """A trial that was answered. Times are microseconds since 1970-01-01 UTC.

    Attributes:
        response_ms: from when the name was shown to its identification, as the page measured it;
            None where it was not identified.
        recall_ms: from when the items were shown to the answer whether they are remembered; None
            where that was not asked or not answered.
    """

    shown: Shown
    answers: TrialAnswers
    response_ms: int | None
    first_saved_at: int
    saved_at: int
    recall_ms: int | None = None


#: (run id, journey id) that a participant takes a stated journey for; None for none of them.
Match = tuple[int, str] | None

CorrectionKind = Literal["items", "merge", "missing", "log"]


@dataclass(frozen=True)
class Correction:
    """What a participant would change about their journeys.

    Attributes:
        kind: "items": ``events`` do not belong to ``journey_id``; "merge": ``journey_id`` and
            ``other_id`` are one; "missing": a journey called ``words`` was not found; "log":
            ``words`` say what is wrong with the log as a whole.
        events: ids of the participant's own events.
        words: for "items" and "merge" optional.

    Raises:
        InputError: it lacks what its kind needs.
    """

    kind: CorrectionKind
    run_id: int | None = None
    journey_id: str = ""
    other_id: str = ""
    events: tuple[int, ...] = ()
    words: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", clean_words(self.words))
        if self.kind not in get_args(CorrectionKind):
            raise InputError(f"A correction is one of {', '.join(get_args(CorrectionKind))}.")
        if len(self.events) > MOST_EVENTS:
            raise InputError(f"Up to {MOST_EVENTS:,} items can be marked at once.")
        if self.kind == "missing" and not self.words:
            raise InputError("Say in a few words which journey is missing.")
        if self.kind == "log" and not self.words:
            raise InputError("Say in a few words what is wrong with the log.")
        if self.kind in ("items", "merge") and not self.journey_id:
            raise InputError("Choose the journey that this is about.")
        if self.kind == "merge" and self.other_id in ("", self.journey_id):
            raise InputError("Choose two different journeys to merge.")

    @property
    def key(self) -> str:
        """What it is about: a second correction of the same replaces the first."""
        about: Sequence[str] = (self.journey_id,)
        if self.kind == "merge":
            about = sorted((self.journey_id, self.other_id))
        elif self.kind == "missing":
            about = (self.words.casefold(),)
        digest = blake2b("\x1f".join((self.kind, str(self.run_id), *about)).encode())
        return digest.hexdigest()[:32]


@dataclass(frozen=True)
class Consent:
    """That a participant agreed, to what and when; microseconds since 1970-01-01 UTC."""

    text_version: str
    text_hash: str
    as_examples: bool
    given_at: int
    withdrawn_at: int | None
