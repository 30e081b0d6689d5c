"""``memory``: let a log enter the memory, tell of what is complete, and show a person's years."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.progress import TerminalProgress
from journeys.errors import InputError

if TYPE_CHECKING:
    from journeys.memory import Life, MemorySummary, Policy, Telling
    from journeys.settings import Settings
    from journeys.store import LogSummary, Store

POLICIES = ("size", "gap", "change")


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "memory",
        help="keep a memory of long histories: partitions, summaries and shifts",
        description="A memory of each person's history (LIBER): events enter a cache, the cache "
        "becomes a partition that never changes, and a language model tells of each once.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    append = actions.add_parser(
        "append",
        help="let a log's new events enter its memory",
        description="Store a log, or add its new events to the stored one of that name, and let "
        "them enter its memory. The same command again adds nothing twice, and goes on where it "
        "was stopped.",
    )
    append.add_argument("log", metavar="LOG", help="a file that 'discover' reads, or the name of a "
                        "stored log")  # fmt: skip
    append.add_argument("--name", help="of the stored log (default: that of the file)")
    _policy_options(append)
    append.add_argument("--tell", choices=("local", "openai"), help="tell of complete partitions "
                        "with the built-in model or the endpoint")  # fmt: skip
    append.add_argument("--model", default="", metavar="NAME", help="of the teller")
    append.add_argument("--users", type=int, metavar="N", help="tell of the first N people only")
    append.add_argument("--partitions", type=int, metavar="N",
                        help="tell of the first N partitions of each person only")  # fmt: skip
    append.add_argument("--max-calls", type=int, metavar="N", help="to the endpoint, at most")
    append.add_argument("--json", action="store_true", help="end with one JSON object")
    append.set_defaults(run=run_append)
    show = actions.add_parser("show", help="print what the memory has of a person")
    show.add_argument("user", metavar="USER", help="the person's id in the log, or their pseudonym")
    show.add_argument("--log", help="name of the stored log (default: the newest with the person)")
    _policy_options(show)
    show.add_argument("--json", action="store_true")
    show.set_defaults(run=run_show)


def _policy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", choices=POLICIES, default="size",
                        help="when the cache becomes a partition (default: size)")  # fmt: skip
    parser.add_argument("--size", type=int, default=20, metavar="K",
                        help="events of a partition by size (default 20)")  # fmt: skip
    parser.add_argument("--days", type=float, default=14.0, metavar="D",
                        help="the pause that ends a partition by gap (default 14)")  # fmt: skip


def _policy(options: argparse.Namespace) -> Policy:
    from journeys.memory import ByChange, ByGap, BySize

    if options.policy == "gap":
        return ByGap(days=options.days)
    return ByChange() if options.policy == "change" else BySize(options.size)


def run_append(options: argparse.Namespace) -> int:
    """Store, append, tell."""
    with _opened() as (store, settings):
        log = _stored(options, store)
        run = next((run.id for run in store.runs.list(log.id) if run.status == "done"), None)
        memory = store.memory.open(log.id, _policy(options), run)
        progress = TerminalProgress()
        begun = False

        def tell_progress(done: int, total: int) -> None:
            nonlocal begun
            if not begun:
                progress.stage("memory", 0, total)
                begun = True
            progress.update(done)

        try:
            done = store.memory.append(memory, on_progress=tell_progress)
        finally:
            progress.close()
        print(
            f"{done.events:,} events of {done.people:,} people entered, {done.partitions:,} "
            f"partitions closed, {done.late:,} events came late.",
            file=sys.stderr,
        )
        told = _tell(options, store, settings, memory) if options.tell else None
        if options.json:
            state = store.memory.get(memory)
            print(json.dumps({
                "log": log.name, "memory": memory, "policy": state.policy.kind,
                "events": done.events, "people": done.people, "partitions": done.partitions,
                "late": done.late, "partitions_in_all": state.partitions,
                "told": told.partitions if told else 0,
                "llm_calls": told.cost.calls if told else 0,
                "tokens": told.cost.prompt_tokens + told.cost.completion_tokens if told else 0,
                "seconds": round(told.cost.seconds, 1) if told else 0.0,
            }))  # fmt: skip
    return 0


def _stored(options: argparse.Namespace, store: Store) -> LogSummary:
    """The stored log that is meant, with the file's events in it."""
    known = {log.name: log for log in reversed(store.logs.list())}
    path = Path(options.log)
    if not path.exists():
        if options.log in known:
            return known[options.log]
        raise InputError(f"There is no file and no stored log called {options.log!r}.")
    from journeys.ingest import read_log
    from journeys.ingest.preparing import prepare

    name = options.name or path.stem
    read = prepare(read_log(path)).log
    if name in known:
        store.logs.append(known[name].id, read)
        log_id = known[name].id
    else:
        log_id = store.logs.add(read, name)
    return next(log for log in store.logs.list() if log.id == log_id)


