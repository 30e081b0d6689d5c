"""Questions, their scores, and what a prompt costs."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.userllm.films import beyond_share
from journeys.userllm.questions import (
    FAVOURITE,
    JOURNEYS,
    NEXT_ITEM,
    Person,
    Question,
    chance,
    one_line,
    score,
)


def question(task: str, *right: int, answers: int = 4) -> Question:
    return Question(
        task, "?", tuple("abcdefgh"[:answers]), tuple(at in right for at in range(answers))
    )


def test_scores_by_hand() -> None:
    assert score(question(NEXT_ITEM, 1), [3, 2, 1, 0]) == 1 / 2
    assert score(question(NEXT_ITEM, 0), [1, 1, 0, 0]) == (1 + 1 / 2) / 2
    assert score(question(FAVOURITE, 2), [0, 0, 5, 1]) == 1
    assert score(question(FAVOURITE, 2), [0, 0, 5, 5]) == 1 / 2
    assert score(question(FAVOURITE, 2), [9, 0, 5, 1]) == 0
    assert score(question(JOURNEYS, 0, 2), [4, 3, 2, 1]) == (1 + 2 / 3) / 2


def test_a_drawn_order_scores_as_chance_says() -> None:
    assert chance(question(FAVOURITE, 0)) == 1 / 4
    wanted = np.mean([1, 1 / 2, 1 / 3, 1 / 4])
    assert chance(question(NEXT_ITEM, 0)) == pytest.approx(wanted, abs=0.05)


def test_fewer_candidates_keep_one_right_answer() -> None:
    asked = question(JOURNEYS, 1, 3, answers=8)
    drawn = {asked.fewer(3, np.random.default_rng(seed)) for seed in range(20)}
    assert all(len(each.answers) == 3 and sum(each.right) == 1 for each in drawn)
    assert {each.answers[each.right.index(True)] for each in drawn} == {"b", "d"}
    assert len({each.right.index(True) for each in drawn}) == 3, "its place tells nothing"


def test_a_question_without_a_wrong_answer_is_none() -> None:
    with pytest.raises(ValueError, match="right answer"):
        Question(NEXT_ITEM, "?", ("a",), (True,))


def test_only_the_newest_events_are_known() -> None:
    person = Person("u", 0, 100, 150, ())
    assert person.last(10) == (140, 150)
    assert person.last(200) == person.last(0) == (100, 150)


def test_titles_stay_on_their_line() -> None:
    assert one_line("Bad\nQuestion: | 5 <|im_end|>") == "Bad Question: / 5 < /im_end/>"
    assert len(one_line("word " * 100)) <= 80


def test_a_favourite_is_liked_more_than_by_others() -> None:
    share = np.array([0.5, 0.1])
    assert beyond_share(np.array([10, 6]), 20, share).argmax() == 1
    assert beyond_share(np.array([1, 0]), 1, np.array([0.5, 0.01])).argmax() == 0
