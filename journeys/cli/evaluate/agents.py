"""``evaluate agents``: what a user of an agent will accept, and which tool comes next."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.errors import ConfigError, InputError

if TYPE_CHECKING:
    from journeys.agents.evaluation.report import Scored


def add_parser(actions: Any) -> None:
    """Add this action to ``evaluate``."""
    agents = actions.add_parser(
        "agents",
        help="learn each user of an agent from what they accept and reject, and test it",
        description="Learn preferences from a log of an agent's pull requests (agent_prs.jsonl: "
        "acceptance, over five blocks of time, each from what was known before) or of its calls of "
        "tools (tau-bench's trajectories.jsonl: the next tool, leaving a task out), beside "
        "baselines. Intervals are over users, or over tasks.",
    )
    agents.add_argument("log", type=Path, help="the log, or the folder that it lies in")
    agents.add_argument(
        "--no-text", action="store_true", help="leave the content of requests out (no embedder)"
    )
    agents.add_argument(
        "--ask",
        type=int,
        default=0,
        metavar="N",
        help="also ask the built-in language model of N requests, drawn once and for all, with "
        "what is known of the user in its prompt (some ten seconds each; a log of pull requests)",
    )
    agents.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="keep its answers here and go on from them (no titles are kept)",
    )
    agents.add_argument(
        "--json", action="store_true", help="end with one JSON object on standard output"
    )
    agents.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read, evaluate, print."""
    if options.ask and options.no_text:
        raise ConfigError("Journeys are of texts: --ask cannot go with --no-text.")
    path = _file(options.log)
    found = (
        _tools(path)
        if _kind(path) == "tau-bench"
        else _acceptance(path, not options.no_text, options.ask, options.answers)
    )
    if options.json:
        print(json.dumps(found))
    return 0


def _file(path: Path) -> Path:
    if path.is_dir():
        logs = sorted(path.glob("*.jsonl"))
        if len(logs) != 1:
            raise InputError(f"{path} has {len(logs)} .jsonl files; name the one to evaluate.")
        return logs[0]
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    return path


def _kind(path: Path) -> str:
    """Which of the two logs it is, by the keys of its first record."""
    from journeys.agents.adapters.common import Unread, objects

    first = next(objects(path, Unread()), {})
    if {"task_id", "steps"} <= set(first):
        return "tau-bench"
    if {"outcome", "agent", "closed_at"} <= set(first):
        return "agent-prs"
    raise InputError(
        f"{path.name} is neither a log of agents' pull requests nor one of tau-bench. See "
        "docs/how-to.md for the columns."
    )


def _acceptance(path: Path, with_text: bool, ask: int, answers: Path | None) -> dict[str, Any]:
    from journeys.agents.adapters import Unread, read_trajectories
    from journeys.agents.evaluation.pull_requests import evaluate_stream, sentences
    from journeys.agents.evaluation.stream import stream_of
    from journeys.cli.evaluate.ctr import cached_encoder

    unread = Unread()
    read = list(read_trajectories(path, "agent-prs", unread))
    for reason, count in unread.reasons.most_common():
        print(f"{count:,} left out: {reason}.", file=sys.stderr)
    stream = stream_of(read, encode_texts=cached_encoder() if with_text else None)
    found = evaluate_stream(stream, on_model=lambda name: print(f"{name} ...", file=sys.stderr))
    if ask > 0:
        found.models.update(_asked(found.scored, ask, answers))
    print(
        f"{len(stream):,} requests of {len(set(stream.users)):,} users in "
        f"{len(set(stream.repos)):,} repositories, accepted: {stream.liked.mean():.3f}."
    )
    for line in sentences(found.models):
        print(line)
    return found.models


def _asked(scored: Scored, size: int, kept: Path | None) -> dict[str, Any]:
    """Rows of the language model's answers on a sample."""
    from journeys.agents.evaluation.prompting import Answers, ask_all, sample
    from journeys.agents.evaluation.sampled import prompt_rows
    from journeys.cli.progress import TerminalProgress
    from journeys.models import DEFAULT_MODEL, find
    from journeys.naming.local import LocalModel
    from journeys.settings import Settings

    asked = sample(scored.stream, size)
    progress = TerminalProgress()
    progress.stage("ask", 0, len(asked))
    path = find(DEFAULT_MODEL, Settings.from_environment().models_dir)
    try:
        with LocalModel(path, name=DEFAULT_MODEL, context=2048) as chat:
            told = ask_all(
                scored.stream, asked, chat, Answers(kept), lambda done, _: progress.update(done)
            )
    finally:
        progress.close()
    return prompt_rows(scored, asked, told)


def _tools(path: Path) -> dict[str, Any]:
    from journeys.agents.adapters import read_trajectories
    from journeys.agents.evaluation.tools import calls_of, evaluate_tools

    def told(done: int, total: int) -> None:
        if done % 10 == 0 or done == total:
            print(f"task {done} of {total}", file=sys.stderr)

    found = evaluate_tools(calls_of(list(read_trajectories(path, "tau-bench"))), on_task=told)
    for name, row in found.items():
        low, high = row["hit1_interval"]
        less, more = row["mrr_interval"]
        print(
            f"{name:14s} Hit@1 {row['hit1']:.4f} [{low:.4f}, {high:.4f}], MRR {row['mrr']:.4f} "
            f"[{less:.4f}, {more:.4f}]; {row['calls']:,} calls of {row['tasks']} tasks"
        )
    return found
