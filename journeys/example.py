"""An example of what naming sends to a language model, from the made-up sample log."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from journeys.naming.base import Evidence
from journeys.redaction import redact
from journeys.sample import SAMPLE

_TITLES, _RECENT, _SIBLINGS, _SIBLING_TITLES = 20, 5, 4, 3

#: Of a journey of the sample, as the product would find them; the example needs no clustering.
_OUTPUTS = frozenset({"create", "save", "like", "rate"})


def example_evidence() -> Evidence | None:
    """What a namer would see of the sample's first journey, redacted; None without the sample.

    Who belongs to which journey is read from the sample's own key, so nothing has to run before.
    """
    truth_file = SAMPLE.with_name("sample_truth.csv")
    if not SAMPLE.is_file() or not truth_file.is_file():
        return None
    with (
        SAMPLE.open(encoding="utf-8", newline="") as log,
        truth_file.open(encoding="utf-8", newline="") as truth,
    ):
        rows = list(zip(csv.DictReader(log), csv.DictReader(truth), strict=True))
    person = rows[0][0]["user_id"]
    journeys: dict[str, list[dict[str, str]]] = {}
    for event, key in rows:
        if event["user_id"] == person and key["journey"]:
            journeys.setdefault(key["journey"], []).append(event)
    (_, first), *others = journeys.items()
    titles = _unique(event["title"] for event in first)
    return Evidence(
        titles=titles[:_TITLES],
        recent=_unique(event["title"] for event in reversed(first))[:_RECENT],
        siblings=tuple(
            _unique(event["title"] for event in events)[:_SIBLING_TITLES]
            for _, events in others[:_SIBLINGS]
        ),
        outputs=_unique(event["title"] for event in first if event["action"] in _OUTPUTS)[:_RECENT],
        events=len(first),
    )


def _unique(titles: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(redact(title) for title in titles))
