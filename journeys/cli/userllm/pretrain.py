"""``userllm pretrain``: train the user encoder by telling the next event."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(actions: Any) -> None:
    """Add this action to ``userllm``."""
    pretrain = actions.add_parser("pretrain", help="train the user encoder on a log")
    pretrain.add_argument("log", metavar="LOG")
    pretrain.add_argument("--json", action="store_true", help="end with one JSON object")
    pretrain.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train and keep an encoder."""
    raise NotImplementedError
