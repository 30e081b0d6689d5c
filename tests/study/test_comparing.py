"""Two namers side by side: what differs, how like the person's own, and safe exports."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.journey import Names
from journeys.study.comparing import (
    CSV_COLUMNS,
    Source,
    comparison_csv,
    own_names,
    pair_names,
    same_words,
    tally,
)
from tests.test_families import journey

OTHER = ("plants", "indoor plants", "growing salads", "a salad tower", "a salad tower indoors")
ONE = ("plants", "plants indoors", "=growing lettuce", "a lettuce tower", "a tower of lettuce")


def names(levels: tuple[str, ...], namer: str = "llm:x", fallback: tuple[int, ...] = ()) -> Names:
    one, two, three, four, five = levels
    return Names((one, two, three, four, five), namer, fallback=fallback)


JOURNEYS = [journey(1, 0, "plants"), journey(2, 0, "music")]
FIRST = Source("llm:x", "p-1", {"j1": names(ONE, fallback=(3,)), "j2": names(ONE)})
SECOND = Source("llm:y", "", {"j1": names(OTHER, "llm:y")})
OWN = {"j1": {3: "growing salads"}}


def test_pairs_and_their_numbers() -> None:
    first, second = pair_names(JOURNEYS, FIRST, SECOND, OWN, 3)
    assert (first.first, first.second, first.own) == (ONE[2], OTHER[2], "growing salads")
    assert first.differ
    assert first.second_agreement == pytest.approx(1)
    assert first.first_agreement is not None
    assert 0 < first.first_agreement < 1
    assert (second.second, second.differ, second.second_agreement) == ("", False, None)
    told = tally([first, second])
    assert (told.journeys, told.both, told.differ, told.own) == (2, 1, 1, 1)
    assert (told.first_fallbacks, told.second_fallbacks) == (1, 0)
    assert told.first_agreement == first.first_agreement
    assert tally(pair_names(JOURNEYS, FIRST, SECOND, OWN, 2)).differ == 0, "the same words"


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_sameness_is_symmetric_and_holds_of_itself(one: str, other: str) -> None:
    assert same_words(one, one)
    assert same_words(one, other) == same_words(other, one)


def test_the_export_has_every_level_and_runs_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(comparison_csv(JOURNEYS, FIRST, SECOND, OWN))))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 1 + 5 * len(JOURNEYS)
    third = dict(zip(rows[0], rows[3], strict=True))
    assert third["level"] == "3"
    assert third["first_name"] == "'=growing lettuce"
    assert third["first_namer"] == "llm:x (p-1)"
    assert (third["first_fallback"], third["differ"]) == ("1", "1")
    assert (third["own_name"], third["second_chrf_to_own"]) == ("growing salads", "1.0")


def test_only_the_level_that_the_person_changed_is_their_own() -> None:
    by_hand = (*ONE[:2], "lettuce!", *ONE[3:])
    history = [
        (names(OTHER, "keyphrase"), False),
        (names(ONE), False),
        (names(by_hand, "person"), False),
        (names(OTHER, "llm:late"), False),
        (names((*by_hand[:4], "mine"), "person"), False),
    ]
    assert own_names(history) == {3: "lettuce!", 5: "mine"}
    assert own_names(history[:2]) == {}
    # Who chose another's names afterwards has still said what they would say.
    chosen = [*history[:3], (names(OTHER), True)]
    assert own_names(chosen) == {3: "lettuce!"}
