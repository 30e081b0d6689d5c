"""The paper's regimes of naming, compared on the same groups at the friend's level.

A regime is anything that gives one name from a journey's evidence. What is scored is what it said,
unchecked, since a fallback to key phrases would hide how often a weak model needs it; how often
it would have been needed stands beside (after 2305.15498, section on naming regimes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from journeys.evaluation.intervals import Interval, macro_mean_known
from journeys.evaluation.naming_given import Given
from journeys.evaluation.naming_groups import Case
from journeys.evaluation.naming_report import difference
from journeys.evaluation.naming_scores import Scores
from journeys.evaluation.report import markdown
from journeys.journey import FRIEND_LEVEL
from journeys.naming.checks import Ground, check_name

#: Names one group.
Regime = Callable[[Case], str]


@dataclass(frozen=True)
class Said:
    """What a regime said of one group.

    Attributes:
        seconds: that it took; NaN where it was not taken, or is shared with other groups.
    """

    name: str
    seconds: float


class SaidFile:
    """Answers in a file of JSON lines, so that the same command goes on where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[tuple[str, str, str], Said] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._remember(line)

    def get(self, regime: str, case: Case) -> Said | None:
        """What was said of a group, or None."""
        return self._known.get((regime, *case.group.key))

    def put(self, regime: str, case: Case, said: Said) -> None:
        """Keep an answer; on the disk when this returns."""
        user, group = case.group.key
        self._known[regime, user, group] = said
        row = {"regime": regime, "user_id": user, "group": group}
        with self._path.open("a", encoding="utf-8") as file:
            seconds = None if np.isnan(said.seconds) else round(said.seconds, 3)
            row |= {"name": said.name, "seconds": seconds}  # type: ignore[dict-item]
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _remember(self, line: str) -> None:
        try:
            row = json.loads(line)
            seconds = float("nan") if row["seconds"] is None else float(row["seconds"])
            self._known[row["regime"], row["user_id"], row["group"]] = Said(row["name"], seconds)
        except (ValueError, KeyError, TypeError):
            return  # A line that was cut off: its group is asked for again.


def ask_all(name: str, regime: Regime, cases: Sequence[Case], kept: SaidFile) -> list[Said]:
    """What a regime says of every group, in order; what is in the file is not asked again."""
    found = []
    for case in cases:
        said = kept.get(name, case)
        if said is None:
            start = perf_counter()
            said = Said(regime(case), 0.0)
            said = Said(said.name, perf_counter() - start)
            kept.put(name, case, said)
        found.append(said)
    return found


def given(said: Sequence[Said]) -> list[Given]:
    """In the form that the bench scores; the one name stands at every level."""
    return [Given((one.name,) * 5) for one in said]


def failing(said: Sequence[Said], cases: Sequence[Case]) -> np.ndarray:
    """Which names would be replaced by key phrases, shape ``(groups,)``, 0 or 1."""
    reasons = (
        check_name(one.name, FRIEND_LEVEL, Ground.of(case.evidence))
        for one, case in zip(said, cases, strict=True)
    )
    return np.array([reason is not None for reason in reasons], dtype=np.float64)


def table(
    scores: Mapping[str, Scores],
    said: Mapping[str, Sequence[Said]],
    cases: Sequence[Case],
    against: str,
) -> str:
    """Similarity, retrieval, would-be fallbacks and seconds at the friend's level.

    Args:
        against: the row that the others are compared with in pairs.
    """
    header = [
        "regime", "similarity", f"less {against}", "retrieval", "would fall back", "median seconds",
    ]  # fmt: skip
    at = FRIEND_LEVEL - 1
    rows = []
    for name, own in scores.items():
        similar = macro_mean_known(own.similarity[:, at].tolist())
        more = difference(own.similarity[:, at], scores[against].similarity[:, at])
        fails, seconds = "–", "–"
        if name in said:
            fails = f"{failing(said[name], cases).mean():.2f}"
            taken = [one.seconds for one in said[name] if not np.isnan(one.seconds)]
            seconds = f"{np.median(taken):.1f}" if taken else "–"
        rows.append(
            [
                name,
                f"{similar.mean:.3f} ({similar.low:.3f} to {similar.high:.3f})",
                "–" if name == against else _signed(more),
                f"{np.mean(own.retrieval[:, at]):.2f}",
                fails,
                seconds,
            ]
        )
    return markdown(header, rows)


def _signed(found: Interval) -> str:
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
