"""The made-up sample log that comes with the product."""

from __future__ import annotations

from pathlib import Path

from journeys.errors import InputError
from journeys.timeline import ActivityLog

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample_log.csv"
SAMPLE_NAME = "Sample log (made up)"


def read_sample() -> ActivityLog:
    """The sample log: eight made-up people over two years. See ``data/README.md``.

    Raises:
        InputError: the file is not beside the package.
    """
    from journeys.ingest import read_log

    if not SAMPLE.is_file():
        raise InputError(
            f"The sample log is not at {SAMPLE}. It comes with the source checkout; "
            "upload a log of your own instead."
        )
    return read_log(SAMPLE)
