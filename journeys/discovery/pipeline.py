"""The run: read, embed, cluster and describe, draw, name. Resumable at every step.

Maps come before names, since a language model may take minutes and keyphrase names stand until
it answers. Whatever a storage holds already is not done again.
"""

from __future__ import annotations

import json
import platform
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import numpy as np

from journeys import __version__
from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.evidence import gather_with
from journeys.discovery.maps import draw_maps
from journeys.discovery.namers import prompts_id
from journeys.discovery.naming_stage import name_journeys
from journeys.discovery.progress import Progress, Stopwatch, check
from journeys.discovery.stability import measured_stability
from journeys.discovery.storage import RunStorage
from journeys.discovery.tools import Tools
from journeys.discovery.user import UserTools, find_journeys
from journeys.embedding import (
    choose_mean,
    decode_mean,
    embed_missing,
    encode_mean,
    shipped_mean,
)
from journeys.extraction import EXTRACTORS, Extractor, JourneyRules, LogExtractor, get_extractor
from journeys.extraction.threads import one_thread
from journeys.naming import DocumentFrequency

#: Texts looked up in the cache at a time.
TEXTS_AT_ONCE = 20_000

_LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "hdbscan",
    "umap-learn",
    "onnxruntime",
    "sentence-transformers",
)


def run_discovery(
    storage: RunStorage, config: DiscoveryConfig, tools: Tools, progress: Progress
) -> dict[str, Any]:
    """Carry a run as far as it goes; returns its manifest, which the storage has too.

    Raises:
        Cancelled: the user asked to stop; what was found is stored, and a later call goes on.
        JourneysError: something failed in a way that the user should know; likewise.
    """
    watch = Stopwatch()
    people, events = storage.size()
    with watch.measure("total"):
        manifest = _begin(storage, config, tools, people, events)
        background = _embed(storage, tools, progress, watch, events)
        user_tools = _user_tools(storage, config, tools, manifest, background, watch)
        _cluster(storage, tools, user_tools, progress, watch, people)
        if config.stability_draws:
            with watch.measure("stability"):
                manifest["stability"] = measured_stability(storage, tools, user_tools, progress)
        with watch.measure("project"):
            manifest["maps"] = draw_maps(storage, config, tools, user_tools.mean, progress)
        with watch.measure("name"):
            name_journeys(
                storage,
                tools.open_namer,
                tools.concurrency,
                progress,
                manifest,
                tools.before_naming,
                gather_with(storage, tools.embedder, tools.vectors),
            )
    manifest["seconds"] = {step: round(took, 4) for step, took in watch.seconds.items()}
    storage.save_manifest(manifest)
    return manifest


def _begin(
    storage: RunStorage, config: DiscoveryConfig, tools: Tools, people: int, events: int
) -> dict[str, Any]:
    manifest = dict(storage.manifest())
    manifest |= {
        "format": 1,
        "config": config.to_dict(),
        "users": people,
        "events": events,
        "now": storage.last_time(),
        "embedder": tools.embedder.id,
        "extractor": {"id": config.extractor, **make_extractor(config).settings()},
        "prompts": prompts_id(config),
        "libraries": library_versions(),
        "python": platform.python_version(),
    }
    return manifest


def library_versions() -> dict[str, str]:
    """Versions of the libraries that results may depend on."""
    return {name: version(name) for name in _LIBRARIES}


def make_extractor(config: DiscoveryConfig) -> Extractor:
    """The extractor that a configuration asks for, with its settings."""
    kind = EXTRACTORS.get(config.extractor)
    granularity = {"granularity": config.granularity} if kind and kind.granular else {}
    return get_extractor(config.extractor, **{**granularity, **config.extractor_settings})


