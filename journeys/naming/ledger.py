"""The ledger of a run: what its calls cost, and the cap at which they end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from journeys.errors import CapReached, ConfigError
from journeys.naming.base import Completion, Usage
from journeys.naming.completion import Price

#: Tokens of an answer before any was seen: five names as JSON are 60 to 65 (Qwen2.5, SmolLM2).
TYPICAL_ANSWER = 90


@dataclass(frozen=True)
class Ledger:
    """What naming cost. A failed request is counted by kind, and costs no tokens.

    Attributes:
        calls: requests that were answered.
        cached: answers taken from earlier calls.
        retries: requests that were sent again after a failure.
        prompt_tokens: as the endpoint counts them.
        completion_tokens: likewise.
        estimated: calls whose tokens the endpoint did not tell, so that they were estimated.
        cost: US dollars; None when no price is known.
        seconds: of naming, by the clock.
        failures: kind of failure -> failed requests.
    """

    calls: int = 0
    cached: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: int = 0
    cost: float | None = None
    seconds: float = 0.0
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Of prompts and answers together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def requests(self) -> int:
        """Sent to the endpoint, answered or not."""
        return self.calls + sum(self.failures.values())

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            calls=self.calls + other.calls,
            cached=self.cached + other.cached,
            retries=self.retries + other.retries,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            estimated=self.estimated + other.estimated,
            cost=_sum_of_costs(self, other),
            seconds=self.seconds + other.seconds,
            failures=dict(Counter(self.failures) + Counter(other.failures)),
        )

    @classmethod
    def of(cls, usage: Usage) -> Ledger:
        """The ledger of a namer that tells only its usage."""
        return cls(
            calls=usage.calls,
            cached=usage.cached,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=usage.cost,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, for the manifest."""
        return asdict(self) | {"seconds": round(self.seconds, 3)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Ledger:
        """What :meth:`to_dict` gave, or the shorter form of earlier versions."""
        known = {name: values[name] for name in asdict(cls()) if values.get(name) is not None}
        return cls(**known)


def _sum_of_costs(one: Ledger, other: Ledger) -> float | None:
    """Unknown as soon as one of the two made calls at an unknown price."""
    if (one.cost is None and one.calls) or (other.cost is None and other.calls):
        return None
    costs = [ledger.cost for ledger in (one, other) if ledger.cost is not None]
    return sum(costs) if costs else None


@dataclass(frozen=True)
class Cap:
    """The most that a run may use, over all its attempts; None for no limit.

    Attributes:
        cost: US dollars.
        tokens: of prompts and answers together.
        calls: requests, failed ones included.
    """

    cost: float | None = None
    tokens: int | None = None
    calls: int | None = None

    def check(self, price: Price | None) -> None:
        """Refuse a cap that could not be kept.

        Raises:
            ConfigError: it is on money and no price is known.
        """
        if self.cost is not None and price is None:
            raise ConfigError(
                "A limit on money needs the model's price. Give the price of a million tokens, or "
                "set a limit on calls or tokens."
            )


class Meter:
    """Counts calls as they are made, from any thread, and refuses those beyond the cap.

    What is under way counts with what it is expected to use, so that the cap is passed by no
    more than an answer's surprise.

    Args:
        cap: most that may be used, over all attempts of the run.
        price: of the model; None where it is not known.
    """

    def __init__(
        self,
        cap: Cap | None = None,
        price: Price | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cap = cap or Cap()
        self.price = price
        self.cap.check(price)
        self._clock = clock
        self._started: float | None = None
        self._lock = threading.Lock()
        self._earlier = Ledger()
        self._now = Ledger(cost=None if price is None else 0.0)
        self._under_way: Counter[int] = Counter()

    def carry(self, earlier: Ledger) -> None:
        """Begin where an earlier attempt of the run ended."""
        with self._lock:
            self._earlier = earlier
            self._started = self._clock()

    def ledger(self) -> Ledger:
        """All that was used up to now, earlier attempts included."""
        with self._lock:
            return self._total()

    def begin(self, prompt_tokens: int) -> None:
        """A request is about to be sent; ends with :meth:`answered` or :meth:`failed`.

        Raises:
            CapReached: it might pass the cap, so it must not be sent.
        """
        with self._lock:
            total = self._total()
            waiting = sum(self._under_way.values()) + 1
            prompts = sum(size * times for size, times in self._under_way.items()) + prompt_tokens
            answers = waiting * self._typical_answer(total)
            if self.cap.calls is not None and total.requests + waiting > self.cap.calls:
                raise CapReached(_reached(f"{self.cap.calls:,} requests"))
            if self.cap.tokens is not None and total.tokens + prompts + answers > self.cap.tokens:
                raise CapReached(_reached(f"{self.cap.tokens:,} tokens"))
            if self.cap.cost is not None and self.price is not None:
                spent = _known_cost(total, self.price) + self.price.of(
                    Completion("", prompts, answers)
                )
                if spent > self.cap.cost:
                    raise CapReached(_reached(f"{self.cap.cost:g} US dollars"))
            self._under_way[prompt_tokens] += 1

    def answered(self, prompt_tokens: int, completion: Completion, *, estimated: bool) -> None:
        """The request that began with ``prompt_tokens`` was answered."""
        with self._lock:
            self._ended(prompt_tokens)
            self._now += Ledger(
                calls=1,
                prompt_tokens=completion.prompt_tokens,
                completion_tokens=completion.completion_tokens,
                estimated=int(estimated),
                cost=self.price.of(completion) if self.price else None,
            )

    def failed(self, prompt_tokens: int, kind: str) -> None:
        """The request that began with ``prompt_tokens`` failed."""
        with self._lock:
            self._ended(prompt_tokens)
            self._now = replace(
                self._now, failures=dict(Counter(self._now.failures) + Counter({kind: 1}))
            )

    def retrying(self) -> None:
        """A failed request is sent again."""
        with self._lock:
            self._now = replace(self._now, retries=self._now.retries + 1)

    def cached(self, answers: int) -> None:
        """So many answers were taken from earlier calls."""
        with self._lock:
            self._now = replace(self._now, cached=self._now.cached + answers)

    def _total(self) -> Ledger:
        seconds = 0.0 if self._started is None else self._clock() - self._started
        return self._earlier + replace(self._now, seconds=seconds)

    def _ended(self, prompt_tokens: int) -> None:
        self._under_way[prompt_tokens] -= 1
        if self._under_way[prompt_tokens] <= 0:
            del self._under_way[prompt_tokens]

    @staticmethod
    def _typical_answer(total: Ledger) -> int:
        return round(total.completion_tokens / total.calls) if total.calls else TYPICAL_ANSWER


def _known_cost(total: Ledger, price: Price) -> float:
    """What was spent; calls of an attempt whose price was not known count at the present one."""
    if total.cost is not None:
        return total.cost
    return price.of(Completion("", total.prompt_tokens, total.completion_tokens))


def _reached(limit: str) -> str:
    return f"The limit of {limit} for this run is reached. Raise it and name again to go on."
