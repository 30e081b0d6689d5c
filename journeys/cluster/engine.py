"""The run: which stage follows which, and what is there already."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from journeys.cluster.embedding import Embedding, Totals, read_totals
from journeys.cluster.files import read_json, write_json
from journeys.cluster.finding import Finding
from journeys.cluster.job import Job
from journeys.cluster.naming import name_partition
from journeys.cluster.results import assignment_counts
from journeys.cluster.sources import Converting, conversion_counts, cut, described, is_direct
from journeys.cluster.splitting import Splitting, block_counts
from journeys.cluster.words import add_up, write_words
from journeys.cluster.workers import Work, Workers
from journeys.discovery.namers import prompts_id
from journeys.discovery.pipeline import library_versions, make_extractor
from journeys.discovery.progress import Progress, Stopwatch, check
from journeys.discovery.tools import Tools
from journeys.embedding import choose_mean, encode_mean, shipped_mean
from journeys.errors import ConfigError, InputError
from journeys.extraction import LogExtractor


def discover_by_partition(
    job: Job,
    files: Sequence[Path],
    workers: Workers,
    progress: Progress,
    *,
    tools: Tools | None = None,
    mapping: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Find the journeys in a log of any size; returns the manifest, which the folder has too.

    A run that was interrupted is gone on with by the same call; a finished one is not done again.

    Args:
        job: the run; blocks and partitions are filled in here.
        files: the log, in order; where two records repeat each other, the first stands.
        tools: namer and embedder for names by a language model; not needed for keyphrases.
        mapping: our column -> column of the files, where the recognised one is wrong.

    Raises:
        InputError: a file cannot be used, or the folder holds another run.
        ConfigError: a setting that this engine does not have.
        EndpointError: not all journeys could be named; the same call goes on.
        Cancelled: ``progress`` said to stop.
    """
    _check_settings(job, tools)
    request = job.request(described(files)) | {"mapping": dict(mapping or {})}
    layout = job.layout
    if layout.request.exists() and read_json(layout.request) != _as_read(request):
        raise InputError(
            f"{layout.out} holds a run with other settings or another log. Choose an empty folder, "
            "or delete this one."
        )
    if layout.manifest.exists():
        done: dict[str, Any] = read_json(layout.manifest)
        return done
    try:
        write_json(layout.request, request)
    except OSError as error:
        raise InputError(
            f"Nothing can be written to {layout.out} ({error.strerror}). Choose another folder."
        ) from error
    run = _Run(job, workers, progress)
    with run.watch.measure("total"):
        run.read(files, mapping or {})
        run.embed()
        run.find()
        manifest = run.name(tools)
    manifest["seconds"] = {step: round(took, 4) for step, took in run.watch.seconds.items()}
    write_json(layout.manifest, manifest)
    shutil.rmtree(layout.work)
    return manifest


