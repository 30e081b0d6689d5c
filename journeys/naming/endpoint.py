"""Any OpenAI-compatible endpoint as a chat model."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from journeys.errors import ConfigError, EndpointBusy, EndpointRefused, PrivacyError
from journeys.naming.base import Completion

if TYPE_CHECKING:
    import openai

#: Address of OpenAI's own endpoint.
OPENAI = "https://api.openai.com/v1"
#: What an endpoint is asked for to get JSON, from strict to nothing.
_FORMATS = ("json_schema", "json_object", "text")
#: Reasons to refuse one prompt that say nothing of the next: the answer counts as empty.
_PROMPT_REFUSED = frozenset(
    {"content_filter", "content_policy_violation", "context_length_exceeded", "invalid_prompt"}
)
_OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


@dataclass(frozen=True)
class _Dialect:
    """What an endpoint turned out to understand."""

    format: str = _FORMATS[0]
    limit: str = "max_tokens"
    temperature: bool = True
    seed: bool = True


class OpenAIChat:
    """A :class:`~journeys.naming.base.ChatModel` at an OpenAI-compatible endpoint.

    Rate limits, server errors, time-outs and broken connections are tried again by the
    ``openai`` client with growing pauses, as long as ``Retry-After`` asks for. What the
    endpoint does not understand (JSON schemas, ``seed``, ...) is left out from then on.

    Nothing is redacted here: the caller passes texts that may be sent
    (see :mod:`journeys.privacy`). The key is held in memory only and never shown.

    Args:
        base_url: address of the endpoint; None for OpenAI's own.
        api_key: the endpoint's key; any word for endpoints without keys.
        model: the endpoint's name of the model.
        local_only: refuse hosts that are not this machine, ignore proxies and redirects.
        timeout: seconds to wait for one answer.
        retries: how often one call is tried again.

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
        timeout: float = 60.0,
        retries: int = 4,
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
        self._timeout = timeout
        self._retries = retries
        self._client: openai.OpenAI | None = None
        self._dialect = _Dialect()
        if local_only:
            require_loopback(self._host)

    def __repr__(self) -> str:
        return f"OpenAIChat({self._base_url!r}, model={self._model!r})"

    @property
    def id(self) -> str:
        return self._model

    def close(self) -> None:
        """Close the connections."""
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
            PrivacyError: ``local_only`` and the host is not this machine.
        """
        import openai

        if self._local_only:
            require_loopback(self._host)
        dialect = self._dialect
        if schema is None:
            dialect = replace(dialect, format="text")
        while True:
            request = {
                "model": self._model,
                "messages": [dict(message) for message in messages],
                **_options(dialect, schema, temperature, seed, max_tokens),
            }
            try:
                response = self._openai().chat.completions.create(**request)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if str(error.code) in _PROMPT_REFUSED:
                    return Completion("")
                simpler = _simpler(dialect, error)
                if simpler is None:
                    raise EndpointRefused(
                        f"The endpoint at {self._host} did not understand the request "
                        f"({error.status_code}): {self._excerpt(error)} "
                        "Check OPENAI_MODEL and OPENAI_BASE_URL."
                    ) from None
                dialect = simpler
            except (openai.OpenAIError, ValueError) as error:
                raise self._explained(error) from None
            else:
                if schema is not None:
                    self._dialect = dialect
                return self._completion(response)

    def _openai(self) -> openai.OpenAI:
        if self._client is None:
            import openai

            # A redirect could carry a prompt to a host that nobody agreed to, and a proxy could
            # carry it off this machine.
            http = openai.DefaultHttpxClient(
                trust_env=not is_loopback(self._host), follow_redirects=False
            )
            self._client = openai.OpenAI(
                base_url=self._base_url,
                api_key=self._key,
                timeout=self._timeout,
                max_retries=self._retries,
                http_client=http,
            )
        return self._client

    def _completion(self, response: Any) -> Completion:
        choices = getattr(response, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise EndpointBusy(
                f"The endpoint at {self._host} sent an answer that is not a chat completion. "
                "If this goes on, check OPENAI_BASE_URL."
            )
        usage = getattr(response, "usage", None)
        return Completion(
            choices[0].message.content or "",
            getattr(usage, "prompt_tokens", None) or 0,
            getattr(usage, "completion_tokens", None) or 0,
        )

    def _explained(self, error: Exception) -> EndpointRefused | EndpointBusy:
        """Our error for one of the client's, in a sentence that says what to do."""
        import openai

        at = f"The endpoint at {self._host}"
        if isinstance(error, openai.AuthenticationError):
            return EndpointRefused(
                f"{at} did not accept the API key (401). Set OPENAI_API_KEY to a key of this "
                "endpoint."
            )
        if isinstance(error, openai.PermissionDeniedError):
            return EndpointRefused(
                f"{at} does not allow this key to use {self._model} (403). Choose another model "
                "with OPENAI_MODEL or another key with OPENAI_API_KEY."
            )
        if isinstance(error, openai.NotFoundError):
            return EndpointRefused(
                f"{at} has no model {self._model} or no chat completions at this address (404). "
                "Check OPENAI_MODEL and OPENAI_BASE_URL."
            )
        if isinstance(error, openai.RateLimitError):
            if str(error.code) in _OUT_OF_CREDIT:
                return EndpointRefused(
                    f"{at} says that the account has no credit left. Add credit, or set "
                    "OPENAI_API_KEY to another key."
                )
            return EndpointBusy(f"{at} asks to slow down (429). Wait a little and run again.")
        if isinstance(error, openai.APITimeoutError):
            return EndpointBusy(
                f"{at} did not answer within {self._timeout:g} seconds. Run again later."
            )
        if isinstance(error, openai.APIConnectionError):
            return EndpointBusy(
                f"{at} cannot be reached. Check OPENAI_BASE_URL and the network connection."
            )
        if isinstance(error, openai.APIStatusError):
            if 300 <= error.status_code < 400:
                return EndpointRefused(
                    f"{at} redirects to another address ({error.status_code}), and nothing was "
                    "sent there. Set OPENAI_BASE_URL to the final address."
                )
            if error.status_code < 500 and error.status_code not in {408, 409}:
                return EndpointRefused(
                    f"{at} refused the request ({error.status_code}): {self._excerpt(error)}"
                )
            return EndpointBusy(f"{at} failed ({error.status_code}). Run again later.")
        return EndpointBusy(
            f"{at} sent an answer that is not JSON. If this goes on, check OPENAI_BASE_URL."
        )

    def _excerpt(self, error: Exception) -> str:
        """The start of the endpoint's own message, without the key should it repeat it."""
        text = " ".join(str(getattr(error, "message", error)).split())
        if self._key:
            text = text.replace(self._key, "(key)")
        return text[:200]


