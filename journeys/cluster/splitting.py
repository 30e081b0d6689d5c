"""The shuffle: each block becomes one file with a batch of rows a partition, people by hash.

It goes through files and not through a cluster's object store: a file that is there need not be
made again, and reading one partition touches one batch of each file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from journeys.cluster.files import replacing
from journeys.cluster.job import Job
from journeys.cluster.sources import first_records, read_block, write_rejected
from journeys.timeline import COLUMNS, ActivityLog

if TYPE_CHECKING:
    import pyarrow as pa

_COUNTS = b"counts"
_TEXTS = tuple(name for name in COLUMNS if name != "timestamp")


@dataclass(frozen=True)
class Splitting:
    """Work for a worker: one block of the input."""

    job: Job

    def __call__(self, number: int) -> dict[str, Any]:
        import pyarrow as pa

        block = self.job.blocks[number]
        log, rejected = read_block(block, self.job.timezone)
        counts = {
            "records": len(log.report.record_event) if log else 0,
            "rejected": block.rows - (len(log.report.record_event) if log else 0),
        }
        write_rejected(self.job.layout.rejected(number), block.path, rejected)
        batches, schema = _batches(log, block.row, self.job.partitions)
        schema = schema.with_metadata({_COUNTS: json.dumps(counts).encode()})
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with (
            replacing(self.job.layout.block(number)) as draft,
            pa.ipc.new_file(draft, schema, options=options) as file,
        ):
            for batch in batches:
                file.write_batch(batch.replace_schema_metadata(schema.metadata))
        return counts


def block_counts(job: Job, number: int) -> dict[str, int]:
    """Records and rejected records of a block that was split."""
    import pyarrow as pa

    with pa.memory_map(str(job.layout.block(number))) as source:
        counts: dict[str, int] = json.loads(pa.ipc.open_file(source).schema.metadata[_COUNTS])
    return counts


def partition_of(users: Sequence[str], partitions: int) -> np.ndarray:
    """The partition of each user, shape ``(users,)``, int64; the same in any process."""
    digests = (
        blake2b(user.encode("utf-8", "surrogatepass"), digest_size=8, person=b"partition").digest()
        for user in users
    )
    return np.array([int.from_bytes(d, "little") % partitions for d in digests], dtype=np.int64)


def load_partition(job: Job, partition: int) -> ActivityLog:
    """The timelines of a partition's people, as reading the whole log at once would give them.

    Events are by person, time and place in the input; of those that repeat an earlier one
    (same person, time and item) the first stands.
    """
    import pyarrow as pa

    batches = []
    for number in range(len(job.blocks)):
        with pa.memory_map(str(job.layout.block(number))) as source:
            batch = pa.ipc.open_file(source).get_batch(partition)
            if len(batch):
                batches.append(batch.replace_schema_metadata(None))
    table = pa.Table.from_batches(batches) if batches else _schema().empty_table()
    columns: dict[str, Any] = {name: pd.Series(table.column(name), dtype="str") for name in _TEXTS}
    columns["timestamp"] = pd.Series(
        pd.DatetimeIndex(table.column("timestamp").to_numpy().astype("datetime64[us]"))
    ).dt.tz_localize("UTC")
    columns["row"] = table.column("row").to_numpy()
    del table
    frame = pd.DataFrame(columns)
    frame = frame.sort_values(["user_id", "timestamp", "row"], kind="stable")
    frame = frame.drop_duplicates(["user_id", "timestamp", "item_id"], keep="first")
    return ActivityLog(frame[list(COLUMNS)].reset_index(drop=True), sorted_=True)


def _schema() -> pa.Schema:
    import pyarrow as pa

    texts = [(name, pa.large_string()) for name in _TEXTS]
    return pa.schema([*texts, ("timestamp", pa.int64()), ("row", pa.int64())])


def _batches(
    log: ActivityLog | None, row: int, partitions: int
) -> tuple[list[pa.RecordBatch], pa.Schema]:
    """One batch a partition, empty ones as well."""
    import pyarrow as pa

    schema = _schema()
    if log is None:
        return [pa.RecordBatch.from_pylist([], schema=schema)] * partitions, schema
    frame = log.frame
    arrays = [pa.array(frame[name], pa.large_string()) for name in _TEXTS]
    arrays.append(pa.array(frame["timestamp"].astype("int64").to_numpy()))
    arrays.append(pa.array(first_records(log) + row))
    table = pa.Table.from_arrays(arrays, schema=schema)
    codes, users = pd.factorize(frame["user_id"])
    of_user = partition_of([str(user) for user in users], partitions)[codes]
    order = np.argsort(of_user, kind="stable")
    ends = np.searchsorted(of_user[order], np.arange(partitions + 1))
    table = table.take(pa.array(order)).combine_chunks()
    (whole,) = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=schema)]
    parts = [whole.slice(int(start), int(end - start)) for start, end in pairwise(ends)]
    return parts, schema
