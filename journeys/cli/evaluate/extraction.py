"""``evaluate extraction``: extractors, or anybody's assignments, against the true groups."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.evaluate.common import (
    MIN_GROUP,
    common_arguments,
    evaluate_each,
    extractor_arguments,
    extractors_asked,
    prepared,
    read,
)
from journeys.cli.progress import TerminalProgress
from journeys.errors import ConfigError, InputError

if TYPE_CHECKING:
    from journeys.evaluation.labelled import Truth
    from journeys.evaluation.protocol import Evaluation
    from journeys.timeline import ActivityLog


def add_parser(actions: Any) -> None:
    """Add this action to ``evaluate``."""
    extraction = actions.add_parser(
        "extraction",
        help="run extractors, or read anybody's assignments, and score them",
        description="Run extractors on a labelled log, or read a file of assignments, and score "
        "them against the true groups, user by user.",
    )
    common_arguments(extraction)
    extractor_arguments(extraction)
    extraction.add_argument(
        "--separator", metavar="S", help="between the labels of an event that may have several"
    )
    extraction.add_argument(
        "--seeds",
        type=int,
        default=5,
        metavar="N",
        help="run seeds 0 to N-1; of a method that draws nothing, two (default 5)",
    )
    extraction.add_argument(
        "--users",
        type=int,
        metavar="N",
        help="score only the first N users by id that can be scored",
    )
    extraction.add_argument(
        "--min-group",
        type=int,
        default=MIN_GROUP,
        metavar="N",
        help=f"smaller groups are left out (default {MIN_GROUP})",
    )
    extraction.add_argument(
        "--assignments",
        type=Path,
        metavar="FILE",
        help="score this file instead: user_id, item_id, timestamp (optional) "
        "and journey_id, cluster or label (empty or -1: in none)",
    )
    extraction.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score extractors, or a file of assignments."""
    from journeys.evaluation.report import RULES, as_json, table

    if options.assignments and options.extractor:
        raise ConfigError("Give either --assignments or --extractor, not both.")
    for name in ("seeds", "users", "min_group"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')} must be at least 1, not {value}")
    names = extractors_asked(options)
    progress = TerminalProgress()
    log, truth = read(options, options.separator, progress)
    users = truth.scorable(log, min_group=options.min_group)[: options.users]
    _tell_scored(log, users)
    if options.assignments:
        found = {"assignments": _assignments(options, log, truth, users)}
    else:
        with prepared(options, log, truth, progress) as labelled:
            found = evaluate_each(
                options, names, labelled, seeds=range(options.seeds), users=users, progress=progress
            )
    progress.close()
    print(RULES.format(least=options.min_group) + "\n\n" + table(found))
    if len(users) < 5:
        print(f"\nWith {len(users)} users there is no interval.")
    for name, one in found.items():
        if len(one.scores) > len(one.ran):
            print(f"\n{name}: seeds 0 and 1 gave the same clusters; the others stand for them.")
    if options.json:
        print(json.dumps({name: as_json(one) for name, one in found.items()}))
    return 0


def _assignments(
    options: argparse.Namespace, log: ActivityLog, truth: Truth, users: Sequence[str]
) -> Evaluation:
    from journeys.evaluation.assignments import match, read_assignments
    from journeys.evaluation.protocol import evaluate_labels

    matched = match(read_assignments(options.assignments, options.timezone), log)
    print(
        f"{matched.rows - matched.unmatched:,} of {matched.rows:,} rows of "
        f"{options.assignments.name} are of events of the log"
        + (f"; {matched.unmatched:,} are not" if matched.unmatched else "")
        + f". {matched.missing:,} of {len(log):,} events have no row"
        + (" and count as unassigned." if matched.missing else "."),
        file=sys.stderr,
    )
    return evaluate_labels(
        log,
        truth,
        matched.labels,
        matched.membership,
        users=users,
        min_group=options.min_group,
    )


def _tell_scored(log: ActivityLog, users: Sequence[str]) -> None:
    print(
        f"{len(users):,} of {len(log.users):,} users are scored; the others have fewer than two "
        "groups that are large enough, or were left out by --users.",
        file=sys.stderr,
    )
