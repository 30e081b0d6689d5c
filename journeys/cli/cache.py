"""``cache``: drop what nothing stored refers to."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("cache", help="look after cached vectors, answers and maps")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    prune = actions.add_parser(
        "prune",
        help="drop everything cached that no stored log refers to, such as what the command "
        "'discover' left",
    )
    prune.set_defaults(run=run_prune)


def run_prune(_options: argparse.Namespace) -> int:
    """Drop unreferenced cache entries."""
    from journeys.cli.opening import command_store

    store = command_store("cache")
    dropped = store.prune_caches()
    store.close()
    print(
        f"Dropped {dropped.vectors:,} vectors, {dropped.completions:,} answers and "
        f"{dropped.maps:,} maps."
    )
    return 0
