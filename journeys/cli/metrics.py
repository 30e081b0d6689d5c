"""``metrics``: figures of the queue for whoever watches a server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "metrics",
        help="figures of the queue, in Prometheus' text format",
        description="Prints how many runs wait, run and ended, how long the oldest waits, and how "
        "many workers are alive, in Prometheus' text format.",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to a file instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print or write the figures."""
    from journeys.cli.opening import command_store
    from journeys.jobs.metrics import exposition, write_metrics
    from journeys.store.queue_figures import queue_figures

    store = command_store("metrics")
    text = exposition(queue_figures(store.engine))
    store.close()
    if options.out:
        write_metrics(text, options.out)
    else:
        print(text, end="")
    return 0
