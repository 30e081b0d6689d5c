"""Parquet, a batch of rows at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from journeys.errors import InputError
from journeys.ingest.contract import MEBIBYTE, Batch, DataFile, ReadLimits
from journeys.ingest.jsonfiles import as_cell

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 20_000

#: Parquet is read from its end, so one inside a zip is held in memory, and must be small.
_IN_ARCHIVE = 512 * MEBIBYTE

#: Bytes that a batch of records may have, written out.
_BATCH_BYTES = 512 << 20


class ParquetTable:
    """The columns of a Parquet file.

    Args:
        file: the data file.
        limits: what may come out of it.

    Raises:
        InputError: it is not a readable Parquet file.
    """

    def __init__(self, file: DataFile, limits: ReadLimits) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._name, self._limit = file.name, limits.uncompressed_bytes
        source: BinaryIO | None = file.seekable()
        if source is None:
            stream, data = file.open(), bytearray()
            while len(data) <= _IN_ARCHIVE and (part := stream.read(1 << 20)):
                data += part
            if len(data) > _IN_ARCHIVE:
                raise InputError(f"{file.name} is too large to be read in its archive. Unpack it.")
            source = io.BytesIO(data)
        try:
            strings = _strings(pq.read_schema(source))
            source.seek(0)
            # As dictionaries, repeated values stay small until their size has been looked at.
            self._file = pq.ParquetFile(source, read_dictionary=strings)
            self.columns = _names(self._file.schema_arrow)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(f"{file.name} is a damaged Parquet file. Write it again.") from error

    def batches(self, wanted: Sequence[str], first_row: int = 1) -> Iterator[Batch]:
        """The wanted columns; nested ones by dotted path.

        Raises:
            InputError: a part of the file is damaged or too large.
        """
        import pyarrow as pa

        row, out = first_row, 0
        top = dict.fromkeys(self._file.schema_arrow.names)
        needed = [n for n in top if any(w == n or w.startswith(f"{n}.") for w in wanted)]
        try:
            for part in self._file.iter_batches(batch_size=ROWS, columns=needed):
                size = _size_written_out(part)
                out += size
                if out > self._limit or size > _BATCH_BYTES:
                    raise InputError(
                        f"{self._name} unpacks to more than {self._limit:,} bytes. Split it into "
                        "smaller files."
                    )
                table = _flat(_decoded(pa.Table.from_batches([part])))
                columns = {name: _cells(table.column(name)) for name in wanted}
                yield Batch(np.arange(row, row + len(table), dtype=np.int64), columns)
                row += len(table)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{self._name} is a damaged Parquet file, from record {row:,} on. Write it again."
            ) from error


def _strings(schema: pa.Schema) -> list[str]:
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return [field.name for field in schema if any(kind(field.type) for kind in kinds)]


def _size_written_out(part: pa.RecordBatch) -> int:
    """Bytes of a batch once every repeated value stands for itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in part.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            size += pc.sum(lengths).as_py() or 0
        else:
            size += column.nbytes
    return size


def _decoded(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    plain = [
        pa.field(f.name, f.type.value_type) if pa.types.is_dictionary(f.type) else f
        for f in table.schema
    ]
    return table.cast(pa.schema(plain))


def _names(schema: pa.Schema) -> list[str]:
    return list(_flat(schema.empty_table()).column_names)


def _flat(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Python values; times as ISO 8601 text, which says whether they know their zone."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind):
        from pyarrow import compute

        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
        if kind.tz is not None:
            text = compute.strftime(column.cast(pa.timestamp("us", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
        else:
            text = compute.strftime(column, "%Y-%m-%dT%H:%M:%S")
        return list(text.to_pylist())
    if pa.types.is_date(kind):
        return [None if v is None else v.isoformat() for v in column.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()]
    return [as_cell(v) for v in column.to_pylist()]
