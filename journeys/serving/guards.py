"""Around every request, before and after anything else: names that are not this server's, bodies
that are too large, headers that keep browsers at bay, and measuring. Plain ASGI."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from journeys.serving.metrics import Metrics

#: Bytes of a body: a megabyte of arguments has room, much more has not.
MOST_BYTES = 2 * 1024 * 1024

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class TooLarge(Exception):
    """The body passed the limit while it was read."""


class Guards:
    """Limits, headers and measuring around an app.

    Args:
        named: operation by path; requests to other paths are counted as ``other``.
        hosts: names by which the server may be called; ``*`` for any.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        named: Mapping[str, str],
        hosts: Collection[str],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._named = named
        self._hosts = {each.lower() for each in hosts}
        self._most = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        operation = self._named.get(scope["path"], "other")
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        self._metrics.under_way.inc()
        try:
            await self._bounded(scope, receive, answer)
        finally:
            self._metrics.under_way.dec()
            self._metrics.requests.labels(operation, "http", str(status)).inc()
            took = time.perf_counter() - began
            self._metrics.seconds.labels(operation, "http").observe(took)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if "*" not in self._hosts and _name(headers.get(b"host", b"")) not in self._hosts:
            said = "This server does not go by that name. Start it with --allow-host NAME."
            await _refuse(send, 400, "wrong_host", said)
            return
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._most:
            await self._too_large(send)
            return
        size, begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._most:
                raise TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            if size <= self._most:  # else the app answers that it could not read the body
                begun = True
                await send(message)

        with suppress(TooLarge):
            await self._app(scope, counted, watched)
        if size > self._most and not begun:
            await self._too_large(send)

    async def _too_large(self, send: Send) -> None:
        said = f"The body may have {self._most:,} bytes at most. Send less, or in parts."
        await _refuse(send, 413, "too_large", said)


async def _refuse(send: Send, status: int, code: str, said: str) -> None:
    body = json.dumps(failed(code, said)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _name(host: bytes) -> str:
    """The name in a Host header, without its port."""
    text = host.decode("latin-1").lower()
    return text if text.endswith("]") else text.rpartition(":")[0] or text


def failed(code: str, message: str, details: list[str] | None = None) -> dict[str, Any]:
    """The one shape of every error."""
    return {"error": {"code": code, "message": message, "details": details or []}}
