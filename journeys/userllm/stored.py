"""A stored log as the encoder reads it, with the vectors that the store keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeys.discovery.evidence import gather_titles
from journeys.discovery.progress import Progress, Silent, check
from journeys.embedding import Embedder, embed_missing, text_keys
from journeys.journey import FRIEND_LEVEL
from journeys.naming import Evidence
from journeys.store import Store
from journeys.userllm.datasets import of_timelines
from journeys.userllm.questions import Wording, one_line
from journeys.userllm.sequences import EncoderData, Vocabulary, shuffled_ties

#: Longest title in a prompt, in characters.
_TITLE = 60


@dataclass(frozen=True)
class StoredLog:
    """A log of the store.

    Attributes:
        data: everybody's events; users by their pseudonyms.
        titles: of each event of the data; untrusted.
    """

    data: EncoderData
    titles: tuple[str, ...]

    @property
    def wording(self) -> Wording:
        """A title a line, also of items that the encoder does not know."""
        return Wording(
            "Titles that a person looked at, oldest first:",
            lambda event: one_line(self.titles[event], _TITLE),
        )


def read_stored(
    store: Store,
    log_id: int,
    embedder: Embedder,
    *,
    vocabulary: Vocabulary | None = None,
    progress: Progress | None = None,
) -> StoredLog:
    """Read a log with its content vectors.

    Args:
        embedder: of the content vectors; a text that the store has a vector of is not embedded.
        vocabulary: of a trained encoder, so that ids mean the same.
        progress: told of the embedding.

    Raises:
        InputError: the log holds no event.
        Cancelled: as the progress asked.
    """
    told = progress or Silent()

    def embed(texts: Sequence[str]) -> np.ndarray:
        keys = text_keys(store.keys.text, texts)
        done = 0
        told.stage("embed", 0, len(store.vectors.missing(embedder.id, keys)))

        def more(count: int) -> None:
            nonlocal done
            done += count
            told.update(done)

        embed_missing(
            texts,
            keys,
            embedder,
            store.vectors,
            chunk=512,
            on_progress=more,
            should_stop=told.should_stop,
        )
        return store.vectors.get(embedder.id, keys)

    people = [each for _, each in store.logs.timelines(log_id) if len(each)]
    data = of_timelines(people, embed, vocabulary=vocabulary)
    # As the data has them: by person and time, with the events of one instant in a drawn order.
    owner = np.repeat(np.arange(len(people)), [len(each) for each in people])
    order = shuffled_ties(owner, np.concatenate([each.times for each in people]))
    titles = [title for each in people for title in each.titles]
    return StoredLog(data, tuple(titles[at] for at in order.tolist()))


@dataclass(frozen=True)
class NamedJourney:
    """A journey as a namer sees it, and the name it has."""

    evidence: Evidence
    name: str


def named_journeys(
    store: Store,
    run_id: int,
    *,
    level: int = FRIEND_LEVEL,
    most: int = 500,
    progress: Progress | None = None,
) -> dict[str, tuple[NamedJourney, ...]]:
    """Pseudonym to the journeys that a discovery found and named, strongest first.

    Args:
        level: of the names.
        most: people, those with most journeys.
        progress: asked whether to stop.
    """
    found = {}
    for person in store.results.people(run_id)[:most]:
        check(progress or Silent())
        timeline = store.logs.timeline(person.person_id, run_id)
        journeys = store.results.user(run_id, person.person_id, timeline)
        gathered = gather_titles(timeline, journeys, journeys.journeys)
        pairs = zip(gathered, journeys.journeys, strict=True)
        found[person.pseudonym] = tuple(
            NamedJourney(evidence, journey.name(level))
            for evidence, journey in pairs
            if journey.name(level)
        )
    return found
