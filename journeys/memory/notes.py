"""What is told of partitions: the interests in one, and the shift since the one before.

LIBER's user interest learning (arXiv 2411.14713): ``S_i = summary(P_i)`` and
``D_i = shift(S_{i-1}, S_i)``. The paper's texts are free; here every statement is tied to events
and, where they are known, to journeys, so that it can be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

ChangeKind = Literal["new", "growing", "fading", "dropped"]
KINDS: tuple[ChangeKind, ...] = ("new", "growing", "fading", "dropped")

#: Who says so: the language model, the counts of events, or both alike.
By = Literal["model", "counts", "both"]


@dataclass(frozen=True)
class Item:
    """An event of a partition as it is told of. ``at`` is in microseconds since 1970-01-01 UTC."""

    event_id: int
    title: str
    at: int
    journey: str = ""


@dataclass(frozen=True)
class Interest:
    """What a part of a partition's events is about.

    Attributes:
        name: a few words.
        evidence: ids of the events.
        share: of the partition's events, 0 to 1.
        journey: id of the journey; '' where it is not known.
    """

    name: str
    evidence: tuple[int, ...]
    share: float
    journey: str = ""


@dataclass(frozen=True)
class Summary:
    """A partition in words.

    Attributes:
        text: a sentence or two.
        interests: the strongest first.
        events: how many the partition has.
        by: "counts" where no usable answer came from a model.
    """

    text: str
    interests: tuple[Interest, ...]
    events: int
    by: By = "model"


@dataclass(frozen=True)
class Change:
    """What became of an interest since the partition before.

    Attributes:
        name: of the interest, as it is called now; as it was, when it was dropped.
        earlier: what it was called before, where it has another name now; else ''.
        evidence: ids of events: of this partition, or of the one before for what was dropped.
        before, now: its shares of both partitions' events.
    """

    kind: ChangeKind
    name: str
    evidence: tuple[int, ...]
    before: float
    now: float
    journey: str = ""
    earlier: str = ""
    by: By = "model"


@dataclass(frozen=True)
class Shift:
    """What changed between two partitions.

    Attributes:
        text: a sentence; '' when nothing was said.
        changes: every change that the events bear out.
        refused: how many changes a model told that the events contradict.
    """

    text: str
    changes: tuple[Change, ...]
    refused: int = 0

    def said(self, kind: ChangeKind) -> tuple[Change, ...]:
        """The changes of a kind."""
        return tuple(change for change in self.changes if change.kind == kind)


def summary_to_dict(summary: Summary) -> dict[str, Any]:
    """As JSON; :func:`summary_from_dict` reads it."""
    return asdict(summary)


def summary_from_dict(values: Mapping[str, Any]) -> Summary:
    """The summary that :func:`summary_to_dict` wrote."""
    interests = tuple(
        Interest(**{**one, "evidence": tuple(one["evidence"])}) for one in values["interests"]
    )
    return Summary(values["text"], interests, values["events"], values["by"])


def shift_to_dict(shift: Shift) -> dict[str, Any]:
    """As JSON; :func:`shift_from_dict` reads it."""
    return asdict(shift)


def shift_from_dict(values: Mapping[str, Any]) -> Shift:
    """The shift that :func:`shift_to_dict` wrote."""
    changes = tuple(
        Change(**{**one, "evidence": tuple(one["evidence"])}) for one in values["changes"]
    )
    return Shift(values["text"], changes, values["refused"])


def grouped(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Items by journey, the largest group first, of equals the earliest; '' is always last."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.journey, []).append(item)
    order = sorted(groups, key=lambda journey: (journey == "", -len(groups[journey])))
    return {journey: groups[journey] for journey in order}
