"""Dates that do not begin with the year, understood for a whole column and written as ISO 8601.

Files of several sources make one log, so the order of day and month must be settled within each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from journeys.ingest.times import parse_times

_ISO = re.compile(r"\d{4}-\d\d-\d\d")


def iso_dates(values: Iterable[str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """What each date of a column is in ISO 8601, and notes on how the column was read.

    A time of day stays, and a time still says nothing of its zone. What is ISO 8601 already or
    cannot be read is left out: the caller hands it on as it is.
    """
    different = sorted({value for value in values if value and not _ISO.match(value)})
    times = parse_times(different)
    stamps = np.datetime_as_string(times.micros.astype("datetime64[us]"), unit="s")
    readable = (times.reasons == "").tolist()
    pairs = zip(different, stamps.tolist(), readable, strict=True)
    return {value: stamp for value, stamp, good in pairs if good}, times.notes
