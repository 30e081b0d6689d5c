"""Shared weights from examples: a logistic regression, and a factorisation machine upon it.

Only a refresh runs this; nothing here is needed to score or to learn of one user. The regression
is convex and solved to its optimum, so it needs no seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from journeys.agents.features import Features, FeatureSchema, Projection
from journeys.agents.hashing import TableRules, admit_ids, count_ids
from journeys.agents.shared import SharedModel
from journeys.errors import InputError


@dataclass(frozen=True)
class Example:
    """Something to learn from: a candidate that a user liked or not, known since ``time``."""

    user: str
    time: datetime
    features: Features
    liked: int
    weight: float = 1.0


@dataclass(frozen=True)
class FitRules:
    """How shared weights are fitted; defaults chosen on the first blocks of agent_prs_dev.

    Attributes:
        penalty: L2 of first-order weights, as the precision of their prior.
        per_user: an example of a user with ``n`` counts ``n ** -per_user``: 0 every example the
            same, 1 every user the same. Heavy users are not everybody.
        half_life: an example counts half as much when it is so old; None: always the same.
        intercepts: variance of users' own intercepts, which are fitted beside the shared weights
            (a mixed model) and left to their rows, so that the habits of heavy users are not taken
            for what all share; 0 for none.
        width: of the factors, 0 for a logistic regression alone.
        factor_penalty: L2 of the factors.
        steps: of Adam over all examples, for the factors.
        rate: its learning rate.
        seed: of the factors' first values.
    """

    table: TableRules = field(default_factory=TableRules)
    penalty: float = 30.0
    per_user: float = 0.5
    half_life: timedelta | None = None
    intercepts: float = 1.0
    width: int = 0
    factor_penalty: float = 10.0
    steps: int = 150
    rate: float = 0.02
    seed: int = 0


def fit_shared(
    examples: Sequence[Example],
    schema: FeatureSchema,
    now: datetime,
    rules: FitRules | None = None,
    *,
    projection: Projection | None = None,
    note: str = "",
) -> SharedModel:
    """Fit shared weights on examples known before ``now``.

    Raises:
        InputError: there is no example, or one is of the future.
    """
    rules = rules or FitRules()
    if not examples:
        raise InputError("There is nothing to learn from yet. Record feedback first.")
    if any(each.time >= now for each in examples):
        raise InputError("Some feedback is newer than the refresh itself. Check the clock.")
    counted = count_ids((each.user, each.time, each.features.ids) for each in examples)
    table = admit_ids(counted, rules.table, now)
    model = SharedModel(
        schema,
        table,
        np.zeros(table.rules.rows),
        np.zeros((table.rules.rows, 0)),
        np.zeros(schema.content),
        0.0,
        projection,
        note=note,
    )
    liked = np.array([each.liked for each in examples], dtype=np.float64)
    weights = np.array([each.weight for each in examples]) * _by_user(examples, rules.per_user)
    if rules.half_life is not None:
        weights *= [0.5 ** ((now - each.time) / rules.half_life) for each in examples]
    features = [each.features for each in examples]
    users = np.array([each.user for each in examples])
    model = _logistic(model, features, users, liked, weights, rules)
    return _factorised(model, features, liked, weights, rules) if rules.width else model


def fit_calibration(
    logits: np.ndarray, liked: np.ndarray, *, penalty: float = 1.0
) -> tuple[float, float]:
    """Platt's slope and shift on held-out logits ``(n,)``, drawn towards 1 and 0."""
    from scipy.optimize import minimize

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        margin = at[0] * logits + at[1]
        gap = 1.0 / (1.0 + np.exp(-margin)) - liked
        value = np.logaddexp(0.0, margin).sum() - (liked * margin).sum()
        value += 0.5 * penalty * ((at[0] - 1.0) ** 2 + at[1] ** 2)
        slope = np.array([(gap * logits).sum(), gap.sum()])
        return float(value), slope + penalty * np.array([at[0] - 1.0, at[1]])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return float(found[0]), float(found[1])


