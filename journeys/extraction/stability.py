"""How far a clustering depends on chance: on which events happened to be seen, and on the seed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from journeys.evaluation.partition import as_singletons
from journeys.extraction.base import UNASSIGNED, Clusters, Extractor, UserEvents


@dataclass(frozen=True)
class Stability:
    """What remains of a clustering when a share of the events is left out.

    Attributes:
        journeys: shape ``(clusters,)``, float64 in [0, 1]: for each cluster the mean over the
            draws of the Jaccard index with the cluster of the subsample that is most like it
            (Hennig 2007, "Cluster-wise assessment of cluster stability", section 3, scheme
            "subsetting"). He reads .75 and more as stable, .5 and less as dissolved.
        run: mean adjusted Rand index with the clusterings of the subsamples, on their events.
    """

    journeys: np.ndarray
    run: float


def subsample_stability(
    extractor: Extractor,
    events: UserEvents,
    clusters: Clusters,
    *,
    draws: int = 5,
    share: float = 0.9,
    seed: int = 0,
) -> Stability:
    """Cluster random parts of a timeline, and compare with the clusters of the whole.

    Events are drawn without replacement, at least one a draw. A cluster none of whose events is
    in a draw is not judged by it; one that no draw has judged gets 0. In the Rand index an
    unassigned event is a cluster of its own.

    Args:
        clusters: of all the events, by this extractor.
        draws: at least 1.
        share: of the events in a draw, above 0, at most 1.
        seed: of the draws and of the extractor.

    Raises:
        ValueError: ``draws`` or ``share`` is out of range, or there is no event.
    """
    if draws < 1 or not 0 < share <= 1:
        raise ValueError(f"{draws} draws of a share of {share} cannot be made")
    if not len(events):
        raise ValueError("the stability of no events is not defined")
    random = np.random.default_rng(seed)
    size = max(1, round(share * len(events)))
    total, judged = np.zeros(len(clusters)), np.zeros(len(clusters))
    agreement = []
    for _ in range(draws):
        drawn = np.sort(random.choice(len(events), size, replace=False))
        found = extractor.extract(events.take(drawn), seed=seed).labels
        expected = clusters.labels[drawn]
        best, present = _best_jaccard(expected, found, len(clusters))
        total += best
        judged += present
        agreement.append(agreement_of(expected, found))
    return Stability(total / np.maximum(judged, 1), float(np.mean(agreement)))


def seed_agreement(
    extractor: Extractor, events: UserEvents, *, seeds: int = 5, first: int = 0
) -> float:
    """Mean adjusted Rand index of each two clusterings with different seeds; 1 for one seed.

    Args:
        seeds: how many, from ``first`` on; at least 1.

    Raises:
        ValueError: there is no seed or no event.
    """
    if seeds < 1 or not len(events):
        raise ValueError(f"the agreement of {seeds} seeds on {len(events)} events is not defined")
    found = [extractor.extract(events, seed=first + at).labels for at in range(seeds)]
    pairs = [agreement_of(one, other) for one, other in combinations(found, 2)]
    return float(np.mean(pairs)) if pairs else 1.0


def agreement_of(one: np.ndarray, other: np.ndarray) -> float:
    """Adjusted Rand index of two labellings of the same events, each unassigned one by itself.

    Args:
        one, other: shape ``(n,)``, int; negative for unassigned.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(as_singletons(one), as_singletons(other)))


def _best_jaccard(
    expected: np.ndarray, found: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """For each of ``count`` expected clusters its best Jaccard index, and whether it is there."""
    sizes = np.bincount(expected[expected >= 0], minlength=count)
    others = int(found.max(initial=UNASSIGNED)) + 1
    present = sizes > 0
    if not others or not count:
        return np.zeros(count), present
    both = (expected >= 0) & (found >= 0)
    shared = np.zeros((count, others))
    np.add.at(shared, (expected[both], found[both]), 1)
    union = sizes[:, None] + np.bincount(found[found >= 0], minlength=others) - shared
    return (shared / np.maximum(union, 1)).max(axis=1), present
