"""Small exports made up on the spot."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from journeys.ingest import read_log
from journeys.timeline import ActivityLog

SEEDS = Path(__file__).parent / "seeds"


def table(header: str, *rows: Sequence[object], delimiter: str = ",") -> bytes:
    """A table with a header given as names with commas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue().encode()


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip of files by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def read(data: object, **options: object) -> ActivityLog:
    """The log in some bytes, or in what is written as JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read_log(io.BytesIO(raw), **options)  # type: ignore[arg-type]


def column(log: ActivityLog, *names: str) -> list[tuple[object, ...]]:
    """Some columns of a log, row by row; times as ISO 8601 without the zone."""
    frame = log.frame.copy()
    frame["timestamp"] = [time.tz_localize(None).isoformat() for time in frame["timestamp"]]
    return list(zip(*(frame[name].tolist() for name in names), strict=True))
