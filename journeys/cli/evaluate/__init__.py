"""``evaluate``: how well journeys are found and named, what they give a recommender, and
how well an agent's users are learnt."""

from __future__ import annotations

from typing import Any

from journeys.cli.evaluate import agents, ctr, extraction, judge, mixing, naming


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("evaluate", help="score journeys, names and recommenders")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in (extraction, mixing, naming, judge, ctr, agents):
        action.add_parser(actions)


__all__ = ["add_parser"]
