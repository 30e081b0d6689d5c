"""``doctor``: what this installation has and lacks, and what to do."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="look at what this installation has and lacks",
        description="Looks at Python, packages, models, graphics card, database, worker, endpoint, "
        "disk, memory and clock. Changes and sends nothing. Exit status 1 if something that is "
        "needed is missing.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the findings."""
    from journeys.doctor import State, examine
    from journeys.settings import Settings

    findings = examine(Settings.from_environment())
    missing = sum(finding.state is State.MISSING for finding in findings)
    if options.json:
        rows = [
            {
                "about": finding.about,
                "state": finding.state.value,
                "found": finding.found,
                "advice": finding.advice,
            }
            for finding in findings
        ]
        print(json.dumps({"healthy": not missing, "findings": rows}))
        return 1 if missing else 0
    for finding in findings:
        print(f"{finding.state.value:8} {finding.about}: {finding.found}")
        if finding.advice:
            print(f"{'':8} -> {finding.advice}")
    print(f"\n{missing} needed and missing." if missing else "\nNothing that is needed is missing.")
    return 1 if missing else 0
