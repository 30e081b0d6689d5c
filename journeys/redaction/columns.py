"""A column of texts at once: most are passed by in one sweep, and each detail is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from journeys.columns import matching, with_values
from journeys.redaction.details import Found, Kind, masked
from journeys.redaction.finding import redact_counted
from journeys.redaction.signs import RE2

_EXAMPLES = 5
_AROUND = 40


@dataclass(frozen=True, slots=True)
class Example:
    """One redaction to show: the words around with the detail masked, and what is kept."""

    kind: Kind
    before: str
    after: str


@dataclass
class Redactions:
    """What was redacted.

    Attributes:
        counts: kind -> details.
        examples: up to five a kind, each different.
    """

    counts: Counter[Kind] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def note(self, gone: Sequence[tuple[Found, str]], text: str, redacted: str, times: int) -> None:
        """Count the details of a text that occurs several times."""
        for detail, value in gone:
            self.counts[detail.kind] += times
            shown = [example for example in self.examples if example.kind == detail.kind]
            if len(shown) < _EXAMPLES:
                example = Example(detail.kind, *_shown(text, detail, value, gone, redacted))
                if example not in shown:
                    self.examples.append(example)

    def add(self, other: Redactions) -> None:
        """Take in what was redacted elsewhere."""
        self.counts.update(other.counts)
        for example in other.examples:
            same = [known for known in self.examples if known.kind == example.kind]
            if len(same) < _EXAMPLES and example not in same:
                self.examples.append(example)


def redact_column(values: pd.Series) -> tuple[pd.Series, np.ndarray, Redactions]:
    """Redact a column of strings without nulls.

    Returns:
        The column with the same index; a mask of the changed rows, shape ``(rows,)``; and what
        was redacted, a value that occurs in several rows counted in each.
    """
    report = Redactions()
    changed = np.zeros(len(values), dtype=bool)
    if not (values != "").any():
        return values, changed, report
    signs = column_signs(values)
    at = np.flatnonzero(signs)
    codes, unique = pd.factorize(values.iloc[at])
    times = np.bincount(codes, minlength=len(unique))
    shown = np.zeros(len(unique), dtype=np.int64)
    shown[codes] = signs[at]
    new: dict[int, str] = {}
    for code, (text, sign) in enumerate(zip(unique, shown.tolist(), strict=True)):
        redacted, gone = redact_counted(text, sign)
        if gone:
            report.note(gone, text, redacted, int(times[code]))
            new[code] = redacted
    if not new:
        return values, changed, report
    hit = np.isin(codes, np.fromiter(new, dtype=np.int64))
    changed[at[hit]] = True
    return (
        with_values(values, changed, [new[code] for code in codes[hit].tolist()]),
        changed,
        report,
    )


def column_signs(values: pd.Series) -> np.ndarray:
    """Every row's :class:`~journeys.redaction.signs.Sign`; shape ``(rows,)``, int64."""
    signs = np.zeros(len(values), dtype=np.int64)
    for sign, patterns in RE2.items():
        signs[matching(values, *patterns)] |= sign
    return signs


def _shown(
    text: str, detail: Found, value: str, gone: Sequence[tuple[Found, str]], redacted: str
) -> tuple[str, str]:
    """The words around a detail: with every detail in them masked, and as they will be kept."""
    if text[detail.start : detail.end] != value:  # found only once another was replaced
        return masked(detail.kind, value), redacted[: 2 * _AROUND]
    low, high = max(0, detail.start - _AROUND), min(len(text), detail.end + _AROUND)
    within = [
        (other, what)
        for other, what in gone
        if low < other.end and other.start < high and text[other.start : other.end] == what
    ]

    def with_(stand_ins: list[str]) -> str:
        parts, at = ["…" if low else ""], low
        for (other, _), stand_in in zip(within, stand_ins, strict=True):
            parts += [text[at : other.start], stand_in] if other.start >= at else [stand_in]
            at = other.end
        parts += [text[at:high], "…" if high < len(text) else ""]
        return "".join(parts)

    before = with_([masked(other.kind, what) for other, what in within])
    return before, with_([f"[{other.kind}]" for other, _ in within])
