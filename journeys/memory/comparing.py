"""Which interests of two partitions are the same, and what their counts say of a change."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from journeys.memory.notes import Change, ChangeKind, Interest, Summary
from journeys.words import content_words

#: An interest of fewer events than this, or of a smaller share, says nothing by its counts.
LEAST_EVENTS, LEAST_SHARE = 2, 0.1
#: A share grows or fades when it is at least so many times the other, and so much more.
TIMES, MORE = 1.8, 0.15

#: Whether two names are of one interest.
Alike = Callable[[str, str], bool]


@dataclass(frozen=True)
class Pair:
    """An interest before and now; None where it is not there."""

    before: Interest | None
    now: Interest | None

    @property
    def shares(self) -> tuple[float, float]:
        """Before and now."""
        return (self.before.share if self.before else 0.0, self.now.share if self.now else 0.0)

    def change(self, kind: ChangeKind) -> Change:
        """The change of this interest, told by a model."""
        meant = self.now or self.before
        assert meant is not None
        renamed = self.before is not None and self.now is not None
        earlier = self.before.name if renamed and self.before else ""
        return Change(
            kind=kind,
            name=meant.name,
            evidence=meant.evidence,
            before=self.shares[0],
            now=self.shares[1],
            journey=meant.journey,
            earlier=earlier if earlier != meant.name else "",
        )


def same_words(first: str, second: str) -> bool:
    """Whether two names share at least half of their content words."""
    one, other = set(content_words(first)), set(content_words(second))
    return bool(one & other) and 2 * len(one & other) >= min(len(one), len(other))


def pairs(before: Summary, now: Summary, alike: Alike = same_words) -> tuple[Pair, ...]:
    """Every interest of both, each once: by journey where that is known, else by name.

    Present interests come first, strongest first, then those that are gone.
    """
    left = list(before.interests)
    found: list[Pair] = []
    for interest in now.interests:
        match = _match(interest, left, alike)
        if match is not None:
            left.remove(match)
        found.append(Pair(match, interest))
    return (*found, *(Pair(gone, None) for gone in left))


def _match(interest: Interest, left: Sequence[Interest], alike: Alike) -> Interest | None:
    if interest.journey:
        return next((one for one in left if one.journey == interest.journey), None)
    return next((one for one in left if not one.journey and alike(one.name, interest.name)), None)


def borne_out(kind: ChangeKind, pair: Pair) -> bool:
    """Whether the events bear a change out that was told.

    It must go the way that the counts go, and by more than their standard error (the pooled
    two-proportion test, ``z >= 1``): of partitions of 20, two events more of one interest are what
    chance does. What begins or ends must have two events.
    """
    before, now = pair.shares
    way = {
        "new": before == 0 < now,
        "growing": 0 < before < now,
        "fading": 0 < now < before,
        "dropped": now == 0 < before,
    }[kind]
    if kind in ("new", "dropped"):
        meant = pair.now or pair.before
        return way and meant is not None and len(meant.evidence) >= LEAST_EVENTS
    return way and abs(now - before) >= _standard_error(pair)


def _standard_error(pair: Pair) -> float:
    """Of the difference of two shares, if nothing had changed."""
    sides = [side for side in (pair.before, pair.now) if side is not None and side.share > 0]
    sizes = [len(side.evidence) / side.share for side in sides]
    pooled = sum(len(side.evidence) for side in sides) / sum(sizes)
    return math.sqrt(pooled * (1 - pooled) * sum(1 / size for size in sizes))


def counted(pair: Pair) -> ChangeKind | None:
    """The change that the counts show plainly; None where they do not."""
    before, now = pair.shares
    if before == 0:
        return "new" if _speaks(pair.now) else None
    if now == 0:
        return "dropped" if _speaks(pair.before) else None
    if now >= TIMES * before and now - before >= MORE:
        return "growing"
    if before >= TIMES * now and before - now >= MORE:
        return "fading"
    return None


def _speaks(interest: Interest | None) -> bool:
    return (
        interest is not None
        and len(interest.evidence) >= LEAST_EVENTS
        and interest.share >= LEAST_SHARE
    )
