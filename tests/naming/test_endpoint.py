"""The endpoint client against a real HTTP server on loopback."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from journeys.errors import (
    CapReached,
    ConfigError,
    EndpointBusy,
    EndpointRefused,
    PrivacyError,
)
from journeys.naming.asking import ladder_schema
from journeys.naming.base import Evidence
from journeys.naming.endpoint import OpenAIChat, _count
from journeys.naming.estimate import count_tokens
from journeys.naming.hosts import require_loopback
from journeys.naming.ladder import LadderNamer
from journeys.naming.ledger import Cap, Meter

KEY = "sk-very-secret"
Reply = tuple[int, dict[str, str], str]


class Endpoint(ThreadingHTTPServer):
    """Imitates an OpenAI endpoint: ``replies`` are functions of the request, used in turn."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.replies: list[Callable[[dict[str, Any]], Reply]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append(body)
        self.server.headers.append({k.lower(): v for k, v in self.headers.items()})
        self.server.times.append(time.monotonic())
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        status, headers, text = reply(body)
        try:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())
        except OSError:
            pass  # the client has given up waiting

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def good(text: str = '{"field": "music"}') -> Callable[[dict[str, Any]], Reply]:
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    return lambda request: (200, {}, json.dumps(body))


def bad(
    status: int, headers: dict[str, str] | None = None, **error: str
) -> Callable[[dict[str, Any]], Reply]:
    text = json.dumps({"error": {"message": "no", "type": "t", **error}})
    return lambda request: (status, headers or {}, text)


def chat(endpoint: Endpoint, **options: Any) -> OpenAIChat:
    return OpenAIChat(endpoint.url, KEY, "m", **{"timeout": 5.0, "retries": 2, **options})


MESSAGES = [{"role": "user", "content": "Name this. Answer in JSON."}]


def test_a_good_answer_with_its_tokens(endpoint: Endpoint) -> None:
    endpoint.replies = [good()]
    done = chat(endpoint).complete(MESSAGES, schema=ladder_schema(), seed=3, max_tokens=50)
    assert done.text == '{"field": "music"}'
    assert (done.prompt_tokens, done.completion_tokens) == (11, 7)
    (sent,) = endpoint.requests
    assert sent["messages"] == MESSAGES
    assert sent["response_format"]["json_schema"]["schema"] == ladder_schema()
    assert (sent["model"], sent["temperature"], sent["seed"]) == ("m", 0.0, 3)
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_rate_limit_is_waited_out_as_long_as_asked(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(429, {"Retry-After": "1"}), good()]
    assert chat(endpoint).complete(MESSAGES).text
    assert endpoint.times[1] - endpoint.times[0] >= 0.95


def test_server_errors_are_tried_again_and_then_reported_as_busy(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(500), bad(503), good()]
    assert chat(endpoint).complete(MESSAGES).text
    endpoint.replies = [bad(500)]
    with pytest.raises(EndpointBusy, match="500"):
        chat(endpoint, retries=1).complete(MESSAGES)
    assert len(endpoint.requests) == 5


def test_a_lasting_rate_limit_is_busy_and_an_empty_account_refused(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(429)]
    with pytest.raises(EndpointBusy, match="slow down"):
        chat(endpoint, retries=0).complete(MESSAGES)
    endpoint.replies = [bad(429, code="insufficient_quota")]
    with pytest.raises(EndpointRefused, match="credit"):
        chat(endpoint, retries=0).complete(MESSAGES)


def test_a_hanging_endpoint_is_left_after_the_time_out(endpoint: Endpoint) -> None:
    def hang(request: dict[str, Any]) -> Reply:
        time.sleep(1.0)
        return good()(request)

    endpoint.replies = [hang, good()]
    assert chat(endpoint, timeout=0.2).complete(MESSAGES).text
    endpoint.replies = [hang]
    with pytest.raises(EndpointBusy, match=r"within 0\.2 seconds"):
        chat(endpoint, timeout=0.2, retries=0).complete(MESSAGES)


@pytest.mark.parametrize("text", ["{not json", "", "[]", "{}", '{"choices": []}', "<html>"])
def test_a_body_that_is_no_completion_is_busy(endpoint: Endpoint, text: str) -> None:
    endpoint.replies = [lambda request: (200, {}, text)]
    with pytest.raises(EndpointBusy, match="OPENAI_BASE_URL"):
        chat(endpoint, retries=0).complete(MESSAGES)


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "OPENAI_API_KEY"), (403, "OPENAI_MODEL"), (404, "OPENAI_MODEL"), (402, "402")],
)
def test_refusals_are_not_tried_again_and_say_what_to_set(
    endpoint: Endpoint, status: int, says: str
) -> None:
    endpoint.replies = [bad(status, message=f"bad key {KEY}")]
    with pytest.raises(EndpointRefused, match=says) as caught:
        chat(endpoint).complete(MESSAGES, schema=ladder_schema())
    assert len(endpoint.requests) == 1
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__


