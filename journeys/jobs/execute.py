"""Carrying out one run that was claimed, to whatever end it comes."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from journeys.discovery import DiscoveryConfig, Tools, run_discovery
from journeys.discovery.evidence import gather_with
from journeys.discovery.progress import Progress
from journeys.embedding import Embedder, load_embedder
from journeys.errors import Cancelled, JourneysError, StoreError
from journeys.jobs.encoders import train
from journeys.jobs.logs import figures
from journeys.jobs.memories import tell_person
from journeys.jobs.namers import allowed_namer
from journeys.jobs.other_names import OtherNames, name_beside
from journeys.jobs.storage import DatabaseProgress, DatabaseStorage
from journeys.settings import Settings
from journeys.store import RunSummary, Store
from journeys.store.outages import is_outage
from journeys.store.runs import ENCODER, MEMORY, NAMES

logger = logging.getLogger(__name__)


def execute(
    store: Store,
    settings: Settings,
    run_id: int,
    lease: str,
    *,
    shutting_down: Callable[[], bool] = lambda: False,
    make_embedder: Callable[[str], Embedder] = load_embedder,
) -> None:
    """Carry out a claimed run and note how it ended. Raises nothing that a run can cause.

    Args:
        shutting_down: true once the worker was asked to end.
        make_embedder: from the configuration's name of an embedder.

    Raises:
        Exception: one that :func:`journeys.store.outages.is_outage` knows. The run has not ended:
            it can go on once the database is back and the lease is released.
    """
    try:
        _to_an_end(store, settings, run_id, lease, shutting_down, make_embedder)
    except StoreError as error:
        # The run was deleted or taken over: it is no longer ours to end.
        kind = type(error).__name__
        logger.warning("run %s: %s", run_id, error, extra=figures(run=run_id, error=kind))


def _to_an_end(
    store: Store,
    settings: Settings,
    run_id: int,
    lease: str,
    shutting_down: Callable[[], bool],
    make_embedder: Callable[[str], Embedder],
) -> None:
    try:
        run = store.runs.get(run_id)
        progress = DatabaseProgress(store, run_id, lease, shutting_down)
        if run.kind == MEMORY:
            problem = tell_person(store, settings, run, progress)
        elif run.kind == ENCODER:
            problem = train(store, settings, run, progress, make_embedder)
        else:
            problem = _find_or_name(store, settings, run, lease, progress, make_embedder)
        store.runs.finish(run_id, lease, "done", problem)
    except Cancelled as stopped:
        if shutting_down():
            store.runs.release(lease)
        else:
            store.runs.finish(run_id, lease, "cancelled", str(stopped))
    except StoreError:
        raise
    except JourneysError as error:
        store.runs.finish(run_id, lease, "failed", str(error))
    except Exception as error:
        if is_outage(error):
            raise
        # Titles may stand in the error's text, so only its kind and place are shown and logged.
        place = "".join(traceback.format_tb(error.__traceback__))
        kind = type(error).__name__
        logger.error(
            "run %s failed: %s\n%s", run_id, kind, place, extra=figures(run=run_id, error=kind)
        )
        message = (
            f"Something went wrong that should not ({type(error).__name__}). What was found so "
            "far is kept. Resume the run; if it fails again, see worker.log in the data folder."
        )
        store.runs.finish(run_id, lease, "failed", message)


def _find_or_name(
    store: Store,
    settings: Settings,
    run: RunSummary,
    lease: str,
    progress: Progress,
    make_embedder: Callable[[str], Embedder],
) -> str:
    """A discovery, or other names for what one found; a sentence on what could not be named."""
    config = DiscoveryConfig.from_dict(run.config)
    if run.kind == NAMES:
        open_namer, concurrency = allowed_namer(store, settings, config, log_id=run.log_id)
        storage = OtherNames(store, run.id, lease)
        gather = gather_with(storage, make_embedder(config.embedder), store.vectors)
        return name_beside(storage, open_namer, concurrency, progress, gather)
    tools = _tools(store, settings, config, run.log_id, make_embedder)
    manifest = run_discovery(DatabaseStorage(store, run.id, lease), config, tools, progress)
    problem: str = manifest.get("naming_problem", "")
    return problem


def _tools(
    store: Store,
    settings: Settings,
    config: DiscoveryConfig,
    log_id: int,
    make_embedder: Callable[[str], Embedder],
) -> Tools:
    open_namer, concurrency = allowed_namer(store, settings, config, log_id=log_id)
    return Tools(
        embedder=make_embedder(config.embedder),
        vectors=store.vectors,
        maps=store.maps,
        map_key=store.keys.text,
        open_namer=open_namer,
        concurrency=concurrency,
    )
