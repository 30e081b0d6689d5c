"""The ladder: five names of a journey, broad to narrow, from one call to a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from journeys.journey import FRIEND_LEVEL, Names
from journeys.naming.base import (
    ChatModel,
    Completion,
    CompletionCache,
    Evidence,
    Named,
    Usage,
)
from journeys.naming.checks import MAX_CHARACTERS, Ground, check_ladder, check_name
from journeys.naming.completion import Price, completion_key
from journeys.naming.keyphrases import in_words, keyphrase_levels
from journeys.naming.parsing import parse_ladder
from journeys.naming.prompts import KEYS, Message, PromptSet, Shown
from journeys.words import content_words, plain, shorten, unspaced


@dataclass(frozen=True)
class Budget:
    """How much evidence a prompt may hold, in estimated tokens.

    Naming quality saturates after a few titles (2305.15498, finding 6), and on a CPU the
    prompt costs as much time as the answer.
    """

    titles: int = 200
    siblings: int = 50
    keyphrases: int = 8
    title_characters: int = 100


def choose_shown(evidence: Evidence, budget: Budget) -> Shown:
    """The titles to show: what the user made, the most central and the most recent in turn.

    Titles are freed of HTML, put on one line and cut. Those that differ only in case are shown
    once.
    """
    turns = zip_longest(evidence.outputs[:3], evidence.titles, evidence.recent)
    titles = _within((title for turn in turns for title in turn if title), budget.titles, budget)
    sibling_turns = zip_longest(*evidence.siblings)
    siblings = _within(
        (title for turn in sibling_turns for title in turn if title), budget.siblings, budget
    )
    phrases = tuple(shorten(phrase, 40) for phrase in evidence.keyphrases[: budget.keyphrases])
    return Shown(titles, phrases, tuple(title for title in siblings if title not in titles))


def _within(titles: Any, tokens: int, budget: Budget) -> tuple[str, ...]:
    chosen: dict[str, str] = {}
    left = tokens
    for title in titles:
        cut = shorten(plain(title), budget.title_characters)
        if not cut or cut.lower() in chosen:
            continue
        left -= estimate_tokens(cut)
        if left < 0 and chosen:
            break
        chosen[cut.lower()] = cut
    return tuple(chosen.values())


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is: four characters each, one each in unspaced scripts."""
    dense = sum(map(unspaced, text))
    return 2 + dense + (len(text) - dense + 3) // 4


def ladder_schema() -> dict[str, Any]:
    """JSON schema of an answer: one string a level, bounded in length."""
    return {
        "type": "object",
        "properties": {
            KEYS[level - 1]: {
                "type": "string",
                "minLength": 2,
                "maxLength": MAX_CHARACTERS[level],
            }
            for level in MAX_CHARACTERS
        },
        "required": list(KEYS),
        "additionalProperties": False,
    }


@dataclass
class _Account:
    """What the calls for one journey used, and under which keys their answers are kept."""

    usage: Usage = field(default_factory=Usage)
    keys: list[str] = field(default_factory=list)


def _without_problems(
    levels: Mapping[int, str], problems: Mapping[int, str], evidence: Evidence, ground: Ground
) -> list[str]:
    """Five names: those that passed, and the best there is for the others.

    In this order: the model's name that is fine in itself and only not narrower than the one
    above it; the friend's name made narrower by keyphrases; keyphrases alone.
    """
    names: list[str] = []
    for level, keyphrase in enumerate(keyphrase_levels(evidence), start=1):
        given = levels.get(level, "")
        if level in problems and check_name(given, level, ground):
            given = ""
            if level > FRIEND_LEVEL and FRIEND_LEVEL not in problems:
                given = _narrowed(names[FRIEND_LEVEL - 1], evidence, level - 2)
            if not given or check_name(given, level, ground):
                given = keyphrase
        names.append(given)
    return names


def _narrowed(name: str, evidence: Evidence, count: int) -> str:
    """A name followed by keyphrases that it does not say yet; '' where there are too few."""
    said = set(content_words(name))
    new = [phrase for phrase in evidence.keyphrases if said.isdisjoint(content_words(phrase))]
    return f"{name}: {in_words(new[:count])}" if len(new) >= count else ""