def test_schema_support_is_tried_once_and_remembered(endpoint: Endpoint) -> None:
    def picky(request: dict[str, Any]) -> Reply:
        kind = request.get("response_format", {}).get("type", "text")
        return bad(400)(request) if kind != "text" else good()(request)

    endpoint.replies = [picky]
    model = chat(endpoint)
    model.complete(MESSAGES, schema=ladder_schema())
    model.complete(MESSAGES, schema=ladder_schema())
    kinds = [r.get("response_format", {}).get("type", "text") for r in endpoint.requests]
    assert kinds == ["json_schema", "json_object", "text", "text"]


def test_parameters_that_a_model_does_not_take_are_left_out(endpoint: Endpoint) -> None:
    def newer(request: dict[str, Any]) -> Reply:
        for name in ("max_tokens", "temperature", "seed"):
            if name in request:
                return bad(400, message=f"Unsupported parameter: '{name}'", param=name)(request)
        return good()(request)

    endpoint.replies = [newer]
    model = chat(endpoint)
    assert model.complete(MESSAGES, schema=ladder_schema(), seed=1, max_tokens=9).text
    last = endpoint.requests[-1]
    assert last["max_completion_tokens"] == 9
    assert last["response_format"]["type"] == "json_schema"


def test_a_request_that_is_never_understood_is_refused(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(400, message=f"unknown field for {KEY}")]
    with pytest.raises(EndpointRefused, match=r"unknown field for \(key\)"):
        chat(endpoint).complete(MESSAGES, schema=ladder_schema())


def test_an_answer_withheld_by_a_filter_is_empty(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(400, code="content_filter")]
    assert chat(endpoint).complete(MESSAGES, schema=ladder_schema()).text == ""


def test_an_endpoint_that_is_not_there_is_busy(endpoint: Endpoint) -> None:
    model = OpenAIChat("http://127.0.0.1:9/v1", KEY, "m", retries=0)
    with pytest.raises(EndpointBusy, match="cannot be reached"):
        model.complete(MESSAGES)


def test_the_namer_survives_malformed_names_over_http(endpoint: Endpoint) -> None:
    endpoint.replies = [good("Sorry, no JSON"), good('{"field": "music"}')]
    named = LadderNamer(chat(endpoint)).name(Evidence(("Easy songs", "Hard songs")))
    assert named.usage.calls == 2
    assert named.names.at(1) == "music"
    assert named.names.fallback == (2, 3, 4, 5)


def test_many_threads_can_share_one_client(endpoint: Endpoint) -> None:
    endpoint.replies = [good()]
    model = chat(endpoint)
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(model.complete(MESSAGES).text))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ['{"field": "music"}'] * 16


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_local(host: str) -> None:
    require_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/v1",
        "https://0.0.0.0/v1",
        "http://[2001:db8::1]/v1",
        "http://no-such-host.invalid/v1",
        "http://127.0.0.1.no-such-host.invalid/v1",
        "http://localhost@192.0.2.1/v1",
    ],
)
def test_local_only_refuses_every_other_machine(url: str) -> None:
    with pytest.raises(PrivacyError, match="nothing was sent"):
        OpenAIChat(url, KEY, "m", local_only=True)


