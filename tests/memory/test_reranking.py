"""What the memory expects next, and what that does to a list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.memory import Interest, PartitionRecord, Shift, Summary, counted_shift, lives
from journeys.memory.reranking import Wanted, match, reranked, unrelated, wanted


def years(*parts: dict[str, int]) -> tuple:
    """Lives from the numbers of events of each interest in each partition."""
    summaries, shifts, records = {}, {}, []
    for number, counts in enumerate(parts, start=1):
        total, start = sum(counts.values()), 100 * number
        interests = []
        for name, count in counts.items():
            interests.append(
                Interest(name, tuple(range(start, start + count)), count / total, name)
            )
            start += count
        summaries[number] = Summary("", tuple(interests), total)
        before = summaries.get(number - 1)
        shifts[number] = counted_shift(before, summaries[number]) if before else Shift("", ())
        records.append(PartitionRecord(number, total, 0, number, number, number))
    return lives(records, summaries, shifts), list(summaries.values())


def weight(want: Wanted, name: str) -> float:
    return sum(w for one, w in zip(want.names, want.weights, strict=True) if one == name)


def test_what_grows_is_expected_to_grow_and_what_was_dropped_to_stay_away() -> None:
    found, summaries = years({"bread": 8, "uke": 2}, {"bread": 4, "uke": 6}, {"uke": 8, "rust": 2})
    plain, moving = wanted(found, momentum=0, kept=0), wanted(found, momentum=1, kept=0)
    assert plain.names == ("uke", "rust")
    assert weight(plain, "uke") == pytest.approx(0.8)
    assert weight(moving, "rust") > weight(plain, "rust")
    forgetting = [weight(wanted(found, kept=kept), "bread") for kept in (0.0, 0.5, 1.0)]
    assert forgetting[0] == 0 < forgetting[1] < forgetting[2]
    # Summaries that are not held against each other cannot know that bread is over.
    assert weight(unrelated(summaries), "bread") > forgetting[2]
    assert unrelated(summaries, 0.0).names == ("uke", "rust")


def test_a_memory_of_nothing_wants_nothing() -> None:
    assert wanted(()).names == ()
    assert match(np.eye(2), np.empty((0, 2)), wanted(()).weights).tolist() == [0, 0]


def test_match_by_hand() -> None:
    interests = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = match(np.eye(2), interests, np.array([0.9, 0.1]), sharpness=1.0)
    assert found == pytest.approx([np.log(0.9 * np.e + 0.1), np.log(0.9 + 0.1 * np.e)])
    rows = match(np.eye(2), interests, np.array([[1.0, 0.0], [0.0, 1.0]]), sharpness=0.1)
    assert rows == pytest.approx([1.0, 1.0])
    with pytest.raises(ValueError, match="2 interests, but 1 weights"):
        match(np.eye(2), interests, np.ones(1))


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9), st.floats(0.02, 1))
def test_match_lies_between_the_least_and_the_best_cosine(cosines: list[float], s: float) -> None:
    interests = np.array([[c, np.sqrt(1 - c * c)] for c in cosines])
    weights = np.full(len(cosines), 1 / len(cosines))
    (found,) = match(np.array([[1.0, 0.0]]), interests, weights, s)
    assert min(cosines) - 1e-9 <= found <= max(cosines) + 1e-9


def test_reranking_by_nothing_keeps_the_order_and_by_much_follows_the_match() -> None:
    base, matches = np.array([300.0, 200.0, 100.0]), np.array([0.0, 0.1, 0.2])
    assert np.argsort(-reranked(base, matches, 0)).tolist() == [0, 1, 2]
    assert np.argsort(-reranked(base, matches, 50)).tolist() == [2, 1, 0]
    # The scale of the recommender does not matter, nor does a match that tells nothing apart.
    assert reranked(base * 7 + 1, matches, 1) == pytest.approx(reranked(base, matches, 1))
    assert np.argsort(-reranked(base, np.ones(3), 9)).tolist() == [0, 1, 2]
