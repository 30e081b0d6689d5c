"""What stands around the app's pages: security headers, and a limit on attempts to sign in."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from journeys.headers import inline_hashes, security_headers
from journeys.limits import Attempts, Rate

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where Streamlit begins and ends a sign-in, behind whatever base path.
_SIGN_IN = ("/auth/login", "/oauth2callback")

#: Sign-ins that are begun or ended, a minute. People behind one proxy may share an address.
SIGN_INS = Rate(address=60, overall=600)


class SecurityHeaders:
    """Puts the headers on every answer, in place of any of the same name."""

    def __init__(self, app: ASGIApp, headers: Callable[[], Mapping[str, str]]) -> None:
        self._app = app
        self._make = headers
        self._headers: Mapping[str, str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self._headers is None:
                    self._headers = self._make()
                given = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    given[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)


class SignInLimit:
    """Answers 429 to an address, and to all, from which sign-in is asked for too often."""

    def __init__(self, app: ASGIApp, attempts: Attempts | None = None) -> None:
        self._app = app
        self._attempts = attempts or Attempts(SIGN_INS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(_SIGN_IN):
            address = scope["client"][0] if scope.get("client") else None
            wait = self._attempts.wait(address)
            if wait:
                after = {"retry-after": str(math.ceil(wait))}
                answer = PlainTextResponse(
                    "Too many attempts to sign in. Try again in a minute.", 429, after
                )
                await answer(scope, receive, send)
                return
            self._attempts.count(address)
        await self._app(scope, receive, send)


def middleware() -> list[Middleware]:
    """For the server of the app, the outermost first."""
    return [Middleware(SecurityHeaders, headers=_headers), Middleware(SignInLimit)]


def _headers() -> dict[str, str]:
    page = Path(st.__file__).parent / "static" / "index.html"
    scripts = inline_hashes(page.read_text(encoding="utf-8"))
    return security_headers(scripts, tls=bool(st.get_option("server.sslCertFile")))
