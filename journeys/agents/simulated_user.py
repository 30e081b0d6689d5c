"""Users that are played: by a rule, or by a language model, with preferences that they do not tell.

Simulated users are more cooperative, more uniform and more positive than people, and make an agent
look better than it is (arXiv 2603.11245). So three knobs make them less so, by a coin outside of
the model, which would be agreeable whatever it was told:

    non_cooperation      chance, each time they are asked, to say nothing at all
    noise                chance that a verdict is the opposite of what they wish
    gradual_disclosure   0 tells every wish in the first request; 1 tells none before the agent has
                         failed, and then one at a time

What they do is kept under :data:`~journeys.agents.trajectories.SIMULATED` and never counted with
people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from journeys.errors import ConfigError
from journeys.naming.base import ChatModel


@dataclass(frozen=True)
class Knobs:
    """How unlike a polite machine a simulated user is; each from 0 to 1, see above."""

    non_cooperation: float = 0.0
    noise: float = 0.0
    gradual_disclosure: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= each <= 1 for each in vars(self).values()):
            raise ConfigError("Non-cooperation, noise and gradual disclosure are each from 0 to 1.")


@dataclass(frozen=True)
class Said:
    """A turn of a user.

    Attributes:
        words: what they said; '' for nothing.
        accepts: their verdict on the proposal; None where they gave none.
    """

    words: str
    accepts: bool | None = None


class SimulatedUser(Protocol):
    """Somebody with wishes that the agent does not see."""

    @property
    def id(self) -> str: ...

    @property
    def wishes(self) -> Mapping[str, str]:
        """Field -> value that an action must have to suit them. Hidden from the agent."""
        ...

    def ask(self, task: str, rng: np.random.Generator) -> Said:
        """The first request of an episode."""
        ...

    def judge(
        self, task: str, action: Mapping[str, str], told: Sequence[str], rng: np.random.Generator
    ) -> Said:
        """What they say to a proposal, given the fields whose wishes were told already."""
        ...


def suits(wishes: Mapping[str, str], action: Mapping[str, str]) -> bool:
    """Whether an action is what the user truly wants: every wish is met."""
    return all(action.get(field) == value for field, value in wishes.items())


@dataclass(frozen=True)
class RuleUser:
    """Plays by the rule: accepts what suits, and tells wishes as the knobs say.

    Deterministic given the generator; serves the tests, and benchmarks where a model is too slow.
    """

    id: str
    wishes: Mapping[str, str]
    knobs: Knobs = Knobs()

    def ask(self, task: str, rng: np.random.Generator) -> Said:
        """The task, with as many wishes as are disclosed at once."""
        open_wishes = disclosed_first(self.wishes, self.knobs, rng)
        return Said(f"Please {task}." + _sentences(open_wishes))

    def judge(
        self, task: str, action: Mapping[str, str], told: Sequence[str], rng: np.random.Generator
    ) -> Said:
        """A verdict, and after a failure one more wish."""
        if rng.random() < self.knobs.non_cooperation:
            return Said("")
        accepts = noisy(suits(self.wishes, action), self.knobs, rng)
        if accepts:
            return Said("Thanks, that is what I wanted.", True)
        more = next_wish(self.wishes, told, self.knobs, rng)
        return Said("No, not like that." + _sentences(more), False)


class LanguageUser:
    """A language model plays the user. It is told the wishes and asked for words and a verdict.

    Silence, flipped verdicts and which wishes it may tell are decided by the knobs, not by it.

    Args:
        id: of the user.
        wishes: that it plays.
        chat: the model.
        knobs: see :class:`Knobs`.

    Attributes:
        unread: answers that were not of the form asked for; they count as silence.
    """

    def __init__(
        self, id: str, wishes: Mapping[str, str], chat: ChatModel, knobs: Knobs | None = None
    ) -> None:
        self.id = id
        self.wishes = dict(wishes)
        self.unread = 0
        self._chat = chat
        self._knobs = knobs or Knobs()

    def ask(self, task: str, rng: np.random.Generator) -> Said:
        """The first request, in the model's words."""
        open_wishes = disclosed_first(self.wishes, self._knobs, rng)
        asked = f"You want the agent to: {json.dumps(task)}.{_may_tell(open_wishes)} Write to it."
        found = self._answer(asked, {"says": _TEXT})
        return Said(str(found.get("says", "")) or f"Please {task}.")

    def judge(
        self, task: str, action: Mapping[str, str], told: Sequence[str], rng: np.random.Generator
    ) -> Said:
        """The model's verdict and words."""
        if rng.random() < self._knobs.non_cooperation:
            return Said("")
        more = next_wish(self.wishes, told, self._knobs, rng)
        asked = (
            f"You asked the agent to: {json.dumps(task)}. It proposes: "
            f"{json.dumps(dict(action), ensure_ascii=False)}. Accept only if every wish of "
            f"yours is met.{_may_tell(more)} Give your verdict and what you say."
        )
        found = self._answer(asked, {"accept": {"type": "boolean"}, "says": _TEXT})
        if not isinstance(found.get("accept"), bool):
            return Said("")
        accepts = noisy(found["accept"], self._knobs, rng)
        return Said(str(found.get("says", "")), accepts)

    def _answer(self, asked: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        schema = {
            "type": "object",
            "properties": dict(fields),
            "required": list(fields),
            "additionalProperties": False,
        }
        wishes = "; ".join(f"{field}: {value}" for field, value in self.wishes.items())
        messages = [
            {"role": "system", "content": f"{_ROLE} Your wishes: {wishes}."},
            {"role": "user", "content": asked},
        ]
        answer = self._chat.complete(messages, schema=schema, max_tokens=80).text
        try:
            found = json.loads(answer)
        except ValueError:
            found = None
        if not isinstance(found, dict) or set(found) != set(fields):
            self.unread += 1
            return {}
        return found


_ROLE = (
    "You play a person who works with a coding agent. You have wishes about how the work is done. "
    "You do not tell a wish unless you are told that you may. Be brief. Answer as JSON."
)
_TEXT = {"type": "string", "maxLength": 160}


def disclosed_first(
    wishes: Mapping[str, str], knobs: Knobs, rng: np.random.Generator
) -> dict[str, str]:
    """The wishes that are told in the first request."""
    return {
        field: value for field, value in wishes.items() if rng.random() >= knobs.gradual_disclosure
    }


def next_wish(
    wishes: Mapping[str, str], told: Sequence[str], knobs: Knobs, rng: np.random.Generator
) -> dict[str, str]:
    """What is told after a failure: all that is left, or one of it as disclosure is gradual."""
    left = {field: value for field, value in wishes.items() if field not in told}
    if not left or rng.random() >= knobs.gradual_disclosure:
        return left
    field = sorted(left)[int(rng.integers(len(left)))]
    return {field: left[field]}


def noisy(accepts: bool, knobs: Knobs, rng: np.random.Generator) -> bool:
    """The verdict that is given."""
    return accepts != (rng.random() < knobs.noise)


def _sentences(wishes: Mapping[str, str]) -> str:
    return "".join(f" I want {field} {value}." for field, value in wishes.items())


def _may_tell(wishes: Mapping[str, str]) -> str:
    if not wishes:
        return " Tell none of your wishes."
    told = "; ".join(f"{field}: {value}" for field, value in wishes.items())
    return f" You may tell these wishes, in these words: {told}."
