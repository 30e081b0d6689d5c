"""What the actions of ``userllm`` read: a file, a stored log, or ML-100k, as the encoder's data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from journeys.errors import ConfigError, InputError

if TYPE_CHECKING:
    from journeys.settings import Settings
    from journeys.userllm.sequences import EncoderData, Vocabulary

ML_100K = "ml-100k"


@dataclass(frozen=True)
class Read:
    """Data, and where it is from.

    Attributes:
        data: the events.
        name: of the data, for a model card.
        people: pseudonyms; none of public data.
        embedder: id of what made the content vectors.
        still_there: of a stored log, the pseudonyms that are in it now.
    """

    data: EncoderData
    name: str
    people: tuple[str, ...]
    embedder: str
    still_there: Callable[[], Collection[str]] | None = None


def read_data(name: str, settings: Settings, *, vocabulary: Vocabulary | None = None) -> Read:
    """Read a log, a stored one first.

    Args:
        name: a file, a stored log's name, or ``ml-100k``.
        settings: of the installation.
        vocabulary: of a trained encoder, so that ids mean the same; ML-100k's never differ.

    Raises:
        InputError: there is none of that name.
    """
    from journeys.cli.evaluate.ctr import cached_encoder
    from journeys.cli.opening import command_store
    from journeys.embedding import load_embedder
    from journeys.privacy import pseudonyms
    from journeys.userllm.datasets import of_timelines

    embedder = load_embedder().id
    if name == ML_100K and not Path(name).exists():
        return Read(ml100k_data(settings), ML_100K, (), embedder)
    store = command_store("userllm", settings)
    try:
        known = {log.name: log.id for log in reversed(store.logs.list())}
        path = Path(name)
        if path.is_file():
            from journeys.ingest import read_log
            from journeys.ingest.preparing import prepare

            timelines = list(prepare(read_log(path)).log.timelines())
            people = tuple(pseudonyms(store.keys.pseudonym, [each.user_id for each in timelines]))
            log_id = None
        elif name in known:
            log_id = known[name]
            timelines = [timeline for _, timeline in store.logs.timelines(log_id)]
            people = tuple(each.user_id for each in timelines)
        else:
            raise InputError(f"There is no file and no stored log called {name!r}.")
    finally:
        store.close()
    data = of_timelines(timelines, cached_encoder(), vocabulary=vocabulary)
    still_there = None if log_id is None else _people_of(settings, log_id)
    return Read(data, path.stem if log_id is None else name, people, embedder, still_there)


def _people_of(settings: Settings, log_id: int) -> Callable[[], Collection[str]]:
    from journeys.cli.opening import command_store

    def asked() -> Collection[str]:
        store = command_store("userllm", settings)
        try:
            return {person.pseudonym for person in store.logs.people(log_id)}
        finally:
            store.close()

    return asked


def ml100k_data(settings: Settings) -> EncoderData:
    """ML-100k with content vectors of titles and genres, each embedded once in an installation."""
    from journeys.cli.evaluate.ctr import cached_encoder
    from journeys.ranking.ml100k import fetch_ml100k, read_ml100k
    from journeys.userllm.datasets import of_impressions

    log = read_ml100k(fetch_ml100k(settings.home / "data" / ML_100K))
    return of_impressions(log, cached_encoder())


def chosen_device(name: str, threads: int) -> str:
    """The device meant by ``cpu``, ``cuda`` or ``auto``; sets how many threads torch may use.

    Raises:
        ConfigError: there is no such device here.
    """
    import torch

    if threads < 1:
        raise ConfigError(f"--threads must be at least 1, not {threads}.")
    torch.set_num_threads(threads)
    there = torch.cuda.is_available()
    if name == "auto":
        name = "cuda" if there else "cpu"
    if name not in ("cpu", "cuda") or (name == "cuda" and not there):
        raise ConfigError(f"There is no device {name!r} here. Take cpu, or auto.")
    print(f"Computing on {name}.", file=sys.stderr)
    return name
