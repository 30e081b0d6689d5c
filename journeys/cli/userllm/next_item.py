"""``userllm next-item``: how well the next thing is told, by the encoder and by its rivals."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from journeys.cli.userllm.reading import ML_100K, chosen_device, read_data
from journeys.errors import ConfigError

if TYPE_CHECKING:
    from journeys.userllm.comparing import Route

SPLITS = ("last", "global")
TRAINED = ("encoder", "dual")


def add_parser(actions: Any) -> None:
    """Add this action to ``userllm``."""
    parser = actions.add_parser(
        "next-item",
        help="rank the whole catalogue for what came next, by the encoder and by its rivals",
        description="Train the user encoder and the dual encoder, tune popularity and neighbour "
        "methods on validation questions, and rank the whole catalogue for what came next. "
        "ML-100k is fetched once into the data home; its licence allows research and forbids "
        "passing it on. The same command goes on where it was stopped.",
    )
    parser.add_argument("log", metavar="LOG", help=f"a file, a stored log's name, or {ML_100K}")
    parser.add_argument("--split", choices=SPLITS, default="last", help="default: last")
    parser.add_argument("--seeds", default="0,1,2", metavar="LIST", help="default: 0,1,2")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most")
    parser.add_argument("--without", default="", metavar="LIST", help="encoder or dual, or both")
    parser.add_argument("--device", default="auto", help="cpu, cuda, or auto (default)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="default 1")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, tune, rank, print."""
    seeds = _seeds(options.seeds)
    without = {each for each in options.without.split(",") if each}
    if unknown := without - set(TRAINED):
        raise ConfigError(f"--without knows {', '.join(TRAINED)}, not {', '.join(unknown)}.")
    from dataclasses import replace

    from journeys.settings import Settings
    from journeys.userllm.comparing import BASELINES, baseline, rows
    from journeys.userllm.experiment import TRAINED as TRAINED_ROUTES
    from journeys.userllm.experiment import trained_route
    from journeys.userllm.pretraining import PretrainingConfig, epochs_for
    from journeys.userllm.tasks import split_next

    settings = Settings.from_environment()
    device = chosen_device(options.device, options.threads)
    read = read_data(options.log, settings)
    split = split_next(read.data, options.split, new_items=options.log != ML_100K)
    if not len(split.test):
        raise ConfigError("There is no next item to ask for: everybody's items were known before.")
    print(f"{split.note}.", file=sys.stderr)
    config = PretrainingConfig()
    epochs = options.epochs or epochs_for(read.data, split.train, config)
    config = replace(config, epochs=epochs)
    routes = [
        trained_route(
            name,
            read.data,
            split,
            config,
            seeds,
            folder=settings.home / "benchmarks" / "userllm",
            device=device,
            told=_told,
        )
        for name in TRAINED_ROUTES
        if name.replace(",", "").split()[0] not in without
    ]
    routes += [baseline(name, read.data, split) for name in BASELINES]
    print_routes(routes, file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps({"split": options.split, "note": split.note, "rows": rows(routes)}))
    return 0


def print_routes(routes: Sequence[Route], file: TextIO | None = None) -> None:
    """A Markdown table; intervals are 95% bootstrap intervals over users."""
    print("| route | Recall@10 | NDCG@10 | chosen |\n|---|---|---|---|", file=file)
    for route in routes:
        figures = route.ranked.figures()
        cells = [
            f"{each.mean:.4f} [{each.low:.4f}, {each.high:.4f}]"
            for each in (figures["recall"], figures["ndcg"])
        ]
        chosen = ", ".join(f"{k} {v:g}" for k, v in route.settings.items() if k != "seeds")
        by_seed = ", ".join(f"{each['ndcg']:.4f}" for each in route.settings.get("seeds", ()))
        said = "; ".join(each for each in (chosen, f"seeds {by_seed}" if by_seed else "") if each)
        print(f"| {route.name} | {' | '.join(cells)} | {said} |", file=file, flush=True)


def _seeds(text: str) -> list[int]:
    try:
        seeds = [int(each) for each in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"--seeds takes numbers with commas between, not {text!r}.") from error
    if min(seeds) < 0:
        raise ConfigError("--seeds must not be negative.")
    return seeds


def _told(title: str, done: int, most: int, score: float) -> None:
    print(f"{title}: epoch {done} of at most {most}, {score:.4f}", file=sys.stderr, flush=True)
