"""A log that was read and is not stored: a person looks it through and takes out what they like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from journeys.ingest.joining import JoinReport
from journeys.ingest.preparing import Prepared, prepare
from journeys.ingest.provenance import SourceFile
from journeys.ingest.rules import ImportRules
from journeys.ingest.searching import without_excerpts
from journeys.timeline import ActivityLog


@dataclass
class Review:
    """What is being imported, in memory only.

    Attributes:
        log: as read, joined with the items.
        file: the file's size and how it was read, for the record.
        join: what the item table brought.
    """

    log: ActivityLog
    file: SourceFile
    join: JoinReport | None = None
    _deleted: np.ndarray = field(init=False, repr=False)
    _searches: list[str] = field(default_factory=list, repr=False)
    _last: tuple[ImportRules, Prepared] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._deleted = np.zeros(len(self.log), dtype=bool)

    @property
    def deleted(self) -> int:
        """How many events the person has deleted."""
        return int(self._deleted.sum())

    def is_ready(self, rules: ImportRules) -> bool:
        """Whether :meth:`prepared` answers at once, as the rules are those of the last time."""
        return self._last is not None and self._last[0] == rules

    def prepared(self, rules: ImportRules) -> Prepared:
        """The log by these rules and without what was deleted."""
        if self._last is None or self._last[0] != rules:
            self._last = (rules, prepare(self.log, rules))
        return self._last[1].without(self._deleted)

    def delete(self, prepared: Prepared, rows: Sequence[int] | np.ndarray, words: str = "") -> None:
        """Take out rows of what :meth:`prepared` gave.

        Args:
            words: the search that found them all, which then empties excerpts as well; see
                :func:`journeys.ingest.searching.without_excerpts`.
        """
        self._deleted[prepared.rows[np.asarray(rows, dtype=np.int64)]] = True
        if words.strip():
            self._searches.append(words)

    def restore(self) -> None:
        """Bring back everything that was deleted."""
        self._deleted[:] = False
        self._searches.clear()

    def to_store(self, prepared: Prepared) -> ActivityLog:
        """What may be stored of it."""
        # What is left out by choice must not come back as the excerpt of an unreadable record.
        chosen = prepared.rules
        left_out = bool(
            self._deleted.any()
            or chosen.domains or chosen.actions or chosen.sources or chosen.topics
            or chosen.start or chosen.end
        )  # fmt: skip
        return without_excerpts(prepared.log, self._searches, everything=left_out)
