"""How many titles of the log have each word: counted by partition, added up, looked up in part.

A partition asks for its own words only, so a worker never holds the vocabulary of the whole log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from journeys.cluster.files import replacing

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 100_000


def write_words(path: Path, counts: Mapping[str, int]) -> None:
    """Write counts as an Arrow file of many batches."""
    import pyarrow as pa

    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with replacing(path) as draft, pa.ipc.new_file(draft, _schema(), options=options) as file:
        words = iter(counts.items())
        while some := list(islice(words, _AT_ONCE)):
            names = pa.array([word for word, _ in some], pa.large_string())
            numbers = pa.array([count for _, count in some], pa.int64())
            file.write_batch(pa.RecordBatch.from_arrays([names, numbers], schema=_schema()))


def add_up(paths: Iterable[Path]) -> Counter[str]:
    """The sum of the counts in some files; memory grows with the vocabulary."""
    total: Counter[str] = Counter()
    for path in paths:
        for word, count in _rows(path, None):
            total[word] += count
    return total


def look_up(path: Path, wanted: Collection[str]) -> Counter[str]:
    """The counts of some words."""
    return Counter(dict(_rows(path, wanted)))


def _rows(path: Path, wanted: Collection[str] | None) -> Iterable[tuple[str, int]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.array(list(wanted), pa.large_string()) if wanted is not None else None
    with pa.memory_map(str(path)) as source:
        file = pa.ipc.open_file(source)
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            if known is not None:
                batch = batch.filter(pc.is_in(batch.column("word"), value_set=known))
            yield from zip(
                batch.column("word").to_pylist(), batch.column("titles").to_pylist(), strict=True
            )


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("word", pa.large_string()), ("titles", pa.int64())])