class LadderNamer:
    """A :class:`~journeys.naming.base.Namer` by a language model.

    One structured call gives all five levels. A level that fails its checks is asked for once
    more with the reason; what still fails takes the keyphrase name, and is recorded.

    Args:
        chat: the model. Texts must have been redacted by the caller.
        cache: answers by keyed hash of the prompt, so that none is paid for twice.
        secret: key of that hash.
        prompts: the prompt files; the ones shipped by default.
        language: of the names, in English; '' for the language of the titles.
        budget: how much evidence a prompt holds.
        price: of the model, to count costs.
        retry: ask once more for levels that failed.
        max_tokens: most tokens of an answer.
    """

    def __init__(
        self,
        chat: ChatModel,
        *,
        cache: CompletionCache | None = None,
        secret: bytes = b"",
        prompts: PromptSet | None = None,
        language: str = "",
        budget: Budget | None = None,
        price: Price | None = None,
        retry: bool = True,
        max_tokens: int = 300,
    ) -> None:
        self._chat = chat
        self._cache = cache
        self._secret = secret
        self.prompts = prompts or PromptSet.shipped()
        self._language = language
        own = "" if self.prompts.id == PromptSet.shipped().id else f" with {self.prompts.id}"
        self._manner = own + (f" in {language}" if language else "")
        self._budget = budget or Budget()
        self._price = price
        self._retry = retry
        self._max_tokens = max_tokens

    @property
    def id(self) -> str:
        """The model and, where they are not the usual, prompts and language: what was named with
        other ones is named anew."""
        return f"llm:{self._chat.id}{self._manner}"

    def prompt(self, evidence: Evidence) -> list[Message]:
        """Exactly what is sent for a journey, to be shown before anything is sent."""
        return self.prompts.messages(choose_shown(evidence, self._budget), self._language)

    def name(self, evidence: Evidence) -> Named:
        """Name one journey; see :meth:`journeys.naming.base.Namer.name`."""
        account = _Account()
        ground = Ground.of(evidence, self.prompts.example_words)
        messages = self.prompt(evidence)
        answer = self._complete(messages, ladder_schema(), account)
        levels = parse_ladder(answer)
        problems = check_ladder(levels, ground)
        if problems and self._retry:
            levels, problems = self._again(messages, levels, problems, ground, account)
        one, two, three, four, five = _without_problems(levels, problems, evidence, ground)
        return Named(
            Names(
                (one, two, three, four, five),
                self.id,
                fallback=tuple(sorted(problems)),
                completion_keys=tuple(account.keys),
                prompts=self.prompts.id,
            ),
            account.usage,
        )

    def _again(
        self,
        messages: list[Message],
        levels: Mapping[int, str],
        problems: Mapping[int, str],
        ground: Ground,
        account: _Account,
    ) -> tuple[dict[int, str], dict[int, str]]:
        """One more call with the reasons; what passes of either answer is kept."""
        retry = self.prompts.retry(messages, levels, problems)
        second = parse_ladder(self._complete(retry, ladder_schema(), account, temperature=0.7))
        merged = {level: name for level, name in levels.items() if level not in problems}
        for level in sorted(problems):
            if level in second:
                candidate = {**merged, level: second[level]}
                if level not in check_ladder(candidate, ground):
                    merged = candidate
        problems = check_ladder(merged, ground)
        # What fails only beside its neighbours may still be the best there is.
        rest = {level: second.get(level) or levels.get(level, "") for level in problems}
        return merged | rest, problems

    def _complete(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        account: _Account,
        temperature: float = 0.0,
    ) -> str:
        key = completion_key(
            self._secret,
            self._chat.id,
            messages,
            schema,
            max_tokens=self._max_tokens,
            temperature=temperature,
            prompts=self.prompts.id,
        )
        known = self._cache.get(key) if self._cache else None
        if known is not None:
            account.usage += Usage(cached=1)
            account.keys.append(key)
            return known.text
        completion = self._chat.complete(
            messages,
            schema=schema,
            temperature=temperature,
            seed=0,
            max_tokens=self._max_tokens,
        )
        account.usage += self._usage(completion)
        # An answer without a single name may be an accident of the moment: ask anew next time.
        if self._cache and parse_ladder(completion.text):
            self._cache.put(key, completion)
            account.keys.append(key)
        return completion.text

    def _usage(self, completion: Completion) -> Usage:
        return Usage(
            calls=1,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            cost=self._price.of(completion) if self._price else None,
        )
