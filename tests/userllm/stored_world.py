"""A store with a discovered log, an encoder trained on it and a language model that reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.naming.tuning import missing_packages
from journeys.settings import Settings
from journeys.store import EncoderJob, Store
from journeys.userllm.readers import NEXT_TEXT, naming_text
from tests.logs import TOPICS, make_log
from tests.naming.tiny import tiny_model
from tests.pages.filled import discovered

PEOPLE = 8

needs_packages = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)


def discovered_log(store: Store) -> int:
    """Eight people with three journeys each, and a visitor; returns the log's id."""
    return discovered(store, make_log(users=PEOPLE, per_topic=6), min_user_events=5)[0]


def carried_out(store: Store, log_id: int, job: EncoderJob) -> int:
    """A job done by the worker's own code; returns its run."""
    run = store.encoder_jobs.create(log_id, job)
    assert store.runs.claim(run, "test")
    execute(store, Settings.from_environment(), run, "test", make_embedder=lambda _: FakeEmbedder())
    return run


def trained(store: Store, log_id: int, name: str = "ours") -> int:
    """A tiny number of epochs."""
    run = carried_out(store, log_id, EncoderJob(name, epochs=2))
    assert store.runs.get(run).status == "done", store.runs.get(run).message
    return run


def tiny_base(folder: Path) -> Path:
    """A language model with random weights that knows the log's words."""
    words = [*TOPICS, *TOPICS.values(), NEXT_TEXT, naming_text(["0 1 2 3"]), "Titles that a person"]
    if not (folder / "config.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        tiny_model(folder, words)
    return folder


def taught(store: Store, log_id: int, base: Path, name: str = "ours") -> int:
    """The encoder's reader on a tiny language model."""
    run = carried_out(store, log_id, EncoderJob(name, "reader", base=str(base), examples=4))
    assert store.runs.get(run).status == "done", store.runs.get(run).message
    return run
