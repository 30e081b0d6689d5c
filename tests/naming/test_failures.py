"""What is said of failed requests, and how long an endpoint asks to wait."""

from __future__ import annotations

import httpx2 as httpx
import openai
import pytest

from journeys.errors import EndpointBusy, EndpointRefused
from journeys.naming.failures import Asked, explain, retry_after

TITLE = "Living with a rare illness, part 3"
HERE = Asked("127.0.0.1", "m", "sk-secret", loopback=True)
THERE = Asked("llm.example", "m", "sk-secret", loopback=False)


def answered(status: int, code: str | None = None, **headers: str) -> openai.APIStatusError:
    request = httpx.Request("POST", "https://llm.example/v1/chat/completions")
    response = httpx.Response(status, request=request, headers=headers)
    kind = openai.RateLimitError if status == 429 else openai.APIStatusError
    message = f"cannot read {TITLE!r} with sk-secret"
    return kind(message, response=response, body={"message": message, "code": code})


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 429, 500, 503, 302])
def test_another_machines_words_are_not_repeated(status: int) -> None:
    failure = explain(answered(status, code=f"bad {TITLE}"), THERE, 1.0)
    assert TITLE not in str(failure.error)
    assert "sk-secret" not in str(failure.error)
    assert str(status) in str(failure.error) or status in {401}


def test_a_short_code_is() -> None:
    assert "413, payload_too_large" in str(
        explain(answered(413, "payload_too_large"), THERE, 1.0).error
    )
    assert "sk-secret" not in str(explain(answered(413, "sk-secret"), THERE, 1.0).error)


def test_this_machines_words_are_without_the_key() -> None:
    told = str(explain(answered(413), HERE, 1.0).error)
    assert TITLE in told
    assert "sk-secret" not in told


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(status: int) -> None:
    failure = explain(answered(status, **{"retry-after": "7"}), THERE, 1.0)
    assert isinstance(failure.error, EndpointBusy)
    assert failure.passing
    assert failure.wait == (7.0 if status == 429 or status >= 500 or status < 429 else None)


@pytest.mark.parametrize(
    ("status", "code"), [(400, None), (401, None), (429, "insufficient_quota")]
)
def test_what_will_not_pass_is_not(status: int, code: str | None) -> None:
    failure = explain(answered(status, code), THERE, 1.0)
    assert isinstance(failure.error, EndpointRefused)
    assert (failure.passing, failure.kind) == (False, "refused")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 10.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=1_445_412_470.0) == seconds
