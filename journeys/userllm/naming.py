"""A namer that knows a person by their embedding, and of a journey the few newest titles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeys.embedding import Embedder, load_embedder
from journeys.journey import FRIEND_LEVEL, Names
from journeys.models.encoders import encoders_folder
from journeys.naming.base import Evidence, Named
from journeys.naming.checks import Ground, check_name, tidy
from journeys.naming.keyphrases import keyphrase_levels
from journeys.settings import Settings
from journeys.store import Store
from journeys.userllm.installed import find_encoder
from journeys.userllm.readers import RECENT, Reader, load_reader, naming_text
from journeys.userllm.stored import StoredLog, read_stored

#: Longest name in tokens.
_MOST_TOKENS = 24


@dataclass(frozen=True)
class EmbeddingNamer:
    """A :class:`~journeys.naming.base.Namer` by an encoder's reader.

    It gives the friend's name; the other levels are key phrases. A name that fails its checks, or
    a person whom the log does not have, gets key phrases there, too, recorded as a fallback.

    Attributes:
        reader: taught on the log.
        log: of the people whose journeys are named, with the encoder's vocabulary.
        encoder: name of the encoder.
    """

    reader: Reader
    log: StoredLog
    encoder: str

    @property
    def id(self) -> str:
        return f"embedding:{self.encoder}"

    def name(self, evidence: Evidence) -> Named:
        """Name one journey; asks nobody and raises nothing."""
        found = self.raw(evidence)
        fits = bool(found) and check_name(found, FRIEND_LEVEL, Ground.of(evidence)) is None
        names = list(keyphrase_levels(evidence))
        if fits:
            names[FRIEND_LEVEL - 1] = found
        one, two, three, four, five = names
        shown = (evidence.recent or evidence.titles)[:RECENT]
        return Named(
            Names(
                (one, two, three, four, five),
                self.id,
                fallback=() if fits else (FRIEND_LEVEL,),
                shown=tuple(evidence.items[each] for each in shown if each in evidence.items),
            )
        )

    def raw(self, evidence: Evidence) -> str:
        """What the model says, unchecked; '' of a person whom the log does not have."""
        data = self.log.data
        if evidence.person not in data.users:
            return ""
        user = data.users.index(evidence.person)
        start, stop = int(data.starts[user]), int(data.starts[user + 1])
        if evidence.last_seen is not None:  # Nothing later than the journey is known.
            until = evidence.last_seen.timestamp()
            stop = start + int(np.searchsorted(data.times[start:stop], until, side="right"))
        if stop == start:
            return ""
        prompts = self.reader.prompts(self.log)
        ids = prompts.ids(naming_text(evidence.recent or evidence.titles))
        tokenizer = self.reader.tokenizer
        ends = [tokenizer.eos_token_id, *prompts.ids("\n")[-1:]]
        said = self.reader.model.answer(
            ids,
            data.batch([(start, stop)]),
            most=_MOST_TOKENS,
            min_new_tokens=2,
            eos_token_id=ends,
            pad_token_id=tokenizer.eos_token_id,
        )
        text = str(tokenizer.decode(said, skip_special_tokens=True)).strip()
        return tidy(text.splitlines()[0]) if text else ""


def open_namer(
    store: Store,
    settings: Settings,
    log_id: int,
    encoder: str | None = None,
    *,
    embedder: Embedder | None = None,
) -> EmbeddingNamer:
    """The namer of a stored log.

    Args:
        encoder: its name; None for the only one there is.
        embedder: of the content vectors; None for the built-in one.

    Raises:
        ModelError: there is no such encoder, or no language model was taught to read it.
    """
    folder = encoders_folder(settings.models_dir)
    trained = find_encoder(encoder, folder)
    name = trained.card.name
    reader = load_reader(trained, folder / name, settings.models_dir)
    log = read_stored(store, log_id, embedder or load_embedder(), vocabulary=trained.vocabulary)
    return EmbeddingNamer(reader, log, name)
