"""Recall and precision of redaction on the frozen labelled sets (tests/redaction_cases).

Both batches were labelled without sight of the rules; the README says how they were made and
scored. The rules were then improved on the first; the second came after and is never tuned on.
`pytest -rP tests/test_redaction_frozen.py` shows the figures also when the test passes.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "redaction_cases"
KINDS = {"email", "phone", "card", "account", "secret"}
MIN_COVERED = 0.90

Interval = tuple[int, int]
Finder = Callable[[str], Sequence[Interval]]


@dataclass(frozen=True)
class Batch:
    """A file of cases, the hash it was frozen with, and the bars its score must reach."""

    file: str
    sha256: str
    min_cases: int
    min_recall: float
    min_precision: float

    def content(self) -> str:
        return (FOLDER / self.file).read_text(encoding="utf-8")


BATCHES = (
    Batch(
        "cases.jsonl",
        "036fe2f3e300de007cb6bfb661244fbea3997b4c3d8a882c68c5320c4bd39490",
        min_cases=300,
        min_recall=0.97,
        min_precision=0.90,
    ),
    # The recall bar of the second batch is no goal but a guard against regressions: the score of
    # the day it was frozen less .02. It is not raised by tuning rules on these cases.
    Batch(
        "cases-2.jsonl",
        "10c0950585f78a1446614baee7472c35e6608637a85907ceca603bb3425eae18",
        min_cases=150,
        min_recall=0.8367 - 0.02,
        min_precision=0.90,
    ),
)
each_batch = pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.file)


@dataclass(frozen=True)
class Case:
    text: str
    spans: tuple[tuple[int, int, str], ...]
    note: str


@dataclass(frozen=True)
class Score:
    """Counts over spans; `missed` and `wrong` hold (note, span text, text)."""

    labelled: int
    found: int
    missed: tuple[tuple[str, str, str], ...]
    wrong: tuple[tuple[str, str, str], ...]
    over_hidden: float  # share of the letters and digits outside all labels that would be hidden

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.labelled

    @property
    def precision(self) -> float:
        return 1 - len(self.wrong) / self.found if self.found else 1.0

    def report(self) -> str:
        lines = [
            f"recall {self.recall:.4f} ({self.labelled - len(self.missed)}/{self.labelled}), "
            f"precision {self.precision:.4f} ({self.found - len(self.wrong)}/{self.found}), "
            f"hidden outside labels {self.over_hidden:.4f}"
        ]
        for title, spans in (("missed", self.missed), ("wrongly found", self.wrong)):
            by_note: dict[str, list[str]] = defaultdict(list)
            for note, span, text in spans:
                by_note[note].append(f"    {span!r} in {text!r}")
            for note, shown in by_note.items():
                lines += [f"  {title} - {note}", *shown]
        return "\n".join(lines)


def load_cases(batch: Batch) -> list[Case]:
    rows = [json.loads(line) for line in batch.content().splitlines()]
    return [Case(row["text"], tuple(map(tuple, row["spans"])), row["note"]) for row in rows]


def weight(text: str, positions: set[int]) -> int:
    """How many of these characters are letters or digits: a separator gives nobody away."""
    return sum(text[i].isalnum() for i in positions)


def score(cases: Sequence[Case], find: Finder) -> Score:
    found = total_outside = hidden_outside = 0
    missed: list[tuple[str, str, str]] = []
    wrong: list[tuple[str, str, str]] = []
    for case in cases:
        text = case.text
        intervals = list(find(text))
        found += len(intervals)
        hidden = {i for start, end in intervals for i in range(start, end)}
        labels = [set(range(start, end)) for start, end, _ in case.spans]
        labelled = set().union(*labels)
        missed += [
            (case.note, text[min(label) : max(label) + 1], text)
            for label in labels
            if weight(text, label & hidden) < MIN_COVERED * weight(text, label)
        ]
        wrong += [
            (case.note, text[start:end], text)
            for start, end in intervals
            if labelled.isdisjoint(range(start, end))
        ]
        outside = set(range(len(text))) - labelled
        total_outside += weight(text, outside)
        hidden_outside += weight(text, outside & hidden)
    return Score(
        labelled=sum(len(case.spans) for case in cases),
        found=found,
        missed=tuple(missed),
        wrong=tuple(wrong),
        over_hidden=hidden_outside / total_outside,
    )


def luhn_valid(number: str) -> bool:
    digits = [int(c) for c in reversed(number) if c.isdigit()]
    doubled = (sum(divmod(2 * d, 10)) for d in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def iban_valid(number: str) -> bool:
    """ISO 13616: the country and check digits go last; letters count 10..35; modulo 97 is 1."""
    plain = "".join(c for c in number if c.isalnum())
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


@each_batch
def test_the_set_is_frozen(batch: Batch) -> None:
    # Read as text: a checkout that rewrites line ends has not changed the cases.
    content = batch.content().encode("utf-8")
    assert hashlib.sha256(content).hexdigest() == batch.sha256, (
        f"tests/redaction_cases/{batch.file} changed. Cases are never changed to fit the rules; "
        "if some were appended, set its sha256 here and in the README, with the date."
    )
    assert batch.sha256 in (FOLDER / "README.md").read_text(encoding="utf-8")


@each_batch
def test_the_set_has_enough_of_both_sides(batch: Batch) -> None:
    cases = load_cases(batch)
    assert len(cases) >= batch.min_cases
    assert len({case.text for case in cases}) == len(cases), "a text occurs twice"
    assert {kind for case in cases for *_, kind in case.spans} == KINDS
    share = sum(bool(case.spans) for case in cases) / len(cases)
    assert 0.5 <= share <= 0.6


def test_no_text_is_in_two_batches() -> None:
    texts = [case.text for batch in BATCHES for case in load_cases(batch)]
    assert len(set(texts)) == len(texts)


@each_batch
def test_labels_are_consistent(batch: Batch) -> None:
    for case in load_cases(batch):
        assert case.note.startswith("neg: ") == (not case.spans), case
        after = 0
        for start, end, kind in case.spans:
            span = case.text[start:end]
            assert after <= start < end <= len(case.text), f"span outside or overlapping: {case}"
            assert span == span.strip(), f"space at the edge of a span: {case}"
            assert kind in KINDS, case
            if kind == "card":
                assert luhn_valid(span), f"{span!r} is not a valid card number"
            if case.note.startswith("account: IBAN"):
                assert iban_valid(span), f"{span!r} is not a valid IBAN"
            after = end


def test_the_score_counts_what_it_says() -> None:
    cases = [
        Case("mail a@b.example", ((5, 16, "email"),), "email"),
        Case("no 12", (), "neg: number"),
    ]
    perfect = score(cases, lambda text: [(5, 16)] if "@" in text else [])
    assert (perfect.recall, perfect.precision, perfect.over_hidden) == (1, 1, 0)
    nothing = score(cases, lambda text: [])
    assert (nothing.recall, nothing.precision) == (0, 1)
    # Two parts that leave only separators open cover the label; in the second text, one is wrong.
    parts = score(cases, lambda text: [(5, 6), (7, 16)] if "@" in text else [(3, 5)])
    assert parts.recall == 1
    assert parts.precision == pytest.approx(2 / 3)
    assert parts.over_hidden == pytest.approx(2 / 8)
    # "a" and "b" without the rest: 2 of the 9 letters that matter.
    assert score(cases, lambda text: [(5, 8)] if "@" in text else []).recall == 0


@each_batch
def test_redaction_reaches_recall_and_precision(batch: Batch) -> None:
    from journeys.redaction import find

    result = score(load_cases(batch), lambda text: [(hit.start, hit.end) for hit in find(text)])
    print(result.report())
    assert result.recall >= batch.min_recall, result.report()
    assert result.precision >= batch.min_precision, result.report()
