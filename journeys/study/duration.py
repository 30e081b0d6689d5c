"""How long a participation took, from the times that are stored anyway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from journeys.study.answers import TrialRecord

#: Between two stored times, more than this is a pause: longer than anybody looks at one screen.
PAUSE_SECONDS = 600.0

_SECOND = 1e6  # microseconds


@dataclass(frozen=True)
class Duration:
    """Seconds that a participation took.

    Attributes:
        total: from consent to the end, pauses included; None before the end.
        active: without what was longer than :data:`PAUSE_SECONDS` between two stored times, up
            to the last of them; a lower bound, since the person may have come back earlier.
    """

    total: float | None
    active: float


def duration(steps: Mapping[str, int], trials: Iterable[TrialRecord] = ()) -> Duration | None:
    """How long a participation took; None before consent.

    Args:
        steps: step -> when it was reached first, microseconds.
        trials: what was answered.
    """
    begun = steps.get("consented")
    if begun is None:
        return None
    end = steps.get("done")
    moments = [*steps.values()]
    for trial in trials:
        moments += [trial.first_saved_at, trial.saved_at]
    # The way back stays open after the end; what is changed then is no part of it.
    moments = sorted(at for at in moments if at >= begun and (end is None or at <= end))
    gaps = [(b - a) / _SECOND for a, b in pairwise(moments)]
    total = None if end is None else max(0.0, (end - begun) / _SECOND)
    return Duration(total, sum(gap for gap in gaps if gap <= PAUSE_SECONDS))
