"""Discovery: from a log to each user's journeys, described, drawn and named."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.continuing import continue_from
from journeys.discovery.pipeline import run_discovery
from journeys.discovery.progress import Progress, Silent
from journeys.discovery.storage import MemoryStorage, RunStorage
from journeys.discovery.tools import MapCache, Tools
from journeys.journey import Journey, UserJourneys
from journeys.naming.prompts import PromptSet
from journeys.timeline import ActivityLog

__all__ = [
    "Discovery",
    "DiscoveryConfig",
    "MapCache",
    "MemoryStorage",
    "Progress",
    "RunStorage",
    "Silent",
    "Tools",
    "discover",
    "run_discovery",
]


@dataclass(frozen=True)
class Discovery:
    """What was found in a log.

    Attributes:
        users: one result a user, by user id; those without journeys say why in ``note``.
        maps: user id -> points of shape ``(events, 2)``, in the order of the user's timeline.
        manifest: everything needed to repeat the run: settings, seeds, versions, mean, costs.
    """

    log: ActivityLog
    users: tuple[UserJourneys, ...]
    maps: dict[str, np.ndarray] = field(repr=False)
    manifest: dict[str, Any] = field(repr=False)

    @property
    def journeys(self) -> Sequence[Journey]:
        """Every journey, by user id and rank."""
        return [journey for user in self.users for journey in user.journeys]

    @property
    def unassigned_share(self) -> float:
        """Share of the log's events in no journey, 0 to 1."""
        events = sum(len(user.labels) for user in self.users)
        unassigned = sum(int(np.sum(user.labels < 0)) for user in self.users)
        return unassigned / events if events else 0.0


def discover(
    log: ActivityLog,
    config: DiscoveryConfig | None = None,
    *,
    tools: Tools | None = None,
    progress: Progress | None = None,
    earlier: Discovery | None = None,
    prompts: PromptSet | None = None,
) -> Discovery:
    """Find the journeys in a log, in memory.

    Args:
        log: from :func:`journeys.read_log`, or built from a pandas frame.
        config: settings; keyphrase names and one map a user by default.
        tools: embedder, caches and namer; by default the configured embedder, caches that last
            as long as the call, and keyphrase names only.
        progress: told what is being done, and asked whether to stop.
        earlier: found in a log that has grown since. Its mean is used again, its journeys keep
            their ids, and with the same settings only new events are clustered.

    Raises:
        ConfigError: a setting is wrong, or a namer was asked for without tools to run it.
        ModelError: the embedding model is missing.
        Cancelled: ``progress`` said to stop.
    """
    config = config or DiscoveryConfig()
    if prompts is not None and tools is None:
        config = replace(config, prompts=prompts.id)
    tools = tools or _memory_tools(config, prompts)
    storage = MemoryStorage(log, text_key=tools.map_key)
    if earlier is not None:
        continued = continue_from(earlier, log)
        storage = MemoryStorage(log, text_key=tools.map_key, earlier=continued.users)
        storage.save_manifest(continued.manifest(tools.embedder.id))
    manifest = run_discovery(storage, config, tools, progress or Silent())
    return Discovery(
        log,
        tuple(storage.results[person] for person in sorted(storage.results)),
        {log.users[person]: points for person, points in storage.maps.items()},
        manifest,
    )


class _MemoryMaps:
    def __init__(self) -> None:
        self._maps: dict[str, np.ndarray] = {}

    def get(self, key: str) -> np.ndarray | None:
        return self._maps.get(key)

    def put(self, key: str, points: np.ndarray) -> None:
        self._maps[key] = points


def _memory_tools(config: DiscoveryConfig, prompts: PromptSet | None) -> Tools:
    from journeys.discovery.namers import namer_opener
    from journeys.embedding import MemoryVectorCache, load_embedder
    from journeys.endpoint import chosen_endpoint
    from journeys.naming import MemoryCompletionCache
    from journeys.settings import Settings

    settings = Settings.from_environment()
    key = secrets.token_bytes(32)
    open_namer, concurrency = namer_opener(
        config,
        models_dir=settings.models_dir,
        endpoint=chosen_endpoint(settings, None),
        local_only=settings.local_only,
        cache=MemoryCompletionCache(),
        secret=key,
        prompts=prompts,
    )
    return Tools(
        embedder=load_embedder(config.embedder),
        vectors=MemoryVectorCache(),
        maps=_MemoryMaps(),
        map_key=key,
        open_namer=open_namer,
        concurrency=concurrency,
    )
