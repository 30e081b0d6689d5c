"""What naming will cost, told before it begins.

Tokens are estimated from characters: no tokenizer fits every endpoint's model, and prompts are
mostly plain words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from journeys.naming.base import Completion
from journeys.naming.completion import Price
from journeys.naming.ledger import TYPICAL_ANSWER, Ledger
from journeys.words import unspaced

#: Characters a token, in scripts with spaces.
CHARACTERS_A_TOKEN = 3.6
#: How far the tokens of a prompt may be off, as a share: models cut words differently. Prompts
#: of 60 journeys came out at .94 to 1.05 of SmolLM2's tokens and 1.05 to 1.13 of Qwen2.5's.
TOKEN_ERROR = 0.25
#: Tokens that a chat's message takes besides its text.
_MESSAGE_TOKENS = 4
#: Calls a journey: a few are asked for once more.
CALLS_A_JOURNEY = 1.15
#: Seconds a call where none was measured yet.
TYPICAL_SECONDS = 2.0


def tokens_of(text: str) -> int:
    """About how many tokens a text is; within :data:`TOKEN_ERROR` for plain words."""
    dense = 0 if text.isascii() else sum(map(unspaced, text))
    return dense + round((len(text) - dense) / CHARACTERS_A_TOKEN)


def count_tokens(messages: Sequence[Mapping[str, str]]) -> int:
    """About how many tokens a prompt is."""
    return sum(_MESSAGE_TOKENS + tokens_of(message["content"]) for message in messages)


@dataclass(frozen=True)
class Estimate:
    """What naming is expected to use.

    Attributes:
        journeys: still to be named.
        calls: to the endpoint, if no answer is known already.
        cost: US dollars; None when no price is known.
        seconds: at the concurrency asked for.
        sampled: prompts that were really built for it; 0 where typical figures stand in.
        measured: tokens and seconds are those of earlier calls of this run.
    """

    journeys: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    seconds: float
    sampled: int = 0
    measured: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, for the manifest."""
        return asdict(self)

    def in_words(self) -> str:
        """One line for a person."""
        if not self.journeys:
            return "All journeys have their names."
        error = "" if self.measured else f" (give or take {TOKEN_ERROR:.0%})"
        cost = "cost unknown, as no price was given"
        if self.cost is not None:
            cost = f"about {self.cost:.2f} US dollars"
            if self.cost < 0.01:
                cost = "under a cent" if self.cost else "free of charge"
        return (
            f"{self.journeys:,} journeys to name: about {self.calls:,} calls, "
            f"{_round(self.prompt_tokens):,} tokens sent and {_round(self.completion_tokens):,} "
            f"answered{error}, {cost}, about {_duration(self.seconds)}."
        )


def estimate(
    journeys: int,
    prompts: Sequence[Sequence[Mapping[str, str]]],
    *,
    price: Price | None = None,
    concurrency: int = 1,
    earlier: Ledger | None = None,
    earlier_concurrency: int | None = None,
    seconds_a_call: float = TYPICAL_SECONDS,
    calls_a_journey: float = CALLS_A_JOURNEY,
    sampled: bool = True,
) -> Estimate:
    """Expected use of naming so many journeys.

    Args:
        prompts: a sample of those that would be sent.
        earlier: what earlier calls of the same run used; their tokens and pace go before guesses.
        earlier_concurrency: at which those were made; as now, where it is not given.
        calls_a_journey: a few are asked for once more; a small model answers several times.
        sampled: the prompts are of the very journeys to be named.
    """
    measured = earlier is not None and earlier.calls >= 5
    if earlier is not None and measured:
        prompt = earlier.prompt_tokens / earlier.calls
        answer = earlier.completion_tokens / earlier.calls
        at_once = earlier_concurrency or concurrency
        seconds = earlier.seconds * at_once / earlier.calls or seconds_a_call
    else:
        prompt = sum(map(count_tokens, prompts)) / max(len(prompts), 1)
        answer, seconds = float(TYPICAL_ANSWER), seconds_a_call
    calls = round(journeys * calls_a_journey)
    sent, answered = round(calls * prompt), round(calls * answer)
    return Estimate(
        journeys=journeys,
        calls=calls,
        prompt_tokens=sent,
        completion_tokens=answered,
        cost=price.of(Completion("", sent, answered)) if price else None,
        # No run is shorter than one call, however many are made at once.
        seconds=max(calls / max(concurrency, 1), 1.0) * seconds if calls else 0.0,
        sampled=len(prompts) if sampled else 0,
        measured=measured,
    )


def _round(number: int) -> int:
    """Two significant digits: more would be pretence."""
    digits = len(str(number)) - 2
    return round(number, -digits) if digits > 0 else number


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds), 1)} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
