"""Reading names out of answers that are not quite what was asked for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.naming.parsing import parse_ladder
from journeys.naming.prompts import KEYS

NAMES = ["music", "playing guitar", "learning the guitar at home", "d " * 15 + "e", "f " * 20 + "g"]
LADDER = dict(enumerate(NAMES, start=1))
ANSWER = json.dumps(dict(zip(KEYS, NAMES, strict=True)))


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"```json\n{ANSWER}\n```",
        f"Sure! Here you are:\n{ANSWER}\nAnything else?",
        json.dumps(dict(reversed(list(zip(KEYS, NAMES, strict=True))))),
        json.dumps({f"level_{n}": name for n, name in LADDER.items()}),
        json.dumps({f"Level {n}": name for n, name in LADDER.items()}),
        json.dumps({str(n): name for n, name in LADDER.items()}),
        json.dumps({"names": dict(zip(KEYS, NAMES, strict=True))}),
        json.dumps({"levels": NAMES}),
        json.dumps(NAMES),
        json.dumps([{"level": n, "name": name} for n, name in LADDER.items()]),
        json.dumps(dict(zip(KEYS, reversed(NAMES), strict=True))),
        "\n".join(f"{n}. {name}" for n, name in LADDER.items()),
        "\n".join(f"Level {n}: {name}" for n, name in LADDER.items()),
        "\n".join(f'"{key}": "{name}",' for key, name in zip(KEYS, NAMES, strict=True)),
    ],
)
def test_five_names_are_found(text: str) -> None:
    assert parse_ladder(text) == LADDER


def test_an_answer_that_was_cut_off_gives_what_it_holds() -> None:
    cut = json.dumps(dict(zip(KEYS, NAMES, strict=True)), indent=1)
    assert parse_ladder(cut[: cut.index("project")]) == {n: LADDER[n] for n in (1, 2, 3)}


def test_a_name_cut_by_the_length_limit_loses_its_last_part() -> None:
    long = "growing lettuce: " + ", ".join(["with lamps and nutrients in jars"] * 4)
    found = parse_ladder(json.dumps({"field": "music", "detail": long[:130]}))[5]
    assert found.endswith("in jars")
    assert long.startswith(found)


def test_missing_and_wrong_values_are_left_out() -> None:
    assert parse_ladder('{"field": "music", "interest": null, "friend": 3, "other": "x"}') == {
        1: "music"
    }


@pytest.mark.parametrize("text", ["", "I cannot help with that.", "{}", "[]", "null", "{" * 5000])
def test_nothing_is_found_where_there_is_nothing(text: str) -> None:
    assert parse_ladder(text) == {}


@given(st.text(max_size=300))
def test_any_text_is_read_without_error(text: str) -> None:
    assert set(parse_ladder(text)) <= {1, 2, 3, 4, 5}
