"""Extractors run, timed and scored on a labelled log."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.discovery.progress import Progress, Silent, check
from journeys.evaluation.intervals import Interval, macro_mean_known
from journeys.evaluation.labelled import LabelledLog, Truth
from journeys.evaluation.metrics import MIN_GROUP, Score
from journeys.extraction import EXTRACTORS, Clusters, Extractor, LogExtractor, get_extractor
from journeys.extraction.base import renumber
from journeys.timeline import ActivityLog, Timeline

_SILENT = Silent()


@dataclass(frozen=True)
class Evaluation:
    """What an extractor, or a file of assignments, scored.

    Attributes:
        users: who was scored, by id.
        scores: seed -> one score a user, in the order of ``users``.
        ms_per_user: mean milliseconds of ``extract`` alone, in one thread; NaN where nothing was
            run.
        ran: the seeds that were run. Where two give everybody the same clusters and memberships,
            the method is taken not to draw, and the others stand for the first.
    """

    users: tuple[str, ...]
    scores: Mapping[int, tuple[Score, ...]]
    ms_per_user: float
    ran: tuple[int, ...]

    def by_user(self) -> list[dict[str, float]]:
        """Each user's figures, averaged over seeds."""
        per_seed = [[score.as_dict() for score in scores] for scores in self.scores.values()]
        return [
            {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
            for rows in zip(*per_seed, strict=True)
        ]

    def figures(self) -> dict[str, Interval]:
        """Macro means over users, each user's figures averaged over seeds first."""
        rows = self.by_user()
        return {name: macro_mean_known([row[name] for row in rows]) for name in rows[0]}

    def by_seed(self) -> dict[int, dict[str, float]]:
        """Macro means of each seed."""
        means = {}
        for seed, scores in self.scores.items():
            rows = [score.as_dict() for score in scores]
            columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
            means[seed] = {
                name: float(np.nanmean(column)) if np.isfinite(column).any() else np.nan
                for name, column in columns.items()
            }
        return means


def make_extractor(name: str, granularity: float, log: ActivityLog) -> Extractor:
    """An extractor by name, with the granularity if it has one, fitted to the log if it must be.

    Raises:
        ConfigError: there is no such extractor, or it needs a package that is not installed.
    """
    kind = EXTRACTORS.get(name)
    settings = {"granularity": granularity} if kind is not None and kind.granular else {}
    extractor = get_extractor(name, **settings)
    return extractor.fit(log.timelines()) if isinstance(extractor, LogExtractor) else extractor


def evaluate_extractor(
    labelled: LabelledLog,
    extractor: Extractor,
    *,
    seeds: Sequence[int] = (0,),
    users: Sequence[str] | None = None,
    min_group: int = MIN_GROUP,
    progress: Progress = _SILENT,
) -> Evaluation:
    """Run an extractor on each user for each seed, and score it.

    Before the clock starts, the shortest timeline is clustered once, so that imports and
    compilation are not counted. Extraction is held to one thread.

    Args:
        extractor: fitted; see :func:`make_extractor`.
        seeds: at least one.
        users: score only these; None for all that can be scored.
        progress: told ``extractor.id`` as its stage, and counted in timelines clustered.

    Raises:
        ValueError: nobody can be scored.
        Cancelled: the user asked to stop.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    chosen = _timelines(labelled, users, min_group)
    extractor.extract(labelled.events(min(chosen, key=len)), seed=seeds[0])
    first = list(seeds[:2])
    progress.stage(extractor.id, 0, len(chosen) * len(seeds))
    runs = _Runs(labelled, extractor, min_group, progress)
    ran = list(first)
    with threadpool_limits(1):
        same = [runs.run(timeline, first) for timeline in chosen]
        if not all(same):
            ran = list(seeds)
            for timeline in chosen:
                runs.run(timeline, seeds[2:])
    for seed in seeds:
        runs.scores.setdefault(seed, runs.scores[first[0]])
    return Evaluation(
        tuple(timeline.user_id for timeline in chosen),
        {seed: tuple(runs.scores[seed]) for seed in seeds},
        1000 * runs.seconds / max(runs.done, 1),
        tuple(ran),
    )


def evaluate_labels(
    log: ActivityLog,
    truth: Truth,
    labels: np.ndarray,
    membership: np.ndarray | None = None,
    *,
    users: Sequence[str] | None = None,
    min_group: int = MIN_GROUP,
) -> Evaluation:
    """Score clusters that somebody found.

    Args:
        labels: shape ``(events,)`` in the order of the log's frame; negative for unassigned.
            Numbers need only differ within a user.
        membership: the same shape; None takes 1 for events in a cluster, 0 for others.
    """
    scores, scored = [], []
    for timeline in log.timelines():
        if users is not None and timeline.user_id not in users:
            continue
        own = slice(timeline.start, timeline.start + len(timeline))
        confidence = None if membership is None else membership[own]
        score = truth.score(timeline, renumber(labels[own]), confidence, min_group=min_group)
        if score is not None:
            scores.append(score)
            scored.append(timeline.user_id)
    if not scores:
        raise ValueError("no user has two groups that are large enough to be scored")
    return Evaluation(tuple(scored), {0: tuple(scores)}, np.nan, (0,))


class _Runs:
    """Scores by seed, seconds and count of the runs so far."""

    def __init__(
        self, labelled: LabelledLog, extractor: Extractor, min_group: int, progress: Progress
    ) -> None:
        self.scores: dict[int, list[Score]] = {}
        self.seconds = 0.0
        self.done = 0
        self._labelled, self._extractor = labelled, extractor
        self._min_group, self._progress = min_group, progress

    def run(self, timeline: Timeline, seeds: Sequence[int]) -> bool:
        """Cluster one user with each seed; whether all gave the same."""
        events = self._labelled.events(timeline)
        found: list[tuple[Clusters, Score]] = []
        for seed in seeds:
            check(self._progress)
            start = time.perf_counter()
            clusters = self._extractor.extract(events, seed=seed)
            self.seconds += time.perf_counter() - start
            self.done += 1
            # Scoring costs more than some extractors; equal clusters have equal scores.
            score = next((known for other, known in found if _equal(other, clusters)), None)
            if score is None:
                score = self._labelled.truth.score(
                    timeline, clusters.labels, clusters.membership, min_group=self._min_group
                )
            assert score is not None, "only users that can be scored are run"
            found.append((clusters, score))
            self.scores.setdefault(seed, []).append(score)
            self._progress.update(self.done)
        return all(_equal(clusters, found[0][0]) for clusters, _ in found)


def _equal(one: Clusters, other: Clusters) -> bool:
    return np.array_equal(one.labels, other.labels) and np.array_equal(
        one.membership, other.membership
    )


def _timelines(
    labelled: LabelledLog, users: Sequence[str] | None, min_group: int
) -> list[Timeline]:
    scorable = labelled.truth.scorable(labelled.log, min_group=min_group)
    chosen = scorable if users is None else [user for user in scorable if user in set(users)]
    if not chosen:
        raise ValueError("no user has two groups that are large enough to be scored")
    return [labelled.log.timeline(user) for user in chosen]
