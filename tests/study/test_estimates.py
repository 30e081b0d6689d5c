"""Means, shares, differences: against scipy, by hand, and in small simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from journeys.study import estimates
from journeys.study.latent import Components, effect_for, ratings, truth
from journeys.study.power import enough, power_table

SAMPLE = [1.0, 2.5, 3.0, 4.0, 4.5, 2.0, 3.5]


def test_t_and_paired_are_those_of_scipy() -> None:
    value, low, high, p = (float(x[0]) for x in estimates.paired_rows(np.array([SAMPLE])))
    test = stats.ttest_1samp(SAMPLE, 0)
    assert (value, p) == (pytest.approx(np.mean(SAMPLE)), pytest.approx(test.pvalue))
    assert (low, high) == pytest.approx(tuple(test.confidence_interval()))


def test_welch_is_that_of_scipy() -> None:
    one, other = SAMPLE, [1.0, 1.5, 2.0, 1.0, 3.0]
    found = estimates.unpaired(one, other, "x", "q", answers=12)
    assert found.p == pytest.approx(stats.ttest_ind(one, other, equal_var=False).pvalue)
    assert found.low < found.value < found.high


def test_holm_by_hand() -> None:
    adjusted = estimates.holm([0.01, 0.04, float("nan"), 0.03])
    assert adjusted[:2] == pytest.approx([0.03, 0.06])
    assert np.isnan(adjusted[2])
    assert adjusted[3] == pytest.approx(0.06)


def test_the_studentised_bootstrap_is_that_of_drawing_one_by_one() -> None:
    sample = np.array(SAMPLE)
    n = len(sample)
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=400)
    ratio = []
    for counts in drawn:
        own = np.repeat(sample, counts)
        error = own.std(ddof=1) / np.sqrt(n)
        if error > 1e-9:
            ratio.append((own.mean() - sample.mean()) / error)
    low, high = np.quantile(ratio, [0.025, 0.975], method="inverted_cdf")
    spread = sample.std(ddof=1) / np.sqrt(n)
    _, least, most = estimates.bootstrap_t_rows(sample[None, :], draws=400)
    assert float(least[0]) == pytest.approx(sample.mean() - high * spread, abs=0.05)
    assert float(most[0]) == pytest.approx(sample.mean() - low * spread, abs=0.05)


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0]), min_size=3, max_size=15))
@settings(max_examples=50, deadline=None)
def test_intervals_hold_the_mean_and_never_fail(values: list[float]) -> None:
    found = estimates.mean(values, "x", "q", answers=len(values))
    assert found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12
    hits = [float(value > 3) for value in values]
    share = estimates.share(hits, [1.0] * len(hits), "x", "q")
    assert 0 <= share.low <= share.value + 1e-12 <= share.high + 2e-12 <= 1 + 1e-9


def test_with_too_few_there_is_no_interval() -> None:
    found = estimates.mean([3.0, float("nan"), 4.0], "x", "q", answers=2)
    assert (found.value, found.n) == (3.5, 2)
    assert np.isnan(found.low)
    assert np.isnan(estimates.mean([], "x", "q", answers=0).value)


def test_one_answer_each_is_the_interval_of_a_proportion() -> None:
    # 300 of 1,000, and one hit and one miss more.
    found = estimates.share([1.0] * 300 + [0.0] * 700, [1.0] * 1000, "x", "q")
    middle = 301 / 1002
    half = stats.norm.ppf(0.975) * np.sqrt(middle * (1 - middle) / 1002)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-9)
    oracle = stats.binomtest(300, 1000).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=1e-3)


@pytest.mark.parametrize("people", [3, 5, 12, 200])
def test_where_all_say_the_same_the_interval_of_a_share_is_not_a_point(people: int) -> None:
    found = estimates.share([4.0] * people, [4.0] * people, "x", "q")
    assert (found.value, found.high) == (1.0, 1.0)
    # The exact bound of as many independent people (Clopper & Pearson) is not far off.
    assert found.low <= 0.025 ** (1 / people) + 0.06


def test_the_truth_of_the_simulation_is_the_mean_of_its_ratings() -> None:
    parts = Components()
    given_ratings = ratings((40, 50, 20), 0.7, parts, np.random.default_rng(0))
    means = truth(0.7, parts, people=50_000) @ np.arange(1, 6)
    np.testing.assert_allclose(given_ratings.mean(axis=(0, 1, 2)), means, atol=0.05)
    effect = effect_for(0.3, parts)
    shift = np.diff(truth(effect, parts, people=50_000) @ np.arange(1, 6))
    assert float(shift[0]) == pytest.approx(0.3, abs=0.01)


def test_coverage_and_false_positives_in_small() -> None:
    parts, rng = Components(), np.random.default_rng(1)
    given_ratings = ratings((600, 25, 5), 0.0, parts, rng)
    true = float(truth(0.0, parts, people=50_000)[0] @ np.arange(1, 6))
    _, low, high = estimates.bootstrap_t_rows(given_ratings[..., 0].mean(axis=2))
    covered = int(((low <= true) & (true <= high)).sum())
    assert stats.binomtest(covered, 600, 0.95).pvalue > 0.001
    means = given_ratings.mean(axis=2)
    wrong = int((estimates.paired_rows(means[..., 1] - means[..., 0])[3] < 0.05).sum())
    assert stats.binomtest(wrong, 600, 0.05).pvalue > 0.001


def test_power_grows_and_is_that_of_the_t_test() -> None:
    table = power_table(0.5, (10, 40), (4,), studies=400, seed=3)
    assert table[0].power < table[1].power
    assert [row.participants for row in enough(table)] == [40]
    assert power_table(0.0, (30,), (4,), studies=400)[0].power < 0.1
    # The oracle: the same differences' mean and spread in the non-central t distribution.
    parts = Components()
    given_ratings = ratings((200, 40, 4), effect_for(0.5, parts), parts, np.random.default_rng(8))
    own = given_ratings.mean(axis=2)
    gaps = own[..., 1] - own[..., 0]
    centre = gaps.mean() / gaps.std() * np.sqrt(40)
    expected = stats.nct.sf(stats.t.ppf(0.975, 39), 39, centre)
    assert table[1].power == pytest.approx(float(expected), abs=0.06)
