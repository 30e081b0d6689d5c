"""A log that was read becomes the log that is kept: left out, cleaned, redacted, flagged.

:func:`prepare` changes nothing in place and writes nothing. Every event of the log that was read
is either in the prepared log or counted once, under the first rule that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from journeys.columns import matching, release, with_values
from journeys.errors import InputError
from journeys.ingest.cleaning import title_id
from journeys.ingest.rules import COMPARING, SINGLE, ImportRules, Rule
from journeys.redaction import Kind, Redactions, redact, redact_column
from journeys.sensitive import TopicCount, count_topics, topic_rows
from journeys.timeline import COLUMNS, ActivityLog, ReadReport

#: Excerpts of this length were cut where they were made.
_CUT = 80

#: The attribute that holds an event's sensitive topics, joined by commas.
TOPICS = "sensitive_topics"

#: Events that two details made different and that are one once these are gone.
SAME = "same_once_redacted"
SAME_LABEL = "The same once redacted"

_EXAMPLES = 5


@dataclass(frozen=True)
class Dropped:
    """What one rule left out.

    Attributes:
        rule: its name.
        label: its name on the screen.
        why: why it leaves events out.
        events: how many it left out, each event counted under one rule only.
        examples: up to five different titles, redacted.
        on: whether the rule is on. Of one that is off, ``events`` are what it would leave out of
            what was kept; they are kept.
        chosen: whether it leaves out what the person chose.
    """

    rule: str
    label: str
    why: str
    events: int
    examples: tuple[str, ...]
    on: bool = True
    chosen: bool = False


@dataclass(frozen=True)
class PrepareReport:
    """What became of the events that were read.

    ``read == kept + sum(d.events for d in dropped if d.on) + deleted``.

    Attributes:
        read, kept: events.
        dropped: every rule that is on, then those that are off, with what they would leave out.
        deleted: events that the person deleted by hand.
        redactions: what was redacted in what is kept; none where that is off.
        redacted_columns: column -> events in which something was redacted.
        topics: sensitive topics in what is kept.
    """

    read: int
    kept: int
    dropped: tuple[Dropped, ...]
    deleted: int
    redactions: Redactions
    redacted_columns: Mapping[str, int]
    topics: tuple[TopicCount, ...]

    @property
    def left_out(self) -> dict[str, int]:
        """Rule -> events, of the rules that left something out."""
        return {d.rule: d.events for d in self.dropped if d.on and d.events}

    @property
    def redacted(self) -> dict[Kind, int]:
        """Kind -> personal details that were replaced."""
        return dict(self.redactions.counts.most_common())


@dataclass(frozen=True)
class Prepared:
    """The log to keep, and how it came about.

    Attributes:
        log: what may be stored.
        report: the counts.
        rows: shape ``(len(log),)``, int64: for each event its row in the log that was read.
        rules: what it was prepared with.
    """

    log: ActivityLog
    report: PrepareReport
    rows: np.ndarray
    rules: ImportRules

    def without(self, deleted: np.ndarray) -> Prepared:
        """Without what the person deleted.

        Args:
            deleted: mask over the rows of the log that was read.
        """
        gone = deleted[self.rows]
        if not gone.any():
            return self
        keep = np.flatnonzero(~gone)
        log = _part(self.log, keep)
        topics = _counted(log.frame) if self.rules.flag_topics else ()
        report = replace(
            self.report,
            kept=len(log),
            deleted=self.report.deleted + int(gone.sum()),
            topics=topics,
        )
        return Prepared(log, report, self.rows[keep], self.rules)


#: The default rules; one value, as the dataclass is frozen.
DEFAULT_RULES = ImportRules()


def prepare(log: ActivityLog, rules: ImportRules = DEFAULT_RULES) -> Prepared:
    """Apply the rules to a log that was read.

    In this order: what the person chose to leave out, rules that look at one event, redaction, and
    rules that compare events (which thus see addresses without their tokens).

    Raises:
        InputError: a rule names a topic that there is not.
    """
    dropped: list[Dropped] = []
    off: list[tuple[Rule, np.ndarray]] = []

    def apply(rule: Rule, frame: pd.DataFrame, left: np.ndarray) -> np.ndarray:
        """What is left after a rule; of one that is off, what it would leave out is noted."""
        if rule.on(rules):
            found = rule.find(frame, rules, left) & left
            dropped.append(_dropped(rule, frame, found))
            return np.asarray(left & ~found, dtype=bool)
        if not rule.chosen:
            off.append((rule, rule.find(frame, rules, left)))
        return left

    left = np.ones(len(log), dtype=bool)
    for rule in SINGLE:
        left = apply(rule, log.frame, left)
    release()
    rows = np.flatnonzero(left)
    frame, redactions, columns = redact_frame(_named(log.frame, rules), rows, rules.redact)
    off = [(rule, found[rows]) for rule, found in off]
    release()
    left = np.ones(len(frame), dtype=bool)
    same = _same(frame)
    if same.any():
        why = "they differed in a personal detail"
        examples = _examples(frame, same)
        dropped.append(Dropped(SAME, SAME_LABEL, why, int(same.sum()), examples))
        left = ~same
    for rule in COMPARING:
        left = apply(rule, frame, left)
        release()
    dropped += [replace(_dropped(rule, frame, found & left), on=False) for rule, found in off]
    if not left.all():
        columns_left = {str(name): frame[name] for name in frame.columns}
        del frame
        frame = _taken(columns_left, np.flatnonzero(left))
        rows = rows[left]
    release()
    topics: tuple[TopicCount, ...] = ()
    if rules.flag_topics:
        frame, topics = _with_topics(frame)
    report = PrepareReport(
        read=len(log),
        kept=len(frame),
        dropped=tuple(dropped),
        deleted=0,
        redactions=redactions,
        redacted_columns=columns,
        topics=topics,
    )
    kept = ActivityLog(frame, _read_report(log.report, rows, len(log), rules.redact), sorted_=True)
    return Prepared(kept, report, rows, rules)


def nothing_left(prepared: Prepared) -> InputError:
    """The error to raise where the rules left nothing: says which did."""
    counts = prepared.report.left_out
    if prepared.report.deleted:
        counts["deleted by hand"] = prepared.report.deleted
    worst = max(counts, key=lambda name: counts[name], default="")
    return InputError(
        f"None of the {prepared.report.read:,} events is kept; the rule {worst!r} leaves out most "
        f"({counts.get(worst, 0):,}). Switch it off, or choose another file."
    )


def redact_frame(
    frame: pd.DataFrame, rows: np.ndarray, redacting: bool = True
) -> tuple[pd.DataFrame, Redactions, dict[str, int]]:
    """Some rows, their titles, texts, addresses, item ids and attributes without personal details.

    An item is called by its address or a hash of its title where the log has no id for it; these
    ids are made anew from what is kept. Any other id is redacted if it holds an address or a mail
    address, as a bare number that looks like a phone's is an id here.

    Args:
        rows: positions of the rows wanted, ascending.
        redacting: if false, only the rows are taken.

    Returns:
        The new frame, what was redacted, and for each changed column how many rows of it changed.
    """
    report = Redactions()
    changes: dict[str, int] = {}
    # A column at a time, so that of a large log no second copy is made of them all.
    taken = {str(name): _rows(frame[name], rows) for name in frame.columns}
    if not redacting:
        return pd.DataFrame(taken, copy=False), report, changes
    is_url = (taken["item_id"] == taken["url"]).to_numpy()
    for name in ("title", "text", "url", "action", "source", *_text_attributes(frame)):
        values, changed, found = redact_column(taken[name])
        if changed.any():
            report.add(found)
            changes[name] = int(changed.sum())
            if name == "title":
                taken["item_id"] = _hashed_ids(taken, values, np.flatnonzero(changed))
            taken[name] = values
    taken["item_id"] = _item_ids(taken, is_url, "url" in changes)
    return pd.DataFrame(taken, copy=False), report, changes


def _whole_words(excerpt: str) -> str:
    """An excerpt without the last word of a cut one: half a detail is not recognised as one."""
    if len(excerpt) < _CUT:
        return excerpt
    return excerpt.rpartition(" ")[0] if " " in excerpt else ""


def _rows(column: pd.Series, rows: np.ndarray) -> pd.Series:
    return column if len(rows) == len(column) else column.take(rows).reset_index(drop=True)


def _text_attributes(frame: pd.DataFrame) -> Iterable[str]:
    return [
        name
        for name in frame.columns
        if name not in COLUMNS and isinstance(frame[name].dtype, pd.StringDtype)
    ]


def _hashed_ids(columns: Mapping[str, pd.Series], titles: pd.Series, at: np.ndarray) -> pd.Series:
    """The item ids, of which those that are a hash of a redacted title are made anew."""
    ids = columns["item_id"]
    mine, old = ids.iloc[at].tolist(), columns["title"].iloc[at].tolist()
    new = titles.iloc[at].tolist()
    made = [title_id(b) if i == title_id(a) else i for i, a, b in zip(mine, old, new, strict=True)]
    if made == mine:
        return ids
    rows = np.zeros(len(ids), dtype=bool)
    rows[at] = True
    return with_values(ids, rows, made)


def _item_ids(columns: Mapping[str, pd.Series], is_url: np.ndarray, changed: bool) -> pd.Series:
    """The item ids without personal details; an id that is the address follows it."""
    ids = columns["item_id"]
    if changed:
        ids = columns["url"] if is_url.all() else ids.where(~is_url, columns["url"])
    looks = matching(ids, r"://|@|%40|\s") & ~is_url
    if not looks.any():
        return ids
    values, redacted, _ = redact_column(ids.iloc[looks.nonzero()[0]])
    return with_values(ids, looks, values.tolist()) if redacted.any() else ids


def _same(frame: pd.DataFrame) -> np.ndarray:
    """Which events repeat an earlier one: same person, time and item, as when a log is read."""
    again = np.zeros(len(frame), dtype=bool)
    times = frame["timestamp"].astype("int64").to_numpy()
    users = pd.factorize(frame["user_id"])[0]
    beside = (times[1:] == times[:-1]) & (users[1:] == users[:-1])  # sorted by person and time
    at = np.flatnonzero(np.append(beside, False) | np.append(False, beside))
    some = frame.iloc[at][["user_id", "timestamp", "item_id"]]
    again[at] = some.duplicated().to_numpy()
    return again


def _named(frame: pd.DataFrame, rules: ImportRules) -> pd.DataFrame:
    """Events that are kept without a title, called by their item's id."""
    if rules.empty_titles:
        return frame
    empty = (frame["title"] == "").to_numpy()
    if not empty.any():
        return frame
    return frame.assign(title=frame["title"].where(~empty, frame["item_id"]))


