"""``evaluate``: how well journeys are found, on a log whose true groups are known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.progress import TerminalProgress
from journeys.errors import ConfigError, InputError, JourneysError

if TYPE_CHECKING:
    from journeys.evaluation.labelled import LabelledLog, Truth
    from journeys.evaluation.protocol import Evaluation
    from journeys.timeline import ActivityLog

#: As :data:`journeys.evaluation.metrics.MIN_GROUP`, which is not imported for its weight.
MIN_GROUP = 5

#: Name of every extractor there is.
ALL = "all"


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("evaluate", help="score journeys against groups people made")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    extraction = actions.add_parser(
        "extraction",
        help="run extractors, or read anybody's assignments, and score them",
        description="Run extractors on a labelled log, or read a file of assignments, and score "
        "them against the true groups, user by user.",
    )
    _common(extraction)
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
    extraction.set_defaults(run=run_extraction)
    mixing = actions.add_parser(
        "mixing",
        help="mix true groups into constructed users and take them apart again",
        description="Construct users by mixing true groups of the log, pooled over its users, with "
        "noise from other groups; take them apart again; and print how agreement changes with the "
        "number mixed and the noise rate. Constructed users are nobody: real events, put together.",
    )
    _common(mixing)
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
    mixing.set_defaults(run=run_mixing, min_group=MIN_GROUP)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=Path, help="CSV, TSV, JSON, JSONL or Parquet; gz or zip too")
    parser.add_argument(
        "--truth",
        required=True,
        metavar="COLUMN",
        help="column with the true group of each event; empty for no group",
    )
    parser.add_argument(
        "--extractor",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"which to run, or {ALL} (default: the default one)",
    )
    parser.add_argument(
        "--granularity",
        type=float,
        default=0.5,
        metavar="G",
        help="0: few broad journeys, 1: many narrow ones (default 0.5)",
    )
    parser.add_argument("--embedder", default="minilm", help="sentence-transformers name or path")
    parser.add_argument("--timezone", default="UTC", help="of times without one (default UTC)")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="read our column from theirs, e.g. title=headline",
    )
    parser.add_argument(
        "--json", action="store_true", help="end with one JSON object on standard output"
    )


def run_extraction(options: argparse.Namespace) -> int:
    """Score extractors, or a file of assignments."""
    from journeys.evaluation.report import RULES, as_json, table

    if options.assignments and options.extractor:
        raise ConfigError("Give either --assignments or --extractor, not both.")
    for name in ("seeds", "users", "min_group"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')} must be at least 1, not {value}")
    names = _extractors(options)
    progress = TerminalProgress()
    log, truth = _read(options, options.separator, progress)
    users = truth.scorable(log, min_group=options.min_group)[: options.users]
    _tell_scored(log, users)
    if options.assignments:
        found = {"assignments": _assignments(options, log, truth, users)}
    else:
        with _prepared(options, log, truth, progress) as labelled:
            found = _evaluate(
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


def run_mixing(options: argparse.Namespace) -> int:
    """Print curves of agreement on constructed users."""
    from journeys.evaluation.curves import MIXED, NOISE, construct, curves
    from journeys.evaluation.mixing import MixRules
    from journeys.evaluation.report import curve_tables, curves_as_json

    names = _extractors(options)
    progress = TerminalProgress()
    log, truth = _read(options, None, progress)
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
    with _prepared(options, made.log, made.truth, progress) as labelled:
        found = _evaluate(options, names, labelled, seeds=(0,), users=None, progress=progress)
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


def _extractors(options: argparse.Namespace) -> list[str]:
    """The names asked for, each checked before anything is read."""
    from journeys.extraction import EXTRACTORS, get_extractor

    if not 0 <= options.granularity <= 1:
        raise ConfigError(f"granularity must be from 0 to 1, not {options.granularity}")
    asked = options.extractor or [next(iter(EXTRACTORS))]
    names = list(EXTRACTORS) if ALL in asked else list(dict.fromkeys(asked))
    if ALL not in asked:
        for name in names:
            get_extractor(name)
    return names


def _read(
    options: argparse.Namespace, separator: str | None, progress: TerminalProgress
) -> tuple[ActivityLog, Truth]:
    from journeys.cli.discover import column_mapping
    from journeys.evaluation.labelled import read_labelled

    log, truth = read_labelled(
        options.log,
        options.truth,
        separator,
        mapping=column_mapping(options.column),
        timezone=options.timezone,
        min_group=options.min_group,
        progress=progress,
    )
    progress.close()
    for note in log.report.notes:
        print(note, file=sys.stderr)
    if log.report.rejected:
        print(f"{len(log.report.rejected):,} rows could not be read.", file=sys.stderr)
    return log, truth


@contextmanager
def _prepared(
    options: argparse.Namespace, log: ActivityLog, truth: Truth, progress: TerminalProgress
) -> Iterator[LabelledLog]:
    """The log with vectors from the installation's cache, which is open meanwhile."""
    from journeys.embedding import load_embedder
    from journeys.evaluation.labelled import prepare
    from journeys.settings import Settings
    from journeys.store import open_store

    store = open_store(Settings.from_environment())
    try:
        embedder = load_embedder(options.embedder)
        yield prepare(log, truth, embedder, store.vectors, store.keys.text, progress)
    finally:
        store.close()


def _evaluate(
    options: argparse.Namespace,
    names: Sequence[str],
    labelled: LabelledLog,
    *,
    seeds: Sequence[int],
    users: Sequence[str] | None,
    progress: TerminalProgress,
) -> dict[str, Evaluation]:
    """Run each extractor; with ``all``, one that cannot run is left out and told."""
    from journeys.errors import Cancelled
    from journeys.evaluation.protocol import evaluate_extractor, make_extractor

    found = {}
    for name in names:
        try:
            extractor = make_extractor(name, options.granularity, labelled.log)
            found[name] = evaluate_extractor(
                labelled,
                extractor,
                seeds=seeds,
                users=users,
                min_group=options.min_group,
                progress=progress,
            )
        except Cancelled:
            raise
        except JourneysError as error:
            if ALL not in (options.extractor or ()):
                raise
            progress.close()
            print(f"{name} is left out: {error}", file=sys.stderr)
    if not found:
        raise ConfigError("None of the extractors could be run.")
    return found


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


__all__: Sequence[str] = ("add_parser", "run_extraction", "run_mixing")
