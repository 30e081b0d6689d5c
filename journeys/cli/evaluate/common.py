"""What the evaluations share: arguments, the labelled log, and the extractors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from journeys.cli.progress import TerminalProgress
from journeys.errors import ConfigError, JourneysError

if TYPE_CHECKING:
    from journeys.evaluation.labelled import LabelledLog, Truth
    from journeys.evaluation.protocol import Evaluation
    from journeys.timeline import ActivityLog

#: As :data:`journeys.evaluation.metrics.MIN_GROUP`, which is not imported for its weight.
MIN_GROUP = 5

#: Name of every extractor there is.
ALL = "all"


def common_arguments(parser: argparse.ArgumentParser) -> None:
    """What every evaluation reads and prints."""
    parser.add_argument("log", type=Path, help="CSV, TSV, JSON, JSONL or Parquet; gz or zip too")
    parser.add_argument(
        "--truth",
        required=True,
        metavar="COLUMN",
        help="column with the true group of each event; empty for no group",
    )
    parser.add_argument("--embedder", default="minilm",
                        help="minilm (built in), minilm-int8 (the same in 8 bits, faster), or a "
                        "sentence-transformers name or path")  # fmt: skip
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


def extractor_arguments(parser: argparse.ArgumentParser) -> None:
    """Which extractors to run."""
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


def extractors_asked(options: argparse.Namespace) -> list[str]:
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


def read(
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
def prepared(
    options: argparse.Namespace, log: ActivityLog, truth: Truth, progress: TerminalProgress
) -> Iterator[LabelledLog]:
    """The log with vectors from the installation's cache, which is open meanwhile."""
    from journeys.cli.opening import command_store
    from journeys.embedding import load_embedder
    from journeys.evaluation.labelled import prepare

    store = command_store("evaluate")
    try:
        embedder = load_embedder(options.embedder)
        yield prepare(log, truth, embedder, store.vectors, store.keys.text, progress)
    finally:
        store.close()


def evaluate_each(
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
