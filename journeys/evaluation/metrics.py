"""How well a grouping of one user's events agrees with groups that people made.

The scoring rule, per user: groups with fewer than :data:`MIN_GROUP` events of that user are not
groups of theirs; events of no other group are left out, except where "all events" is said; an
unassigned event counts as a cluster of its own, so leaving events out buys no precision. A user
needs two groups to be scored. Figures are averaged over users with equal weight, with a bootstrap
interval over users. A figure that a user does not have is NaN and left out of its mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.evaluation.intervals import Interval, macro_mean, macro_mean_known
from journeys.evaluation.overlapping import extended_bcubed
from journeys.evaluation.partition import BCubed, as_singletons, bcubed
from journeys.evaluation.playlists import Retrieval, best_overlap, one_to_one

#: A group with fewer events of a user is not a journey of theirs; nor is a smaller cluster.
MIN_GROUP = 5


@dataclass(frozen=True)
class Score:
    """One user's agreement with the truth.

    Attributes:
        ari: adjusted Rand index (Hubert and Arabie 1985); NaN for overlapping labels.
        ami: adjusted mutual information (Vinh, Epps and Bailey 2010), arithmetic mean of the
            entropies; NaN for overlapping labels.
        bcubed: precision, recall and F1; extended B-cubed for overlapping labels.
        coverage: share of the scored events that are in some cluster.
        clusters: number of clusters with a scored event.
        groups: number of groups scored.
        events: number of events scored.
        noise_auroc: chance that an event of some group (of any size) has a higher membership than
            an event of no group, ties counting half; NaN unless the user has both.
        bcubed_all: B-cubed over all events, in groups of any size, each event of no group being
            a group of its own.
        count_error: clusters with at least :data:`MIN_GROUP` events, less ``groups``.
        playlists: recall and precision of groups in the cluster that holds most of each.
        matched: the same with each cluster serving at most one group.
    """

    ari: float
    ami: float
    bcubed: BCubed
    coverage: float
    clusters: int
    groups: int
    events: int
    noise_auroc: float
    bcubed_all: BCubed
    count_error: int
    playlists: Retrieval
    matched: Retrieval

    def as_dict(self) -> dict[str, float]:
        """The figures by name, composite ones flattened; ``count_error`` is absolute here."""
        return {
            "ari": self.ari,
            "ami": self.ami,
            "bcubed_precision": self.bcubed.precision,
            "bcubed_recall": self.bcubed.recall,
            "bcubed_f1": self.bcubed.f1,
            "coverage": self.coverage,
            "noise_auroc": self.noise_auroc,
            "bcubed_all_f1": self.bcubed_all.f1,
            "count_error": abs(self.count_error),
            "count_error_signed": self.count_error,
            "playlist_recall": self.playlists.recall,
            "playlist_precision": self.playlists.precision,
            "matched_recall": self.matched.recall,
            "matched_precision": self.matched.precision,
            "clusters": self.clusters,
            "groups": self.groups,
            "events": self.events,
        }


def score_user(
    labels: np.ndarray,
    groups: Sequence[str] | np.ndarray,
    membership: np.ndarray | None = None,
    *,
    min_group: int = MIN_GROUP,
) -> Score | None:
    """Score one user's labels by the rule at the top of this module.

    Args:
        labels: shape ``(n,)``, int; negative for unassigned.
        groups: shape ``(n,)``, the group of each event, '' for none.
        membership: shape ``(n,)``, confidence that each event belongs to a cluster, unassigned
            events included; None takes 1 for events in a cluster and 0 for others.

    Returns:
        None where the user has fewer than two groups to score.
    """
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    labels, truth = np.asarray(labels), np.asarray(groups, dtype=object).astype(str)
    _check_lengths(labels, len(truth))
    names, inverse, counts = np.unique(truth, return_inverse=True, return_counts=True)
    kept = (names != "") & (counts >= min_group)
    if kept.sum() < 2:
        return None
    scored = kept[inverse]
    singles = as_singletons(labels)
    found, target = singles[scored], inverse[scored]
    members = [np.flatnonzero(inverse == group) for group in np.flatnonzero(kept)]
    nothing = truth == ""
    return _score(
        labels,
        membership,
        scored,
        nothing,
        members,
        min_group,
        ari=float(adjusted_rand_score(target, found)),
        ami=float(adjusted_mutual_info_score(target, found)),
        agreement=bcubed(found, target),
        agreement_all=bcubed(singles, as_singletons(np.where(nothing, -1, inverse))),
    )


def score_overlapping(
    labels: np.ndarray,
    tags: Sequence[Collection[str]],
    membership: np.ndarray | None = None,
    *,
    min_group: int = MIN_GROUP,
) -> Score | None:
    """:func:`score_user` where an event may have several labels, by extended B-cubed.

    A label with fewer than ``min_group`` events of the user is taken from its events, and an
    event that has no other is left out.

    Args:
        tags: the labels of each event; none for an event of no group.
    """
    labels = np.asarray(labels)
    _check_lengths(labels, len(tags))
    positions: dict[str, list[int]] = {}
    for at, names in enumerate(tags):
        for name in set(names):
            positions.setdefault(name, []).append(at)
    kept = {name: np.array(rows) for name, rows in positions.items() if len(rows) >= min_group}
    if len(kept) < 2:
        return None
    scored = np.zeros(len(labels), dtype=bool)
    scored[np.concatenate(list(kept.values()))] = True
    singles = [(label,) for label in as_singletons(labels).tolist()]
    # An event without a tag is a group of its own: its position names no tag, being a number.
    everything: list[Collection[str | int]] = [
        list(names) if len(names) else (at,) for at, names in enumerate(tags)
    ]
    some = np.flatnonzero(scored).tolist()
    return _score(
        labels,
        membership,
        scored,
        np.array([not len(names) for names in tags]),
        [kept[name] for name in sorted(kept)],
        min_group,
        ari=np.nan,
        ami=np.nan,
        agreement=extended_bcubed(
            [singles[at] for at in some], [kept.keys() & set(tags[at]) for at in some]
        ),
        agreement_all=extended_bcubed(singles, everything),
    )


def noise_auroc(membership: np.ndarray, nothing: np.ndarray) -> float:
    """How well confidence tells events of a group from those of none; NaN without both kinds.

    Args:
        membership: shape ``(n,)``.
        nothing: shape ``(n,)``, bool: the event is of no group.
    """
    from sklearn.metrics import roc_auc_score

    if nothing.all() or not nothing.any():
        return np.nan
    return float(roc_auc_score(~nothing, membership))


def summarise(scores: Sequence[Score | None]) -> Mapping[str, Interval]:
    """Macro mean and interval of each figure over the users that could be scored."""
    rows = [score.as_dict() for score in scores if score is not None]
    if not rows:
        raise ValueError("no user has two groups that are large enough to be scored")
    return {name: macro_mean_known([row[name] for row in rows]) for name in rows[0]}


def _score(
    labels: np.ndarray,
    membership: np.ndarray | None,
    scored: np.ndarray,
    nothing: np.ndarray,
    members: Sequence[np.ndarray],
    min_group: int,
    *,
    ari: float,
    ami: float,
    agreement: BCubed,
    agreement_all: BCubed,
) -> Score:
    """What is the same for partitions and overlapping labels."""
    in_cluster = labels[scored] >= 0
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    confidence = (labels >= 0).astype(np.float32) if membership is None else membership
    return Score(
        ari=ari,
        ami=ami,
        bcubed=agreement,
        coverage=float(np.mean(in_cluster)),
        clusters=len(np.unique(labels[scored][in_cluster])),
        groups=len(members),
        events=int(scored.sum()),
        noise_auroc=noise_auroc(confidence, nothing),
        bcubed_all=agreement_all,
        count_error=int((sizes >= min_group).sum()) - len(members),
        playlists=best_overlap(labels, members),
        matched=one_to_one(labels, members),
    )


def _check_lengths(labels: np.ndarray, events: int) -> None:
    if len(labels) != events:
        raise ValueError(f"{len(labels)} labels cannot be scored against {events} groups")


__all__ = [
    "MIN_GROUP",
    "BCubed",
    "Interval",
    "Score",
    "as_singletons",
    "bcubed",
    "macro_mean",
    "noise_auroc",
    "score_overlapping",
    "score_user",
    "summarise",
]
