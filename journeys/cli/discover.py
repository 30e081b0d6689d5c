"""``discover``: find and name the journeys in a log, and write them as files."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli import on_ray
from journeys.cli.costs import (
    EstimateOnly,
    add_cost_options,
    announcing,
    check_cost_options,
    cost_settings,
)
from journeys.cli.progress import TerminalProgress
from journeys.cli.prompts import wanted_prompts
from journeys.errors import InputError
from journeys.extraction import EXTRACTORS
from journeys.timeline import ActivityLog

if TYPE_CHECKING:
    from journeys.discovery import DiscoveryConfig


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "discover",
        help="find and name the journeys in a log",
        description="Find and name the journeys in a log. Writes assignments.csv, rejected.csv, "
        "journeys.jsonl, map.parquet and manifest.json. Vectors and answers of language models "
        "are kept, so the same command after an interruption goes on where it stopped.",
    )
    parser.add_argument("log", type=Path, nargs="+", metavar="PATH",
                        help="CSV, TSV, JSON, JSONL or Parquet; gz or zip too. Several files, or "
                        "a folder of them, with --engine ray only")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--users", type=int, metavar="N", help="only the first N users by id")
    parser.add_argument(
        "--namer", choices=("keyphrase", "local", "openai", "tuned"), default="keyphrase",
        help="who names the journeys (default: keyphrase, no language model)",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="NAME", help="model of the local or tuned namer, or endpoint"
    )
    parser.add_argument("--prompts", default="", metavar="ID|FOLDER",
                        help="prompts for a namer that is a language model: a set by its id (see "
                        "the command 'prompts'), or a folder, which is kept as a set")  # fmt: skip
    parser.add_argument("--language", default="", metavar="NAME",
                        help="of the names, e.g. Spanish (default: the titles' own)")  # fmt: skip
    parser.add_argument("--examples", type=int, metavar="STUDY",
                        help="show the language model corrections of this study's participants as "
                        "examples, of those who allow it")  # fmt: skip
    parser.add_argument("--examples-most", type=int, default=3, metavar="N",
                        help="of them in a prompt, nearest first (default 3)")  # fmt: skip
    add_cost_options(parser)
    parser.add_argument(
        "--extractor", choices=tuple(EXTRACTORS), default="hdbscan", metavar="NAME",
        help=f"what finds the journeys: {', '.join(EXTRACTORS)} (default hdbscan)",
    )  # fmt: skip
    parser.add_argument("--embedder", default="minilm",
                        help="minilm (built in), minilm-int8 (the same in 8 bits, faster), or a "
                        "sentence-transformers name or path")  # fmt: skip
    parser.add_argument(
        "--granularity", type=float, default=0.5, metavar="G",
        help="0: few broad journeys, 1: many narrow ones (default 0.5)",
    )  # fmt: skip
    parser.add_argument("--min-user-events", type=int, default=10, metavar="N")
    parser.add_argument("--min-journey-events", type=int, default=5, metavar="N")
    parser.add_argument(
        "--map", choices=("none", "user", "log"),
        help="a map for each person (default), one for the log, or none",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timezone", default="UTC", help="of times without one (default UTC)")
    parser.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS",
                        help="read our column from theirs, e.g. title=headline")  # fmt: skip
    parser.add_argument("--mean-from", type=Path, metavar="MANIFEST",
                        help="use the corpus mean frozen in an earlier manifest.json")  # fmt: skip
    parser.add_argument("--continue-from", type=Path, metavar="DIR",
                        help="an earlier output folder: journeys keep their ids, the mean stays, "
                        "and with the same settings only new events are clustered")  # fmt: skip
    parser.add_argument("--stability", type=int, default=0, metavar="N",
                        help="measure stability with N random subsamples of 90%%, "
                        "and over 5 seeds")  # fmt: skip
    parser.add_argument("--pseudonymise", action="store_true",
                        help="write pseudonyms instead of the log's own user ids")  # fmt: skip
    on_ray.add_options(parser)
    parser.add_argument("--json", action="store_true",
                        help="end with one JSON object on standard output")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    if options.engine == "ray":
        return on_ray.run(options)
    if len(options.log) > 1 or options.log[0].is_dir():
        raise InputError("Several files or a folder need --engine ray. Give one file without it.")
    return _run_here(options)


def _run_here(options: argparse.Namespace) -> int:
    from journeys.cli.opening import command_store
    from journeys.discovery import Discovery, MemoryStorage, run_discovery
    from journeys.discovery.continuing import read_continued
    from journeys.export import write_discovery
    from journeys.settings import Settings

    started = time.perf_counter()
    check_cost_options(options)
    config = chosen_config(options, default_map="user")
    settings = Settings.from_environment()
    store = command_store("discover", settings)
    try:
        config = replace(config, prompts=wanted_prompts(store, options.prompts))
        progress = TerminalProgress()
        tools = replace(
            command_tools(store, settings, config),
            before_naming=announcing(progress, stop=options.estimate),
        )
        reading = time.perf_counter()
        log = read(options, progress)
        read_seconds = time.perf_counter() - reading
        key = store.keys.pseudonym if options.pseudonymise else None
        continued = None
        if options.continue_from:
            continued = read_continued(options.continue_from, log, pseudonym_key=key)
        storage = MemoryStorage(
            log, text_key=store.keys.text, earlier=continued.users if continued else None
        )
        if continued:
            storage.save_manifest(continued.manifest(tools.embedder.id))
        if options.mean_from:
            storage.save_manifest({"mean": frozen_mean(options.mean_from)})
        try:
            manifest = run_discovery(storage, config, tools, progress)
        except EstimateOnly:
            return 0
        progress.close()
        found = Discovery(
            log,
            tuple(storage.results[person] for person in sorted(storage.results)),
            {log.users[person]: points for person, points in storage.maps.items()},
            manifest,
        )
        writing = time.perf_counter()
        seconds = {"read": read_seconds, **manifest["seconds"]}
        manifest["seconds"] = seconds
        written = write_discovery(
            found,
            options.out,
            pseudonym_key=key,
            inherited=continued.journey_ids if continued else (),
        )
        seconds["write"] = time.perf_counter() - writing
        seconds["total"] = time.perf_counter() - started
    finally:
        store.close()
    summary = {
        "users": len(log.users),
        "events": len(log),
        "rejected": written["rejected"],
        "journeys": len(found.journeys),
        "unassigned_share": round(found.unassigned_share, 6),
        "seconds": {step: round(took, 3) for step, took in seconds.items()},
        "llm": manifest["llm"],
    }
    _tell(summary, written, options)
    if options.json:
        print(json.dumps(summary))
    return 0


def chosen_config(options: argparse.Namespace, default_map: str) -> DiscoveryConfig:
    """The settings of a discovery that the options ask for.

    Raises:
        ConfigError: one is out of range.
    """
    from journeys.discovery import DiscoveryConfig

    return DiscoveryConfig(
        seed=options.seed,
        embedder=options.embedder,
        extractor=options.extractor,
        granularity=options.granularity,
        min_user_events=options.min_user_events,
        min_journey_events=options.min_journey_events,
        namer=options.namer,
        model=options.model,
        language=options.language,
        examples=options.examples,
        examples_most=options.examples_most,
        map=options.map or default_map,
        stability_draws=options.stability,
        **cost_settings(options),
    )


def command_tools(store: Any, settings: Any, config: Any) -> Any:
    """Embedder, namer and the caches of the installation's database.

    Choosing ``--namer openai`` on the command line is consent to send to the endpoint that the
    environment names; where it goes is told on standard error before anything is sent.
    """
    from journeys.discovery import Tools
    from journeys.discovery.namers import namer_opener
    from journeys.embedding import load_embedder
    from journeys.endpoint import chosen_endpoint, local_only
    from journeys.jobs.namers import examples_of

    endpoint = chosen_endpoint(settings, store.choices)
    examples = examples_of(store, config, None)
    if config.examples is not None:
        found, people = examples.size if examples else (0, 0)
        allow = store.examples.sharing(config.examples)
        print(
            f"Examples from corrections of study {config.examples}: {found:,} of {people:,} "
            "people; "
            f"{allow.people:,} of {allow.of:,} participants allow it.",
            file=sys.stderr,
        )
    if config.namer == "openai" and endpoint is not None:
        print(
            f"Titles, redacted, will be sent to {endpoint.host} (model "
            f"{config.model or endpoint.model}).",
            file=sys.stderr,
        )
        endpoint = replace(endpoint, consented_origin=endpoint.origin)
    open_namer, concurrency = namer_opener(
        config,
        models_dir=settings.models_dir,
        endpoint=endpoint,
        local_only=local_only(settings, store.choices),
        cache=store.completions,
        secret=store.keys.prompt,
        prompts=store.prompts.chosen(config.prompts, config.namer),
        examples=examples,
    )
    return Tools(
        embedder=load_embedder(config.embedder),
        vectors=store.vectors,
        maps=store.maps,
        map_key=store.keys.text,
        open_namer=open_namer,
        concurrency=concurrency,
    )


def read(options: argparse.Namespace, progress: TerminalProgress) -> ActivityLog:
    """The log, or its first users."""
    from journeys.ingest import read_log

    mapping = column_mapping(options.column)

    def tell(done: int, total: int | None) -> None:
        progress.update(done // 1_000_000)

    (path,) = options.log
    size = path.stat().st_size if path.is_file() else 0
    progress.stage("read", 0, size // 1_000_000)
    log = read_log(path, mapping=mapping, timezone=options.timezone, on_progress=tell)
    return log if options.users is None else first_users(log, options.users)


def column_mapping(pairs: Sequence[str]) -> dict[str, str] | None:
    """Our column -> theirs, from what ``--column`` was given; None where that is nothing.

    Raises:
        InputError: a pair lacks its equals sign.
    """
    mapping = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals:
            raise InputError(f"--column {pair!r} must look like title=headline")
        mapping[ours] = theirs
    return mapping or None


def first_users(log: ActivityLog, count: int) -> ActivityLog:
    """The part of a log that is its first users' by id, with the records that are theirs."""
    if count < 1:
        raise InputError(f"--users must be at least 1, not {count}")
    if count >= len(log.users):
        return log
    end = log.timeline(log.users[count]).start
    mine = log.report.record_event < end
    report = replace(
        log.report,
        record_event=log.report.record_event[mine],
        record_row=log.report.record_row[mine],
    )
    return ActivityLog(log.frame.iloc[:end], report, sorted_=True)


