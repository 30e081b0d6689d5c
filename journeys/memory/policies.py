"""When the cache becomes a partition: by size, by a pause, or by a change of journeys.

A policy is asked after each event of a stream, so it may look only at the events so far. Hence
partitions do not depend on how the stream was cut into appends.

Source: LIBER, arXiv 2411.14713, section "user behaviour streaming partition": the partition
condition is the length of the cache, a time, or a learned rule. The paper's length is not known to
us; docs/results-memory.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from journeys.errors import ConfigError

_DAY = 86_400_000_000

#: No cache grows beyond this many events: a partition must fit into a prompt.
MOST = 200


class Policy(Protocol):
    """The partition condition."""

    kind: ClassVar[str]

    def first_cut(self, times: np.ndarray, journeys: Sequence[str]) -> int | None:
        """How many of the oldest events in the cache become a partition; None while none do.

        The answer is that of the shortest beginning of the cache for which the condition holds.

        Args:
            times: shape ``(events,)``, int64 microseconds, ascending.
            journeys: the journey of each event, '' where there is none.
        """
        ...


@dataclass(frozen=True)
class BySize:
    """A partition holds ``size`` events."""

    size: int = 20
    kind: ClassVar[str] = "size"

    def __post_init__(self) -> None:
        _within("size", self.size, 2, MOST)

    def first_cut(self, times: np.ndarray, journeys: Sequence[str]) -> int | None:
        """See :class:`Policy`."""
        return self.size if len(times) >= self.size else None


@dataclass(frozen=True)
class ByGap:
    """A partition ends before a pause of ``days``, once it has ``least`` events.

    Without a pause it ends at ``most`` events.
    """

    days: float = 14.0
    least: int = 5
    most: int = 50
    kind: ClassVar[str] = "gap"

    def __post_init__(self) -> None:
        _within("days", self.days, 1e-4, 3650)
        _within("least", self.least, 2, MOST)
        _within("most", self.most, self.least, MOST)

    def first_cut(self, times: np.ndarray, journeys: Sequence[str]) -> int | None:
        """See :class:`Policy`."""
        pauses = np.flatnonzero(np.diff(times) > self.days * _DAY) + 1
        pauses = pauses[pauses >= self.least]
        first = int(pauses[0]) if len(pauses) else None
        if first is not None and first <= self.most:
            return first
        return self.most if len(times) >= self.most else None


@dataclass(frozen=True)
class ByChange:
    """A partition ends where the journeys change.

    The mix of the last ``window`` events is compared with that of the events before them; at a
    total variation distance of ``distance`` or more, those before become the partition. Events of
    no journey are left out. Without a change it ends at ``most`` events.
    """

    window: int = 8
    distance: float = 0.6
    least: int = 8
    most: int = 50
    kind: ClassVar[str] = "change"

    def __post_init__(self) -> None:
        _within("window", self.window, 2, MOST)
        _within("distance", self.distance, 0.05, 1.0)
        _within("least", self.least, 2, MOST)
        _within("most", self.most, self.least + self.window, MOST)

    def first_cut(self, times: np.ndarray, journeys: Sequence[str]) -> int | None:
        """See :class:`Policy`."""
        known = journeys[: self.most]
        for end in range(self.least + self.window, len(known) + 1):
            before, last = known[: end - self.window], known[end - self.window : end]
            if total_variation(before, last) >= self.distance:
                return end - self.window
        return self.most if len(times) >= self.most else None


def total_variation(first: Sequence[str], second: Sequence[str]) -> float:
    """Half the summed difference of two mixes of journeys, 0 to 1; 0 where one has no journey."""
    one, other = ([name for name in names if name] for names in (first, second))
    if not one or not other:
        return 0.0
    return 0.5 * sum(
        abs(one.count(name) / len(one) - other.count(name) / len(other)) for name in {*one, *other}
    )


_KINDS: Mapping[str, type[BySize] | type[ByGap] | type[ByChange]] = {
    policy.kind: policy for policy in (BySize, ByGap, ByChange)
}


def policy_to_dict(policy: Policy) -> dict[str, Any]:
    """A policy as JSON; :func:`policy_from_dict` reads it."""
    return {"kind": policy.kind, **asdict(policy)}  # type: ignore[call-overload]


def policy_from_dict(values: Mapping[str, Any]) -> Policy:
    """The policy that a JSON object describes.

    Raises:
        ConfigError: it describes none.
    """
    kind = _KINDS.get(str(values.get("kind")))
    if kind is None:
        raise ConfigError(
            f"There is no way to partition called {values.get('kind')!r}; "
            f"there are {', '.join(_KINDS)}."
        )
    try:
        return kind(**{key: value for key, value in values.items() if key != "kind"})
    except TypeError as error:
        raise ConfigError(f"Partitioning by {kind.kind}: {error}.") from error


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"Partitions: {name} must be from {low:g} to {high:g}, not {value:g}.")
