"""The design of blind labelling: what is asked, and in what order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.evaluation.labelling import (
    CURRENT,
    Item,
    candidates,
    draw,
    in_order,
    seconds_left,
    still_to_label,
)
from journeys.journey import Names
from journeys.store.labels import Given, Label
from journeys.words import content_words

NOUNS = ("ukulele", "bread", "rust", "chess", "bees", "tomatoes", "sailing", "knitting", "jazz",
         "welding", "orchids", "fencing")  # fmt: skip


def naming(journey: int, namer: str, *, counts: bool = True, person: int = 1, **at: str) -> Given:
    noun = NOUNS[journey]
    levels = [
        at.get(f"l{level}", f"{noun} of {namer}{journey} number{noun}{level}")
        for level in range(1, 6)
    ]
    one, two, three, four, five = levels
    names = Names((one, two, three, four, five), namer)
    return Given(person, f"j{journey}", names, counts)


def pool(journeys: int = 12, namers: tuple[str, ...] = ("alpha", "beta")) -> list[Item]:
    namings = [naming(at, namer) for at in range(journeys) for namer in namers]
    return candidates(namings, levels=[3], namers=namers)


def test_names_that_several_gave_are_asked_once_and_count_for_each() -> None:
    namings = [
        naming(0, "alpha", l3="Playing the ukulele"),
        naming(0, "beta", l3=" playing  the Ukulele "),
        naming(0, "gamma", l3="strumming"),
    ]
    found = candidates(namings, levels=[3], namers=["alpha", "beta", "gamma"])
    assert [(item.name, item.namers) for item in found] == [
        ("Playing the ukulele", ("alpha", "beta")),
        ("strumming", ("gamma",)),
    ]


def test_of_each_namer_the_newest_name_counts() -> None:
    namings = [naming(0, "alpha", l3="old", counts=False), naming(0, "alpha", l3="new")]
    assert [i.name for i in candidates(namings, levels=[3], namers=["alpha"])] == ["new"]


def test_current_names_are_those_that_count_whoever_gave_them() -> None:
    namings = [
        naming(0, "alpha", counts=False),
        naming(0, "person", l3="by hand"),
        naming(1, "alpha", l3="by alpha"),
    ]
    found = candidates(namings, levels=[3], namers=[CURRENT])
    assert [(item.name, item.namers) for item in found] == [
        ("by hand", ("person",)),
        ("by alpha", ("alpha",)),
    ]


def test_empty_and_endless_names_are_left_out() -> None:
    namings = [naming(0, "alpha", l2=" ", l3="x" * 201, l4="fine")]
    found = candidates(namings, levels=[2, 3, 4], namers=["alpha"])
    assert [item.name for item in found] == ["fine"]


def test_a_draw_takes_journeys_whole_and_grows_at_its_end() -> None:
    few, many = draw(pool(), seed=3, sample=6, foils=0), draw(pool(), seed=3, sample=12, foils=0)
    assert len(few) == 6
    assert many[:6] == few
    assert set(Counter(item.journey_id for item in many).values()) == {2}
    assert draw(pool(), seed=4, sample=6, foils=0) != few


def test_one_name_in_ten_is_a_foil_that_shares_no_word_with_its_journey() -> None:
    items = draw(pool(), seed=0, sample=18)
    foils = [item for item in items if item.foil]
    assert len(foils) == 2
    for foil in foils:
        own = {w for i in pool() if i.journey_id == foil.journey_id for w in content_words(i.name)}
        assert foil.name in {item.name for item in pool()}
        assert not own & set(content_words(foil.name))


def test_foils_are_not_forced_where_every_name_shares_a_word() -> None:
    namings = [naming(at, "alpha", l3=f"learning {NOUNS[at]} music") for at in range(12)]
    items = draw(candidates(namings, levels=[3], namers=["alpha"]), seed=0)
    assert not any(item.foil for item in items)


def test_an_order_is_the_raters_own_and_does_not_change() -> None:
    items = draw(pool(), seed=0)
    one = in_order(items, seed=1, rater="person:ab")
    assert one == in_order(items, seed=1, rater="person:ab")
    assert one != in_order(items, seed=1, rater="person:cd")
    assert sorted(map(str, one)) == sorted(map(str, items))


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=12),
    seed=st.integers(0, 1000),
)
def test_names_of_one_journey_are_never_neighbours_where_that_can_be(
    sizes: list[int], seed: int
) -> None:
    items = [
        Item(1, f"j{journey}", 3, f"name {number}", ("alpha",))
        for journey, size in enumerate(sizes)
        for number in range(size)
    ]
    order = in_order(items, seed=seed, rater="person:x")
    assert Counter(order) == Counter(items)
    together = sum(a.journey_id == b.journey_id for a, b in pairwise(order))
    most = max(sizes)
    assert together == max(0, most - (sum(sizes) - most) - 1)


def test_what_is_labelled_is_not_asked_again_and_what_was_skipped_comes_last() -> None:
    order = in_order(draw(pool(), seed=0), seed=0, rater="person:x")
    first, second = order[:2]
    label = Label(first.journey_id, first.level, first.name, first.namers, "person:x", 1, "")
    left = still_to_label(order, [label], {second.key})
    assert left == [*order[2:], second]
    assert still_to_label(order, [replace(label, level=4)]) == order


def test_time_left_follows_the_pace_and_leaves_breaks_out() -> None:
    second = 1_000_000
    assert seconds_left([], 10) is None
    assert seconds_left([0, 5 * second], 10) is None
    times = [0, 5 * second, 10 * second, 4000 * second, 4005 * second]
    assert seconds_left(times, 10) == pytest.approx(50)


def test_a_share_of_foils_that_leaves_no_names() -> None:
    with pytest.raises(ValueError, match="share of foils"):
        draw(pool(), seed=0, foils=1.0)
