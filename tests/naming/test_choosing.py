"""Which of several answers becomes a journey's names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.journey import Names
from journeys.naming.asking import Answer
from journeys.naming.base import Evidence
from journeys.naming.candidates import Slate, narrowed
from journeys.naming.checks import Ground, check_detail, check_ladder, check_name
from journeys.naming.choosing import choose
from journeys.naming.fake import FakeChat
from journeys.naming.keyphrases import keyphrase_levels
from journeys.naming.ladder import LOCAL_DRAFTS, LadderNamer, local_namer
from journeys.naming.safety import sensitive_topics
from journeys.naming.space import Space

TITLES = (
    "Sourdough starter after a week in the fridge",
    "Why is my bread dough so wet?",
    "Baking bread in a dutch oven",
    "Rye bread with caraway",
    "Bagels: boil them first",
)
EVIDENCE = Evidence(TITLES, keyphrases=("bread", "dough", "bagels", "rye", "caraway", "fridge"))
LEVELS = (1, 2, 3)

#: Names near the items, and one that is off.
_PLACES = {
    "baking bread": (1.0, 0.1),
    "baking bread at home": (0.95, 0.2),
    "bread baking": (1.0, 0.05),
    "boiling bagels": (0.3, 1.0),
}


def embed(names: Sequence[str]) -> np.ndarray:
    """Texts that hold a place are there; others lie off both axes."""
    rows = np.array([_place(name) for name in names], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _place(name: str) -> tuple[float, float, float]:
    for known, (x, y) in _PLACES.items():
        if name == known:
            return x, y, 0.0
    return 0.5, 0.5, 0.1 * len(name)


def space() -> Space:
    own = np.array([[1.0, 0.0, 0.0]] * 3 + [[0.8, 0.6, 0.0]], dtype=np.float16)
    return Space(own, embed)


def slate(*answers: tuple[str, str, str], details: tuple[str, ...] = ()) -> Slate:
    made = Slate(Ground.of(EVIDENCE))
    for names in answers:
        made.add(Answer(dict(enumerate(names, start=1)), details=details), LEVELS)
    return made


def test_the_name_that_items_and_other_answers_agree_with_is_taken() -> None:
    made = slate(
        ("food", "bread baking", "boiling bagels"),
        ("food", "bread baking", "baking bread at home"),
        ("cooking", "bread baking", "baking bread at home"),
    )
    chosen = choose(made, replace(EVIDENCE, space=space()), LEVELS)
    assert chosen.levels[:3] == ("food", "bread baking", "baking bread at home")
    assert chosen.fallback == ()
    # Without an embedder the likeliest answer stands.
    assert choose(made, EVIDENCE, LEVELS).levels[2] == "boiling bagels"


def test_narrow_names_are_made_of_the_friends_name_and_details_of_the_titles() -> None:
    made = slate(
        ("food", "bread baking", "baking bread at home"),
        details=("dutch oven", "rye bread", "wet dough", "pizza stone", "bagels"),
    )
    chosen = choose(made, EVIDENCE, LEVELS)
    assert chosen.levels[3] == "baking bread at home: dutch oven and wet dough"
    assert chosen.levels[4] == "baking bread at home: dutch oven, wet dough and bagels"
    assert "pizza stone" not in " ".join(chosen.levels)  # no title has it
    assert chosen.fallback == ()


def test_where_no_answer_passes_key_phrases_stand_and_every_level_is_marked() -> None:
    made = slate(("", "a, b, c, d", "x, y, z"))
    chosen = choose(made, EVIDENCE, LEVELS)
    assert chosen.levels == keyphrase_levels(EVIDENCE)
    assert chosen.fallback == (1, 2, 3, 4, 5)


def test_the_noun_may_stand_above_its_verb_but_not_twice_the_same() -> None:
    ground = Ground.of(EVIDENCE)
    assert check_ladder({1: "food", 2: "bread baking", 3: "baking bread"}, ground, LEVELS) == {}
    same = check_ladder({1: "food", 2: "baking bread", 3: "Baking bread"}, ground, LEVELS)
    assert same == {3: "says the same as level 2"}


@pytest.mark.parametrize(
    ("detail", "passes"),
    [
        ("dutch oven", True),
        ("bagels", True),
        ("my wet dough", False),
        ("pizza stone", False),
        ("dough, bagels", False),
        ("the", False),
        ("<b>dough</b>", False),
    ],
)
def test_a_detail_is_made_of_words_of_the_titles(detail: str, passes: bool) -> None:
    assert (check_detail(detail, Ground.of(EVIDENCE)) is None) is passes


@given(st.lists(st.text(max_size=30), max_size=6), st.sampled_from([4, 5]))
def test_narrowed_names_pass_the_checks_and_begin_with_the_name(
    parts: list[str], level: int
) -> None:
    ground = Ground.of(EVIDENCE)
    for name in narrowed("baking bread", level, parts, ground):
        assert name.startswith("baking bread: ")
        assert check_name(name, level, ground) is None


def test_a_name_of_another_journey_is_not_given_again() -> None:
    taken = Evidence(
        TITLES, keyphrases=("bread",), taken=(("food", "baking", "baking bread", "", ""),)
    )
    assert check_name("baking bread", 3, Ground.of(taken)) is not None
    assert check_name("food", 1, Ground.of(taken)) is None  # a field may be shared
    chat = FakeChat(
        answers=[json.dumps({"field": "food", "interest": "bread", "doing": "baking bread",
                             "project": "", "detail": ""})] * 2
    )  # fmt: skip
    named = LadderNamer(chat).name(taken)
    assert named.names.at(3) != "baking bread"
    assert 3 in named.names.fallback
    assert "is the name of another interest" in chat.calls[1][-1]["content"]


def test_the_local_recipe_asks_four_times_at_most_and_for_three_levels() -> None:
    chat = FakeChat()
    named = local_namer(chat).name(EVIDENCE)
    assert len(chat.calls) == named.usage.calls == LOCAL_DRAFTS == 4
    assert all(call == chat.calls[0] for call in chat.calls)
    assert len(set(named.names.levels)) == 5
    assert named.names.fallback == ()
    assert named.names.prompts.startswith("local-")


def test_what_a_name_rests_on_is_told_by_item() -> None:
    evidence = Evidence(TITLES, items={title: f"i{at}" for at, title in enumerate(TITLES)})
    names = LadderNamer(FakeChat()).name(evidence).names
    assert names.cited == (("i0", "i1"),) * 5
    assert names.shown == tuple(f"i{at}" for at in range(5))


@pytest.mark.parametrize("number", [0, -1, 6, 10**9])
def test_a_title_that_there_is_not_cannot_be_cited(number: int) -> None:
    evidence = Evidence(TITLES, items={title: title for title in TITLES})
    answer = {"field": "food", "interest": "bread", "doing": "baking bread at home"}
    raw = json.dumps(answer | {"because": {"field": [number, "x", None], "doing": "all"}})
    named = LadderNamer(FakeChat(answers=[raw]), retry=False).name(evidence)
    assert named.names.cited == ((),) * 5


def test_sensitive_topics_are_those_said_or_those_that_many_titles_name() -> None:
    names = Names(("health", "diabetes", "living with diabetes", "a", "b"), "n")
    plain = Names(("food", "bread", "baking bread", "a", "b"), "n")
    assert sensitive_topics(names, ()) == ("health",)
    assert sensitive_topics(plain, TITLES) == ()
    assert "health" in sensitive_topics(plain, ("Living with diabetes", "Insulin pens", "Rye"))
