"""Shared weights: fitted, judged, published, taken back; and ways to explore."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from journeys.agents.exploring import Exploration, choose
from journeys.agents.fitting import FitRules, fit_calibration, fit_shared
from journeys.agents.hashing import TableRules
from journeys.agents.refreshing import ModelHistory, Version, loss_of, refresh
from journeys.agents.rows import Guess
from journeys.agents.shared import SharedModel
from journeys.errors import ConfigError, InputError, ModelError
from tests.agents.agent_worlds import SCHEMA, START, features, world

RULES = FitRules(table=TableRules(rows=1_024), penalty=1.0)
EXAMPLES = world()
NOW = EXAMPLES[-1].time + timedelta(hours=1)


@pytest.fixture(scope="module")
def model() -> SharedModel:
    return fit_shared(EXAMPLES, SCHEMA, NOW, RULES)


def test_the_regression_is_at_its_optimum(model: SharedModel) -> None:
    """Against scikit-learn, with one head and all users alike."""
    from sklearn.linear_model import LogisticRegression

    rules = replace(RULES, table=TableRules(rows=65_536, heads=1), per_user=0.0, intercepts=0.0)
    ours = fit_shared(EXAMPLES, SCHEMA, NOW, rules)
    names = sorted(ours.table.ids)
    inputs = np.array(
        [[name in e.features.ids for name in names] + e.features.content.tolist() for e in EXAMPLES]
    )
    theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=2_000)
    theirs.fit(inputs, [e.liked for e in EXAMPLES])
    found = ours.logits([e.features for e in EXAMPLES])
    assert found == pytest.approx(theirs.decision_function(inputs), abs=2e-3)


def test_what_only_one_user_has_has_no_shared_row(model: SharedModel) -> None:
    assert not any(name.startswith("repo=") for name in model.table.ids)
    assert (
        model.logits([features(task_type="fix")])[0] > model.logits([features(task_type="feat")])[0]
    )


def test_factors_lower_the_loss_of_what_is_fitted(model: SharedModel) -> None:
    factored = fit_shared(EXAMPLES, SCHEMA, NOW, replace(RULES, width=4, factor_penalty=0.1))
    assert factored.factors.any()
    assert not factored.factors[0].any()
    assert loss_of(factored, EXAMPLES) < loss_of(model, EXAMPLES)


def test_a_score_does_not_depend_on_what_it_is_scored_with(model: SharedModel) -> None:
    factored = fit_shared(EXAMPLES, SCHEMA, NOW, replace(RULES, width=3, steps=5))
    some = [each.features for each in EXAMPLES[:50]]
    alone = [factored.logits([each])[0].hex() for each in some]
    assert [value.hex() for value in factored.logits(some)] == alone


def test_a_model_comes_back_to_the_last_bit_with_its_version(model: SharedModel) -> None:
    again = SharedModel.from_bytes(model.to_bytes())
    assert again.version == model.version
    assert again.schema == model.schema
    some = [each.features for each in EXAMPLES]
    assert np.array_equal(again.logits(some), model.logits(some))
    with pytest.raises(ModelError):
        SharedModel.from_bytes(b"nothing")


def test_a_refresh_is_judged_versioned_and_taken_back() -> None:
    first = ModelHistory.begin(SCHEMA)
    history, judged, published = refresh(first, EXAMPLES, NOW, RULES)
    assert published
    assert judged.logloss < judged.before == pytest.approx(np.log(2))
    assert history.model.version != first.model.version
    assert (history.model.slope, history.model.shift) != (1.0, 0.0)
    assert judged.examples == len(EXAMPLES) // 10
    assert history.rolled_back().model.version == first.model.version
    with pytest.raises(ConfigError):
        first.rolled_back()


def test_a_worse_model_is_not_published(model: SharedModel) -> None:
    history = ModelHistory.begin(SCHEMA).published(Version(model, NOW, None))
    wrong = [
        replace(each, liked=1 - each.liked) if at < len(EXAMPLES) * 0.8 else each
        for at, each in enumerate(EXAMPLES)
    ]
    after, judged, published = refresh(history, wrong, NOW, RULES)
    assert not published
    assert judged.logloss > judged.before
    assert after is history


def test_a_refresh_needs_examples_of_the_past() -> None:
    with pytest.raises(InputError):
        refresh(ModelHistory.begin(SCHEMA), EXAMPLES[:5], NOW)
    with pytest.raises(InputError):
        fit_shared(EXAMPLES, SCHEMA, START)
    with pytest.raises(InputError):
        fit_shared([], SCHEMA, NOW)


def test_calibration_undoes_what_was_done_to_logits() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=20_000)
    liked = (rng.random(20_000) < 1 / (1 + np.exp(-logits))).astype(float)
    slope, shift = fit_calibration(3.0 * logits + 1.0, liked)
    assert slope == pytest.approx(1 / 3, abs=0.02)
    assert shift == pytest.approx(-1 / 3, abs=0.05)


GUESSES = [Guess(1.0, 0.01), Guess(0.0, 9.0), Guess(0.5, 0.01)]


def test_greedy_orders_by_the_mean() -> None:
    choice = choose(GUESSES, Exploration(), (1,))
    assert (choice.order, choice.propensity) == ((0, 2, 1), (1.0, 0.0, 0.0))
    assert choose([], Exploration(), (1,)).order == ()


@pytest.mark.parametrize("policy", ["thompson", "ucb"])
def test_exploring_stays_within_its_budget_and_tells_its_chances(policy: str) -> None:
    how = Exploration(policy, budget=0.3)
    made = [choose(GUESSES, how, (seed,)) for seed in range(2_000)]
    assert np.mean([each.explored for each in made]) == pytest.approx(0.3, abs=0.04)
    first = np.bincount([each.order[0] for each in made], minlength=3) / len(made)
    said = np.mean([each.propensity for each in made], axis=0)
    assert first == pytest.approx(said, abs=0.03)
    assert first[1] > 0.05
    assert choose(GUESSES, how, (7,)) == choose(GUESSES, how, (7,))
    assert not choose(GUESSES, replace(how, budget=0.0), (7,)).explored
    with pytest.raises(ConfigError):
        Exploration(policy, budget=2.0)
    with pytest.raises(ConfigError):
        Exploration("random")
