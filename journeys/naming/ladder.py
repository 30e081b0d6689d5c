"""The ladder: five names of a journey, broad to narrow, by a language model."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.journey import Names
from journeys.naming.asking import WARM, Account, Asker, ladder_schema
from journeys.naming.base import ChatModel, CompletionCache, Evidence, Named
from journeys.naming.candidates import Slate
from journeys.naming.checks import Ground
from journeys.naming.choosing import choose
from journeys.naming.completion import Price
from journeys.naming.estimate import CALLS_A_JOURNEY
from journeys.naming.examples import ExampleBook, NameExample, worked
from journeys.naming.language import CAPITAL_NOUNS, language_of
from journeys.naming.prompts import Message, PromptSet, Shown
from journeys.naming.showing import SMALL, Budget, choose_shown

#: Answers that the built-in model gives for a journey, of which the best names are taken.
LOCAL_DRAFTS = 4


class LadderNamer:
    """A :class:`~journeys.naming.base.Namer` by a language model.

    One structured call gives all levels of the prompt set. With several drafts the same question
    is asked again, less soberly, and of all names that pass the checks the best are taken. Levels
    for which no draft has a name that passes are asked for once more with the reason; what then
    still fails takes the best name there is besides, and is recorded.

    Args:
        chat: the model. Texts must have been redacted by the caller.
        cache: answers by keyed hash of the prompt, so that none is paid for twice.
        secret: key of that hash.
        prompts: the prompt set; the shipped ``ladder`` by default.
        budget: how much evidence a prompt holds; little where narrow names are composed.
        price: of the model, to count costs.
        language: of the names, in English, e.g. "Spanish"; '' for the language of the titles.
        examples: what people called their journeys, as worked examples after those of the set.
        drafts: answers to choose from, 1 or more.
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
        budget: Budget | None = None,
        price: Price | None = None,
        language: str = "",
        examples: ExampleBook | None = None,
        drafts: int = 1,
        retry: bool = True,
        max_tokens: int = 400,
    ) -> None:
        self._asker = Asker(chat, cache, secret, price, max_tokens)
        self.prompts = prompts or PromptSet.shipped()
        own = "" if self.prompts.is_shipped else f" with {self.prompts.id}"
        learned = f" with examples of {examples.id}" if examples else ""
        self._manner = own + learned + (f" in {language}" if language else "")
        self._examples = examples
        self._budget = budget or (SMALL if self.prompts.details else Budget())
        self._language = language
        self._drafts = drafts
        self._retry = retry

    @property
    def id(self) -> str:
        """The model and, where they are not the usual, prompts, people's examples and language:
        what was named with other ones is named anew."""
        return f"llm:{self._asker.chat.id}{self._manner}"

    def prompt(self, evidence: Evidence) -> list[Message]:
        """Exactly what is sent for a journey, to be shown before anything is sent."""
        shown = choose_shown(evidence, self._budget)
        language = self._language or _told(language_of(evidence.titles))
        return self._messages(shown, language, self._chosen(evidence))

    @property
    def calls_a_journey(self) -> float:
        """Expected calls for a journey."""
        return float(self._drafts) if self._drafts > 1 else CALLS_A_JOURNEY

    def shown(self, evidence: Evidence) -> tuple[str, ...]:
        """Ids of the items that the model is shown of a journey."""
        return choose_shown(evidence, self._budget).items

    def _chosen(self, evidence: Evidence) -> tuple[NameExample, ...]:
        return self._examples.choose(evidence, self.prompts) if self._examples else ()

    def _messages(
        self, shown: Shown, language: str, examples: Sequence[NameExample]
    ) -> list[Message]:
        more = [worked(one, self.prompts) for one in examples]
        return self.prompts.messages(shown, language, more)

    def name(self, evidence: Evidence) -> Named:
        """Name one journey; see :meth:`journeys.naming.base.Namer.name`.

        Where somebody took back the consent to an example while the model answered, it is asked
        anew without it.
        """
        account = Account()
        while True:
            examples = self._chosen(evidence)
            names = self._named(evidence, examples, account)
            if names is not None:
                return Named(names, account.usage)
            account.keys.clear()

    def _stand(self, examples: Sequence[NameExample], evidence: Evidence) -> bool:
        return self._examples is None or self._examples.still(examples, evidence.person)

    def _named(
        self, evidence: Evidence, examples: Sequence[NameExample], account: Account
    ) -> Names | None:
        """The names; None where an example was taken back meanwhile."""
        asked = range(1, len(self.prompts.keys) + 1)
        shown = choose_shown(evidence, self._budget)
        own = language_of(evidence.titles)
        language = self._language or _told(own)
        messages = self._messages(shown, language, examples)
        ground = Ground.of(
            evidence,
            self.prompts.example_words.union(*(one.words for one in examples)),
            translated=bool(self._language) and self._language != own,
            capitals=language not in CAPITAL_NOUNS and self._language in ("", own),
        )
        slate = Slate(ground)
        schema = ladder_schema(
            self.prompts.keys, cites=self.prompts.cites, details=self.prompts.details
        )
        for draft in range(self._drafts):
            if not self._stand(examples, evidence):
                return None
            warm = WARM if draft else 0.0
            slate.add(
                self._asker.ask(messages, schema, account, temperature=warm, seed=draft), asked
            )
        missing = [level for level in asked if not slate.passed.get(level)]
        if missing and self._retry:
            if not self._stand(examples, evidence):
                return None
            again = self.prompts.retry(messages, *slate.reasons(missing))
            slate.add(self._asker.ask(again, schema, account, temperature=WARM), asked)
        if not self._stand(examples, evidence):
            return None
        choice = choose(slate, evidence, asked)
        return Names(
            choice.levels,
            self.id,
            fallback=choice.fallback,
            completion_keys=tuple(account.keys),
            cited=tuple(
                _items(shown, slate.cited.get((level, name), ()))
                for level, name in enumerate(choice.levels, start=1)
            ),
            shown=shown.items,
            prompts=self.prompts.id,
            examples=tuple(one.id for one in examples),
        )


def local_namer(
    chat: ChatModel,
    *,
    cache: CompletionCache | None = None,
    secret: bytes = b"",
    prompts: PromptSet | None = None,
    language: str = "",
    examples: ExampleBook | None = None,
    drafts: int = LOCAL_DRAFTS,
) -> LadderNamer:
    """The recipe for a small model on a CPU: little evidence, the best of several short answers.

    What was measured is in docs/results.md, "Local naming".
    """
    return LadderNamer(
        chat,
        cache=cache,
        secret=secret,
        prompts=prompts or PromptSet.shipped("local"),
        price=Price(0.0, 0.0),
        language=language,
        examples=examples,
        drafts=drafts,
        retry=False,
        max_tokens=160,
    )


def _told(language: str) -> str:
    """A model is told the language of the titles where it would answer in English of itself."""
    return "" if language == "English" else language


def _items(shown: Shown, numbers: tuple[int, ...]) -> tuple[str, ...]:
    """Items of the titles with these numbers, from 1; numbers that no title has are left out."""
    return tuple(
        shown.items[number - 1]
        for number in numbers
        if 1 <= number <= len(shown.items) and shown.items[number - 1]
    )
