"""A log with the truth about its events, ready for extractors: vectors and corpus mean included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from journeys.discovery.progress import Progress
from journeys.embedding import (
    Embedder,
    VectorCache,
    choose_mean,
    corpus_mean,
    embed_missing,
    shipped_mean,
    text_keys,
)
from journeys.errors import InputError
from journeys.evaluation.metrics import MIN_GROUP, Score, score_overlapping, score_user
from journeys.extraction import UserEvents
from journeys.timeline import ActivityLog, Timeline


@dataclass(frozen=True)
class Truth:
    """The group, or groups, of each event of a log.

    Attributes:
        labels: shape ``(events,)`` in the order of the log's frame; strings, '' for no group, or
            where labels overlap tuples of strings.
        overlapping: an event may have several.
    """

    labels: np.ndarray
    overlapping: bool = False

    @classmethod
    def of(cls, values: Sequence[str], separator: str | None = None) -> Truth:
        """From a column's text.

        Args:
            separator: what stands between the labels of an event; None where it has at most one.
        """
        labels = np.empty(len(values), dtype=object)
        if separator is None:
            labels[:] = [value.strip() for value in values]
            return cls(labels)
        labels[:] = [
            tuple(dict.fromkeys(name.strip() for name in value.split(separator) if name.strip()))
            for value in values
        ]
        return cls(labels, overlapping=True)

    def score(
        self,
        timeline: Timeline,
        labels: np.ndarray,
        membership: np.ndarray | None = None,
        *,
        min_group: int = MIN_GROUP,
    ) -> Score | None:
        """Score one user's clusters; None for a user with fewer than two groups."""
        own = self.labels[timeline.start : timeline.start + len(timeline)]
        if self.overlapping:
            return score_overlapping(labels, own.tolist(), membership, min_group=min_group)
        return score_user(labels, own, membership, min_group=min_group)

    def scorable(self, log: ActivityLog, *, min_group: int = MIN_GROUP) -> list[str]:
        """The users with at least two groups of at least ``min_group`` events, by id."""
        return [
            timeline.user_id
            for timeline in log.timelines()
            if self._groups(timeline, min_group) >= 2
        ]

    def _groups(self, timeline: Timeline, min_group: int) -> int:
        counts: dict[str, int] = {}
        for own in self.labels[timeline.start : timeline.start + len(timeline)]:
            for name in own if self.overlapping else (own,):
                if name:
                    counts[name] = counts.get(name, 0) + 1
        return sum(count >= min_group for count in counts.values())


@dataclass(frozen=True)
class LabelledLog:
    """A log with its truth and what extractors need.

    Attributes:
        mean: shape ``(d,)``, the corpus mean that a discovery of this log would subtract.
        vectors: a timeline's vectors, shape ``(events, d)``, unit rows.
    """

    log: ActivityLog
    truth: Truth
    mean: np.ndarray
    vectors: Callable[[Timeline], np.ndarray]

    def events(self, timeline: Timeline) -> UserEvents:
        """One user's events as an extractor is given them."""
        return UserEvents(self.vectors(timeline), timeline.times, self.mean, timeline)


def read_labelled(
    path: Path,
    column: str,
    separator: str | None = None,
    *,
    mapping: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    min_group: int = MIN_GROUP,
    progress: Progress | None = None,
) -> tuple[ActivityLog, Truth]:
    """A log and the truth in one of its columns.

    Args:
        column: the file's column that holds the group of each event; empty for no group.
        separator: see :meth:`Truth.of`.
        mapping, timezone: as for :func:`~journeys.ingest.read_log`.

    Raises:
        InputError: the file cannot be read, has no such column, the column is also read as the
            title or text, or nobody has two groups of at least ``min_group`` events.
    """
    from journeys.ingest import preview_log, read_log
    from journeys.ingest.table import attribute

    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    if separator == "":
        raise InputError('The separator is empty. Give the character between labels, e.g. "|".')
    columns = preview_log(path, mapping=mapping, timezone=timezone).columns
    if column not in columns:
        raise InputError(
            f"{path.name} has no column {column!r}; its columns are {', '.join(columns)}. "
            "Name the one that holds the true group of each event."
        )

    def tell(done: int, _total: int | None) -> None:
        if progress is not None:
            progress.update(done // 1_000_000)

    if progress is not None:
        progress.stage("read", 0, path.stat().st_size // 1_000_000)
    log = read_log(path, mapping=mapping, timezone=timezone, keep=[column], on_progress=tell)
    for ours in ("title", "text"):
        if log.report.mapping.get(ours) == column:
            raise InputError(
                f"The column {column!r} is also read as the {ours}, so an extractor would see the "
                f"answer. Say which column is the {ours}: --column {ours}=NAME"
                + (", or --column text= for none." if ours == "text" else ".")
            )
    truth = Truth.of(log.frame[attribute(column)].fillna("").astype(str).tolist(), separator)
    if not truth.scorable(log, min_group=min_group):
        raise InputError(
            f"Nobody in {path.name} has two groups of at least {min_group} events in the column "
            f"{column!r} ({len(log.users):,} users, {len(log):,} events), so nothing can be "
            "scored."
            + ("" if separator else " Where events have several labels, give --separator.")
        )
    return log, truth


def prepare(
    log: ActivityLog,
    truth: Truth,
    embedder: Embedder,
    cache: VectorCache,
    text_key: bytes,
    progress: Progress | None = None,
) -> LabelledLog:
    """Embed what the cache lacks, and take the corpus mean as a discovery run does.

    Args:
        text_key: secret of the cache's keys; see :func:`~journeys.embedding.text_keys`.

    Raises:
        ModelError: from the embedder.
    """
    texts = [text for timeline in log.timelines() for text in timeline.texts()]
    keys = text_keys(text_key, texts)
    missing = len(cache.missing(embedder.id, keys))
    done = 0

    def report(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress.update(done)

    if progress is not None:
        progress.stage("embed", 0, missing)
    embed_missing(texts, keys, embedder, cache, on_progress=report)
    mean = choose_mean(
        corpus_mean(cache, embedder.id, keys),
        users=len(log.users),
        events=len(log),
        shipped=shipped_mean(embedder.id),
    )

    def vectors(timeline: Timeline) -> np.ndarray:
        return cache.get(embedder.id, keys[timeline.start : timeline.start + len(timeline)])

    return LabelledLog(log, truth, mean, vectors)
