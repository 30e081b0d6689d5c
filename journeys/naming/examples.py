"""Worked examples for naming, made of what people called their journeys themselves.

Few-shot examples near to what is asked help more than fixed ones (Liu et al. 2022, "What Makes
Good In-Context Examples for GPT-3?", section 3), and those nearest to the question stand last, next
to it. Whose example may be shown to whom is decided here, for every prompt anew: a person's own
always for themselves, another's only where they agreed to it and nothing in it is sensitive.

Own words are untrusted text. They must read as a name (:mod:`journeys.naming.checks`), stand as a
JSON string in the place of an answer, and the rules say that they are data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from journeys.errors import ConfigError
from journeys.journey import FRIEND_LEVEL, LEVELS
from journeys.naming.base import Evidence
from journeys.naming.checks import MAX_CHARACTERS, check_form, repeated, said_in_full, tidy
from journeys.naming.prompts import CITED, DETAILS, PromptSet
from journeys.naming.showing import estimate_tokens
from journeys.words import content_words, plain, shorten

#: How examples are chosen.
Choice = Literal["nearest", "recent", "random"]

#: Titles of an example, and their length in characters: enough to see the subject.
TITLES, TITLE_CHARACTERS = 6, 70
#: Most details that an example's answer lists, and titles that it cites.
_DETAILS, _CITED = 4, 3


@dataclass(frozen=True)
class NameExample:
    """A journey and what its person calls it. Texts are redacted by the caller.

    Attributes:
        id: where it comes from; recorded with the names that it served.
        owner: pseudonym of the person.
        titles: of the journey, most central first.
        keyphrases: of the journey.
        names: five names: the person's own at ``levels``, what the journey was called at others.
        levels: those at which the words are the person's own.
        sensitive: something in it is of a sensitive topic, so it serves nobody else.
        saved_at: when the words were given, any unit that sorts.
    """

    id: str
    owner: str
    titles: tuple[str, ...]
    keyphrases: tuple[str, ...]
    names: tuple[str, ...]
    levels: tuple[int, ...]
    sensitive: bool = False
    saved_at: int = 0

    @property
    def own(self) -> str:
        """The person's own words, of several those nearest to what a friend is told."""
        level = min(self.levels, key=lambda one: (abs(one - FRIEND_LEVEL), one))
        return self.names[level - 1]

    @property
    def words(self) -> frozenset[str]:
        """What another journey's name must not take from it; a field may be the same."""
        own = (self.names[level - 1] for level in self.levels if level > 1)
        texts = (*self.titles[:TITLES], *self.keyphrases, *own)
        return frozenset(word for text in texts for word in content_words(text))


@dataclass(frozen=True)
class Allowed:
    """Whose examples may serve now.

    Attributes:
        own: pseudonyms of those whose consent stands: their examples serve themselves.
        others: of those, who agreed that theirs serve others.
    """

    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Selection:
    """How many examples a prompt holds, and which.

    Attributes:
        most: of them, at most.
        tokens: estimated, that they may take together.
        choice: "nearest" to the journey by its items' vectors (where there is no embedder, the
            most recent), "recent", or "random" (drawn by the seed and the journey).
        seed: of the random choice.

    Raises:
        ConfigError: a number is out of range.
    """

    most: int = 3
    tokens: int = 600
    choice: Choice = "nearest"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.most <= 12 or not 50 <= self.tokens <= 20_000:
            raise ConfigError("A prompt takes 1 to 12 examples, and 50 to 20,000 tokens of them.")


