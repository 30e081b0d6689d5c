"""``userllm evaluate``: text prompt, soft prompt and cross-attention side by side."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.userllm.fit import add_plan, comparison, plan

if TYPE_CHECKING:
    from journeys.userllm.outcomes import Row

#: As in :mod:`journeys.userllm.comparison`, which is not imported for its weight.
PARTS = ("main", "flops", "strategies", "long")


def add_parser(actions: Any) -> None:
    """Add this action to ``userllm``."""
    parser = actions.add_parser(
        "evaluate",
        help="compare text prompts with user embeddings",
        description="Ask a language model about people who are told to it as text, as "
        "a soft prompt or by cross-attention, and baselines beside it. What is not trained yet is "
        "trained; everything is kept, so the same command goes on after an interruption.",
    )
    add_plan(parser)
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=["main"],
        help="main: three routes (default); flops: a soft prompt trained with the operations of "
        "the text route; strategies: what else can be trained, and a random encoder; long: text "
        "prompts that are trained with as long histories",
    )  # fmt: skip
    parser.add_argument(
        "--kept", action="store_true", help="only what is there already; train and ask nothing"
    )
    parser.add_argument(
        "--figure", type=Path, metavar="FILE.html", help="write the curve of score against tokens"
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object of rows")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, and print the tables."""
    from journeys.cli.progress import TerminalProgress

    chosen = plan(options, parts=tuple(options.parts))
    progress = TerminalProgress()
    try:
        compared = comparison(options, chosen, progress)
        rows = list(compared.run(only_kept=options.kept))
    finally:
        progress.close()
    _keep(rows, chosen, options.log)
    print(compared.tables(), file=sys.stderr if options.json else sys.stdout)
    if options.figure:
        from journeys.figures import tokens_figure

        tokens_figure(rows).write_html(options.figure, include_plotlyjs=True)
        print(f"The curve is in {options.figure}.", file=sys.stderr)
    if options.json:
        print(json.dumps({"rows": [row.to_dict() for row in rows]}))
    return 0


def _keep(rows: Sequence[Row], chosen: Any, log: Path | None) -> None:
    """For the page, which shows the newest result in which a language model was asked."""
    from dataclasses import asdict

    from journeys.settings import Settings
    from journeys.userllm.results import keep_result, results_folder

    if any(row.tokens for row in rows):
        about = {"data": log.stem if log else "ml-100k", **asdict(chosen)}
        folder = results_folder(Settings.from_environment().home)
        keep_result(folder, [row.to_dict() for row in rows], about)
