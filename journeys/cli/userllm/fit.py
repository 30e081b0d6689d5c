"""``userllm fit``: teach a language model to be told of a user."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

#: As in :mod:`journeys.userllm.contextual`, which is not imported for its weight.
ROUTES = ("soft", "cross", "text")
STRATEGIES = ("lora", "full", "enc", "proj")


def add_parser(actions: Any) -> None:
    """Add this action to ``userllm``."""
    parser = actions.add_parser(
        "fit",
        help="teach a language model to be told of a user",
        description="Train what tells a language model of a user: a soft prompt, gated "
        "cross-attention, or the history as text. The same command after an interruption goes on "
        "where it was, and on a machine with CUDA it runs there. Needs: pip install -r "
        "requirements-userllm.txt",
    )
    add_plan(parser)
    parser.add_argument(
        "--route", choices=ROUTES, default="soft",
        help="soft: latents before the words (default); cross: latents that its layers look at; "
        "text: the history as text",
    )  # fmt: skip
    parser.add_argument(
        "--strategy", choices=STRATEGIES, default="lora",
        help="what is trained besides the way in: lora: encoder and low-rank weights (default); "
        "full: everything; enc: the encoder; proj: nothing else",
    )  # fmt: skip
    parser.add_argument(
        "--random-encoder", action="store_true", help="begin with an encoder that saw nothing"
    )
    parser.add_argument(
        "--shown", type=int, default=0, metavar="N",
        help="newest events told as text besides the latents (default 0)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.set_defaults(run=run)


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Options that ``fit`` and ``evaluate`` share; equal ones mean the same training."""
    parser.add_argument(
        "--log", type=Path, metavar="FILE",
        help="a log whose events have groups with names, of which the model is to say which are a "
        "person's; without it: ML-100k, next film and favourite genre",
    )  # fmt: skip
    parser.add_argument(
        "--labels", default="group", metavar="COLUMN",
        help="of that log: the column that names each event's group (default group)",
    )  # fmt: skip
    parser.add_argument(
        "--base", default="smollm2-135m", metavar="MODEL",
        help="a model of 'models list', or a folder in the hub's layout (default smollm2-135m)",
    )  # fmt: skip
    parser.add_argument(
        "--examples", type=int, default=120, metavar="N",
        help="people to learn from, each with all questions (default 120)",
    )  # fmt: skip
    parser.add_argument(
        "--people", type=int, default=40, metavar="N",
        help="people that are held back to be asked about (default 40)",
    )  # fmt: skip
    parser.add_argument(
        "--cuts", type=int, default=1, metavar="N",
        help="of the history of each person to learn from (default 1)",
    )  # fmt: skip
    parser.add_argument(
        "--adapted", type=int, default=15, metavar="N",
        help="upper layers that get low-rank weights; 0 for all (default 15)",
    )  # fmt: skip
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16"), default="bfloat16",
        help="of the weights that are not trained (default bfloat16)",
    )  # fmt: skip
    parser.add_argument(
        "--small", action="store_true",
        help="instead of --base: a small model that is trained here on the histories as text",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="default 1")
    parser.add_argument("--seed", type=int, default=0)


def plan(options: argparse.Namespace, **more: Any) -> Any:
    """The :class:`~journeys.userllm.comparison.Plan` of the options."""
    from journeys.naming.tuning.installed import require_packages

    require_packages()
    from journeys.userllm.comparison import Plan

    return Plan(
        people=options.people,
        examples=options.examples,
        cuts=options.cuts,
        adapted=options.adapted,
        seed=options.seed,
        base=options.base,
        dtype=options.dtype,
        small=options.small,
        **more,
    )


def comparison(options: argparse.Namespace, chosen: Any, progress: Any) -> Any:
    """The :class:`~journeys.userllm.comparison.Comparison` on the data of the options."""
    import torch

    from journeys.userllm.comparison import Comparison

    # Threads that wait in a loop cost more than they give where others compute, too.
    torch.set_num_threads(options.threads)
    if options.log is None:
        return Comparison.films(chosen, progress)
    return Comparison.interests(chosen, options.log, options.labels, progress)


def run(options: argparse.Namespace) -> int:
    """Train a route and keep it."""
    from journeys.cli.progress import TerminalProgress

    chosen = plan(options)
    progress = TerminalProgress()
    try:
        bench = comparison(options, chosen, progress).bench
        more: dict[str, Any] = {}
        if options.route != "text":
            more = {"pretrained": not options.random_encoder, "shown": options.shown}
        config, fitted = bench.fit(chosen.config(options.route, options.strategy, **more))
    finally:
        progress.close()
    folder = bench.folder_of(config)
    last = sum(fitted.losses[-10:]) / len(fitted.losses[-10:])
    print(
        f"{options.route}, {options.strategy}: {fitted.step:,} steps, {fitted.tokens:,} tokens, "
        f"{fitted.flops / 1e12:.1f} TFLOPs, {fitted.seconds:,.0f} s; loss of the last steps "
        f"{last:.2f}. Kept as {folder.name}.",
        file=sys.stderr,
    )
    if options.json:
        told = {key: value for key, value in vars(fitted).items() if key != "losses"}
        found = {"kept": str(folder), "config": config.to_dict(), **told, "loss": round(last, 4)}
        print(json.dumps(found))
    return 0
