"""The command line: ``python -m journeys COMMAND``. One module a command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from journeys.errors import Cancelled, JourneysError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 an error told in a sentence, 2 usage,
    130 interrupted."""
    options = build_parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (KeyboardInterrupt, Cancelled):
        print("Stopped. What was computed is kept; the same command goes on.", file=sys.stderr)
        return 130
    except JourneysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from journeys.cli import (
        agents,
        audit,
        backup,
        cache,
        discover,
        doctor,
        erase,
        evaluate,
        ingest,
        keys,
        memory,
        metrics,
        models,
        prompts,
        serve,
        tune_names,
        userllm,
        worker,
    )

    parser = argparse.ArgumentParser(
        prog="python -m journeys",
        description="Find the journeys in an activity log and name them.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (
        ingest,
        discover,
        evaluate,
        memory,
        models,
        prompts,
        tune_names,
        userllm,
        serve,
        keys,
        agents,
        worker,
        doctor,
        backup,
        metrics,
        cache,
        erase,
        audit,
    ):
        command.add_parser(commands)
    return parser