def frozen_mean(path: Path) -> str:
    """The corpus mean, encoded, of an earlier manifest."""
    try:
        mean = json.loads(path.read_text(encoding="utf-8"))["mean"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a manifest with a corpus mean in it.") from error
    return str(mean)


def _tell(summary: dict[str, Any], manifest: dict[str, Any], options: argparse.Namespace) -> None:
    lines = [
        f"{summary['journeys']:,} journeys of {summary['users']:,} people in "
        f"{summary['events']:,} events; {summary['unassigned_share']:.1%} of events in none."
    ]
    for rule, people in manifest["users_without_journeys"].items():
        lines.append(f"{people:,} people have no journeys by the rule {rule}.")
    if summary["rejected"]:
        lines.append(f"{summary['rejected']:,} rows could not be read: see rejected.csv.")
    if manifest.get("maps", {}).get("left_out"):
        lines.append(f"{manifest['maps']['left_out']:,} people or events are not on a map.")
    if manifest["naming_problem"]:
        lines.append(manifest["naming_problem"])
    lines.append(f"Written to {options.out}")
    print("\n".join(lines), file=sys.stderr)


__all__ = [
    "add_parser",
    "chosen_config",
    "column_mapping",
    "command_tools",
    "first_users",
    "frozen_mean",
    "read",
    "run",
]
