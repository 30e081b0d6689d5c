"""Reading activity logs: any common format in, one :class:`~journeys.timeline.ActivityLog` out.

``read_log`` reads; ``preview_log`` shows how it would, so that a person can correct it. A new
kind of source is one module beside ``table.py``; see :mod:`journeys.ingest.contract`.
"""

from journeys.ingest.contract import Adapter, Batch, RawRecord, ReadLimits
from journeys.ingest.previewing import Preview, preview_log
from journeys.ingest.reading import read_log
from journeys.ingest.recognition import Match

__all__ = [
    "Adapter",
    "Batch",
    "Match",
    "Preview",
    "RawRecord",
    "ReadLimits",
    "preview_log",
    "read_log",
]
