"""One question about one person, answered from a text prompt and from an embedding side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from journeys.userllm.contextual import ContextualLM
from journeys.userllm.outcomes import Told
from journeys.userllm.prompts import Prompts
from journeys.userllm.questions import Person, one_line
from journeys.userllm.sequences import EncoderData

#: Longest answer in tokens.
MOST_TOKENS = 24

#: Longest question in characters.
LONGEST_QUESTION = 300


@dataclass(frozen=True)
class Answer:
    """What a route said.

    Attributes:
        route: as it was called.
        text: the first line that the model wrote; untrusted.
        tokens: read before the answer, latents included.
        written: tokens of the answer.
        seconds: wall time, encoder included.
    """

    route: str
    text: str
    tokens: int
    written: int
    seconds: float


@dataclass(frozen=True)
class Route:
    """A trained way of telling a model of a person, by the name to show.

    Attributes:
        told: how many newest events are known, and how many of them as text.
    """

    name: str
    model: ContextualLM
    told: Told


def ask(
    routes: Sequence[Route],
    data: EncoderData,
    prompts: Prompts,
    person: Person,
    question: str,
    *,
    most: int = MOST_TOKENS,
) -> list[Answer]:
    """Put a question to each route; nothing leaves the process.

    Args:
        data: whose events the person has.
        question: as somebody typed it; cut to one line.
    """
    asked = f"Question: {one_line(question, LONGEST_QUESTION)}\nAnswer:"
    return [_answer(route, data, prompts, person, asked, most) for route in routes]


def _answer(
    route: Route, data: EncoderData, prompts: Prompts, person: Person, asked: str, most: int
) -> Answer:
    begun = time.perf_counter()
    model = route.model
    ids = (*prompts.trunk(person, route.told.shown), *prompts.ids(asked))
    events = None
    if model.encoder is not None:
        events = data.batch([person.last(route.told.history)])
    tokenizer = prompts.tokenizer
    ends = [tokenizer.eos_token_id, prompts.ids("\n")[-1]]
    found = model.answer(
        ids, events, most=most, eos_token_id=ends, pad_token_id=tokenizer.eos_token_id
    )
    text = str(tokenizer.decode(found, skip_special_tokens=True)).strip()
    return Answer(
        route.name,
        text.splitlines()[0].strip() if text else "",
        model.config.slots + len(ids),
        len(found),
        time.perf_counter() - begun,
    )
