"""``models``: list and fetch the local language models."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("models", help="list or fetch local language models")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="which models there are, and which are here")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=run_list)
    fetching = actions.add_parser("fetch", help="fetch a model and check it by its hash")
    fetching.add_argument("name")
    fetching.set_defaults(run=run_fetch)


def run_list(options: argparse.Namespace) -> int:
    """Print the catalogue."""
    from journeys.models import catalogue, installed
    from journeys.settings import Settings

    here = installed(Settings.from_environment().models_dir)
    if options.json:
        rows = [
            {
                "name": model.name,
                "bytes": model.size,
                "licence": model.licence,
                "sha256": model.sha256,
                "installed": model.name in here,
            }
            for model in catalogue()
        ]
        print(json.dumps(rows))
        return 0
    for model in catalogue():
        state = "installed" if model.name in here else "not fetched"
        print(f"{model.name:20} {model.size / 1e6:8,.0f} MB  {model.licence:12} {state}")
        print(f"{'':20} {model.title}. {model.notes}")
    return 0


def run_fetch(options: argparse.Namespace) -> int:
    """Fetch one model with a progress bar of real bytes."""
    from journeys.models import fetch, spec
    from journeys.settings import Settings

    model = spec(options.name)
    print(
        f"{model.title}, {model.size / 1e6:,.0f} MB, {model.licence}, by {model.author}.",
        file=sys.stderr,
    )
    started = time.monotonic()
    shown = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal shown
        at = time.monotonic()
        if at - shown < 0.25 and done < total:
            return
        shown = at
        filled = int(30 * done / max(total, 1))
        rate = done / max(at - started, 1e-9)
        left = (total - done) / rate if rate else 0.0
        bar = "#" * filled + "." * (30 - filled)
        print(
            f"\r[{bar}] {done / 1e6:,.0f} of {total / 1e6:,.0f} MB, {left:.0f} s left ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    path = fetch(options.name, Settings.from_environment().models_dir, on_progress=tell)
    print(f"\nReady: {path}", file=sys.stderr)
    return 0