def require_loopback(host: str) -> None:
    """Refuse a host that is not this machine.

    Every address that the name resolves to must be loopback (127.0.0.0/8 or ::1).

    Raises:
        PrivacyError: it is another machine, or the name cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(host, None)
        addresses = {ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found}
    except (OSError, UnicodeError, ValueError):
        addresses = set()
    if not addresses or not all(_loopback(address) for address in addresses):
        raise PrivacyError(
            f"The setting 'local only' is on, and {host} is not this machine, so nothing was "
            "sent. Choose a model on this machine, or unset JOURNEYS_LOCAL_ONLY."
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; see :func:`require_loopback`."""
    try:
        require_loopback(host)
    except PrivacyError:
        return False
    return True


def _loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _options(
    dialect: _Dialect,
    schema: Mapping[str, Any] | None,
    temperature: float,
    seed: int | None,
    max_tokens: int,
) -> dict[str, Any]:
    request: dict[str, Any] = {dialect.limit: max_tokens}
    if dialect.temperature:
        request["temperature"] = temperature
    if dialect.seed and seed is not None:
        request["seed"] = seed
    if schema is not None and dialect.format == "json_schema":
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)},
        }
    elif schema is not None and dialect.format == "json_object":
        request["response_format"] = {"type": "json_object"}
    return request


def _simpler(dialect: _Dialect, error: openai.APIStatusError) -> _Dialect | None:
    """What to try after a request was not understood, or None when there is nothing left."""
    blamed = f"{getattr(error, 'param', '')} {error.message}".lower()
    if "max_tokens" in blamed and dialect.limit == "max_tokens":
        return replace(dialect, limit="max_completion_tokens")
    if "temperature" in blamed and dialect.temperature:
        return replace(dialect, temperature=False)
    if "seed" in blamed and dialect.seed:
        return replace(dialect, seed=False)
    if dialect.format != _FORMATS[-1]:
        return replace(dialect, format=_FORMATS[_FORMATS.index(dialect.format) + 1])
    return None
