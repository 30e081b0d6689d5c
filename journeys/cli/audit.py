"""``audit``: who saw which raw data."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from journeys.errors import InputError


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "audit",
        help="list who saw which raw data",
        description="Who was given titles, names or words of whom: when, in which way, of which "
        "log and person. No record holds a title. Looks within ten minutes are one record.",
    )
    parser.add_argument("--who", default="", metavar="TEXT", help="part of who looked")
    parser.add_argument(
        "--person", default="", metavar="ID", help="the person's id in the log, or their pseudonym"
    )
    parser.add_argument("--most", type=int, default=50, metavar="N", help="records (default 50)")
    parser.add_argument("--csv", metavar="FILE", help="write all records to a CSV file instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the records, the newest first."""
    from journeys.audit import audit_csv, table
    from journeys.cli.opening import command_store
    from journeys.privacy import pseudonyms

    if options.most < 1:
        raise InputError("--most must be at least 1.")
    store = command_store("audit")
    try:
        person = options.person
        if person and not store.audit.count(person=person):
            (person,) = pseudonyms(store.keys.pseudonym, [person])
        found = store.audit.count(who=options.who, person=person)
        if options.csv:
            try:
                with Path(options.csv).open("x", encoding="utf-8", newline="") as file:
                    audit_csv(file, store.audit.all(who=options.who, person=person))
            except OSError as error:
                raise InputError(
                    f"{options.csv} cannot be written: {error.strerror}. Name a new file."
                ) from error
            print(f"Wrote {found:,} records to {options.csv}.")
            return 0
        print(table(store.audit.list(who=options.who, person=person, most=options.most)))
        if found > options.most:
            print(f"{options.most:,} of {found:,} records; all: --csv FILE", file=sys.stderr)
    finally:
        store.close()
    return 0
