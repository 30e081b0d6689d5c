"""What went wrong with a request to an endpoint, and whether sending it again may help."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from journeys.errors import EndpointBusy, EndpointError, EndpointRefused

if TYPE_CHECKING:
    import openai

_OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
#: Statuses below 500 that may pass.
_PASSING = frozenset({408, 409, 425})


@dataclass(frozen=True)
class Asked:
    """What was asked, for the sentences about it."""

    host: str
    model: str
    key: str
    loopback: bool


@dataclass(frozen=True)
class Failure:
    """One failed request.

    Attributes:
        kind: for the ledger.
        error: for the user.
        wait: seconds that the endpoint asks to wait; None when it does not say.
    """

    kind: str
    error: EndpointError
    wait: float | None = None

    @property
    def passing(self) -> bool:
        """Sending it again may help."""
        return isinstance(self.error, EndpointBusy)


def explain(error: Exception, asked: Asked, patience: float) -> Failure:
    """What one of the client's errors means, in a sentence that says what to do.

    Args:
        patience: seconds that were waited for the answer.
    """
    import openai

    at = f"The endpoint at {asked.host}"
    if isinstance(error, openai.APITimeoutError):
        return Failure(
            "timeout",
            EndpointBusy(f"{at} did not answer within {patience:g} seconds. Run again later."),
        )
    if isinstance(error, openai.APIConnectionError):
        return Failure(
            "connection",
            EndpointBusy(
                f"{at} cannot be reached. Check OPENAI_BASE_URL and the network connection."
            ),
        )
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, asked, at)
    return Failure(
        "malformed",
        EndpointBusy(
            f"{at} sent an answer that is not JSON. If this goes on, check OPENAI_BASE_URL."
        ),
    )


def _of_status(error: openai.APIStatusError, asked: Asked, at: str) -> Failure:
    status = error.status_code
    wait = retry_after(error.response.headers)
    if status == 429 and str(error.code) not in _OUT_OF_CREDIT:
        return Failure(
            "rate_limit",
            EndpointBusy(f"{at} asks to slow down (429). Wait a little and run again."),
            wait,
        )
    if status >= 500 or status in _PASSING:
        busy = EndpointBusy(f"{at} failed ({status}). Run again later.")
        return Failure("server_error", busy, wait)
    return Failure("refused", EndpointRefused(f"{at} {_refusal(error, asked)}"))


def _refusal(error: openai.APIStatusError, asked: Asked) -> str:
    status = error.status_code
    if status == 401:
        return "did not accept the API key (401). Set OPENAI_API_KEY to a key of this endpoint."
    if status == 403:
        return (
            f"does not allow this key to use {asked.model} (403). Choose another model with "
            "OPENAI_MODEL or another key with OPENAI_API_KEY."
        )
    if status == 404:
        return (
            f"has no model {asked.model} or no chat completions at this address (404). Check "
            "OPENAI_MODEL and OPENAI_BASE_URL."
        )
    if status == 429:
        return (
            "says that the account has no credit left. Add credit, or set OPENAI_API_KEY to "
            "another key."
        )
    if 300 <= status < 400:
        return (
            f"redirects to another address ({status}), and nothing was sent there. Set "
            "OPENAI_BASE_URL to the final address."
        )
    if status in {400, 422}:
        return (
            f"did not understand the request ({told(error, asked)}). Check OPENAI_MODEL and "
            "OPENAI_BASE_URL."
        )
    return f"refused the request ({told(error, asked)})."


def told(error: openai.APIStatusError, asked: Asked) -> str:
    """The status with what the endpoint says of it.

    From this machine that is the start of its message, without the key should it repeat it. From
    another it is only a short code: a message may repeat titles, and it stays in the run.
    """
    if asked.loopback:
        text = " ".join(str(error.message).split())
        if asked.key:
            text = text.replace(asked.key, "(key)")
        return f"{error.status_code}: {text[:200]}"
    code = str(error.code or "")
    safe = _CODE.fullmatch(code) and (not asked.key or asked.key not in code)
    return f"{error.status_code}, {code}" if safe else str(error.status_code)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that an answer asks to wait: ``retry-after-ms``, or RFC 9110 ``Retry-After``."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if not value:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            try:
                moment = parsedate_to_datetime(value).timestamp()
            except (ValueError, OverflowError, OSError):
                continue
            seconds = moment - (time.time() if now is None else now)
        if 0 <= seconds < 1e9:
            return seconds
    return None