def test_local_only_follows_no_redirect_and_no_proxy(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    endpoint.replies = [good()]
    assert chat(endpoint, local_only=True, retries=0).complete(MESSAGES).text
    elsewhere = {"Location": "http://192.0.2.1/v1/chat/completions"}
    endpoint.replies = [lambda request: (307, elsewhere, "")]
    with pytest.raises((EndpointBusy, EndpointRefused)):
        chat(endpoint, local_only=True, retries=0, timeout=1.0).complete(MESSAGES)
    assert len(endpoint.requests) == 2


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(OpenAIChat("http://127.0.0.1/v1", KEY, "m"))


def test_an_address_that_is_none_is_answered_with_an_example() -> None:
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
        OpenAIChat("not a url", KEY, "m")


def test_without_an_address_it_is_openai_and_never_in_local_only_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert "api.openai.com" in repr(OpenAIChat(None, KEY, "m"))
    with pytest.raises(PrivacyError):
        OpenAIChat(None, KEY, "m", local_only=True)


def test_every_request_is_in_the_ledger_however_it_ends(endpoint: Endpoint) -> None:
    endpoint.replies = [
        bad(500), bad(429), lambda request: (200, {}, "{not json"), good(), good(),
    ]  # fmt: skip
    model = chat(endpoint)
    model.complete(MESSAGES)
    model.complete(MESSAGES)
    ledger = model.meter.ledger()
    assert dict(ledger.failures) == {"server_error": 1, "rate_limit": 1, "malformed": 1}
    assert (ledger.calls, ledger.retries, ledger.estimated) == (2, 3, 0)
    assert (ledger.prompt_tokens, ledger.completion_tokens) == (22, 14)
    assert ledger.requests == len(endpoint.requests)


def test_tokens_that_the_endpoint_does_not_tell_are_estimated(endpoint: Endpoint) -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "x" * 36}}]}
    endpoint.replies = [lambda request: (200, {}, json.dumps(body))]
    model = chat(endpoint)
    model.complete(MESSAGES)
    ledger = model.meter.ledger()
    assert ledger.estimated == 1
    assert ledger.completion_tokens == 10
    assert ledger.prompt_tokens == count_tokens(MESSAGES)


def test_being_told_to_slow_down_is_borne_longer_than_errors(endpoint: Endpoint) -> None:
    again = bad(429, {"Retry-After": "0.01"})
    endpoint.replies = [*[again] * 6, good()]
    assert chat(endpoint, retries=2).complete(MESSAGES).text
    endpoint.replies = [again]
    with pytest.raises(EndpointBusy, match="slow down"):
        chat(endpoint, retries=2).complete(MESSAGES)


def test_an_endpoint_that_asks_for_minutes_is_left(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(429, {"Retry-After": "600"})]
    with pytest.raises(EndpointBusy, match="slow down"):
        chat(endpoint).complete(MESSAGES)
    assert len(endpoint.requests) == 1


def test_beyond_the_cap_nothing_is_sent(endpoint: Endpoint) -> None:
    endpoint.replies = [good()]
    model = chat(endpoint, meter=Meter(Cap(calls=2)))
    model.complete(MESSAGES)
    model.complete(MESSAGES)
    with pytest.raises(CapReached):
        model.complete(MESSAGES)
    assert len(endpoint.requests) == 2


def test_a_format_that_is_not_understood_is_no_call(endpoint: Endpoint) -> None:
    endpoint.replies = [bad(400), good()]
    model = chat(endpoint)
    model.complete(MESSAGES, schema=ladder_schema())
    ledger = model.meter.ledger()
    assert (ledger.calls, dict(ledger.failures)) == (1, {"not_understood": 1})


@pytest.mark.parametrize("told", [-5, True, "12", 10**9, None, 1.5])
def test_a_number_of_tokens_that_cannot_be_is_not_believed(told: object) -> None:
    assert _count(told) is None


def test_a_number_of_tokens_that_can_be_is() -> None:
    assert [_count(0), _count(1200)] == [0, 1200]


def test_first_words_with_their_chances(endpoint: Endpoint) -> None:
    def likely(request: dict[str, Any]) -> Reply:
        assert request["logprobs"] is True
        assert request["max_tokens"] == 1
        tokens = [("Yes", 0.5), (" yes", 0.25), ("no", 0.125)]
        top = [{"token": token, "logprob": math.log(p), "bytes": None} for token, p in tokens]
        status, headers, body = good("Yes")(request)
        found = json.loads(body)
        found["choices"][0]["logprobs"] = {"content": [top[0] | {"top_logprobs": top}]}
        return status, headers, json.dumps(found)

    endpoint.replies = [likely]
    found = chat(endpoint).first_words([{"role": "user", "content": "x"}])
    assert found.of("yes") == pytest.approx(0.75)
    assert found.of("no") == pytest.approx(0.125)
    assert found.of("maybe") == 0.0
    assert found.prompt_tokens > 0


def test_an_endpoint_that_tells_no_chances_is_refused(endpoint: Endpoint) -> None:
    endpoint.replies = [good("yes")]
    with pytest.raises(EndpointRefused, match="how likely"):
        chat(endpoint).first_words([{"role": "user", "content": "x"}])
    endpoint.replies = [bad(401)]
    with pytest.raises(EndpointRefused):
        chat(endpoint).first_words([{"role": "user", "content": "x"}])
