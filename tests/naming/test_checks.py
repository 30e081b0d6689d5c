"""Checks on names: hand-made good and bad ones."""

from __future__ import annotations

import pytest

from journeys.naming.base import Evidence
from journeys.naming.checks import Ground, check_ladder, check_name, distinct, tidy

TITLES = (
    "Building a hydroponic tower from PVC pipes",
    "Kratky lettuce: nutrients by the numbers",
    "LED grow lights compared",
    "Lettuce in a Kratky jar, week 4",
    "Small balcony hydroponics with Samsung LED strips",
    "Is mixed martial arts hard on the knees?",
)
GROUND = Ground.of(Evidence(TITLES), ["wooden", "dinghy", "boat"])
GOOD = {
    1: "gardening",
    2: "indoor gardening",
    3: "growing lettuce with hydroponics",
    4: "building small hydroponic systems for lettuce on a balcony",
    5: "growing Kratky lettuce under LED lights with the right nutrients on a balcony",
}


def test_a_good_ladder_passes() -> None:
    assert check_ladder(GOOD, GROUND) == {}


@pytest.mark.parametrize(
    ("level", "name", "reason"),
    [
        (1, "", "missing"),
        (1, "?!", "missing"),
        (1, "growing salad in all small spaces", "too long"),
        (3, "growing lettuce 室内で", "script"),
        (3, "lettuce" * 30, "too long"),
        (3, "lettuce, lights, jars, pipes", "list"),
        (2, "lettuce, lights", "list"),
        (3, "growing lettuce and", "cut off"),
        (3, "growing lettuce. Also lights", "more than one phrase"),
        (3, "lettuce for lettuce", "repeats itself"),
        (4, "growing lettuce and growing lettuce in growing jars", "repeats itself"),
        (3, "what a user likes to read", "talks about"),
        (3, "various hydroponics topics", "talks about"),
        (3, "restoring a wooden dinghy", "examples"),
        (1, "boats", "examples"),
        (4, "building a hydroponic tower from PVC pipes", "repeats one title"),
        (3, "growing lettuce with Philips lights", "Philips"),
        (3, "growing lettuce like NASA", "NASA"),
        (3, "**growing** lettuce", "markup"),
        (3, "see http://example.org", "markup"),
        (5, "comparing a hydroponic tower and PVC pipes at home", "one title only"),
    ],
)
def test_a_bad_name_fails_with_its_reason(level: int, name: str, reason: str) -> None:
    found = check_name(name, level, GROUND)
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "name",
    [
        "Growing lettuce indoors",  # a capital at the start is not a proper noun
        "training for MMA",  # initials of "mixed martial arts"
        "growing lettuce under Samsung lights",
        "American-style DIY lettuce growing",
        "Growing Lettuce Under Lights",  # Title Case says nothing
    ],
)
def test_a_fair_name_passes(name: str) -> None:
    assert check_name(name, 3, GROUND) is None


@pytest.mark.parametrize(
    ("title", "name"),
    [("レタスの水耕栽培", "室内でレタスを育てる"), ("Салат на балконе", "выращивание салата дома")],
)
def test_names_in_the_script_of_the_titles_pass(title: str, name: str) -> None:
    assert check_name(name, 3, Ground.of(Evidence((title, "other")))) is None


def test_a_capital_at_the_start_counts_where_the_model_writes_small_letters() -> None:
    ladder = {**GOOD, 3: "Philips lights for lettuce"}
    assert "Philips" in check_ladder(ladder, GROUND)[3]


def test_a_title_may_be_echoed_where_all_titles_say_it() -> None:
    titles = tuple(f"Studying for the CPA exam, day {day}" for day in range(9))
    ground = Ground.of(Evidence((*titles, "Studying for the CPA exam")))
    assert check_name("studying for the CPA exam", 3, ground) is None


def test_narrow_names_must_not_repeat_or_widen_broad_ones() -> None:
    same = {**GOOD, 4: "hydroponics: growing lettuce"}
    assert "same as level 3" in check_ladder(same, GROUND)[4]
    wider = {**GOOD, 4: "growing lettuce"}
    assert "broader than level 3" in check_ladder(wider, GROUND)[4]


def test_missing_levels_are_problems() -> None:
    assert set(check_ladder({1: "gardening"}, GROUND)) == {2, 3, 4, 5}


def test_words_about_the_list_are_fine_where_the_titles_say_them() -> None:
    ground = Ground.of(Evidence(("Journey live in Tokyo", "Best Journey albums")))
    assert check_name("listening to the band Journey", 3, ground) is None


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ('"growing lettuce."', "growing lettuce"),
        ("Level 3: growing  lettuce", "growing lettuce"),
        ("3. growing\nlettuce", "growing lettuce"),
        ("3D printing", "3D printing"),
        ("«jardinage»", "jardinage"),
        ("growing lettuce, herbs and", "growing lettuce, herbs"),
        ("taking vitamin A", "taking vitamin A"),
    ],
)
def test_tidy_takes_off_what_models_put_around_names(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


def test_distinct_sees_through_case_and_plural() -> None:
    assert distinct(["growing lettuce", "playing chess"])
    assert not distinct(["growing lettuces", "Growing lettuce"])