class ExampleBook:
    """The examples of a study, or of any other source, for the namer.

    Args:
        name: of the source, e.g. "study 3"; stands in the namer's id.
        examples: all there are. They are asked for before each prompt again whether they may serve.
        allowed: whose may serve at this moment.
    """

    def __init__(
        self,
        name: str,
        examples: Sequence[NameExample],
        allowed: Callable[[], Allowed],
        selection: Selection | None = None,
    ) -> None:
        self._name = name
        self._examples = tuple(examples)
        self._allowed = allowed
        self._selection = selection or Selection()
        self._vectors: dict[str, np.ndarray] = {}

    @property
    def id(self) -> str:
        """Changes with the examples and with how they are chosen."""
        content = repr((sorted(map(repr, self._examples)), self._selection))
        digest = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=4)
        return f"{self._name}-{digest.hexdigest()}"

    @property
    def size(self) -> tuple[int, int]:
        """(examples, people) that may serve others now."""
        others = self._allowed().others
        fit = [one for one in self._examples if one.owner in others and not one.sensitive]
        return len(fit), len({one.owner for one in fit})

    def choose(self, evidence: Evidence, prompts: PromptSet) -> tuple[NameExample, ...]:
        """The examples for a journey, the nearest last."""
        allowed = self._allowed()
        fit = [
            one
            for one in self._examples
            if _may_serve(one, evidence.person, allowed) and _fits(one, prompts)
        ]
        chosen: list[NameExample] = []
        said: set[frozenset[str]] = set()
        left = self._selection.tokens
        for one in self._ordered(fit, evidence):
            words = said_in_full(one.own)
            cost = _tokens(one, prompts)
            if words in said or cost > left:
                continue
            said.add(words)
            left -= cost
            chosen.append(one)
            if len(chosen) == self._selection.most:
                break
        return tuple(reversed(chosen))

    def still(self, chosen: Sequence[NameExample], person: str) -> bool:
        """Whether all of them may serve this person's journeys still."""
        allowed = self._allowed() if chosen else Allowed()
        return all(_may_serve(one, person, allowed) for one in chosen)

    def _ordered(self, fit: Sequence[NameExample], evidence: Evidence) -> list[NameExample]:
        recent = sorted(fit, key=lambda one: (-one.saved_at, one.id))
        if self._selection.choice == "random":
            own = blake2b("\x1f".join(evidence.titles).encode("utf-8", "surrogatepass"))
            seed = [self._selection.seed, int.from_bytes(own.digest()[:8], "big")]
            order = np.random.default_rng(seed).permutation(len(recent))
            return [recent[at] for at in order]
        if self._selection.choice == "recent" or evidence.space is None or not recent:
            return recent
        centre = evidence.space.own.astype(np.float32).mean(axis=0)
        new = [one for one in recent if one.id not in self._vectors]
        titles = [title for one in new for title in one.titles]
        if titles:
            vectors = np.asarray(evidence.space.embed(titles), dtype=np.float32)
            ends = np.cumsum([len(one.titles) for one in new])[:-1]
            for one, rows in zip(new, np.split(vectors, ends), strict=True):
                mean = rows.mean(axis=0)
                self._vectors[one.id] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        near = np.array([self._vectors[one.id] @ centre for one in recent])
        return [recent[at] for at in np.argsort(-near, kind="stable")]


def _may_serve(one: NameExample, person: str, allowed: Allowed) -> bool:
    if one.owner == person:
        return one.owner in allowed.own
    return one.owner in allowed.others and not one.sensitive


def _fits(one: NameExample, prompts: PromptSet) -> bool:
    """Whether an answer in this set's form would hold words of the person and be a good one.

    Own words that are said at another level, too, would teach a model what is refused of it.
    """
    shown = one.names[: len(prompts.keys)]
    return min(one.levels) <= len(shown) and not repeated(shown, one.levels)


def _tokens(one: NameExample, prompts: PromptSet) -> int:
    shown = sum(estimate_tokens(title) + 2 for title in one.titles[:TITLES])
    answer = sum(estimate_tokens(name) + 4 for name in one.names[: len(prompts.keys)])
    return shown + answer + sum(map(estimate_tokens, one.keyphrases[:_DETAILS])) * 2 + 12


def placed(words: str, level: int) -> tuple[str, int] | None:
    """Own words as a name, with the level whose form they have: the one shown, or a narrower one.

    Returns:
        None where they read like no name: too long, a sentence, a list, or with markup.
    """
    name = tidy(words.replace("<|", "< |"))
    if not any(character.isalpha() for character in name):
        return None
    for at in range(level, len(LEVELS) + 1):
        if len(name) <= MAX_CHARACTERS[at] and check_form(name, at) is None:
            return name, at
    return None


def about_journey(name: str, titles: Sequence[str], others: Sequence[str]) -> bool:
    """Whether own words share a telling word with the journey's titles or other names.

    Words that do not may be private, a joke, or an order to the model, and teach others nothing.
    """
    known = {word for text in (*titles, *others) for word in content_words(text)}
    return not known.isdisjoint(content_words(name))


def worked(one: NameExample, prompts: PromptSet) -> Mapping[str, Any]:
    """An example in the form of the set's own ones; see :attr:`PromptSet.examples`."""
    titles = [shorten(plain(title), TITLE_CHARACTERS) for title in one.titles[:TITLES]]
    names = list(one.names[: len(prompts.keys)])
    answer: dict[str, Any] = {
        "titles": titles,
        "keyphrases": list(one.keyphrases[:_DETAILS]),
        "siblings": [],
        "names": names,
    }
    if prompts.cites:
        answer[CITED] = [_cited(name, titles) for name in names]
    if prompts.details:
        answer[DETAILS] = list(one.keyphrases[:_DETAILS]) or titles[:1]
    return answer


def _cited(name: str, titles: Sequence[str]) -> list[int]:
    """Numbers of the titles that share a word with a name; of the first ones where none does."""
    said = set(content_words(name))
    holding = [at for at, t in enumerate(titles, start=1) if said & set(content_words(t))]
    return (holding or list(range(1, len(titles) + 1)))[:_CITED]
