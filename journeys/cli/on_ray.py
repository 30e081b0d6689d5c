"""``discover --engine ray``: the same command, by partition, on one machine or a cluster."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from journeys.cli.costs import check_cost_options
from journeys.cli.progress import TerminalProgress
from journeys.cli.prompts import wanted_prompts
from journeys.errors import ConfigError

if TYPE_CHECKING:
    from journeys.discovery import DiscoveryConfig, Tools

#: What the engine does not have, and the option that asks for it.
_NOT_HERE = {
    "users": "--users",
    "continue_from": "--continue-from",
    "examples": "--examples",
    "estimate": "--estimate",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the engine."""
    group = parser.add_argument_group(
        "engine", "where the work is done; --engine ray needs requirements-cluster.txt"
    )
    group.add_argument("--engine", choices=("local", "ray"), default="local",
                       help="local (default): in memory. ray: by partition on Ray, resumable, with "
                       "Parquet files as the result; see docs/cluster.md")  # fmt: skip
    group.add_argument("--workers", type=int, metavar="N",
                       help="partitions at once (default: the processors)")  # fmt: skip
    group.add_argument("--ray-address", default="local", metavar="ADDRESS",
                       help="of a running cluster, or auto; local (default) starts Ray "
                       "here")  # fmt: skip
    group.add_argument("--block-rows", type=int, default=200_000, metavar="N",
                       help="records that are read at once (default 200,000)")  # fmt: skip
    group.add_argument("--partition-events", type=int, default=50_000, metavar="N",
                       help="events of a partition (default 50,000)")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Carry the command out on Ray."""
    from journeys.cli.discover import chosen_config, column_mapping, frozen_mean
    from journeys.cluster import Job, RayWorkers, Sizes, discover_by_partition
    from journeys.cluster.sources import find_files
    from journeys.embedding import load_embedder

    check_cost_options(options)
    for name, option in _NOT_HERE.items():
        if getattr(options, name) not in (None, False):
            raise ConfigError(f"--engine ray does not have {option}. Leave it out.")
    if options.pseudonymise:
        raise ConfigError(
            "--engine ray does not make pseudonyms. Make them first: "
            "python -m journeys ingest --pseudonymise."
        )
    config = chosen_config(options, default_map="none")
    files = find_files(options.log)
    progress = TerminalProgress()
    with _Naming(config, options.prompts) as naming:
        config = naming.config
        job = Job(
            out=options.out.absolute(),
            config=config,
            load_embedder=partial(load_embedder, config.embedder, threads=1),
            embedder_id=load_embedder(config.embedder).id,
            timezone=options.timezone,
            mean=frozen_mean(options.mean_from) if options.mean_from else "",
            sizes=Sizes(options.block_rows, options.partition_events),
        )
        count = (os.cpu_count() or 1) if options.workers is None else options.workers
        with RayWorkers(count, options.ray_address) as workers:
            manifest = discover_by_partition(
                job,
                files,
                workers,
                progress,
                tools=naming.tools,
                mapping=column_mapping(options.column),
            )
    progress.close()
    _tell(manifest, options)
    return 0


class _Naming:
    """The installation's caches and namer, open while a language model may be asked."""

    def __init__(self, config: DiscoveryConfig, prompts: str) -> None:
        self.config = config
        self.tools: Tools | None = None
        self._prompts = prompts
        self._store: Any = None

    def __enter__(self) -> _Naming:
        if self.config.namer == "keyphrase" and not self._prompts:
            return self
        from journeys.cli.discover import command_tools
        from journeys.cli.opening import command_store
        from journeys.settings import Settings

        settings = Settings.from_environment()
        self._store = command_store("discover", settings)
        self.config = replace(self.config, prompts=wanted_prompts(self._store, self._prompts))
        if self.config.namer != "keyphrase":
            self.tools = command_tools(self._store, settings, self.config)
        return self

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()


def _tell(manifest: dict[str, Any], options: argparse.Namespace) -> None:
    names = ("users", "events", "rejected", "journeys", "unassigned_share", "seconds", "llm")
    summary = {name: manifest[name] for name in names}
    print(
        f"{summary['journeys']:,} journeys of {summary['users']:,} people in "
        f"{summary['events']:,} events; {summary['unassigned_share']:.1%} of events in none.",
        file=sys.stderr,
    )
    if summary["rejected"]:
        print(
            f"{summary['rejected']:,} rows could not be read: see the folder rejected.",
            file=sys.stderr,
        )
    print(f"Written to {options.out}", file=sys.stderr)
    if options.json:
        print(json.dumps(summary))


__all__ = ["add_options", "run"]
