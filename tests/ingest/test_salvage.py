"""A break in JSON costs the records it touches and no others."""

from __future__ import annotations

import io
import json
import random

import pytest

from journeys.ingest import read_log
from journeys.ingest.sources.conversations import conversations


def records(count: int, words: int = 3) -> list[dict[str, object]]:
    return [
        {
            "time": f"2024-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z",
            "title": f"title {n} " + "word " * words,
            "score": n + 0.5,
            "inner": [{"time": "x", "name": "a {record} [like] this"}],
        }
        for n in range(count)
    ]


def titles(data: bytes) -> tuple[list[int], int]:
    log = read_log(io.BytesIO(data))
    order = log.report.record_event
    found = [int(title.split()[1]) for title in log.frame["title"].iloc[order]]
    return found, len(log.report.rejected)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("words", [3, 2_000])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"title 7 ', '"title 7 " '),
        ('"title 7 ', "title 7 "),
        ('"title 7', '}"title 7'),
        (": 7.5", ":"),
    ],
)
def test_one_break_costs_one_record(old: str, new: str, words: int, indent: int | None) -> None:
    text = json.dumps(records(200, words), indent=indent)
    assert old in text
    found, rejected = titles(text.replace(old, new, 1).encode())
    assert found == [n for n in range(200) if n != 7]
    assert rejected >= 1


def test_breaks_at_both_ends_and_between() -> None:
    text = json.dumps({"list": records(300)})
    for n in (0, 1, 150, 299):
        text = text.replace(f'"title {n} ', f'"title {n} "oops ', 1)
    found, rejected = titles(text.encode())
    assert found == [n for n in range(300) if n not in (0, 1, 150, 299)]
    assert rejected >= 4


def test_a_hole_of_any_size_costs_what_it_covers() -> None:
    rng = random.Random(1)
    whole = json.dumps(records(400), indent=1)
    for _ in range(20):
        start = rng.randrange(len(whole) // 2)
        size = rng.choice([1, 50, 5_000])
        found, _ = titles((whole[:start] + whole[start + size :]).encode())
        first = whole[:start].count('"title": "title')
        last = whole[: start + size].count('"title": "title')
        # The records that the hole touches, and at most the one in which reading found its feet.
        assert set(found) >= set(range(first - 1)) | set(range(last + 2, 400))


@pytest.mark.parametrize("text", ["[" * 9_000, "{[" * 9_000, "9" * 9_000, "]" * 9_000 + '"\\'])
def test_what_a_text_holds_does_not_break_a_file(text: str) -> None:
    rows = records(20)
    for row in rows:
        row["inner"] = text
    assert titles(json.dumps(rows).encode()) == (list(range(20)), 0)


def test_a_break_gives_no_conversation_twice() -> None:
    # Times with fractions, by which a conversation that was read is known again.
    whole = [{"title": f"{n}", "create_time": 1.7e9 + n + 0.123456} for n in range(20)]
    text = json.dumps(whole).replace('"title": "7"', '"title": "7" oops')
    found = list(conversations(io.BytesIO(text.encode())))
    read = [item["title"] for item in found if not isinstance(item, str)]
    assert read == [str(n) for n in range(20) if n != 7]
    assert len(found) == len(read) + 1


def test_many_broken_records_are_given_up() -> None:
    text = json.dumps(records(3)) + ', {"time": "2024' * 50_000
    found, rejected = titles(text.encode())
    assert found == [0, 1, 2]
    assert 1 <= rejected <= 1_001
