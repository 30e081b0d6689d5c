"""``serve``: what is learnt of an agent's users, over HTTP and the Model Context Protocol."""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from journeys.errors import ConfigError, SignInNeeded
from journeys.settings import AGENT_KEY, agent_key

if TYPE_CHECKING:
    from journeys.settings import Settings


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "serve",
        help="serve preferences of users to agents",
        description="Serve preferences of an agent's users over HTTP, with the Model Context "
        "Protocol under /mcp. Needs requirements-serving.txt, and a key: python -m journeys keys "
        "create. The description of the paths is at /openapi.json.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this "
                        "machine alone)")  # fmt: skip
    parser.add_argument("--port", type=int, default=8600, help="port (default 8600)")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="a name by which the server may be called, beside this machine's own; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--refresh-hours", type=float, metavar="HOURS",
        help="fit the shared weights anew so often (default: only when asked)",
    )  # fmt: skip
    parser.add_argument(
        "--explore", choices=("greedy", "thompson", "ucb"), default="greedy",
        help="how rankings try what is uncertain (default: not)",
    )  # fmt: skip
    parser.add_argument(
        "--budget", type=float, default=0.1, help="share of rankings that explore (default 0.1)"
    )
    parser.add_argument("--encoder", metavar="NAME", help="user encoder of the soft prompts")
    parser.add_argument(
        "--mcp-stdio", action="store_true",
        help=f"serve one MCP client over standard input and output; the key is in {AGENT_KEY}",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    try:
        from journeys.serving.running import make_app, serve_http, serve_stdio
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"Serving needs the package {error.name}. Run: pip install -r requirements-serving.txt"
        ) from error
    from journeys.agents.exploring import Exploration
    from journeys.jobs.logs import set_up_logs
    from journeys.serving.app import LOOPBACK
    from journeys.serving.operations import Rules
    from journeys.settings import Settings

    settings = Settings.from_environment()
    # Before the library of MCP sets up its own log, which takes seconds to draw each error.
    set_up_logs(as_json=settings.json_logs)
    logging.getLogger("mcp").setLevel(logging.WARNING)
    rules = Rules(exploration=Exploration(options.explore, budget=options.budget))
    if options.mcp_stdio:
        if options.refresh_hours is not None:
            raise ConfigError("--refresh-hours is for the server over HTTP. Leave it out.")
        try:
            serve_stdio(settings, agent_key(), rules=rules, encoder=options.encoder)
        except SignInNeeded as error:
            raise ConfigError(
                f"{AGENT_KEY} has no key that works: it is empty, wrong, expired or revoked, or "
                "made for another JOURNEYS_HOME. Make one with: python -m journeys keys create"
            ) from error
        return 0
    hosts = [*LOOPBACK, options.host, *options.allow_host]
    hours = options.refresh_hours
    if hours is not None and hours <= 0:
        raise ConfigError("--refresh-hours must be above 0.")
    app = make_app(
        settings,
        hosts=hosts,
        rules=rules,
        encoder=options.encoder,
        every=timedelta(hours=hours) if hours else None,
    )
    if not _has_key(settings):
        print(
            "No key works yet, so every call is refused. Make one, while this runs or before: "
            "python -m journeys keys create",
            file=sys.stderr,
        )
    serve_http(app, options.host, options.port)
    return 0


def _has_key(settings: Settings) -> bool:
    from journeys.cli.opening import command_store
    from journeys.store.engine import now

    store = command_store("serve", settings)
    try:
        at = now()
        return any(key.works(at) for key in store.agent_keys.list())
    finally:
        store.close()
