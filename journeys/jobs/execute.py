"""Carrying out one run that was claimed, to whatever end it comes."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from journeys.discovery import DiscoveryConfig, Tools, run_discovery
from journeys.discovery.namers import namer_opener
from journeys.embedding import Embedder, load_embedder
from journeys.endpoint import chosen_endpoint, local_only
from journeys.errors import Cancelled, JourneysError, PrivacyError, StoreError
from journeys.jobs.storage import DatabaseProgress, DatabaseStorage
from journeys.settings import Settings
from journeys.store import Store

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
    """
    try:
        config = DiscoveryConfig.from_dict(store.runs.get(run_id).config)
        progress = DatabaseProgress(store, run_id, lease, shutting_down)
        tools = _tools(store, settings, config, make_embedder)
        manifest = run_discovery(DatabaseStorage(store, run_id, lease), config, tools, progress)
        store.runs.finish(run_id, lease, "done", manifest.get("naming_problem", ""))
    except Cancelled as stopped:
        if shutting_down():
            store.runs.release(lease)
        else:
            store.runs.finish(run_id, lease, "cancelled", str(stopped))
    except StoreError as error:
        # The run was deleted or taken over: it is no longer ours to end.
        logger.warning("run %s: %s", run_id, error)
    except JourneysError as error:
        store.runs.finish(run_id, lease, "failed", str(error))
    except Exception as error:
        # Titles may stand in the error's text, so only its kind and place are shown and logged.
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("run %s failed: %s\n%s", run_id, type(error).__name__, place)
        message = (
            f"Something went wrong that should not ({type(error).__name__}). What was found so "
            "far is kept. Resume the run; if it fails again, see worker.log in the data folder."
        )
        store.runs.finish(run_id, lease, "failed", message)


def _tools(
    store: Store,
    settings: Settings,
    config: DiscoveryConfig,
    make_embedder: Callable[[str], Embedder],
) -> Tools:
    endpoint = chosen_endpoint(settings, store.choices)

    def still_allowed() -> None:
        now = chosen_endpoint(settings, store.choices)
        if endpoint is None or now is None or now.origin != endpoint.origin:
            raise PrivacyError("The endpoint was changed or forgotten while naming went on.")
        now.require_consent()
        if local_only(settings, store.choices) and not now.loopback:
            raise PrivacyError(f"Only this machine may be asked now, and {now.host} is another.")

    open_namer, concurrency = namer_opener(
        config,
        models_dir=settings.models_dir,
        endpoint=endpoint,
        local_only=local_only(settings, store.choices),
        cache=store.completions,
        secret=store.keys.prompt,
        prompts=store.prompts.chosen(config.prompts),
        still_allowed=still_allowed,
    )
    return Tools(
        embedder=make_embedder(config.embedder),
        vectors=store.vectors,
        maps=store.maps,
        map_key=store.keys.text,
        open_namer=open_namer,
        concurrency=concurrency,
    )
