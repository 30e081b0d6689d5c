"""A person's years put together, what they cost, their files, and their figures."""

from __future__ import annotations

import csv
import io
import json

import pytest

from journeys.figures.partitions import partitions_figure
from journeys.figures.stream import OTHERS, stream_figure, streams
from journeys.memory import Cost, NoteRecord, PartitionRecord, Shift, Summary, Teller
from journeys.memory.costs import Measured, comparison, expected
from journeys.memory.exporting import notes_csv, notes_json
from journeys.memory.notes import Interest, Item
from journeys.memory.years import Years, standing, story, years
from tests.memory.worlds import ReadingChat

_DAY = 86_400_000_000
NAMES = {"u": "ukulele", "b": "baking bread", "k": "keyboards"}


def world(*mixes: str) -> tuple[list[PartitionRecord], dict[int, list[Item]]]:
    """A partition for each string, an event for each letter: its journey, '.' for none."""
    records, items = [], {}
    at = 0
    for number, mix in enumerate(mixes, start=1):
        first = at
        items[number] = []
        for letter in mix:
            journey = "" if letter == "." else letter
            items[number].append(Item(at + 1, f"{letter} title {at}", at * _DAY, journey))
            at += 1
        records.append(
            PartitionRecord(number, len(mix), 0, first * _DAY, (at - 1) * _DAY, at * _DAY)
        )
    return records, items


def note(number: int, told: Summary | Shift, cost: Cost, version: int = 1) -> NoteRecord:
    return NoteRecord(number, version, "model:memory", told, cost, 0)


def test_without_notes_the_counts_tell() -> None:
    found = years(*world("uuuubb", "uuukkk", "kkkkkk"), NAMES, [])
    assert [part.told for part in found.parts] == [False] * 3
    said = {(p.record.number, c.kind, c.name) for p in found.parts for c in p.shift.changes}
    assert said == {
        (2, "new", "keyboards"),
        (2, "dropped", "baking bread"),
        (3, "growing", "keyboards"),
        (3, "dropped", "ukulele"),
    }
    assert all(c.by == "counts" for p in found.parts for c in p.shift.changes)


