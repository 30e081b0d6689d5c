"""From a person's questions to the tokens that a route gives to the language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from journeys.userllm.branches import Branch, Tree
from journeys.userllm.questions import Person, Question, Wording


@dataclass(frozen=True)
class Prompts:
    """Makes trees of tokens.

    Attributes:
        tokenizer: of the language model.
        wording: how a history is told.
    """

    tokenizer: Any
    wording: Wording

    def tree(self, person: Person, questions: Sequence[Question], shown: int) -> Tree:
        """The questions about a person, with the newest ``shown`` events told as text."""
        return Tree(self.trunk(person, shown), tuple(self.branch(each) for each in questions))

    def trunk(self, person: Person, shown: int) -> tuple[int, ...]:
        """The history as tokens; none where nothing is shown."""
        if not shown:
            return ()
        return self.ids(self.wording.history(*person.last(shown)))

    def branch(self, question: Question) -> Branch:
        """A question and its answers; an answer ends with its line."""
        ends = self.ids("\n")
        answers = tuple((*self.ids(f" {answer}"), *ends) for answer in question.answers)
        return Branch(self.ids(question.text), answers)

    def tokens(self, person: Person, question: Question, shown: int, slots: int) -> int:
        """How many tokens and latents the model reads before it answers."""
        return slots + len(self.trunk(person, shown)) + len(self.ids(question.text))

    def ids(self, text: str) -> tuple[int, ...]:
        """A text as tokens, without marks of begin or end."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])


class Priors:
    """How likely each answer is to the untrained model that knows nobody.

    Some titles are likelier than others whoever is asked about. What routes are compared by is how
    much likelier an answer became: ``log p(answer | person, question) - log p(answer | question)``
    (Holtzman et al., "Surface form competition", EMNLP 2021).

    Args:
        model: a :class:`~journeys.userllm.contextual.ContextualLM` of the route text, untrained.
        prompts: as all routes are asked.
        known: answers' priors of an earlier time, by question and answer.
    """

    def __init__(
        self, model: Any, prompts: Prompts, known: dict[str, dict[str, float]] | None = None
    ) -> None:
        self._model = model
        self._prompts = prompts
        self.known: dict[str, dict[str, float]] = known or {}

    @torch.no_grad()
    def learn(self, questions: Sequence[Question], at_once: int = 64) -> int:
        """Work out what is missing; returns how many answers were."""
        from journeys.userllm.branches import plant

        fresh = 0
        for text in dict.fromkeys(each.text for each in questions):
            own = self.known.setdefault(text, {})
            wanted = {answer for each in questions if each.text == text for answer in each.answers}
            missing = sorted(wanted - set(own))
            fresh += len(missing)
            for start in range(0, len(missing), at_once):
                part = tuple(missing[start : start + at_once])
                branch = self._prompts.branch(
                    Question("", text, (*part, ""), (*[True] * len(part), False))
                )
                tree = Tree((), (Branch(branch.question, branch.answers[:-1]),))
                found = self._model(plant([tree])).tolist()
                own.update(zip(part, found, strict=True))
        return fresh

    def of(self, question: Question) -> torch.Tensor:
        """Shape ``(answers,)``, nats.

        Raises:
            KeyError: :meth:`learn` was not told of it.
        """
        own = self.known[question.text]
        return torch.tensor([own[answer] for answer in question.answers])


class NoPriors:
    """In the place of :class:`Priors` where likelihoods are taken as they are."""

    def of(self, question: Question) -> torch.Tensor:
        """Zeros, shape ``(answers,)``."""
        return torch.zeros(len(question.answers))
