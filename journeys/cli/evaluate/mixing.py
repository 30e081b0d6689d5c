"""``evaluate mixing``: constructed users, mixed from true groups and taken apart again."""

from __future__ import annotations

import argparse
import json
from typing import Any

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


def add_parser(actions: Any) -> None:
    """Add this action to ``evaluate``."""
    mixing = actions.add_parser(
        "mixing",
        help="mix true groups into constructed users and take them apart again",
        description="Construct users by mixing true groups of the log, pooled over its users, with "
        "noise from other groups; take them apart again; and print how agreement changes with the "
        "number mixed and the noise rate. Constructed users are nobody: real events, put together.",
    )
    common_arguments(mixing)
    extractor_arguments(mixing)
    mixing.add_argument(
        "--mixed",
        type=int,
        nargs="+",
        metavar="N",
        help="numbers of groups to mix (default 2 3 4 5 6)",
    )
    mixing.add_argument(
        "--noise",
        type=float,
        nargs="+",
        metavar="R",
        help="noise events per event of a group (default 0 .1 .2 .3)",
    )
    mixing.add_argument(
        "--draws",
        type=int,
        default=20,
        metavar="N",
        help="constructed users for each number and rate (default 20)",
    )
    mixing.add_argument("--seed", type=int, default=0, help="of what is drawn (default 0)")
    mixing.add_argument(
        "--times",
        choices=("original", "shuffled"),
        default="original",
        help="keep each event's own time (default), or draw times over the "
        "user's span, so that time says nothing",
    )
    mixing.set_defaults(run=run, min_group=MIN_GROUP)


def run(options: argparse.Namespace) -> int:
    """Print curves of agreement on constructed users."""
    from journeys.evaluation.curves import MIXED, NOISE, construct, curves
    from journeys.evaluation.mixing import MixRules
    from journeys.evaluation.report import curve_tables, curves_as_json

    names = extractors_asked(options)
    progress = TerminalProgress()
    log, truth = read(options, None, progress)
    rules = MixRules(shuffle_times=options.times == "shuffled")
    made = construct(
        log,
        truth,
        mixed=options.mixed or MIXED,
        noise=options.noise or NOISE,
        draws=options.draws,
        seed=options.seed,
        rules=rules,
    )
    progress.close()
    with prepared(options, made.log, made.truth, progress) as labelled:
        found = evaluate_each(options, names, labelled, seeds=(0,), users=None, progress=progress)
    progress.close()
    results = {name: curves(one, made.draw_of) for name, one in found.items()}
    print(
        f"{len(made.log.users):,} constructed users, mixed from {made.collections} groups of "
        f"{options.log.name}: {rules.least} to {rules.most} events of each, "
        f"{rules.bursts:.0%} of them a run in the group's own order of time; times "
        f"{options.times}; noise from other groups, at most two events each. Means over "
        f"{options.draws} draws, with 95% bootstrap intervals over draws. *: over all events, each "
        "of noise being a group of its own; the other columns leave noise out, but for playlist "
        "precision.\n"
    )
    shown = {
        "ARI": "ari",
        "B³ F1": "bcubed_f1",
        "B³ F1*": "bcubed_all_f1",
        "playlist recall": "playlist_recall",
        "playlist precision": "playlist_precision",
    }
    print(curve_tables(results, shown))
    if options.json:
        print(json.dumps({n: curves_as_json(one, found[n]) for n, one in results.items()}))
    return 0
