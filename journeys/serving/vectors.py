"""A person's vector by a trained user encoder, from the content vectors that the store has.

No embedding model is loaded: a discovery has embedded every text of its log already.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from journeys.embedding import text_keys
from journeys.errors import ModelError
from journeys.models.encoders import CARD_FILE, encoder_names
from journeys.serving.people import NO_ENCODER, SoftPrompt
from journeys.store import Store
from journeys.store.agent_journeys import PersonRun

if TYPE_CHECKING:
    from journeys.userllm.card import TrainedEncoder

_MOST = 1_000


class EncoderVectors:
    """Vectors of people by one encoder, each made once for as long as their log does not grow.

    Args:
        folder: of the installation's encoders.
        name: of the encoder; None: the only one there is.
    """

    def __init__(self, store: Store, folder: Path, name: str | None = None) -> None:
        self._store = store
        self._folder = folder
        self._name = name
        self._lock = Lock()
        self._trained: TrainedEncoder | None = None
        self._made: OrderedDict[tuple[str, str, int, int], SoftPrompt] = OrderedDict()

    def of(self, run: PersonRun) -> SoftPrompt:
        """The vector of a person; see :class:`journeys.serving.people.Vectors`.

        Raises:
            ModelError: there is no encoder, it was withdrawn, or texts have no vectors.
        """
        with self._lock:
            trained = self._encoder()
            # By pseudonym too: SQLite gives the number of somebody erased to the next person.
            key = (trained.card.created, run.pseudonym, run.person_id, run.n_events)
            found = self._made.pop(key, None) or self._encode(trained, run)
            self._made[key] = found
            if len(self._made) > _MOST:
                self._made.popitem(last=False)
        return found

    def _encoder(self) -> TrainedEncoder:
        held = self._trained
        if held is not None:
            if (self._folder / held.card.name / CARD_FILE).is_file():
                return held
            # Somebody it learned from was erased.
            self._trained = None
            self._made.clear()
        if not encoder_names(self._folder):
            raise ModelError(NO_ENCODER)
        from journeys.userllm.installed import find_encoder

        self._trained = find_encoder(self._name, self._folder)
        return self._trained

    def _encode(self, trained: TrainedEncoder, run: PersonRun) -> SoftPrompt:
        from journeys.userllm.datasets import of_timelines
        from journeys.userllm.vectors import user_vectors

        store, embedder = self._store, trained.card.embedder

        def embedded(texts: Sequence[str]) -> np.ndarray:
            keys = text_keys(store.keys.text, texts)
            if store.vectors.missing(embedder, keys):
                raise ModelError(
                    f"The encoder {trained.card.name} reads vectors by {embedder}, which some "
                    "texts of this person do not have. Run a discovery of their log with it."
                )
            return store.vectors.get(embedder, keys)

        timeline = store.logs.timeline(run.person_id)
        data = of_timelines(
            [timeline], embedded if embedder else None, vocabulary=trained.vocabulary
        )
        vector = user_vectors(trained.encoder, data).vectors[0]
        return SoftPrompt(trained.card.name, tuple(float(each) for each in vector))
