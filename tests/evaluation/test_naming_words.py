"""Measures of names by their words, against hand-checked values and the libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.evaluation.naming_words import Faithfulness, chrf, distinct_shares, rouge_l, stem
from journeys.naming import Evidence

PAIRS = [
    ("indoor gardening", "gardening indoors"),
    ("building a hydroponic tower", "designing hydroponic systems for small spaces"),
    ("the police kill the gunman", "police killed the gunman"),
    ("Bread", "Breadit: home bread baking at its finest"),
    ("x", "completely different"),
]


def test_rouge_l_by_hand() -> None:
    # Lin 2004: the longest common subsequence is "police the gunman", 3 words of 5 and of 4.
    assert rouge_l("the police kill the gunman", "police killed the gunman") == pytest.approx(6 / 9)
    assert rouge_l("Bonsai", "bonsai") == 1
    assert rouge_l("", "bonsai") == rouge_l("!!", "bonsai") == 0


@pytest.mark.parametrize(("name", "reference"), PAIRS)
def test_rouge_l_is_the_librarys(name: str, reference: str) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer", reason="benchmarks/requirements.txt")
    theirs = scorer.RougeScorer(["rougeL"]).score(reference, name)["rougeL"].fmeasure
    assert rouge_l(name, reference) == pytest.approx(theirs)


def test_chrf_by_hand() -> None:
    # "ab" and "ac": of single characters half agree, of pairs none: P = R = 1/4.
    assert chrf("ab", "ac") == pytest.approx(0.25)
    assert chrf("A b", "ab") == 1
    assert chrf("", "ab") == chrf("xyz", "ab") == 0


@pytest.mark.parametrize(("name", "reference"), PAIRS)
def test_chrf_is_the_librarys(name: str, reference: str) -> None:
    metrics = pytest.importorskip("sacrebleu.metrics", reason="benchmarks/requirements.txt")
    theirs = metrics.CHRF(lowercase=True).sentence_score(name, [reference]).score
    assert 100 * chrf(name, reference) == pytest.approx(theirs)


@given(st.text(max_size=20), st.text(max_size=20))
def test_overlaps_are_shares(name: str, reference: str) -> None:
    for measure in (rouge_l, chrf):
        assert 0 <= measure(name, reference) <= 1 + 1e-12
    assert rouge_l(name, reference) == pytest.approx(rouge_l(reference, name))


def test_stems_join_forms_of_a_word() -> None:
    assert stem("climbing") == stem("Climbs") == stem("climbed") == "climb"
    assert stem("gardening") != stem("garage")


def test_faithful_words_are_in_the_evidence() -> None:
    evidence = Evidence(
        titles=("Growing lettuce in Kratky jars", "LED lights for a self-watering tower"),
        keyphrases=("nutrients",),
        siblings=(("Tuning a ukulele",),),
    )
    one = Faithfulness(evidence)
    assert one.content("grow lettuce with nutrient") == 1
    assert one.content("growing lettuce on a balcony") == pytest.approx(2 / 3)
    assert one.content("ukulele") == 0, "a sibling is no evidence"
    assert one.content("watering") == 1, "part of a hyphenated word"
    assert math.isnan(one.content("of the and"))
    assert one.proper("lettuce by Kratky under LED light") == 1
    assert one.proper("lettuce by Kratky in Iceland") == 0.5
    assert math.isnan(one.proper("Growing lettuce")), "a first letter says nothing"
    assert math.isnan(one.proper("Growing Lettuce In Iceland Town")), "nor does Title Case"


def test_distinct_names_are_unlike_the_users_others() -> None:
    names = ["the ukulele", "ukuleles", "bread", "ukulele"]
    shares = distinct_shares(names, ["a", "a", "a", "b"])
    np.testing.assert_array_equal(shares, [0, 0, 1, np.nan])
