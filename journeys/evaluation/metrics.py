"""How well a grouping of events agrees with groups that people made.

The scoring rule, per user: events with an empty group, and groups with fewer than
:data:`MIN_GROUP` events of that user, are left out; an unassigned event counts as a cluster of
its own, so leaving events out buys no precision. A user needs two groups to be scored. Figures
are averaged over users with equal weight, with a bootstrap interval over users.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: A group with fewer events of a user is not a journey of theirs.
MIN_GROUP = 5


@dataclass(frozen=True)
class BCubed:
    """B-cubed precision and recall (Bagga and Baldwin 1998) and their harmonic mean, in [0, 1]."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Score:
    """One user's agreement with the truth.

    Attributes:
        ari: adjusted Rand index (Hubert and Arabie 1985).
        ami: adjusted mutual information.
        bcubed: precision, recall and F1.
        coverage: share of the scored events that are in some cluster.
        clusters: number of clusters with a scored event.
        groups: number of groups scored.
        events: number of events scored.
    """

    ari: float
    ami: float
    bcubed: BCubed
    coverage: float
    clusters: int
    groups: int
    events: int

    def as_dict(self) -> dict[str, float]:
        """The figures by name, B-cubed flattened."""
        return {
            "ari": self.ari,
            "ami": self.ami,
            "bcubed_precision": self.bcubed.precision,
            "bcubed_recall": self.bcubed.recall,
            "bcubed_f1": self.bcubed.f1,
            "coverage": self.coverage,
            "clusters": self.clusters,
            "groups": self.groups,
            "events": self.events,
        }


@dataclass(frozen=True)
class Interval:
    """A mean over users with its percentile bootstrap interval."""

    mean: float
    low: float
    high: float


def bcubed(labels: np.ndarray, truth: np.ndarray) -> BCubed:
    """B-cubed of two partitions of the same events.

    For an event in cluster c and group g, precision is ``|c and g| / |c|`` and recall
    ``|c and g| / |g|``; both are averaged over events. Linear in the number of events.

    Args:
        labels: shape ``(n,)``, cluster of each event; no value is special.
        truth: shape ``(n,)``, group of each event.

    Raises:
        ValueError: there is no event.
    """
    if not len(labels):
        raise ValueError("B-cubed needs at least one event")
    _, cluster = np.unique(labels, return_inverse=True)
    _, group = np.unique(truth, return_inverse=True)
    _, cell, together = np.unique(
        cluster.astype(np.int64) * (int(group.max()) + 1) + group,
        return_inverse=True,
        return_counts=True,
    )
    common = together[cell]
    precision = float(np.mean(common / np.bincount(cluster)[cluster]))
    recall = float(np.mean(common / np.bincount(group)[group]))
    return BCubed(precision, recall, 2 * precision * recall / (precision + recall))


def as_singletons(labels: np.ndarray) -> np.ndarray:
    """Labels in which every unassigned event (negative) is a cluster of its own."""
    labels = np.asarray(labels, dtype=np.int64)
    alone = labels < 0
    result = labels.copy()
    start = int(labels.max(initial=-1)) + 1
    result[alone] = np.arange(start, start + int(alone.sum()))
    return result


def score_user(
    labels: np.ndarray, groups: Sequence[str] | np.ndarray, *, min_group: int = MIN_GROUP
) -> Score | None:
    """Score one user's labels by the rule at the top of this module.

    Args:
        labels: shape ``(n,)``, int; negative for unassigned.
        groups: shape ``(n,)``, the group of each event, '' for none.

    Returns:
        None where the user has fewer than two groups to score.
    """
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    labels, truth = np.asarray(labels), np.asarray(groups, dtype=object).astype(str)
    if len(labels) != len(truth):
        raise ValueError(f"{len(labels)} labels cannot be scored against {len(truth)} groups")
    names, inverse, counts = np.unique(truth, return_inverse=True, return_counts=True)
    kept = (names != "") & (counts >= min_group)
    scored = kept[inverse]
    if kept.sum() < 2:
        return None
    found, truth = as_singletons(labels)[scored], inverse[scored]
    in_cluster = labels[scored] >= 0
    return Score(
        ari=float(adjusted_rand_score(truth, found)),
        ami=float(adjusted_mutual_info_score(truth, found)),
        bcubed=bcubed(found, truth),
        coverage=float(np.mean(in_cluster)),
        clusters=len(np.unique(labels[scored][in_cluster])),
        groups=int(kept.sum()),
        events=int(scored.sum()),
    )


def macro_mean(values: Sequence[float], *, draws: int = 2000, seed: int = 0) -> Interval:
    """The mean over users and its 95% percentile bootstrap interval over users.

    Raises:
        ValueError: there is no user.
    """
    sample = np.asarray(values, dtype=np.float64)
    if not len(sample):
        raise ValueError("there is no user to average over")
    picks = np.random.default_rng(seed).integers(0, len(sample), size=(draws, len(sample)))
    low, high = np.percentile(sample[picks].mean(axis=1), [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high))


def summarise(scores: Sequence[Score | None]) -> Mapping[str, Interval]:
    """Macro mean and interval of each figure over the users that could be scored."""
    rows = [score.as_dict() for score in scores if score is not None]
    if not rows:
        raise ValueError("no user has two groups that are large enough to be scored")
    return {name: macro_mean([row[name] for row in rows]) for name in rows[0]}
