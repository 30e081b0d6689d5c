"""Figures of the queue in Prometheus' text format (prometheus.io, "Exposition formats").

There is no server for them: they are printed, or written to a file that node_exporter's textfile
collector, or anything else, reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from journeys.errors import InputError
from journeys.store.queue_figures import QueueFigures


def exposition(figures: QueueFigures) -> str:
    """The figures as text."""
    runs = [(_labels(*labels), count) for labels, count in figures.runs.items()]
    busy = [(_labels(*labels), seconds) for labels, seconds in figures.busy_seconds.items()]
    lines = [
        *_metric("journeys_runs", "Runs by kind and status.", runs),
        *_metric("journeys_run_busy_seconds", "Time from first claim to end of ended runs.", busy),
        *_metric(
            "journeys_queue_waiting_seconds",
            "Age of the oldest run that waits.",
            [("", figures.waiting_seconds)],
        ),
        *_metric("journeys_runs_stale", "Runs whose worker is silent.", [("", figures.stale)]),
        *_metric("journeys_workers_alive", "Workers alive.", [("", figures.workers)]),
    ]
    return "\n".join(lines) + "\n"


def write_metrics(text: str, path: Path) -> None:
    """Write a file at once, so that no reader sees half of it.

    Raises:
        InputError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error


def _labels(kind: str, status: str) -> str:
    return f'{{kind="{kind}",status="{status}"}}'


def _metric(name: str, about: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        yield f"{name}{labels} {value:g}"
