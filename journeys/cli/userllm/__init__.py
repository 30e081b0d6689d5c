"""``userllm``: train user embeddings, and say what they are worth. One module an action."""

from __future__ import annotations

from typing import Any

from journeys.cli.userllm import evaluate, fit, next_item, person, pretrain

#: Each has ``add_parser(actions)``; a new action is one line here.
ACTIONS = (pretrain, next_item, person, fit, evaluate)


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "userllm",
        help="user embeddings, alone and for a language model (User-LLM)",
        description="Train an encoder that turns a person's history into vectors (User-LLM), and "
        "compare it with other ways of knowing a person.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in ACTIONS:
        action.add_parser(actions)


__all__ = ["add_parser"]
