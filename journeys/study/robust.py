"""Standard errors and degrees of freedom that hold when a model's covariance is wrong.

Answers on five points are not normal, and people differ in what a condition does for them, which a
model with random intercepts does not know. The cluster-robust variance CR2 is unbiased where the
model is right and consistent where it is not; Satterthwaite's degrees of freedom make up for few
participants. With one difference a participant both give the paired t-test exactly.

Source: Bell & McCaffrey 2002, Survey Methodology 28:169-181; Pustejovsky & Tipton 2018, J. Bus.
Econ. Stat. 36:672-683, eq. 3 to 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Robust:
    """Generalised least squares with robust errors.

    Attributes:
        effects, errors, freedom: shape ``(coefficients,)``.
    """

    effects: np.ndarray
    errors: np.ndarray
    freedom: np.ndarray


def robust_fit(
    exog: Sequence[np.ndarray], endog: Sequence[np.ndarray], covariance: Sequence[np.ndarray]
) -> Robust:
    """Coefficients with CR2 errors and Satterthwaite's degrees of freedom.

    Args:
        exog: each cluster's rows, shape ``(rows, coefficients)``.
        endog: each cluster's values, shape ``(rows,)``.
        covariance: what each cluster's values are taken to have, shape ``(rows, rows)``.

    Raises:
        ValueError: the columns of ``exog`` are not independent (numpy's LinAlgError).
    """
    weights = [np.linalg.inv(each) for each in covariance]
    clusters = list(zip(exog, endog, covariance, weights, strict=True))
    bread = np.linalg.inv(np.sum([x.T @ w @ x for x, _, _, w in clusters], axis=0))
    effects = bread @ np.sum([x.T @ w @ y for x, y, _, w in clusters], axis=0)
    # Of each cluster: what its values count in each coefficient, shape (rows, coefficients).
    pulls = [_adjusted(x, v, bread).T @ w @ x @ bread for x, _, v, w in clusters]
    scores = np.array(
        [p.T @ (y - x @ effects) for p, (x, y, _, _) in zip(pulls, clusters, strict=True)]
    )
    freedom = np.empty(len(effects))
    for at in range(len(effects)):
        own = np.array(
            [p[:, at] @ v @ p[:, at] for p, (_, _, v, _) in zip(pulls, clusters, strict=True)]
        )
        through = np.array(
            [x.T @ p[:, at] for p, (x, _, _, _) in zip(pulls, clusters, strict=True)]
        )
        shared = np.diag(own) - through @ bread @ through.T
        freedom[at] = np.trace(shared) ** 2 / np.sum(shared**2)
    return Robust(effects, np.sqrt(np.sum(scores**2, axis=0)), freedom)


def _adjusted(x: np.ndarray, covariance: np.ndarray, bread: np.ndarray) -> np.ndarray:
    """What a cluster's residuals are multiplied with to make up for their being too small."""
    root = np.linalg.cholesky(covariance).T
    left = root @ (covariance - x @ bread @ x.T) @ root.T
    values, vectors = np.linalg.eigh((left + left.T) / 2)
    # A cluster that alone decides a coefficient leaves no residual: the pseudo-inverse.
    kept = values > 1e-9 * max(float(values.max()), 1e-12)
    inverse = np.zeros_like(values)
    inverse[kept] = values[kept] ** -0.5
    return np.asarray(root.T @ (vectors * inverse) @ vectors.T @ root)
