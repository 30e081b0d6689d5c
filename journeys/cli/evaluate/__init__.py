"""``evaluate``: how well journeys are found and named, on a log whose true groups are known."""

from __future__ import annotations

from typing import Any

from journeys.cli.evaluate import extraction, judge, mixing, naming


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("evaluate", help="score journeys against groups people made")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in (extraction, mixing, naming, judge):
        action.add_parser(actions)


__all__ = ["add_parser"]
