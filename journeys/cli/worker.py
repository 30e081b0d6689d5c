"""``worker``: carry out the runs that the pages ask for."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "worker",
        help="carry out queued runs (the app starts one by itself)",
        description="Carry out queued runs. On SQLite a second worker ends at once.",
    )
    parser.add_argument(
        "--idle", type=float, default=900, metavar="SECONDS",
        help="end after so long without work; 0 never ends (default 900)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Work until idle or told to end."""
    from journeys.jobs.worker import main
    from journeys.settings import Settings

    return main(Settings.from_environment(), idle_seconds=options.idle or None)
