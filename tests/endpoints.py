"""An OpenAI-compatible endpoint on loopback that names journeys from the titles in the prompt."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from journeys.naming.fake import FakeChat


class NamingServer(ThreadingHTTPServer):
    """A real HTTP server; ``requests`` are the bodies it got.

    ``answers`` are given first, one a request, in place of names made from the titles.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self.answers: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: NamingServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append(body)
        if self.server.answers:
            text = self.server.answers.pop(0)
        else:
            text = FakeChat().complete(body["messages"]).text
        reply = {
            "choices": [{"message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 200, "completion_tokens": 50},
        }
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def naming_server() -> Iterator[NamingServer]:
    """The server while the block lasts."""
    opened = NamingServer()
    threading.Thread(target=opened.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield opened
    finally:
        opened.shutdown()
        opened.server_close()
