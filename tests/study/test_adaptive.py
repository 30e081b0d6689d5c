"""The adaptive choice of levels: the model, the information, the group, calibration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.study import adaptive
from journeys.study.adaptive import Answer, LevelPolicy, Prior
from journeys.study.simulation import Kind, follow, people, taught

ANSWERS = st.builds(
    Answer,
    level=st.integers(1, 5),
    specificity=st.sampled_from([None, -1, 0, 1]),
    identification=st.sampled_from([None, 1, 2, 3, 4, 5]),
)


def policy() -> LevelPolicy:
    return LevelPolicy(adaptive.start())


def test_the_model_is_the_probit_of_scipy() -> None:
    from scipy.stats import norm

    at = int(np.argmin(np.abs(adaptive.MU - 3.0)))
    sigma, width, lapse = adaptive.nuisance()[5]
    table = adaptive.likelihood()[3, at, 5].sum(axis=1)  # level 4, so felt 1 too specific
    broad, narrow = norm.cdf((-width - 1) / sigma), norm.sf((width - 1) / sigma)
    expected = (1 - lapse) * np.array([broad, 1 - broad - narrow, narrow]) + lapse / 3
    np.testing.assert_allclose(table, expected, atol=1e-12)
    np.testing.assert_allclose(adaptive.likelihood().sum(axis=(3, 4)), 1.0)


def test_expected_information_is_the_mean_fall_of_entropy() -> None:
    belief = policy().belief([Answer(2, -1, 3)])

    def entropy(of: np.ndarray) -> float:
        over = of.sum(axis=1)
        return float(-(over * np.log(np.maximum(over, 1e-300))).sum())

    for level in adaptive.LEVELS:
        left = 0.0
        for specificity in adaptive.SPECIFICITY:
            for identification in adaptive.IDENTIFICATION:
                table = adaptive.answer_likelihood(Answer(level, specificity, identification))
                chance = float((belief * table).sum())
                left += chance * entropy(adaptive.updated(belief, table, drift=0.0))
        gain = entropy(belief) - left
        assert adaptive.information(belief)[level - 1] == pytest.approx(gain, abs=1e-9)


def test_information_of_many_beliefs_is_that_of_each() -> None:
    beliefs = np.stack([policy().belief([Answer(2, -1)]), policy().belief([Answer(4, 0, 5)])])
    both = adaptive.information(beliefs)
    for belief, gain in zip(beliefs, both, strict=True):
        np.testing.assert_allclose(adaptive.information(belief), gain)


@given(st.lists(ANSWERS, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_answers_leave_a_belief_that_can_be_read(answers: list[Answer]) -> None:
    belief = policy().belief(answers)
    assert belief.min() >= 0
    assert belief.sum() == pytest.approx(1.0)
    learned = policy().learned(answers)
    assert learned.low <= learned.mean <= learned.high
    assert 1 <= learned.level <= 5
    assert 1 <= policy().next(answers) <= 5


def test_answers_move_the_level_and_the_scale_is_symmetric() -> None:
    narrow = policy().learned([Answer(3, 1), Answer(2, 0), Answer(3, 1)])
    broad = policy().learned([Answer(3, -1), Answer(4, 0), Answer(3, -1)])
    assert narrow.mean < 3 < broad.mean
    assert narrow.mean - 3 == pytest.approx(3 - broad.mean, abs=1e-6)
    assert (narrow.level, broad.level) == (2, 4)


def test_only_levels_of_the_design_are_chosen() -> None:
    assert policy().next([], allowed=(2, 4)) in (2, 4)
    with pytest.raises(ValueError, match="1 to 5"):
        policy().next([], allowed=())


@pytest.mark.parametrize("wrong", [{"level": 0}, {"level": 3, "specificity": 2}])
def test_an_answer_off_the_scale_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Answer(**wrong)


def test_a_single_slip_does_not_undo_many_answers() -> None:
    steady = [Answer(3, -1, 2), Answer(4, 0, 5), Answer(5, 1, 3)] * 4
    before = policy().learned(steady).mean
    after = policy().learned([*steady, Answer(1, 1, 1)]).mean
    assert abs(after - before) < 0.3


def test_the_group_draws_those_who_said_little() -> None:
    narrow = [[Answer(5, 0, 5), Answer(4, -1, 3), Answer(5, 0, 4)] * 3] * 12
    group = LevelPolicy.of_group(narrow)
    assert group.prior.people == 12
    assert group.prior.mean > 4
    assert group.learned([]).mean > policy().learned([]).mean + 0.8
    said = [Answer(2, 0, 5), Answer(3, 1, 2)] * 6
    assert group.learned(said).mean < 3.2
    assert group.learned(said).group_share < 0.3
    assert LevelPolicy.of_group([]).prior.people == 0


def test_the_group_is_found_and_who_answers_at_random_is_seen() -> None:
    prior = taught(Kind(mean=3.6, sd=0.5, random=0.2), 80, 15, seed=5)
    assert prior.mean == pytest.approx(3.6, abs=0.25)
    assert prior.sd == pytest.approx(0.5, abs=0.25)
    course = follow(people(120, Kind(random=0.3), 3), "adaptive", 25, adaptive.start())
    assert (course.suspected[course.at_random] > 0.5).mean() > 0.8
    assert course.suspected[~course.at_random].max() < 0.5


def test_intervals_hold_the_preference_and_adaptive_beats_fixed() -> None:
    kind = Kind()
    prior = Prior(3.0, 0.8, adaptive.start().weights)
    adapted = follow(people(300, kind, 2), "adaptive", 10, prior)
    fixed = follow(people(300, kind, 2), "fixed", 10, prior)
    # 99.9% of such samples lie within 4.1 points of 95%; the model is not exactly the people's.
    assert 0.90 <= adapted.covered[10].mean() <= 0.995
    assert 0.90 <= fixed.covered[10].mean() <= 0.995
    squares = [float((course.error[5:] ** 2).mean()) for course in (adapted, fixed)]
    assert squares[0] < 0.8 * squares[1]
