"""A design as a value and as a file: what it refuses, and that its hash names it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from journeys.errors import InputError
from journeys.study.default_design import default_design
from journeys.study.design import Condition, Foil, Item, Texts
from journeys.study.design_file import design_hash, from_json, to_dict, to_json

DESIGN = default_design()
TWO = (Condition("a", "one"), Condition("b", "two"))


def test_the_default_says_what_a_participant_meets() -> None:
    assert (DESIGN.journeys, DESIGN.n_repeats, DESIGN.n_foils, DESIGN.trials) == (10, 1, 1, 12)
    assert DESIGN.condition("a").label == "Names as they are"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": " "}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"consent_text": ""}, "consent text"),
        ({"consent_version": ""}, "version of the consent"),
        ({"levels": ()}, "levels"),
        ({"levels": (3, 2)}, "levels"),
        ({"levels": (0, 1)}, "levels"),
        ({"schedule": "sometimes"}, "schedule"),
        ({"order": "sometimes"}, "order"),
        ({"arrangement": "sometimes"}, "arrangement"),
        ({"journeys": 0}, "journeys a participant"),
        ({"expires_days": 0}, "expires"),
        ({"repeats": 0.6}, "repeats"),
        ({"journeys": 30, "foils_share": 0.5}, "15 foils are needed and 9 are there"),
        ({"foils": (Foil(("one",), ("a", "b", "c")),)}, "five levels"),
        ({"foils": (Foil(("one",) * 5, ("a",)),)}, "3 items"),
        ({"reminders": (14, 7)}, "reminders"),
        ({"reminders": (40,)}, "reminders"),
        ({"conditions": ()}, "conditions"),
        ({"conditions": (TWO[0], TWO[0])}, "same key"),
        ({"conditions": (Condition("a b", "x"),)}, "a b"),
        ({"items": (Item("x", "trust", "y"), Item("x", "risk", "z"))}, "key of its own"),
        ({"texts": Texts(wish_scale=("less", "more"))}, "wish for more"),
        ({"texts": Texts(specificity_scale=("x", "x", "y"))}, "the same"),
        ({"texts": Texts(recall="")}, "recall"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        replace(DESIGN, **change)


def test_a_file_is_read_back_as_it_was() -> None:
    design = replace(
        DESIGN,
        title="Crêpes 日本 🎈",
        conditions=TWO,
        levels=(2, 4),
        arrangement="within",
        items=(),
        texts=Texts(recall="Recall?"),
    )
    assert from_json(to_json(design)) == design
    assert from_json(to_json(design).encode()) == design


def test_the_hash_is_of_the_content_and_not_of_its_writing() -> None:
    values = to_dict(DESIGN)
    shuffled = list(values.items())
    random.Random(1).shuffle(shuffled)
    again = from_json(json.dumps(dict(shuffled), indent=7))
    assert design_hash(again) == design_hash(DESIGN)
    assert design_hash(replace(DESIGN, seed=1)) != design_hash(DESIGN)


def test_the_hash_of_a_published_design_stays_what_it_was() -> None:
    small = replace(DESIGN, consent_text="I agree.", foils=(), foils_share=0.0, items=())
    assert design_hash(small) == "1d868c8da94aabee4b59a77d4092cc04"


def test_a_file_that_was_changed_after_its_export_says_so() -> None:
    changed = to_json(DESIGN).replace('"journeys": 10', '"journeys": 11')
    with pytest.raises(InputError, match="changed after it was exported"):
        from_json(changed)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "x"}, "no study design"),
        ({"format_version": 2}, "format version 2"),
        ({"extra": 1}, "extra"),
        ({"journeys": "ten"}, "whole number"),
        ({"journeys": True}, "whole number"),
        ({"journeys": 1.5}, "whole number"),
        ({"repeats": "x"}, "a number"),
        ({"stated_first": 1}, "true or false"),
        ({"title": 3}, "must be text"),
        ({"levels": 3}, "must be a list"),
        ({"levels": ["1"]}, "whole number"),
        ({"conditions": [{"key": "a"}]}, "lacks “label”"),
        ({"conditions": ["a"]}, "conditions 1 must be an object"),
        ({"texts": {"reczall": "x"}}, "reczall"),
        ({"texts": []}, "texts must be an object"),
    ],
)
def test_a_file_that_is_no_design_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_json(json.dumps({**to_dict(DESIGN), **change}))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", "[]", "[" * 100_000, "1", b"x" * 1_000_001])
def test_no_bytes_break_the_reader(content: bytes | str) -> None:
    with pytest.raises(InputError):
        from_json(content)


def test_a_file_without_a_title_says_what_it_lacks() -> None:
    values = to_dict(DESIGN)
    del values["title"]
    with pytest.raises(InputError, match="lacks “title”"):
        from_json(json.dumps(values))