def _tell(options: argparse.Namespace, store: Store, settings: Settings, memory: int) -> Telling:
    from journeys.jobs.tellers import ENDPOINT_CONCURRENCY, open_teller
    from journeys.memory import tell

    people = [person.person_id for person in store.memory.people(memory)]
    progress = TerminalProgress()
    waiting = sum(map(len, store.memory.untold(memory, people[: options.users]).values()))
    progress.stage("tell", 0, waiting)
    try:
        with open_teller(
            store, settings, options.tell, model=options.model, max_calls=options.max_calls
        ) as teller:
            told = tell(
                store.memory,
                memory,
                teller,
                lambda person: store.memory.journey_names(memory, person),
                people=people[: options.users],
                most=options.partitions,
                concurrency=ENDPOINT_CONCURRENCY if options.tell == "openai" else 1,
                on_progress=lambda done, _total: progress.update(done),
            )
    finally:
        progress.close()
    for problem in told.problems:
        print(problem, file=sys.stderr)
    return told


def run_show(options: argparse.Namespace) -> int:
    """Print a person's partitions, notes and interests."""
    from journeys.memory import current, lives, newest
    from journeys.privacy import pseudonyms

    with _opened() as (store, _settings):
        aliases = {options.user, *pseudonyms(store.keys.pseudonym, [options.user])}
        memory, person = _find(options, store, aliases)
        records = store.memory.partitions(memory.id, person)
        summaries, shifts = newest(store.memory.notes(memory.id, person))
        found = lives(records, summaries, shifts) if summaries else ()
        waiting = len(store.memory.items(memory.id, person).get(0, ()))
        if options.json:
            print(json.dumps({
                "partitions": [
                    {
                        "number": record.number,
                        "from": _day(record.first_at),
                        "to": _day(record.last_at),
                        "events": record.n_events,
                        "late": record.n_late,
                        "summary": summaries[record.number].text
                        if record.number in summaries else None,
                        "shift": shifts[record.number].text if record.number in shifts else None,
                    }
                    for record in records
                ],
                "cache": waiting,
                "current": [_life(life) for life in current(found)],
                "history": [_life(life) for life in found],
            }, ensure_ascii=False))  # fmt: skip
            return 0
        for record in records:
            late = f", {record.n_late} late" if record.n_late else ""
            print(f"{record.number}. {_day(record.first_at)} to {_day(record.last_at)}, "
                  f"{record.n_events} events{late}")  # fmt: skip
            if record.number in summaries:
                print(f"   {summaries[record.number].text}")
            for change in shifts[record.number].changes if record.number in shifts else ():
                earlier = f" (was: {change.earlier})" if change.earlier else ""
                print(f"   {change.kind}: {change.name}{earlier}")
        print(f"{waiting} events wait in the cache.")
        if not summaries and records:
            print("Nothing has been told yet: python -m journeys memory append LOG --tell local")
        for life in current(found):
            print(f"now: {life.name}")
    return 0


def _find(
    options: argparse.Namespace, store: Store, aliases: set[str]
) -> tuple[MemorySummary, int]:
    policy = _policy(options)
    for log in store.logs.list():
        if options.log and log.name != options.log:
            continue
        for memory in store.memory.of_log(log.id):
            if memory.policy != policy:
                continue
            for person in store.memory.people(memory.id):
                if person.pseudonym in aliases:
                    return memory, person.person_id
    raise InputError(
        f"No memory of this kind has a person {options.user!r}. "
        "Make one with: python -m journeys memory append LOG"
    )


def _life(life: Life) -> Mapping[str, Any]:
    return {
        "name": life.name,
        "names": list(life.names),
        "journey": life.journey,
        "state": life.state,
        "facts": [
            {"kind": fact.kind, "partition": fact.number, "from": _day(fact.first_at),
             "to": _day(fact.last_at), "events": list(fact.change.evidence)}
            for fact in life.facts
        ],
    }  # fmt: skip


def _day(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d}"


@contextmanager
def _opened() -> Iterator[tuple[Store, Settings]]:
    from journeys.cli.opening import command_store
    from journeys.settings import Settings

    settings = Settings.from_environment()
    store = command_store("memory", settings)
    try:
        yield store, settings
    finally:
        store.close()
