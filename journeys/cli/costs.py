"""Options and messages about what naming costs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from journeys.cli.progress import TerminalProgress
from journeys.errors import Cancelled, ConfigError
from journeys.naming.estimate import Estimate


class EstimateOnly(Cancelled):
    """The estimate is told, and no more was asked for."""


def add_cost_options(parser: argparse.ArgumentParser) -> None:
    """Options for namers that make calls."""
    group = parser.add_argument_group("cost of naming", "for namers that are language models")
    group.add_argument("--estimate", action="store_true",
                       help="find the journeys, tell what naming them would cost, and stop: "
                       "nothing is sent and nothing is written")  # fmt: skip
    group.add_argument("--price", nargs=2, type=float, metavar=("IN", "OUT"),
                       help="US dollars for a million tokens of prompts, and of answers; "
                       "unknown without")  # fmt: skip
    group.add_argument("--max-cost", type=float, metavar="USD",
                       help="stop naming at this cost; needs --price")  # fmt: skip
    group.add_argument("--max-tokens", type=int, metavar="N", help="stop naming at N tokens")
    group.add_argument("--max-calls", type=int, metavar="N", help="stop naming at N requests")
    group.add_argument("--concurrency", type=int, metavar="N",
                       help="requests to an endpoint at once, up to 64 (default 12)")  # fmt: skip


def check_cost_options(options: argparse.Namespace) -> None:
    """Refuse what makes no sense before anything is done.

    Raises:
        ConfigError: an estimate is asked for, and no language model.
    """
    if options.estimate and options.namer == "keyphrase":
        raise ConfigError("--estimate needs a language model: --namer openai, or --namer local.")


def cost_settings(options: argparse.Namespace) -> dict[str, Any]:
    """What was chosen, as settings of a discovery."""
    return {
        "price": tuple(options.price) if options.price else None,
        "max_cost": options.max_cost,
        "max_tokens": options.max_tokens,
        "max_calls": options.max_calls,
        "concurrency": options.concurrency,
    }


def announcing(progress: TerminalProgress, *, stop: bool) -> Callable[[Estimate], None]:
    """Tells the estimate on standard error before anything is sent; with ``stop``, ends there."""

    def announce(estimate: Estimate) -> None:
        progress.close()
        print(f"Estimate: {estimate.in_words()}", file=sys.stderr)
        if stop:
            raise EstimateOnly("Nothing was sent.")

    return announce
