"""Training of a user encoder as a job of the worker."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from journeys.discovery.progress import Progress
from journeys.embedding import Embedder
from journeys.errors import ModelError
from journeys.settings import Settings
from journeys.store import RunSummary, Store

#: An extra of the product that the core never imports: it is found by its name when a job asks
#: for it, as a plug-in is.
_CARRIES_OUT = "journeys.userllm.training_job"


def train(
    store: Store,
    settings: Settings,
    run: RunSummary,
    progress: Progress,
    make_embedder: Callable[[str], Embedder],
) -> str:
    """Carry a job out; always ''.

    Raises:
        Cancelled: the user asked to stop; a job that is resumed goes on.
        JourneysError: as the training does.
    """
    try:
        module: Any = import_module(_CARRIES_OUT)
    except ImportError as error:
        raise ModelError(
            "User embeddings need packages that are not installed. Install them with: pip install "
            "-r requirements-userllm.txt"
        ) from error
    module.carry_out(store, settings, run, progress, make_embedder)
    return ""