def _with_topics(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[TopicCount, ...]]:
    """The frame with its attribute of topics, and their counts."""
    rows = topic_rows(frame["title"], frame["text"])
    names = np.full(len(frame), "", dtype=object)
    for topic, at in rows.items():
        names[at] = [f"{name},{topic}" if name else topic for name in names[at]]
    flagged = frame.assign(**{TOPICS: pd.Series(names, index=frame.index, dtype="str")})
    return flagged, tuple(count_topics(frame["title"], rows))


def _counted(frame: pd.DataFrame) -> tuple[TopicCount, ...]:
    """Counts of topics from the attribute."""
    return tuple(count_topics(frame["title"], topic_rows(frame["title"], frame["text"])))


def _dropped(rule: Rule, frame: pd.DataFrame, found: np.ndarray) -> Dropped:
    examples = _examples(frame, found)
    return Dropped(
        rule.name, rule.label, rule.why, int(found.sum()), examples, chosen=rule.chosen
    )  # fmt: skip


def _examples(frame: pd.DataFrame, found: np.ndarray) -> tuple[str, ...]:
    """Titles of rows, each once, redacted, as they are shown and may be exported."""
    some = frame.iloc[np.flatnonzero(found)[:200]]
    shown = some["title"].where(some["title"] != "", some["item_id"]).tolist()
    return tuple(redact(title) for title in dict.fromkeys(shown))[:_EXAMPLES]


def _taken(columns: dict[str, pd.Series], rows: np.ndarray) -> pd.DataFrame:
    """Rows of a frame with a new index. Its columns are let go one by one."""
    taken = {name: _rows(columns.pop(name), rows) for name in list(columns)}
    return pd.DataFrame(taken, copy=False)


def _part(log: ActivityLog, keep: np.ndarray) -> ActivityLog:
    report = _read_report(log.report, keep, len(log), redacted=False)
    columns = {str(name): log.frame[name] for name in log.frame.columns}
    return ActivityLog(_taken(columns, keep), report, sorted_=True)


def _read_report(report: ReadReport, rows: np.ndarray, size: int, redacted: bool) -> ReadReport:
    """How the rest was read: records whose event is gone are gone with it.

    Excerpts of unreadable records are redacted, as they are stored as well.
    """
    place = np.full(size, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    event = place[report.record_event] if len(report.record_event) else report.record_event
    here = event >= 0
    rejected = report.rejected
    if redacted:
        rejected = tuple(replace(r, excerpt=redact(_whole_words(r.excerpt))) for r in rejected)
    return replace(
        report, rejected=rejected, record_event=event[here], record_row=report.record_row[here]
    )
