"""New events for clusters that are there: each joins one, founds one with others, or waits.

What is known stays: an event keeps its cluster. So the clustering slowly falls behind what a
clustering of all the events would be, which :func:`is_due` answers with a fresh one each time
the timeline has grown by a fixed share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log

import numpy as np

from journeys.extraction.base import UNASSIGNED, Clusters, Extractor, UserEvents
from journeys.extraction.graph import directions, nearest, places, unit_rows

#: In known labels, an event that was not there when they were found.
NEW = -2

#: A timeline is clustered afresh each time its length passes a power of this. Measured by
#: ``benchmarks/updating.py``: with 5% new events the ARI is .01 below a fresh clustering, with
#: 10% .02, with 20% .04, and no update that keeps the old labels could do better: a fresh
#: clustering whose old labels are then put back loses as much.
GROWTH = 1.1


@dataclass(frozen=True)
class UpdateRules:
    """How new events find their cluster. Chosen on half of reddit_mix_dev's users.

    They matter little: there, other values in reach change the ARI by less than .01.

    Attributes:
        neighbours: of a new event, among all others.
        time_weight, time_scale: of closeness in time, as in
            :func:`~journeys.extraction.graph.nearest`.
        strong: a new event joins the cluster that has at least this share of its neighbours'
            similarity.
        rounds: of voting, since new events that have joined vote in the next.
        dense: a new cluster's mean must be at least this share as long as the known clusters'
            median mean (means of unit rows: the longer, the more alike its events are).
        same: a group of waiting events whose mean has at least this cosine with a known
            cluster's is part of that cluster.
        reject: who still waits then joins the cluster with most votes, unless its membership
            there would be less than this.
    """

    neighbours: int = 10
    time_weight: float = 0.15
    time_scale: float = 8.0
    strong: float = 0.5
    rounds: int = 5
    dense: float = 0.8
    same: float = 0.5
    reject: float = 0.2


def is_due(before: int, now: int) -> bool:
    """Whether a timeline that grew from ``before`` to ``now`` events should be clustered afresh.

    True when a power of :data:`GROWTH` lies between. So at most the share ``GROWTH - 1`` of a
    timeline was ever added to the clusters of the rest, however many updates brought it, and
    nobody has to remember when it was last clustered. Over many updates the cost of fresh
    clusterings is in proportion to the new events.
    """
    if before < 1:
        return True
    return floor(log(now) / log(GROWTH)) > floor(log(before) / log(GROWTH))


def update_clusters(
    extractor: Extractor,
    events: UserEvents,
    known: np.ndarray,
    membership: np.ndarray,
    *,
    min_size: int = 5,
    rules: UpdateRules | None = None,
    seed: int = 0,
) -> Clusters:
    """Add new events to known clusters.

    1. New events join by the vote of their nearest neighbours in meaning and time.
    2. Those without a clear majority wait. With the unassigned events among their neighbours they
       are clustered by the extractor; what is large, dense and unlike the known clusters is new.
    3. Who still waits joins where most of its neighbours are, or is unassigned.

    Known events keep their cluster and membership, but for unassigned ones that are part of a new
    cluster. Membership of the others is half the cosine to the cluster's mean and half the mean
    cosine to the neighbours in it (others count 0).

    Time and memory grow as the number of new events times the number of events, plus one
    extraction on at most ``neighbours + 1`` times the new events.

    Args:
        known: shape ``(n,)``, int: cluster of each event, -1 for unassigned, :data:`NEW`.
        membership: shape ``(n,)``, of known events; others' is not read.
        min_size: a new cluster has at least so many events.

    Returns:
        Of all n events. Zero vectors and such that are not finite are unassigned if new.

    Raises:
        ValueError: the shapes do not go together.
    """
    if not known.shape == membership.shape == (len(events),):
        raise ValueError(f"{len(events)} events, but {known.shape} labels, {membership.shape}")
    rules = rules or UpdateRules()
    lengths = np.linalg.norm(np.asarray(events.vectors, dtype=np.float32), axis=1)
    usable = np.flatnonzero(np.isfinite(lengths) & (lengths > 1e-6))
    labels = np.where(known >= 0, known, UNASSIGNED).astype(np.int64)
    sure = np.where(known == NEW, 0.0, membership).astype(np.float32)
    new = np.flatnonzero(known[usable] == NEW)
    if len(new):
        update = _Update(events.take(usable), labels[usable], new, rules)
        update.vote()
        update.found(extractor, min_size, seed)
        update.settle()
        judged = np.union1d(new, np.flatnonzero(update.labels != labels[usable]))
        labels[usable] = update.labels
        sure[usable[judged]] = update.membership(judged)
    return Clusters.of(labels, sure)


class _Update:
    """The steps of :func:`update_clusters` on usable events; ``labels`` changes as they go.

    Attributes:
        new: positions of the new events, shape ``(m,)``.
    """

    def __init__(
        self, events: UserEvents, labels: np.ndarray, new: np.ndarray, rules: UpdateRules
    ) -> None:
        self._events = events
        self._rules = rules
        self._rows = directions(events.vectors, events.mean)
        self.labels = labels.copy()
        self.new = new
        self._known = int(labels.max(initial=UNASSIGNED)) + 1
        self._near, self._weights = self._neighbours(new)

    def _neighbours(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Neighbours and their similarities, shape ``(positions, k + 1)``; an event's own is 0."""
        at = places(self._events.times)
        near, similar = nearest(
            self._rows[positions],
            at[positions],
            self._rows,
            at,
            min(self._rules.neighbours + 1, len(self._rows)),
            time_weight=self._rules.time_weight,
            time_scale=self._rules.time_scale,
        )
        similar[near == positions[:, None]] = 0.0
        return near, np.maximum(similar, 0.0)

    def _near_of(self, positions: np.ndarray) -> np.ndarray:
        """Neighbours, shape ``(positions, k + 1)``; those of new events are known already."""
        place = np.minimum(np.searchsorted(self.new, positions), len(self.new) - 1)
        old = self.new[place] != positions
        near = self._near[place]
        if old.any():
            near[old], _ = self._neighbours(positions[old])
        return near

    def _shares(self, some: np.ndarray) -> np.ndarray:
        """Share of each cluster in the votes for some of the new events, shape ``(some, k)``."""
        weights = self._weights[some].astype(np.float64)
        labels = self.labels[self._near[some]]
        row = np.broadcast_to(np.arange(len(some))[:, None], labels.shape)
        shares = np.zeros((len(some), int(self.labels.max(initial=UNASSIGNED)) + 1))
        assigned = labels >= 0
        np.add.at(shares, (row[assigned], labels[assigned]), weights[assigned])
        return np.asarray(shares / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9))

    def _join(self, some: np.ndarray, least: float) -> bool:
        """Let some of the new events join by their votes; whether anything changed."""
        shares = self._shares(some)
        if not shares.size:
            return False
        joined = np.where(shares.max(axis=1) >= least, shares.argmax(axis=1), UNASSIGNED)
        changed = bool((joined != self.labels[self.new[some]]).any())
        self.labels[self.new[some]] = joined
        return changed

    def vote(self) -> None:
        """New events join known clusters where the majority is clear."""
        everyone = np.arange(len(self.new))
        for _ in range(self._rules.rounds):
            if not self._join(everyone, self._rules.strong):
                break

    def found(self, extractor: Extractor, min_size: int, seed: int) -> None:
        """Make new clusters of waiting events, with the unassigned ones near to them."""
        free = self.labels[self.new] < 0
        near = np.unique(self._near[free])
        waiting = np.union1d(self.new[free], near[self.labels[near] < 0])
        if len(waiting) < min_size:
            return
        groups = extractor.extract(self._events.take(waiting), seed=seed).labels
        means, needed = self._means(), 0.0
        if means.any():
            lengths = np.linalg.norm(means, axis=1)
            needed = self._rules.dense * float(np.median(lengths[lengths > 0]))
        known_directions = unit_rows(means)
        count = self._known
        for group in range(int(groups.max(initial=UNASSIGNED)) + 1):
            members = waiting[groups == group]
            mean = self._rows[members].mean(axis=0)
            length = float(np.linalg.norm(mean))
            if len(members) < min_size or length < max(needed, 1e-6):
                continue
            cosines = known_directions @ mean / length
            if len(cosines) and cosines.max() >= self._rules.same:
                # Events that were unassigned before stay so: they have been judged already.
                fresh = members[np.isin(members, self.new)]
                self.labels[fresh] = int(cosines.argmax())
            else:
                self.labels[members] = count
                count += 1

    def settle(self) -> None:
        """Waiting events join where most of their neighbours are, if they belong there at all."""
        free = np.flatnonzero(self.labels[self.new] < 0)
        if len(free) and self._join(free, 1e-9):
            positions = self.new[free]
            self.labels[positions[self.membership(positions) < self._rules.reject]] = UNASSIGNED

    def _means(self) -> np.ndarray:
        """Mean row of each cluster, shape ``(clusters, d)``; zero where no event has a row."""
        count = int(self.labels.max(initial=UNASSIGNED)) + 1
        means = np.zeros((count, self._rows.shape[1]), dtype=np.float32)
        for cluster in np.unique(self.labels[self.labels >= 0]):
            means[cluster] = self._rows[self.labels == cluster].mean(axis=0)
        return means

    def membership(self, positions: np.ndarray) -> np.ndarray:
        """How surely events belong to their, or the nearest, cluster; shape ``(positions,)``."""
        means = unit_rows(self._means())
        if not len(means):
            return np.zeros(len(positions), dtype=np.float32)
        cosines = self._rows[positions] @ means.T
        labels = np.where(
            self.labels[positions] >= 0, self.labels[positions], cosines.argmax(axis=1)
        )
        to_mean = np.maximum(cosines[np.arange(len(positions)), labels], 0.0)
        near = self._near_of(positions)
        to_own = np.zeros(len(positions))
        for column in near.T:
            cosine = np.einsum("ij,ij->i", self._rows[positions], self._rows[column])
            inside = (self.labels[column] == labels) & (column != positions)
            to_own += np.where(inside, cosine, 0.0)
        to_own /= max(near.shape[1] - 1, 1)
        both = (to_mean + np.maximum(to_own, 0.0)) / 2
        return np.asarray(np.clip(both, 0.0, 1.0), dtype=np.float32)
