"""Agreement figures: held against an oracle, and against what they must say of known raters."""

from __future__ import annotations

import math

import krippendorff
import numpy as np
import pytest

from journeys.evaluation.agreement import (
    Metric,
    Rating,
    against,
    between,
    krippendorff_alpha,
)


def ratings(rows: dict[str, list[int | None]], per_cluster: int = 1) -> list[Rating]:
    """Raters' values by unit; None where a rater said nothing."""
    return [
        Rating(f"u{at}", f"c{at // per_cluster}", rater, value)
        for rater, values in rows.items()
        for at, value in enumerate(values)
        if value is not None
    ]


@pytest.mark.parametrize("metric", ["ordinal", "nominal"])
@pytest.mark.parametrize("seed", range(4))
def test_alpha_is_the_oracles(metric: Metric, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 5, size=(4, 30)).astype(float)
    table[1] = np.clip(table[0] + rng.integers(-1, 2, 30), 0, 4)
    table[rng.random(table.shape) < 0.3] = np.nan
    rows = {
        f"r{at}": [None if math.isnan(value) else int(value) for value in row]
        for at, row in enumerate(table.tolist())
    }
    expected = krippendorff.alpha(
        reliability_data=table, level_of_measurement=metric, value_domain=range(5)
    )
    assert between(ratings(rows), 5, metric, draws=10).alpha.mean == pytest.approx(expected)


def test_alpha_of_krippendorffs_own_example() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, nominal alpha .743."""
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[row[at] - 1 for row in table if row[at] is not None] for at in range(12)]
    assert krippendorff_alpha(units, 5, "nominal") == pytest.approx(0.743, abs=0.0005)
    assert krippendorff_alpha(units, 5, "ordinal") == pytest.approx(0.815, abs=0.0005)


def test_perfect_and_chance_agreement() -> None:
    values = [0, 1, 2, 3, 4] * 8
    same = between(ratings({"a": values, "b": values}), 5, "ordinal")
    assert same.alpha.mean == same.alpha.low == 1
    assert [same.kappa, same.spearman, same.kendall, same.exact] == pytest.approx([1] * 4)
    rng = np.random.default_rng(0)
    noise = between(
        ratings({"a": rng.integers(0, 5, 400).tolist(), "b": rng.integers(0, 5, 400).tolist()}),
        5,
        "ordinal",
    )
    assert noise.alpha.low < 0 < noise.alpha.high
    assert abs(noise.kappa) < 0.15


def test_a_rater_who_is_always_one_above_is_biased_by_one() -> None:
    person = [0, 1, 2, 3] * 5
    found = against(
        ratings({"person:a": person, "judge:x": [value + 1 for value in person]}),
        "judge:x",
        ["person:a"],
        5,
        "ordinal",
    )
    assert (found.bias.mean, found.bias.low, found.bias.high) == (1, 1, 1)
    assert found.exact == 0
    assert found.spearman == found.kendall == pytest.approx(1)
    assert found.kappa < 1


def test_a_judge_is_compared_with_every_person_and_with_nobody_else() -> None:
    rows = {
        "person:a": [0, 4, None, 2],
        "person:b": [1, 4, 3, None],
        "judge:x": [0, 4, 3, None],
        "judge:y": [4, 0, 0, 0],
    }
    found = against(ratings(rows), "judge:x", ["person:a", "person:b"], 5, "ordinal")
    assert (found.pairs, found.units, found.clusters, found.raters) == (5, 3, 3, 2)
    assert found.exact == pytest.approx(4 / 5)
    people = between((r for r in ratings(rows) if r.rater.startswith("person")), 5, "ordinal")
    assert (people.pairs, people.units, people.raters) == (2, 2, 2)
    assert math.isnan(people.bias.mean)


def test_units_of_one_cluster_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    base = rng.integers(0, 5, 20)
    one = np.repeat(base, 5)
    # Whole clusters agree or disagree.
    other = np.where(np.repeat(rng.random(20) < 0.6, 5), one, (one + 2) % 5)
    rows: dict[str, list[int | None]] = {"a": one.tolist(), "b": other.tolist()}
    alone = between(ratings(rows), 5, "ordinal").alpha
    nested = between(ratings(rows, per_cluster=5), 5, "ordinal").alpha
    assert alone.mean == nested.mean
    assert nested.high - nested.low > 1.5 * (alone.high - alone.low)


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"a": [1, 2, 3]},
        {"a": [1, None], "b": [None, 2]},
    ],
)
def test_without_two_raters_of_a_unit_nothing_is_said(rows: dict[str, list[int | None]]) -> None:
    found = between(ratings(rows), 5, "ordinal")
    assert found.pairs == found.units == found.raters == 0
    assert math.isnan(found.alpha.mean)
    assert math.isnan(found.exact)


def test_where_nothing_varies_alpha_is_not_defined() -> None:
    found = between(ratings({"a": [3] * 6, "b": [3] * 6}), 5, "ordinal")
    assert found.exact == 1
    assert all(math.isnan(value) for value in (found.alpha.mean, found.kappa, found.spearman))


def test_few_clusters_have_no_interval() -> None:
    found = between(ratings({"a": [0, 1, 2, 3], "b": [0, 1, 3, 3]}), 5, "ordinal")
    assert found.alpha.mean > 0
    assert math.isnan(found.alpha.low)


def test_the_same_seed_gives_the_same_interval() -> None:
    rng = np.random.default_rng(3)
    rows: dict[str, list[int | None]] = {
        "a": rng.integers(0, 3, 30).tolist(),
        "b": rng.integers(0, 3, 30).tolist(),
    }
    one, other = (between(ratings(rows), 3, "nominal", seed=7).alpha for _ in range(2))
    assert one == other
