"""How good predictions are: AUC, GAUC, logloss and ECE, with intervals over users.

Users are the unit of the bootstrap, since one user's impressions hang together. All figures are of
numpy alone; scikit-learn is the oracle of the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 15


def auc(liked: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Chance that a liked impression scores above another, ties counting half.

    Args:
        liked: shape ``(n,)``, bool or 0 and 1.
        scores: shape ``(n,)``.
        weights: shape ``(n,)``, how often each impression counts; once if None.

    Returns:
        NaN unless there are both kinds.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    _, place = np.unique(scores, return_inverse=True)
    liked = np.asarray(liked, dtype=bool)
    positive = np.bincount(place, weights * liked)
    negative = np.bincount(place, weights * ~liked)
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / pairs) if pairs else float("nan")


def user_aucs(
    liked: np.ndarray, scores: np.ndarray, users: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each user's own AUC and number of impressions, shapes ``(U,)``; NaN without both kinds.

    Users come in increasing order of their number.
    """
    order = np.argsort(users, kind="stable")
    names, starts = np.unique(users[order], return_index=True)
    parts = np.split(order, starts[1:])
    values = np.array([auc(liked[part], scores[part]) for part in parts])
    del names
    return values, np.array([len(part) for part in parts], dtype=np.float64)


def gauc(liked: np.ndarray, scores: np.ndarray, users: np.ndarray) -> float:
    """Mean of the users' own AUCs by their impressions, over users with both kinds."""
    values, counts = user_aucs(liked, scores, users)
    there = ~np.isnan(values)
    return float(np.average(values[there], weights=counts[there])) if there.any() else float("nan")


def logloss(liked: np.ndarray, chances: np.ndarray) -> float:
    """Mean of the negative log likelihood, in nats."""
    chances = np.clip(chances, 1e-12, 1 - 1e-12)
    return float(-np.where(liked, np.log(chances), np.log1p(-chances)).mean())


def ece(liked: np.ndarray, chances: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error: mean gap of what was said and what came, over equal bins.

    Guo et al. 2017, equation 3.
    """
    place = np.minimum((chances * bins).astype(np.int64), bins - 1)
    said = np.bincount(place, chances, bins)
    came = np.bincount(place, np.asarray(liked, dtype=np.float64), bins)
    return float(np.abs(said - came).sum() / len(chances))


@dataclass(frozen=True)
class Bootstrapped:
    """A figure with its 95% percentile interval over users."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of nought."""
        return self.low > 0 or self.high < 0


class UserBootstrap:
    """Draws of users, the same for every model, so that differences are paired.

    Args:
        liked: shape ``(n,)``.
        users: shape ``(n,)``: whose impression it is.
        draws: bootstrap samples.
        seed: of the draws.
    """

    def __init__(
        self, liked: np.ndarray, users: np.ndarray, *, draws: int = 1000, seed: int = 0
    ) -> None:
        self._liked = np.asarray(liked, dtype=bool)
        names, self._user = np.unique(users, return_inverse=True)
        picks = np.random.default_rng(seed).multinomial(
            len(names), np.full(len(names), 1 / len(names)), size=draws
        )
        self._weights = picks.astype(np.float64)

    def auc_draws(self, runs: np.ndarray) -> np.ndarray:
        """AUC in each draw, averaged over runs (seeds) of one model.

        Args:
            runs: shape ``(seeds, n)``: predictions.

        Returns:
            Shape ``(draws,)``; NaN in a draw with one kind only.
        """
        draws: np.ndarray = np.mean([self._one(scores) for scores in runs], axis=0)
        return draws

    def auc(self, runs: np.ndarray) -> Bootstrapped:
        """Mean AUC over runs ``(seeds, n)`` with its interval over users."""
        value = float(np.mean([auc(self._liked, scores) for scores in runs]))
        return _bootstrapped(value, self.auc_draws(runs))

    def difference(self, runs: np.ndarray, base: np.ndarray) -> Bootstrapped:
        """How much higher the mean AUC of ``runs`` is than that of ``base``, paired by user."""
        values = [np.mean([auc(self._liked, one) for one in each]) for each in (runs, base)]
        return _bootstrapped(
            float(values[0] - values[1]), self.auc_draws(runs) - self.auc_draws(base)
        )

    def _one(self, scores: np.ndarray) -> np.ndarray:
        order = np.argsort(scores, kind="stable")
        # Ties are few among real-valued scores; ranks within a tie are averaged exactly.
        _, starts = np.unique(scores[order], return_index=True)
        liked = self._liked[order].astype(np.float64)
        draws = np.empty(len(self._weights))
        for at, weights in enumerate(self._weights):
            held = weights[self._user[order]]
            positive = np.add.reduceat(held * liked, starts)
            negative = np.add.reduceat(held * (1 - liked), starts)
            pairs = positive.sum() * negative.sum()
            draws[at] = positive @ (np.cumsum(negative) - negative / 2) / pairs if pairs else np.nan
        return draws


def _bootstrapped(value: float, draws: np.ndarray) -> Bootstrapped:
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return Bootstrapped(value, float(low), float(high))