def _by_user(examples: Sequence[Example], power: float) -> np.ndarray:
    names, codes, counts = np.unique(
        [each.user for each in examples], return_inverse=True, return_counts=True
    )
    del names
    weights = counts[codes].astype(np.float64) ** -power
    return np.asarray(weights * len(weights) / weights.sum())


def _logistic(
    model: SharedModel,
    features: Sequence[Features],
    users: np.ndarray,
    liked: np.ndarray,
    weights: np.ndarray,
    rules: FitRules,
) -> SharedModel:
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix, hstack

    rows = model.rows(features)
    used, place = np.unique(rows, return_inverse=True)
    place = place.reshape(rows.shape)
    at = np.repeat(np.arange(len(rows)), rows.shape[1])
    held = csr_matrix(
        ((rows != 0).ravel().astype(np.float64), (at, place.ravel())), shape=(len(rows), len(used))
    )
    _, whose = np.unique(users, return_inverse=True)
    n_users = int(whose.max()) + 1 if rules.intercepts else 0
    each_user = csr_matrix(
        (np.ones(len(rows)), (np.arange(len(rows)), whose)), shape=(len(rows), int(whose.max()) + 1)
    )[:, :n_users]
    inputs = hstack(
        [
            held,
            csr_matrix(np.stack([each.content for each in features])),
            each_user,
            csr_matrix(np.ones((len(rows), 1))),
        ]
    ).tocsr()
    n_shared = len(used) + model.schema.content
    penalty = np.full(inputs.shape[1], float(rules.penalty))
    penalty[n_shared:] = 1.0 / rules.intercepts if rules.intercepts else 0.0
    penalty[-1] = 0.0

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        margin = inputs @ x
        gap = weights * (1.0 / (1.0 + np.exp(-margin)) - liked)
        value = (weights * (np.logaddexp(0.0, margin) - liked * margin)).sum()
        return float(value + 0.5 * (penalty * x) @ x), inputs.T @ gap + penalty * x

    start = np.zeros(inputs.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    linear = np.zeros_like(model.linear)
    linear[used] = found[: len(used)]
    linear[0] = 0.0
    return replace(
        model, linear=linear, content=found[len(used) : n_shared].copy(), bias=float(found[-1])
    )


def _factorised(
    model: SharedModel,
    features: Sequence[Features],
    liked: np.ndarray,
    weights: np.ndarray,
    rules: FitRules,
) -> SharedModel:
    """Factors beside fixed first-order weights (Rendle 2010), with the formula of the recommenders.

    What the regression explains it keeps; the factors get what is left.
    """
    import torch

    from journeys.ranking.layers import factorised_pairs

    rows = model.rows(features)
    used, place = np.unique(rows, return_inverse=True)
    base = torch.from_numpy(model.raw_logits(features))
    at = torch.from_numpy(place.reshape(rows.shape))
    there = torch.from_numpy((rows != 0).astype(np.float64)).unsqueeze(-1)
    target, counts = torch.from_numpy(liked), torch.from_numpy(weights)
    drawn = np.random.default_rng(rules.seed).normal(0.0, 0.05, (len(used), rules.width))
    table = torch.from_numpy(drawn).requires_grad_(True)
    optimiser = torch.optim.Adam([table], lr=rules.rate)
    average = torch.zeros_like(table)
    for step in range(rules.steps):
        optimiser.zero_grad()
        logits = base + factorised_pairs(table[at] * there)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, target, counts, reduction="sum"
        )
        (loss + 0.5 * rules.factor_penalty * table.square().sum()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step >= rules.steps // 2:  # the mean of the second half (Polyak and Juditsky 1992)
            average += table.detach() / (rules.steps - rules.steps // 2)
    factors = np.zeros((model.table.rules.rows, rules.width))
    factors[used] = average.numpy()
    factors[0] = 0.0
    return replace(model, factors=factors)