def _embed(
    storage: RunStorage, tools: Tools, progress: Progress, watch: Stopwatch, events: int
) -> DocumentFrequency:
    """Make the vectors that the cache lacks; on the way, count the log's phrases."""
    progress.stage("embed", 0, events)
    seen = 0
    texts: list[str] = []
    keys: list[bytes] = []
    pending = 0

    def flush() -> None:
        nonlocal seen, pending
        missing = len(tools.vectors.missing(tools.embedder.id, keys))
        base = seen + pending - missing
        done = 0

        def report(count: int) -> None:
            nonlocal done
            done += count
            progress.update(base + done)

        progress.update(base)
        embed_missing(
            texts,
            keys,
            tools.embedder,
            tools.vectors,
            on_progress=report,
            should_stop=progress.should_stop,
        )
        seen += pending
        pending = 0
        texts.clear()
        keys.clear()

    titles: list[str] = []
    for _, timeline in storage.timelines():
        with watch.measure("embed"):
            texts.extend(timeline.texts())
            keys.extend(storage.text_keys(timeline))
            pending += len(timeline)
            if pending >= TEXTS_AT_ONCE:
                flush()
        with watch.measure("describe"):
            titles.extend(timeline.titles)
    with watch.measure("embed"):
        flush()
    with watch.measure("describe"):
        return DocumentFrequency.of(titles)


def _user_tools(
    storage: RunStorage,
    config: DiscoveryConfig,
    tools: Tools,
    manifest: dict[str, Any],
    background: DocumentFrequency,
    watch: Stopwatch,
) -> UserTools:
    with watch.measure("mean"):
        if "mean" not in manifest:
            manifest["mean"] = encode_mean(_corpus_mean(storage, tools))
    extractor = make_extractor(config)
    clustering = _clustering(config, tools, extractor, manifest["mean"])
    manifest["clustering"] = clustering
    storage.save_manifest(manifest)
    if isinstance(extractor, LogExtractor):
        with watch.measure("fit"):
            extractor = extractor.fit(timeline for _, timeline in storage.timelines())
    return UserTools(
        config=config,
        extractor=extractor,
        rules=JourneyRules(
            min_user_events=config.min_user_events, min_journey_events=config.min_journey_events
        ),
        now=storage.last_time(),
        mean=decode_mean(manifest["mean"]),
        background=background,
        clustering=clustering,
    )


def _clustering(
    config: DiscoveryConfig, tools: Tools, extractor: Extractor, mean: str
) -> dict[str, Any]:
    """All that a person's labels depend on besides their events; JSON-able.

    Empty for an extractor that looks at the whole log, whose labels no later log can build on.
    """
    if isinstance(extractor, LogExtractor):
        return {}
    settings = {
        "extractor": {"id": config.extractor, **extractor.settings()},
        "embedder": tools.embedder.id,
        "mean": blake2b(mean.encode(), digest_size=8).hexdigest(),
        "seed": config.seed,
        "min_user_events": config.min_user_events,
        "min_journey_events": config.min_journey_events,
        "version": __version__,
    }
    # As it will be read back, so that the two can be compared.
    result: dict[str, Any] = json.loads(json.dumps(settings))
    return result


def _corpus_mean(storage: RunStorage, tools: Tools) -> np.ndarray:
    """The mean to subtract, from a pass over all vectors, one timeline in memory at a time."""
    people, events = storage.size()
    total = np.zeros(tools.embedder.dimension)
    for _, timeline in storage.timelines():
        vectors = tools.vectors_of(timeline, storage.text_keys(timeline))
        total += vectors.sum(axis=0, dtype=np.float64)
    return choose_mean(
        (total / max(events, 1)).astype(np.float32),
        users=people,
        events=events,
        shipped=shipped_mean(tools.embedder.id),
    )


def _cluster(
    storage: RunStorage,
    tools: Tools,
    user_tools: UserTools,
    progress: Progress,
    watch: Stopwatch,
    people: int,
) -> None:
    finished = storage.finished()
    done = sum(1 for person, _ in storage.timelines() if person in finished) if finished else 0
    progress.stage("cluster", done, people)
    with one_thread():
        for person, timeline in storage.timelines():
            if person in finished:
                continue
            check(progress)
            with watch.measure("load"):
                vectors = tools.vectors_of(timeline, storage.text_keys(timeline))
                earlier = storage.earlier(person, timeline)
                edits = storage.edits(person, timeline)
            result = find_journeys(timeline, vectors, user_tools, watch, earlier, edits)
            with watch.measure("store"):
                storage.save_user(person, timeline, result)
            done += 1
            progress.update(done)
