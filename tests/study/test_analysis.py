"""The analysis: by hand on small tables, against statsmodels, and on simulated studies."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from journeys.embedding.fake import FakeEmbedder
from journeys.study import checking, estimates, identification, third_party
from journeys.study.analysis import analyse
from journeys.study.longformat import StudyData, from_rows, study_data
from journeys.study.mixed import mixed_model
from journeys.study.preferences import preferences
from journeys.study.simulated_study import Study, simulated_study
from journeys.study.stated import BOTH, MEANING, OWN, assign, found, match_by_meaning
from journeys.study.valued import valued


def answers(*rows: dict[str, object]) -> pd.DataFrame:
    """Rows with what every answer has."""
    basis = {"journey": "j", "condition": "a", "level": 3}
    return from_rows("answers", [basis | {"trial": at + 1} | row for at, row in enumerate(rows)])


@pytest.fixture(scope="module")
def simulated() -> StudyData:
    return simulated_study(Study(participants=30, effect=1.0), seed=4)


def test_participants_count_the_same_and_foils_and_repeats_do_not() -> None:
    frame = answers(
        {"participant": "p", "identification": 5},
        {"participant": "p", "identification": 5},
        {"participant": "p", "identification": 5},
        {"participant": "q", "identification": 1},
        {"participant": "r", "identification": 3},
        {"participant": "r", "identification": 1, "is_foil": True},
        {"participant": "r", "identification": 1, "repeat_of": 5},
        {"participant": "r"},
    )
    (mean,) = identification.by_condition(frame)
    assert (mean.value, mean.n, mean.answers) == (3.0, 3, 5)


def test_recall_gated_and_ungated_rates_stand_side_by_side() -> None:
    frame = answers(
        {"participant": "p", "identification": 5, "remembers": True},
        {"participant": "p", "identification": 1, "remembers": False},
        {"participant": "q", "identification": 4, "remembers": True},
        {"participant": "q", "identification": 2, "remembers": True},
    )
    ungated, gated = identification.rates(frame)
    assert (ungated.value, gated.value) == (0.5, 0.75)
    assert (ungated.answers, gated.answers) == (4, 3)


def test_a_paired_difference_is_the_t_test_of_own_differences() -> None:
    from scipy import stats

    rng = np.random.default_rng(0)
    pairs = rng.integers(1, 6, size=(9, 2))
    rows: list[dict[str, object]] = [
        {"participant": f"p{at}", "condition": name, "identification": int(value)}
        for at, pair in enumerate(pairs)
        for name, value in zip("ab", pair, strict=True)
    ]
    (difference,) = identification.differences(answers(*rows))
    test = stats.ttest_rel(pairs[:, 1], pairs[:, 0])
    assert difference.name == "b less a"
    assert difference.p == pytest.approx(test.pvalue)


def test_conditions_between_people_are_welchs() -> None:
    rows: list[dict[str, object]] = [
        {"participant": f"{name}{at}", "condition": name, "identification": value}
        for name, values in (("a", (1, 2, 2, 3)), ("b", (4, 5, 3, 4)))
        for at, value in enumerate(values)
    ]
    (difference,) = identification.differences(answers(*rows))
    assert difference.value == 2.0
    assert "Welch" in difference.assumes


def test_the_specificity_curve_and_where_it_crosses() -> None:
    rows: list[dict[str, object]] = [
        {"participant": who, "level": level, "specificity": value}
        for who in "pqr"
        for level, value in ((1, -1), (2, -1), (3, 0), (4, 1), (5, 1))
    ]
    curve = identification.specificity_curve(answers(*rows))
    assert [each.value for each in curve["too broad"]] == [1, 1, 0, 0, 0]
    crossing = identification.crossing(answers(*rows))
    assert (crossing.value, crossing.low, crossing.high) == (3.0, 3.0, 3.0)


def test_the_mixed_model_finds_what_was_put_in() -> None:
    pytest.importorskip("statsmodels")
    rng = np.random.default_rng(2)
    rows: list[dict[str, object]] = []
    for person in range(60):
        own = rng.normal() * 0.7
        for journey in range(5):
            both = own + rng.normal() * 0.7
            for condition, gain in (("a", 0.0), ("b", 0.6)):
                value = 3 + both + gain + rng.normal() * 0.6
                rows.append(
                    {"participant": f"p{person}", "journey": f"p{person}j{journey}",
                     "condition": condition, "identification": int(np.clip(round(value), 1, 5))}
                )  # fmt: skip
    model = mixed_model(answers(*rows))
    (effect,) = model.effects
    assert effect.name == "condition b"
    assert effect.value == pytest.approx(0.6, abs=0.12)
    # A balanced design: the effect is the mean difference, whatever the variances.
    (paired,) = identification.differences(answers(*rows))
    assert effect.value == pytest.approx(paired.value, abs=1e-6)
    assert model.components["participant"] == pytest.approx(0.45, abs=0.25)
    assert model.components["journey"] == pytest.approx(0.45, abs=0.2)


def test_without_statsmodels_the_rest_stands(
    monkeypatch: pytest.MonkeyPatch, simulated: StudyData
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.formula.api", None)
    results = analyse(simulated)
    assert "requirements-study.txt" in results.section("mixed").note
    assert results.section("condition").figures


def test_the_effect_of_a_simulated_study_is_found(simulated: StudyData) -> None:
    results = analyse(simulated)
    ((_, difference),) = results.section("difference").figures
    assert difference.low > 0
    assert difference.p < 0.01
    assert results.simulated
    for section in results.sections:
        for _, each in section.figures:
            assert each.assumes
            assert each.query
            assert np.isnan(each.low) or each.low <= each.value <= each.high


def test_empty_tables_give_words_and_no_error() -> None:
    results = analyse(study_data())
    assert results.participants == 0
    assert results.steps == ()


def test_preferred_levels_follow_what_was_said() -> None:
    rows: list[dict[str, object]] = [
        {"participant": who, "level": level, "specificity": value, "identification": 3}
        for who, order in (("broad", (0, 1, 1)), ("narrow", (-1, -1, 0)))
        for _ in range(3)
        for level, value in zip((2, 3, 4), order, strict=True)
    ]
    learned = preferences(answers(*rows)).people
    assert (learned["broad"].level, learned["narrow"].level) == (2, 4)


def test_assignment_by_hand() -> None:
    closeness = np.array([[0.9, 0.8], [0.85, 0.1]])
    assert assign(closeness, 0.5) == [(0, 1), (1, 0)]
    assert assign(closeness, 0.87) == [(0, 0)]
    assert assign(np.zeros((0, 3)), 0.5) == []


def test_stated_journeys_are_matched_and_a_persons_word_stands() -> None:
    shown = answers(
        {"participant": "p", "journey": "uke", "name_shown": "learning the ukulele"},
        {"participant": "p", "journey": "run", "name_shown": "running a marathon"},
        {"participant": "q", "journey": "cook", "name_shown": "cooking"},
    )
    said = from_rows(
        "stated",
        [
            {"participant": "p", "stated": 1, "words": "learning the ukulele", "when": "before"},
            {"participant": "p", "stated": 2, "words": "zebra", "when": "before", "match": "run"},
            {"participant": "p", "stated": 3, "words": "xylem", "when": "before", "match": "none"},
            {"participant": "q", "stated": 1, "words": "moths", "when": "before", "match": "none"},
        ],
    )
    before = found(said, shown)
    assert (before.unmatched, set(before.groups)) == (4, {OWN})
    data = study_data(answers=shown, stated=said)
    matched = match_by_meaning(data, FakeEmbedder(), threshold=0.9).stated
    assert matched["match_by_meaning"].tolist() == ["uke", "none", "none", "none"]
    assert matched["cosine"][0] == pytest.approx(1.0, abs=1e-3)
    result = found(matched, shown)
    # Own: p says run and none, q says none. By meaning: p has one of three, q none of one.
    assert [each.value for each in result.groups[OWN]] == pytest.approx([1 / 4, 1 / 4])
    assert [each.value for each in result.groups[MEANING]] == pytest.approx([1 / 6, 1 / 4])
    (agree,) = result.groups[BOTH]
    assert (agree.value, agree.answers) == (pytest.approx((1 / 2 + 1) / 2), 3)
    assert result.unmatched == 0


def test_foils_repeats_failures_and_changes_by_hand() -> None:
    frame = answers(
        {"participant": "p", "identification": 4, "journey": "a", "ongoing": False,
         "items_shown": 4, "items_marked": 1, "remembers": True},
        {"participant": "p", "identification": 1, "journey": "b", "remembers": False,
         "ongoing": True, "merged_with": "a"},
        {"participant": "p", "identification": 5, "journey": "a", "repeat_of": 1},
        {"participant": "p", "identification": 4, "journey": "f", "is_foil": True},
        {"participant": "q", "identification": 1, "journey": "f", "is_foil": True},
    )  # fmt: skip
    assert checking.foil_acceptance(frame).value == 0.5
    same, near = checking.consistency(frame)
    assert (same.value, near.value) == (0.0, 1.0)
    said = from_rows("stated", [{"participant": "p", "stated": 1, "words": "x", "when": "missing"}])
    values = {each.name: each.value for each in checking.failures(frame, said)}
    assert values == pytest.approx(
        {"missed": 1 / 3, "sporadic": 0.5, "outdated": 0.5, "repeated": 1.0,
         "items that do not belong": 0.25}
    )  # fmt: skip
    people = from_rows(
        "participants",
        [
            {"participant": who, "trust_before": 2, "trust_after": after, "opened_at": 1,
             "rated_at": 2 if after > 2 else None}
            for who, after in (("p", 3), ("q", 4), ("r", 2))
        ],
    )  # fmt: skip
    trust, risk = checking.changes(people)
    assert (trust.value, risk.n) == (1.0, 0)
    reached = {step.name: step.people for step in checking.funnel(people)}
    assert reached["consented"] == 2
    assert reached["opened the link"] == 3


def test_valued_journeys_stand_beside_the_survey() -> None:
    rows: list[dict[str, object]] = [
        {"participant": who, "journey": f"{who}{at}", "identification": rating, "ongoing": going}
        for who, own in (("p", 1), ("q", 4), ("r", 0), ("s", 2))
        for at in range(5)
        for rating, going in ((5 if at < own else 2, True), (5, False))
    ]
    here, published = valued(answers(*rows)).values()
    assert [each.value for each in here] == [0.75, pytest.approx(2 / 3)]
    assert [each.value for each in published] == [0.66, 0.70]
    assert valued(answers({"participant": "p"})) == {}


def test_alpha_is_that_of_the_package_and_people_stand_beside_third_parties() -> None:
    import krippendorff

    table = [[1, 2, 1], [4, 4, 5], [3, 3, 2], [5, 5, 5], [1, 1, 2], [2, 3, 3]]
    rows: list[dict[str, object]] = [
        {"rater": f"r{at}", "unit": f"u{unit}", "journey": f"u{unit}", "participant": f"p{unit}",
         "level": 3, "name": f"Name  {unit}", "fit": value}
        for unit, values in enumerate(table)
        for at, value in enumerate(values)
    ]  # fmt: skip
    labelled = from_rows("third_party", rows)
    fit, _ = third_party.agreement(labelled)
    oracle = krippendorff.alpha(
        np.array(table, dtype=float).T, level_of_measurement="ordinal", value_domain=range(1, 6)
    )
    assert fit.value == pytest.approx(oracle)
    assert fit.low < fit.value < fit.high
    person = [5, 4, 3, 4, 1, 2]
    frame = answers(
        *(
            {"participant": f"p{unit}", "journey": f"u{unit}", "name_shown": f"name {unit}",
             "identification": value}
            for unit, value in enumerate(person)
        ),
        # Of another level: not the name that was judged.
        {"participant": "p0", "journey": "u0", "name_shown": "name 0", "level": 4,
         "identification": 1},
    )  # fmt: skip
    beside, none = third_party.with_person(labelled, frame)
    pairs = np.array(
        [[own, value] for own, values in zip(person, table, strict=True) for value in values]
    )
    oracle = krippendorff.alpha(
        pairs.T.astype(float), level_of_measurement="ordinal", value_domain=range(1, 6)
    )
    assert (beside.value, beside.n, beside.answers) == (pytest.approx(oracle), 6, 18)
    assert (none.n, none.answers) == (0, 0)


def test_a_median_lies_between_the_values_that_the_sign_test_names() -> None:
    values = np.array([3.0, 9.0, 1.0, 4.0, 7.0, 12.0, 5.0, 8.0, 6.0, 2.0])
    found_median = estimates.median(values, "x", "q")
    # Table of the sign test: of ten, the second least to the second most hold it in 97.9%.
    assert (found_median.value, found_median.low, found_median.high) == (5.5, 2.0, 9.0)
    assert np.isnan(estimates.median(values[:5], "x", "q").low)


def test_the_mixed_model_holds_for_journeys_rated_once_and_is_then_the_paired_test() -> None:
    """The app shows a journey once; with as many of each condition the paired t-test is exact."""
    pytest.importorskip("statsmodels")
    from scipy import stats

    rng = np.random.default_rng(6)
    values = np.clip(np.round(3 + rng.normal(size=(9, 1, 1)) + rng.normal(size=(9, 2, 4))), 1, 5)
    rows: list[dict[str, object]] = [
        {"participant": f"p{who}", "journey": f"p{who}{name}{at}", "condition": name,
         "identification": int(value)}
        for who, person in enumerate(values)
        for name, own in zip("ab", person, strict=True)
        for at, value in enumerate(own)
    ]  # fmt: skip
    model = mixed_model(answers(*rows))
    (effect,) = model.effects
    means = values.mean(axis=2)
    test = stats.ttest_rel(means[:, 1], means[:, 0])
    assert effect.p == pytest.approx(test.pvalue, abs=1e-6)
    bounds = test.confidence_interval(0.95)
    assert (effect.low, effect.high) == pytest.approx((bounds.low, bounds.high), abs=1e-6)
    assert "rated once" in model.note
    assert set(model.components) == {"participant", "left over"}
