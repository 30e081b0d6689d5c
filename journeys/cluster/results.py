"""Results of a partition as Parquet, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from journeys.cluster.files import Layout, replacing
from journeys.journey import Journey, Names, UserJourneys
from journeys.timeline import ActivityLog

if TYPE_CHECKING:
    import pyarrow as pa

_COUNTS = b"counts"


def write_assignments(
    path: Path, log: ActivityLog, found: Sequence[UserJourneys]
) -> dict[str, Any]:
    """Write one row an event: person, item, time, journey ('' for none) and membership.

    Returns:
        Counts, which the file keeps as well: people, events, unassigned, journeys, and people
        without journeys by rule.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids: list[str] = []
    membership: list[np.ndarray] = []
    rules: dict[str, int] = {}
    for user in found:
        names = np.array([journey.id for journey in user.journeys] + [""], dtype=object)
        ids += names[user.labels].tolist()
        membership.append(user.membership)
        if user.note:
            rule = user.note.partition(":")[0]
            rules[rule] = rules.get(rule, 0) + 1
    counts = {
        "people": len(found),
        "events": len(log),
        "unassigned": ids.count(""),
        "journeys": sum(len(user.journeys) for user in found),
        "users_without_journeys": rules,
    }
    frame = log.frame
    columns = {
        "user_id": pa.array(frame["user_id"], pa.string()),
        "item_id": pa.array(frame["item_id"], pa.string()),
        "timestamp": pa.array(frame["timestamp"].astype("int64").to_numpy()).cast(
            pa.timestamp("us", "UTC")
        ),
        "journey_id": pa.array(ids, pa.string()),
        "membership": pa.array(
            np.concatenate(membership) if membership else np.zeros(0, np.float32), pa.float32()
        ),
    }
    table = pa.table(columns).replace_schema_metadata({_COUNTS: json.dumps(counts)})
    with replacing(path) as draft:
        pq.write_table(table, draft)
    return counts


def assignment_counts(path: Path) -> dict[str, Any]:
    """The counts that :func:`write_assignments` returned."""
    import pyarrow.parquet as pq

    counts: dict[str, Any] = json.loads(pq.read_schema(path).metadata[_COUNTS])
    return counts


def write_journeys(path: Path, log: ActivityLog, found: Sequence[UserJourneys]) -> None:
    """Write one row a journey. Positions count in the person's timeline, from 0."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    for user in found:
        if user.journeys:
            titles = log.timeline(user.user_id).titles
            rows += [_row(journey, user, titles) for journey in user.journeys]
    with replacing(path) as draft:
        pq.write_table(pa.Table.from_pylist(rows, schema=_schema()), draft)


def load_found(path: Path, log: ActivityLog) -> list[UserJourneys]:
    """What :func:`write_journeys` wrote of a partition, for everybody of its log, in order."""
    by_user: dict[str, list[tuple[Journey, list[float]]]] = {}
    for row in _rows(path):
        by_user.setdefault(row["user_id"], []).append((_journey(row), row["membership"]))
    found = []
    for timeline in log.timelines():
        labels = np.full(len(timeline), -1, dtype=np.int64)
        membership = np.zeros(len(timeline), dtype=np.float32)
        journeys = by_user.get(timeline.user_id, [])
        for at, (journey, own) in enumerate(journeys):
            labels[journey.members] = at
            membership[journey.members] = own
        found.append(
            UserJourneys(
                timeline.user_id,
                tuple(journey for journey, _ in journeys),
                labels,
                membership,
                start=timeline.start,
            )
        )
    return found


def read_journeys(out: Path) -> Iterator[dict[str, Any]]:
    """Every journey of a finished run, a file in memory at a time."""
    for path in sorted((Layout(out).journeys(0).parent).glob("part-*.parquet")):
        yield from _rows(path)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=10_000):
            yield from batch.to_pylist()


def _row(journey: Journey, user: UserJourneys, titles: Sequence[str]) -> dict[str, Any]:
    names = journey.names
    return {
        "user_id": journey.user_id,
        "journey_id": journey.id,
        "rank": journey.rank,
        "score": journey.score,
        "stage": journey.stage,
        "kind": journey.kind,
        "confidence": journey.confidence,
        "family": journey.family,
        "events": len(journey),
        "first_seen": journey.first_seen,
        "last_seen": journey.last_seen,
        "active_months": journey.active_months,
        "names": list(names.levels),
        "namer": names.namer,
        "provisional": names.provisional,
        "fallback_levels": list(names.fallback),
        "cited": [list(items) for items in names.cited],
        "shown": list(names.shown),
        "prompts": names.prompts,
        "completion_keys": list(names.completion_keys),
        "keyphrases": list(journey.keyphrases),
        "evidence": [titles[at] for at in journey.central],
        "members": journey.members.tolist(),
        "membership": user.membership[journey.members].tolist(),
        "central": list(journey.central),
        "boundary": list(journey.boundary),
    }


def _journey(row: dict[str, Any]) -> Journey:
    one, two, three, four, five = row["names"]
    names = Names(
        levels=(one, two, three, four, five),
        namer=row["namer"],
        provisional=row["provisional"],
        fallback=tuple(row["fallback_levels"]),
        completion_keys=tuple(row["completion_keys"]),
        cited=tuple(tuple(items) for items in row["cited"]),
        shown=tuple(row["shown"]),
        prompts=row["prompts"],
    )
    return Journey(
        id=row["journey_id"],
        user_id=row["user_id"],
        rank=row["rank"],
        score=row["score"],
        stage=row["stage"],
        kind=row["kind"],
        confidence=row["confidence"],
        members=np.array(row["members"], dtype=np.int64),
        central=tuple(row["central"]),
        first_seen=_utc(row["first_seen"]),
        last_seen=_utc(row["last_seen"]),
        active_months=row["active_months"],
        keyphrases=tuple(row["keyphrases"]),
        names=names,
        boundary=tuple(row["boundary"]),
        family=row["family"],
    )


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def _schema() -> pa.Schema:
    import pyarrow as pa

    text, number, real = pa.string(), pa.int64(), pa.float64()
    texts, numbers, time = pa.list_(text), pa.list_(number), pa.timestamp("us", "UTC")
    return pa.schema(
        [
            ("user_id", text), ("journey_id", text), ("rank", number), ("score", real),
            ("stage", text), ("kind", text), ("confidence", real), ("family", number),
            ("events", number), ("first_seen", time), ("last_seen", time),
            ("active_months", number), ("names", texts), ("namer", text),
            ("provisional", pa.bool_()), ("fallback_levels", numbers),
            ("cited", pa.list_(texts)), ("shown", texts), ("prompts", text),
            ("completion_keys", texts), ("keyphrases", texts), ("evidence", texts),
            ("members", numbers), ("membership", pa.list_(pa.float32())), ("central", numbers),
            ("boundary", numbers),
        ]
    )  # fmt: skip