def test_what_was_dropped_and_came_back_keeps_every_date() -> None:
    records, items = world("uuubbb", "bbbbbb", "bbbbbb", "bbbbbb", "uuubbb", "bbbbbb")
    found = years(records, items, NAMES, [])
    life = next(life for life in found.lives if life.name == "ukulele")
    spans = {record.number: record for record in records}
    assert [(m.what, m.at // _DAY) for m in story(life, spans)] == [
        ("begun", 0),
        ("dropped", 5),
        ("returned", 24),
        ("dropped", 29),
    ]
    assert standing(life, 6) == "dormant"
    assert standing(life, 5) == "current"
    assert standing(life, 8) == "ended"
    back = next(c for c in found.parts[4].shift.changes if c.name == "ukulele")
    assert found.returned(back, 5)
    assert {item.journey for item in found.evidence(back)} == {"u"}


def test_what_is_told_counts_before_what_is_counted() -> None:
    records, items = world("uuuuuu", "uuuubb")
    chat = ReadingChat()
    told = Teller(chat).summary(items[1], NAMES)
    found = years(records, items, NAMES, [note(1, told.note, told.cost)])
    assert [part.told for part in found.parts] == [True, False]
    assert found.told == 1
    assert found.parts[0].summary.by == "model"
    renamed = [c.earlier for c in found.parts[1].shift.changes]
    assert set(renamed) <= {""}, "a model's name and a key phrase are no change of the person"


def test_the_newest_version_counts_and_earlier_ones_stay() -> None:
    records, items = world("uuuuuu")
    notes = [
        note(1, Summary(text, (Interest("x", (1, 2), 1.0, "u"),), 6), Cost(), version)
        for version, text in enumerate(("at first", "later"), start=1)
    ]
    found = years(records, items, NAMES, notes)
    assert found.parts[0].summary.text == "later"
    rows = list(csv.DictReader(io.StringIO(notes_csv("ann", records, notes, items))))
    assert [row["name"] for row in rows if row["what"] == "summary"] == ["at first", "later"]


def test_telling_all_again_grows_with_the_square() -> None:
    measured = Measured(Cost(1, 100, 10, 2.0), Cost(1, 50, 5, 1.0))
    found = comparison(measured, [20] * 10)
    assert found.once.calls == 10 + 9
    assert found.recompute.calls == sum(n + (n - 1) for n in range(1, 11))
    assert found.recall.calls == 200 + 180
    assert found.once.prompt_tokens == 10 * 100 + 9 * 50
    assert found.recall.seconds == pytest.approx(200 * 2.0 + 180 * 1.0)
    assert comparison(measured, []).recompute == Cost()


def test_answers_known_already_do_not_lower_the_mean() -> None:
    told = Summary("x", (), 6)
    notes = [note(1, told, Cost(1, 100, 10, 4.0)), note(2, told, Cost())]
    assert Measured.of(notes).summary == Cost(1, 100, 10, 4.0)
    assert not Measured.of([note(1, told, Cost())])


def test_the_expected_calls_are_those_that_telling_makes() -> None:
    _records, items = world("uuuubb", "uuukkk", "kkkkkk")
    chat = ReadingChat()
    teller, before = Teller(chat), Summary("", (), 0)
    for number in (1, 2, 3):
        told = teller.summary(items[number], NAMES).note
        if number > 1:
            teller.shift(before, told)
        before = told
    will = expected(items, [1, 2, 3], NAMES, Measured())
    assert will.calls == len(chat.calls) == 5
    assert expected(items, [2, 3], NAMES, Measured()).calls == 4
    measured = Measured(Cost(1, 9, 20, 7.0), Cost(1, 9, 20, 3.0))
    assert expected(items, [1, 2], NAMES, measured).seconds == 17.0


def test_files_neutralise_what_a_spreadsheet_would_run() -> None:
    records, items = world("uuuuuu")
    items[1][0] = Item(1, "=1+1", 0, "u")
    told = Summary("=cmd()", (Interest("@name", (1,), 1.0, "u"),), 6)
    text = notes_csv("ann", records, [note(1, told, Cost())], items)
    summary, interest = csv.DictReader(io.StringIO(text))
    assert summary["name"] == "'=cmd()"
    assert (interest["name"], interest["evidence"]) == ("'@name", "'=1+1")
    (part,) = json.loads(notes_json("ann", records, [note(1, told, Cost())], items))["partitions"]
    assert part["notes"][0]["text"] == "=cmd()"
    assert part["events"][0]["title"] == "=1+1"


def many(parts: int) -> Years:
    return years(*world(*["uuubbk.."] * parts), NAMES, [])


def test_shares_are_those_of_the_events() -> None:
    found = many(3)
    shown = streams([part.record for part in found.parts], found.lives)
    assert {band.name: band.shares[0] for band in shown.bands} == {
        "ukulele": 3 / 8,
        "baking bread": 2 / 8,
        "keyboards": 1 / 8,
    }
    assert shown.bands[0].name == "ukulele"


def test_many_partitions_and_interests_are_taken_together() -> None:
    found = many(100)
    records = [part.record for part in found.parts]
    shown = streams(records, found.lives, most_points=24, most_bands=2)
    assert len(shown.spans) == 20
    assert shown.spans[-1][1] == records[-1].last_at
    assert shown.bands[-1].name == OTHERS
    assert sum(band.shares[0] for band in shown.bands) == pytest.approx(6 / 8)


def test_figures_show_names_literally() -> None:
    records, items = world("uuuuuuu", "bbbbbb")
    found = years(records, items, {"u": "<b>u</b>", "b": "$b$ &amp;"}, [])
    figure = stream_figure(streams(records, found.lives))
    assert figure.data[0].name.startswith("&lt;b&gt;")
    shown = str(partitions_figure(found).to_dict())
    assert "<b>u</b>" not in shown
    assert "&lt;b&gt;u" in shown
