"""A namer that was tuned here: the model's names at its levels, key phrases at the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeys.journey import FRIEND_LEVEL, Names
from journeys.naming.base import Evidence, Named
from journeys.naming.checks import Ground, check_name, tidy
from journeys.naming.keyphrases import in_words, keyphrase_levels
from journeys.naming.tuning.card import ModelCard
from journeys.naming.tuning.installed import find_tuned
from journeys.naming.tuning.model import LoadedModel, load_tuned
from journeys.naming.tuning.prompts import messages, shown_titles
from journeys.words import content_words

#: Answers that are drawn, after the likeliest one failed its checks.
MORE_TRIES = 2


class TunedNamer:
    """A :class:`~journeys.naming.base.Namer` by a model that was tuned on this machine.

    The model names at the levels it was trained for, the friend's as a rule. Of the others, 1 and
    2 are key phrases, and 4 and 5 the friend's name narrowed by key phrases. A name that fails its
    checks is drawn anew, then replaced by key phrases and recorded as a fallback.
    """

    def __init__(self, loaded: LoadedModel, card: ModelCard) -> None:
        self._loaded = loaded
        self._card = card
        self._most = int(card.settings["titles"])

    @property
    def id(self) -> str:
        # Another training under the same name is another namer.
        return f"tuned:{self._card.name}-{self._card.data_hash[:6]}"

    def name(self, evidence: Evidence) -> Named:
        """Name one journey; asks nobody and raises nothing."""
        ground = Ground.of(evidence)
        names = list(keyphrase_levels(evidence))
        fallback = []
        for level in self._card.levels:
            found = self._checked(evidence, level, ground)
            if found:
                names[level - 1] = found
            else:
                fallback.append(level)
        if FRIEND_LEVEL in self._card.levels and FRIEND_LEVEL not in fallback:
            for level in {4, 5}.difference(self._card.levels):
                names[level - 1] = (
                    _narrowed(names[FRIEND_LEVEL - 1], evidence, level) or names[level - 1]
                )
        one, two, three, four, five = names
        return Named(
            Names(
                (one, two, three, four, five),
                self.id,
                fallback=tuple(fallback),
                shown=tuple(
                    evidence.items[title]
                    for title in evidence.titles[: self._most]
                    if title in evidence.items
                ),
            )
        )

    def raw(self, evidence: Evidence, level: int = FRIEND_LEVEL, seed: int | None = None) -> str:
        """What the model says, unchecked."""
        shown = shown_titles(evidence, self._most)
        return tidy(self._loaded.answer(messages(shown, level), seed=seed))

    def _checked(self, evidence: Evidence, level: int, ground: Ground) -> str:
        """A name that passes its checks; '' where none does."""
        for seed in (None, *range(MORE_TRIES)):
            found = self.raw(evidence, level, seed)
            if check_name(found, level, ground) is None:
                return found
        return ""


def _narrowed(name: str, evidence: Evidence, level: int) -> str:
    """The friend's name followed by key phrases it does not say yet, for level 4 or 5."""
    said = set(content_words(name))
    new = [phrase for phrase in evidence.keyphrases if said.isdisjoint(content_words(phrase))]
    count = level - 2
    return f"{name}: {in_words(new[:count])}" if len(new) >= count else ""


@contextmanager
def open_tuned(name: str | None, folder: Path, models_dir: Path) -> Iterator[TunedNamer]:
    """A tuned namer by name, in memory during the block.

    Raises:
        ModelError: there is none of that name, or its parts are not there.
    """
    card = find_tuned(name, folder)
    yield TunedNamer(load_tuned(card, folder / card.name, models_dir), card)
