"""The HTTP server, and the Model Context Protocol beside it under ``/mcp``.

Endpoints are plain functions: what they do with the store happens in threads, so a slow write holds
up nobody else. Every change is in the database before its answer is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from journeys.errors import JourneysError, StoreError
from journeys.serving import messages as m
from journeys.serving.calls import Calls
from journeys.serving.faults import answer_faults, fault_of
from journeys.serving.guards import MOST_BYTES, Guards, failed
from journeys.serving.tools import make_tools
from journeys.store import AgentKey

#: Hosts by which a server on this machine is called; another name may be a trick (DNS rebinding).
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

MCP_PATH = "/mcp"

#: Below these paths nothing is read of a request before its key is found to work.
_KEYED = ("/v1", MCP_PATH)
_KEY = "journeys.agent_key"

_BEARER = HTTPBearer(auto_error=False, description="A key by: python -m journeys keys create")
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": m.Failed, "description": said}
    for status, said in (
        (400, "What was sent cannot be read, or the Host is not one of this server's."),
        (401, "No key, or none that works."),
        (403, "The key may not do that, or not for that user."),
        (413, "The body is too large."),
        (422, "Something in the request cannot be used; details say what."),
        (429, "Too many requests; Retry-After says when to ask again."),
        (503, "Try again in a moment."),
    )
}
_ADMIN = {**_PROBLEMS, 409: {"model": m.Failed, "description": "Not as things are now."}}


def _key(
    request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> AgentKey:
    # The header is named here for /openapi.json; _Keyed has read it before the body was.
    found: AgentKey = request.scope[_KEY]
    return found


Key = Annotated[AgentKey, Depends(_key)]


def create_app(
    calls: Calls,
    *,
    hosts: Sequence[str] = LOOPBACK,
    most_bytes: int = MOST_BYTES,
    on_end: Callable[[], None] = lambda: None,
) -> FastAPI:
    """The server as an ASGI app.

    Args:
        calls: what it offers.
        hosts: names by which it may be called; ``*`` for any.
        most_bytes: of a request's body.
        on_end: called when the last request is answered and the server stops.
    """
    tools = make_tools(calls)
    mcp = tools.streamable_http_app(
        streamable_http_path=MCP_PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=most_bytes,
        host="",  # hosts are checked here, for every path
    )
    state = {"ready": False}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run():
            calls.refresher.start()
            state["ready"] = True
            try:
                yield
            finally:
                state["ready"] = False
                calls.refresher.stop()
                on_end()

    app = FastAPI(
        title="Interest Journeys for agents",
        version="1",
        description="Who an agent's user is, what to do for them, what happened and what they "
        "said to it. Send a key as `Authorization: Bearer KEY`. Every error has one shape.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.calls = calls
    answer_faults(app)
    _add_operations(app, calls)
    _add_health(app, calls, state)
    route = next(each for each in mcp.routes if isinstance(each, Route))
    app.router.routes.append(Route(MCP_PATH, endpoint=route.app, methods=["GET", "POST", "DELETE"]))
    paths = [each.path for each in app.routes if isinstance(each, Route)]
    named = {path: path.removeprefix("/v1").strip("/").replace("/", "_") for path in paths}
    app.add_middleware(_Keyed, calls=calls)
    app.add_middleware(  # around it
        Guards, metrics=calls.metrics, named=named, hosts=hosts, most_bytes=most_bytes
    )
    return app


def _add_operations(app: FastAPI, calls: Calls) -> None:
    @app.post("/v1/context", tags=["users"], responses=_PROBLEMS, operation_id="get_user_context")
    def get_user_context(asked: m.ContextAsked, key: Key) -> m.ContextTold:
        """Journeys, recent episodes, preferences with their certainty, and a vector of the user's
        history where an encoder is trained. Scope: read."""
        return calls.context(key, asked)

    @app.post("/v1/rank", tags=["users"], responses=_PROBLEMS, operation_id="rank_actions")
    def rank_actions(asked: m.RankAsked, key: Key) -> m.RankingTold:
        """Candidate actions, the one that the user most likely accepts first, with calibrated
        chances, uncertainty and reasons in words. Scope: read."""
        return calls.rank(key, asked)

    @app.post("/v1/events", tags=["users"], responses=_PROBLEMS, operation_id="record_event")
    def record_event(given: m.EventGiven, key: Key) -> m.ReceiptTold:
        """What happened: a request, the steps of the agent, the outcome. Long texts are cut,
        details of people and secrets redacted. Scope: write, and feedback where it has some."""
        return calls.event(key, given)

    @app.post("/v1/feedback", tags=["users"], responses=_PROBLEMS, operation_id="record_feedback")
    def record_feedback(given: m.EventFeedback, key: Key) -> m.ReceiptTold:
        """What the user said to an event; it is learnt from at once. Scope: feedback."""
        return calls.feedback(key, given)

    @app.post("/v1/forget", tags=["users"], responses=_PROBLEMS, operation_id="forget")
    def forget(named: m.UserNamed, key: Key) -> m.Forgotten:
        """Erase all that is known of the user here; shared weights that were fitted on them are
        withdrawn, and fitted anew without them. Scope: erase."""
        return calls.forget(key, named)

    @app.post("/v1/reset", tags=["users"], responses=_PROBLEMS, operation_id="reset")
    def reset(named: m.UserNamed, key: Key) -> m.Done:
        """Unlearn what the user accepted and rejected; what happened is kept. Scope: erase."""
        return calls.reset(key, named)

    @app.post("/v1/admin/refresh", tags=["weights"], responses=_ADMIN, operation_id="refresh")
    def refresh(key: Key) -> m.Refreshed:
        """Fit the shared weights anew and publish them, unless they are worse. Scope: admin."""
        return calls.refresh(key)

    @app.post("/v1/admin/roll-back", tags=["weights"], responses=_ADMIN, operation_id="roll_back")
    def roll_back(key: Key) -> m.RolledBack:
        """Go back to the shared weights before. Scope: admin."""
        return calls.roll_back(key)


def _add_health(app: FastAPI, calls: Calls, state: dict[str, bool]) -> None:
    failing: dict[int | str, dict[str, Any]] = {
        503: {"model": m.Failed, "description": "Not ready: send requests elsewhere."}
    }

    @app.get("/health/live", tags=["health"])
    async def live() -> m.Done:
        """The process answers."""
        return m.Done()

    @app.get("/health/ready", tags=["health"], responses=failing)
    def ready() -> m.Done:
        """It is started, not stopping, and the database answers."""
        if not state["ready"]:
            raise StoreError("The server is starting or stopping.")
        try:
            calls.operations.weights.current()
        except JourneysError:
            raise
        except Exception as error:  # whatever the database's driver raises
            raise StoreError("The database does not answer.") from error
        return m.Done()

    @app.get("/metrics", tags=["health"], response_class=Response)
    def metrics() -> Response:
        """Counters for Prometheus; nothing in them names a user."""
        return Response(calls.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Keyed:
    """Asks for the key before a byte of the body is read: strangers make the server parse nothing,
    and learn nothing of what is wrong in it."""

    def __init__(self, app: ASGIApp, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_KEYED):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        shown = request.headers.get("authorization", "")
        key = shown[7:] if shown[:7].lower() == "bearer " else None
        try:
            scope[_KEY] = await to_thread.run_sync(self._calls.gate.identify, key)
        except JourneysError as error:
            fault = fault_of(error)
            answer = JSONResponse(
                failed(fault.code, str(error)), fault.status, {"WWW-Authenticate": "Bearer"}
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
