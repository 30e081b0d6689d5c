"""Any OpenAI-compatible endpoint as a chat model."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from journeys.errors import ConfigError, EndpointBusy, EndpointRefused
from journeys.naming.base import Completion, FirstWords
from journeys.naming.dialect import Dialect, options, simpler_than
from journeys.naming.estimate import count_tokens, tokens_of
from journeys.naming.failures import Asked, Failure, explain
from journeys.naming.hosts import Reach, is_loopback, require_loopback, require_reachable
from journeys.naming.ledger import Meter
from journeys.naming.pacing import Pace

if TYPE_CHECKING:
    import openai

#: Address of OpenAI's own endpoint.
OPENAI = "https://api.openai.com/v1"
#: Reasons to refuse one prompt that say nothing of the next: the answer counts as empty.
_PROMPT_REFUSED = frozenset(
    {"content_filter", "content_policy_violation", "context_length_exceeded", "invalid_prompt"}
)
#: A request that is not answered in time is sent again so often; the others more often.
_TIMEOUT_RETRIES = 2
#: Seconds; an endpoint that asks to wait longer is left.
_LONGEST_WAIT = 120.0


class OpenAIChat:
    """A :class:`~journeys.naming.base.ChatModel` at an OpenAI-compatible endpoint.

    Rate limits, server errors, time-outs and broken connections are tried again with growing
    pauses, or as long as ``Retry-After`` asks for; ``pace`` slows all threads that share the
    client down together. What the endpoint does not understand (JSON schemas, ``seed``, ...) is
    left out from then on.

    Nothing is redacted here: the caller passes texts that may be sent
    (see :mod:`journeys.privacy`). The key is held in memory only and never shown.

    Args:
        base_url: address of the endpoint; None for OpenAI's own.
        api_key: the endpoint's key; any word for endpoints without keys.
        model: the endpoint's name of the model.
        reach: how far the host was when it was chosen; nearer addresses are refused.
        local_only: refuse hosts that are not this machine, ignore proxies and redirects.
        timeout: seconds to wait for one answer; not used where a pace is given.
        retries: how often one call is tried again.
        pace: places that the threads share; without one, there are 64 and the time-out is fixed.
        meter: counts every request and refuses those beyond a cap; without one, there is no cap.

    Raises:
        PrivacyError: ``local_only`` and the host is not this machine.
        ConfigError: ``base_url`` is not an http(s) address.
    """

    def __init__(
        self,
        base_url: str | None,
        api_key: str,
        model: str,
        *,
        local_only: bool = False,
        timeout: float = 30.0,
        retries: int = 4,
        pace: Pace | None = None,
        meter: Meter | None = None,
        reach: Reach | None = None,
    ) -> None:
        base_url = base_url or OPENAI
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                f"{base_url!r} is not an endpoint's address. Set OPENAI_BASE_URL to one such as "
                f"{OPENAI}"
            )
        self._host = parts.hostname
        self._base_url = base_url
        self._key = api_key
        self._model = model
        self._local_only = local_only
        self._reach = reach
        self._retries = retries
        self.pace = pace or Pace(timeout=timeout, adaptive=False)
        self.meter = meter or Meter()
        self._client: openai.OpenAI | None = None
        self._opening = threading.Lock()
        self._dialect = Dialect()
        if local_only:
            require_loopback(self._host)

    def __repr__(self) -> str:
        return f"OpenAIChat({self._base_url!r}, model={self._model!r})"

    @property
    def id(self) -> str:
        return self._model

    def close(self) -> None:
        """Close the connections."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        seed: int | None = None,
        max_tokens: int = 400,
    ) -> Completion:
        """Answer a chat. An answer that the endpoint's safety filter withholds is empty.

        Raises:
            EndpointRefused: no later call will succeed either (key, model, credit).
            EndpointBusy: the endpoint did not answer after the retries.
            CapReached: the meter allows no further call.
            PrivacyError: ``local_only`` and the host is not this machine, or its name leads
                where no prompt goes; see :mod:`journeys.naming.hosts`.
        """
        import openai

        if self._local_only:
            require_loopback(self._host)
        expected = count_tokens(messages)
        dialect = self._dialect
        if schema is None:
            dialect = replace(dialect, format="text")
        while True:
            request = {
                "model": self._model,
                "messages": [dict(message) for message in messages],
                **options(dialect, schema, temperature, seed, max_tokens),
            }
            try:
                completion = self._sent(request, expected)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if str(error.code) in _PROMPT_REFUSED:
                    return Completion("")
                simpler = simpler_than(dialect, error)
                if simpler is None:
                    raise explain(error, self._asked, 0.0).error from None
                dialect = simpler
            else:
                if schema is not None:
                    self._dialect = dialect
                return completion

    def first_words(self, messages: Sequence[Mapping[str, str]], *, most: int = 20) -> FirstWords:
        """How likely each of the likeliest first tokens of an answer is; nothing is tried again.

        Raises:
            EndpointError: the endpoint did not answer, or gives no such chances.
        """
        import openai

        if self._local_only:
            require_loopback(self._host)
        expected = count_tokens(messages)
        client = self._openai()
        with self.pace.place():
            self.meter.begin(expected)
            patience = self.pace.patience(0)
            try:
                response = client.chat.completions.create(
                    model=self._model,
                    messages=[dict(message) for message in messages],  # type: ignore[misc]
                    max_tokens=1,
                    temperature=0.0,
                    logprobs=True,
                    top_logprobs=most,
                    timeout=patience,
                )
            except openai.OpenAIError as error:
                self.meter.failed(expected, "first_words")
                raise explain(error, self._asked, patience).error from None
            completion, estimated = self._completion(response, expected)
            self.meter.answered(expected, completion, estimated=estimated)
        told = response.choices[0].logprobs
        if told is None or not told.content:
            raise EndpointRefused(
                f"The endpoint at {self._host} does not tell how likely an answer is. "
                "Ask the model on this machine instead."
            )
        likely = {each.token: math.exp(each.logprob) for each in told.content[0].top_logprobs}
        return FirstWords(likely, completion.prompt_tokens)

    def _sent(self, request: Mapping[str, Any], expected: int) -> Completion:
        """The answer to a request, sent again while that may help."""
        failed: Counter[str] = Counter()
        while True:
            outcome = self._attempt(request, expected, failed["timeout"])
            if isinstance(outcome, Completion):
                return outcome
            kind = outcome.kind
            failed[kind] += 1
            wait = _pause(failed[kind]) if outcome.wait is None else outcome.wait
            last = failed[kind] > self._most_retries(kind) or failed.total() > 3 * self._retries
            if last or not outcome.passing or wait > _LONGEST_WAIT:
                raise outcome.error from None
            self.pace.sleep(wait)
            self.meter.retrying()

    def _most_retries(self, kind: str) -> int:
        """A time-out costs most, and who is told to slow down has done nothing wrong."""
        most = {"timeout": min(_TIMEOUT_RETRIES, self._retries), "rate_limit": 3 * self._retries}
        return most.get(kind, self._retries)

    def _attempt(
        self, request: Mapping[str, Any], expected: int, timeouts: int
    ) -> Completion | Failure:
        """One request, in the ledger however it ends; ``timeouts``: how often it was in vain."""
        import openai

        client = self._openai()
        with self.pace.place() as entered:
            self.meter.begin(expected)
            patience = self.pace.patience(timeouts)
            start = time.monotonic()
            kind = "interrupted"
            try:
                response = client.chat.completions.create(**request, timeout=patience)
                completion, estimated = self._completion(response, expected)
                kind = ""
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                kind = "withheld" if str(error.code) in _PROMPT_REFUSED else "not_understood"
                raise
            except EndpointBusy as error:
                kind = "malformed"
                return Failure(kind, error)
            except (openai.OpenAIError, ValueError) as error:
                failure = explain(error, self._asked, patience)
                kind = failure.kind
                if kind == "rate_limit":
                    self.pace.slow_down(
                        entered, _pause(1) if failure.wait is None else failure.wait
                    )
                return failure
            finally:
                if kind:
                    self.meter.failed(expected, kind)
            self.meter.answered(expected, completion, estimated=estimated)
            self.pace.answered(time.monotonic() - start)
            return completion

    def _openai(self) -> openai.OpenAI:
        # Asked before each request: a name may come to lead elsewhere.
        require_reachable(self._host, self._reach)
        with self._opening:
            if self._client is None:
                import openai

                # A redirect could carry a prompt to a host that nobody agreed to, and a proxy
                # could carry it off this machine.
                http = openai.DefaultHttpxClient(
                    trust_env=not is_loopback(self._host), follow_redirects=False
                )
                self._client = openai.OpenAI(
                    base_url=self._base_url,
                    api_key=self._key,
                    max_retries=0,
                    http_client=http,
                )
            return self._client

    @property
    def _asked(self) -> Asked:
        return Asked(self._host, self._model, self._key, is_loopback(self._host))

    def _completion(self, response: Any, expected: int) -> tuple[Completion, bool]:
        """The answer, and whether its tokens are an estimate."""
        choices = getattr(response, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise EndpointBusy(
                f"The endpoint at {self._host} sent an answer that is not a chat completion. "
                "If this goes on, check OPENAI_BASE_URL."
            )
        text = choices[0].message.content or ""
        usage = getattr(response, "usage", None)
        prompt = _count(getattr(usage, "prompt_tokens", None))
        answer = _count(getattr(usage, "completion_tokens", None))
        if prompt is None or answer is None:
            return Completion(text, prompt or expected, answer or tokens_of(text)), True
        return Completion(text, prompt, answer), False


def _count(told: object) -> int | None:
    """A number of tokens as an endpoint told it, if it can be one: a cap rests on it."""
    sound = isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 10**7
    return told if sound else None  # type: ignore[return-value]


def _pause(failures: int) -> float:
    """Seconds before the next attempt, growing; drawn, so that threads do not come back at once."""
    return min(0.25 * 2.0**failures, 8.0) * random.uniform(0.75, 1.0)