class _Run:
    """The stages; each does only what is not there."""

    def __init__(self, job: Job, workers: Workers, progress: Progress) -> None:
        self.job = job
        self.watch = Stopwatch()
        self._workers = workers
        self._progress = progress
        self._converted: list[int] = []

    def read(self, files: Sequence[Path], mapping: Mapping[str, str]) -> None:
        """Convert what must be, cut into blocks, and divide the people into partitions."""
        layout, sizes = self.job.layout, self.job.sizes
        self._converted = [at for at, path in enumerate(files) if mapping or not is_direct(path)]
        converting = Converting(
            layout, tuple(map(str, files)), dict(mapping), self.job.timezone, sizes
        )
        self._each("convert", converting, self._converted, layout.converted)
        readable = [
            layout.converted(at) if at in set(self._converted) else path
            for at, path in enumerate(files)
        ]
        blocks = cut(readable, sizes)
        records = sum(block.rows for block in blocks)
        partitions = max(1, -(-records // sizes.partition_events))
        self.job = replace(self.job, blocks=blocks, partitions=partitions)
        self._each("split", Splitting(self.job), range(len(blocks)), layout.block)

    def embed(self) -> None:
        """Embed every partition, and add up what must be known of the whole log."""
        job, layout = self.job, self.job.layout
        parts = range(job.partitions)
        self._each("embed_parts", Embedding(job), parts, layout.totals, keep=True)
        if layout.whole.exists():
            return
        with self.watch.measure("add up"):
            totals = read_totals(job, 0)
            for partition in parts[1:]:
                totals += read_totals(job, partition)
            if not totals.events:
                raise InputError("No record could be read; see the folder 'rejected'.")
            write_words(layout.words, add_up(map(layout.part_words, parts)))
            write_json(
                layout.whole,
                {
                    "people": totals.people,
                    "events": totals.events,
                    "texts": totals.texts,
                    "now": totals.last,
                    "mean": self.job.mean or _mean(job, totals),
                },
            )

    def find(self) -> None:
        """Find everybody's journeys."""
        self._each("find_parts", Finding(self.job), range(self.job.partitions), self._found_path())

    def name(self, tools: Tools | None) -> dict[str, Any]:
        """Name the journeys where a language model is to; returns the manifest."""
        job, layout = self.job, self.job.layout
        manifest = self._manifest()
        ledger = layout.work / "ledger.json"
        manifest["llm"] = read_json(ledger) if ledger.exists() else {}
        manifest["naming_problem"] = ""
        with self.watch.measure("name"):
            for partition in range(job.partitions):
                if tools is None or layout.journeys(partition).exists():
                    continue
                try:
                    name_partition(job, partition, tools, self._progress, manifest)
                finally:
                    write_json(ledger, manifest["llm"])
        manifest.pop("naming_estimate", None)
        return manifest

    def _found_path(self) -> Callable[[int], Path]:
        layout = self.job.layout
        if self.job.config.namer == "keyphrase":
            return layout.journeys
        # A named partition need not be found again, though what was found is still there too.
        return layout.found

    def _each(
        self,
        stage: str,
        work: Work,
        items: Sequence[int],
        path: Callable[[int], Path],
        *,
        keep: bool = False,
    ) -> None:
        """Do the work for the numbers whose file is not there."""
        left = [item for item in items if not path(item).exists()]
        done = len(items) - len(left)
        if not items:
            return
        self._progress.stage(stage, done, len(items))
        with self.watch.measure(stage):
            for _ in self._workers.each(work, left, keep=keep):
                done += 1
                self._progress.update(done)
                check(self._progress)

    def _manifest(self) -> dict[str, Any]:
        job, layout = self.job, self.job.layout
        whole = read_json(layout.whole)
        blocks = [block_counts(job, number) for number in range(len(job.blocks))]
        converted = [conversion_counts(layout, source) for source in self._converted]
        parts = [assignment_counts(layout.assignments(part)) for part in range(job.partitions)]
        rules: dict[str, int] = {}
        for part in parts:
            for rule, people in part["users_without_journeys"].items():
                rules[rule] = rules.get(rule, 0) + people
        read = sum(block["records"] for block in blocks)
        return {
            "format": 1,
            "engine": "ray",
            "config": job.config.to_dict(),
            "users": whole["people"],
            "events": whole["events"],
            "texts_embedded": whole["texts"],
            "now": whole["now"],
            "mean": whole["mean"],
            "embedder": job.embedder_id,
            "extractor": {"id": job.config.extractor, **make_extractor(job.config).settings()},
            "prompts": prompts_id(job.config),
            "libraries": library_versions(),
            "python": platform.python_version(),
            "blocks": len(job.blocks),
            "partitions": job.partitions,
            "rejected": sum(each["rejected"] for each in (*blocks, *converted)),
            "duplicates": read - whole["events"] + sum(each["repeated"] for each in converted),
            "journeys": sum(part["journeys"] for part in parts),
            "unassigned_share": sum(part["unassigned"] for part in parts) / whole["events"],
            "users_without_journeys": rules,
        }


def _check_settings(job: Job, tools: Tools | None) -> None:
    """Refuse what this engine does not have before anything is done."""
    config = job.config
    if isinstance(make_extractor(config), LogExtractor):
        raise ConfigError(
            f"The extractor {config.extractor!r} looks at the whole log at once, and --engine ray "
            "never does. Choose another, or the engine 'local'."
        )
    if config.map != "none":
        raise ConfigError("--engine ray draws no maps. Leave --map out, or set it to none.")
    if config.stability_draws:
        raise ConfigError("--engine ray does not measure stability. Leave --stability out.")
    if config.namer != "keyphrase" and tools is None:
        raise ConfigError(f"The namer {config.namer!r} needs tools to run it.")


def _mean(job: Job, totals: Totals) -> str:
    return encode_mean(
        choose_mean(
            totals.mean,
            users=totals.people,
            events=totals.events,
            shipped=shipped_mean(job.embedder_id),
        )
    )


def _as_read(value: Any) -> Any:
    """A value as it comes back from JSON."""
    return json.loads(json.dumps(value))
