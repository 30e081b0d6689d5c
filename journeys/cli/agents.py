"""``agents``: logs of agents into what is known of their users."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    from journeys.agents.adapters import ADAPTERS

    parser = commands.add_parser(
        "agents",
        help="learn users' preferences from a log of an agent",
        description="Take in what an agent and its users did, as if they were talking to the "
        "server now: requests when they were made, answers when they were given.",
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    taken = parts.add_parser("import", help="take a log in; what is known already is left alone")
    taken.add_argument("log", type=Path, help="the file")
    taken.add_argument("--kind", choices=sorted(ADAPTERS), required=True, help="of log")
    taken.add_argument(
        "--simulated", action="store_true",
        help="its users were simulated (tau-bench's always are): they are kept apart from people",
    )  # fmt: skip
    taken.add_argument(
        "--refresh-every", type=int, default=500, metavar="N",
        help="answers between two refreshes of the shared weights; 0 for none (default 500)",
    )  # fmt: skip
    taken.add_argument("--json", action="store_true", help="end with one JSON object")
    taken.set_defaults(run=run_import)


def run_import(options: argparse.Namespace) -> int:
    """Read, take in, tell."""
    from journeys.agents.adapters import Unread, read_trajectories
    from journeys.agents.simulated import marked
    from journeys.cli.opening import command_store
    from journeys.cli.progress import TerminalProgress
    from journeys.serving.importing import import_log

    unread = Unread()
    read = list(read_trajectories(options.log, options.kind, unread))
    progress = TerminalProgress()
    store = command_store("agents")
    try:
        progress.stage("agents", 0, 2 * len(read))

        def on_done(done: int, total: int) -> None:
            if done == 1:
                progress.stage("agents", 0, total)
            progress.update(done)

        told = import_log(
            store,
            marked(read) if options.simulated else read,
            datetime.now(UTC),
            refresh_every=options.refresh_every,
            on_done=on_done,
        )
    finally:
        progress.close()
        store.close()
    left_out = unread.reasons + told.refused
    for reason, count in left_out.most_common():
        print(f"{count:,} left out: {reason.rstrip('.')}.", file=sys.stderr)
    print(
        f"Requests taken in: {told.events:,}; answers: {told.feedback:,}; known already: "
        f"{told.duplicates:,}; refreshes of the shared weights: {told.refreshes:,}."
    )
    if left_out and not told.events + told.duplicates:
        print(
            f"Nothing in this log can be learnt from. Is it of the kind {options.kind!r}?",
            file=sys.stderr,
        )
    if options.json:
        print(
            json.dumps(
                {
                    "events": told.events,
                    "feedback": told.feedback,
                    "duplicates": told.duplicates,
                    "left_out": left_out.total(),
                    "refreshes": told.refreshes,
                }
            )
        )
    return 0
