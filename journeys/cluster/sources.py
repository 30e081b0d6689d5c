"""From paths to blocks: what can be read row group by row group is, the rest is converted first."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from journeys.cluster.files import Layout, read_json, replacing, write_json
from journeys.cluster.job import Block, Sizes
from journeys.errors import InputError, NoUsableRows
from journeys.ingest import read_log
from journeys.timeline import COLUMNS, ActivityLog, Rejected

_NEEDED = ("user_id", "timestamp", "title")


@dataclass(frozen=True)
class Converting:
    """Work for a worker: a file of any format that ``discover`` reads, as Parquet in blocks.

    The reader decides on a whole file how its columns and dates are to be read, so a file is the
    unit here; its size is limited (:class:`~journeys.ingest.ReadLimits`).
    """

    layout: Layout
    files: tuple[str, ...]
    mapping: Mapping[str, str]
    timezone: str
    sizes: Sizes

    def __call__(self, source: int) -> dict[str, Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = Path(self.files[source])
        log = read_log(path, mapping=dict(self.mapping) or None, timezone=self.timezone)
        target = self.layout.converted(source)
        rejected = log.report.rejected
        write_rejected(self.layout.unread(source), str(path), rejected)
        write_json(
            target.with_suffix(".json"),
            {"repeated": log.report.duplicates, "rejected": len(rejected)},
        )
        with replacing(target) as draft:
            table = pa.Table.from_pandas(log.frame[list(COLUMNS)], preserve_index=False)
            pq.write_table(table, draft, row_group_size=self.sizes.block_rows)
        return {"events": len(log)}


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files that are meant: each path, or of a folder its files by name.

    Raises:
        InputError: a path is not there, or a folder is empty.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                file
                for file in path.rglob("*")
                if file.is_file() and not file.name.startswith((".", "_"))
            )
            if not inside:
                raise InputError(f"The folder {path} holds no files.")
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise InputError(f"There is no file {path}.")
    return [file.absolute() for file in files]


def described(files: Sequence[Path]) -> list[dict[str, Any]]:
    """What tells whether the files are the same as before: path, size and time of change."""
    stats = [(file, file.stat()) for file in files]
    return [{"path": str(f), "bytes": s.st_size, "changed": s.st_mtime_ns} for f, s in stats]


def is_direct(path: Path) -> bool:
    """Whether a file is Parquet with our columns and real times, so that any part can be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return False
    return all(name in schema.names for name in _NEEDED) and pa.types.is_timestamp(
        schema.field("timestamp").type
    )


def cut(files: Iterable[Path], sizes: Sizes) -> tuple[Block, ...]:
    """Blocks of at most ``sizes.block_rows`` records each, as far as row groups allow."""
    import pyarrow.parquet as pq

    blocks: list[Block] = []
    row = 0
    for file in files:
        metadata = pq.read_metadata(file)
        first, rows, record = 0, 0, 0
        for group in range(metadata.num_row_groups):
            more = metadata.row_group(group).num_rows
            if rows and rows + more > sizes.block_rows:
                blocks.append(Block(str(file), first, group, row, rows, record))
                first, row, record, rows = group, row + rows, record + rows, 0
            rows += more
        if rows:
            blocks.append(Block(str(file), first, metadata.num_row_groups, row, rows, record))
        row += rows
    return tuple(blocks)


def read_block(block: Block, timezone: str) -> tuple[ActivityLog | None, list[Rejected]]:
    """The events of a block, cleaned and checked by the reader of logs; None if there are none.

    Rejected records are numbered as in their file.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(block.path) as file:
        ours = [name for name in COLUMNS if name in file.schema_arrow.names]
        table = file.read_row_groups(list(range(block.first, block.last)), columns=ours)
    held = io.BytesIO()
    pq.write_table(table, held, compression="lz4")
    del table
    held.seek(0)
    # Every column is named, also those that are not there: nothing is guessed from a block.
    mapping = {name: name if name in ours else "" for name in COLUMNS}
    try:
        log = read_log(held, mapping=mapping, timezone=timezone, name=Path(block.path).name)
    except NoUsableRows as error:
        return None, [Rejected(block.record + 1, f"{block.rows:,} records: {error}")]
    rejected = [Rejected(r.row + block.record, r.reason, r.excerpt) for r in log.report.rejected]
    return log, rejected


def first_records(log: ActivityLog) -> np.ndarray:
    """For each event the number of the first record that it was read from, from 0."""
    first = np.zeros(len(log), dtype=np.int64)
    first[log.report.record_event[::-1]] = log.report.record_row[::-1] - 1
    return first


def write_rejected(path: Path, file: str, rejected: Sequence[Rejected]) -> None:
    """Write which records of a file could not be read, if there are any."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not rejected:
        return
    columns = {
        "file": pa.array([file] * len(rejected), pa.string()),
        "row": pa.array([r.row for r in rejected], pa.int64()),
        "reason": pa.array([r.reason for r in rejected], pa.string()),
        "excerpt": pa.array([r.excerpt for r in rejected], pa.string()),
    }
    with replacing(path) as draft:
        pq.write_table(pa.table(columns), draft)


def conversion_counts(layout: Layout, source: int) -> dict[str, int]:
    """What :class:`Converting` left out of a file: repeated and rejected records."""
    report: dict[str, int] = read_json(layout.converted(source).with_suffix(".json"))
    return report
