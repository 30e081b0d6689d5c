"""An OpenAI-compatible endpoint that misbehaves when told to, and remembers what was paid.

Each answer tells a number of prompt tokens that no other answer tells. So the rows of stored
answers say which of the paid answers they hold.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from journeys.naming.fake import FakeChat

#: Ways to answer badly. All but "late" give nothing that could be used.
BAD_ANSWERS = ("noise", "empty", "html", "cut", "500", "429", "closed", "shape", "late")

#: The first number that an answer is known by; smaller ones are of other answers.
FIRST = 10_000


class FaultyEndpoint(ThreadingHTTPServer):
    """Names journeys from the titles in the prompt, after ``seconds``.

    Attributes:
        bad: how the next requests are answered, one each.
        paid: prompt -> numbers of its answers, as far as they could be used.
        wasted: usable prompts answered with what nobody can use, though it was counted as a call.
        again: when requests came for a prompt one of whose answers was in the database by then.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, is_stored: Callable[[list[int]], bool], seconds: float = 0.2) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bad: deque[str] = deque()
        self.paid: dict[str, list[int]] = {}
        self.wasted = 0
        self.again: list[float] = []
        self.requests = 0
        self.seconds = seconds
        self._is_stored = is_stored
        self._number = FIRST
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def arrived(self, prompt: str) -> str:
        """A request came; how it is to be answered, '' for well."""
        with self._lock:
            self.requests += 1
            known = list(self.paid.get(prompt, ()))
        if known and self._is_stored(known):
            self.again.append(time.monotonic())
        with self._lock:
            return self.bad.popleft() if self.bad else ""

    def pay(self, prompt: str) -> int:
        """A usable answer is about to be sent; its number."""
        with self._lock:
            self._number += 1
            self.paid.setdefault(prompt, []).append(self._number)
            return self._number

    @property
    def calls(self) -> int:
        """Usable answers that were sent."""
        with self._lock:
            return sum(len(numbers) for numbers in self.paid.values())


class _Handler(BaseHTTPRequestHandler):
    server: FaultyEndpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        body = json.loads(raw)
        prompt = blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=16).hexdigest()
        how = self.server.arrived(prompt)
        time.sleep(self.server.seconds * random.uniform(0.5, 1.5))
        if how == "closed":
            self.close_connection = True
            return
        if how in {"500", "429"}:
            self._send(int(how), b'{"error": {"message": "not now"}}', {"Retry-After": "0.2"})
            return
        if how == "html":
            self._send(200, b"<html><body>Sign in to the hotel's network</body></html>")
            return
        if how == "shape":
            self._send(200, b'{"choices": "none", "usage": 12}')
            return
        if how == "late":
            time.sleep(2.0)
        if how in {"noise", "empty"}:
            self.server.wasted += 1
            text = "" if how == "empty" else "\x07{]\ufffd lorem ipsum ]}{"
            self._send(200, _reply(text, 1))
            return
        text = FakeChat().complete(body["messages"], schema=_schema(body)).text
        if how == "cut":
            whole = _reply(text, 1)
            self._send(200, whole[: len(whole) // 2], said=len(whole))
            self.close_connection = True
            return
        self._send(200, _reply(text, self.server.pay(prompt)))

    def _send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, said: int = 0
    ) -> None:
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(said or len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # who asked is gone

    def log_message(self, format: str, *args: object) -> None:
        return


def _schema(body: dict) -> dict | None:
    return body.get("response_format", {}).get("json_schema", {}).get("schema")


def _reply(text: str, number: int) -> bytes:
    told = {
        "choices": [{"message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": number, "completion_tokens": 50},
    }
    return json.dumps(told).encode()
