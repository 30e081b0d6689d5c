"""The five operations as tools of the Model Context Protocol, by the same code as over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field, StringConstraints

from journeys.errors import JourneysError
from journeys.serving import messages as m
from journeys.serving.calls import Calls
from journeys.serving.faults import fault_of
from journeys.store import AgentKey

T = TypeVar("T", bound=BaseModel)

_ABOUT = (
    "Preferences of a user, learnt from what they accept and reject. Ask for the user's context "
    "before you act, rank the actions you could take, record what happened, and record what the "
    "user said to it."
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_ERASES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)


def make_tools(calls: Calls, *, key: str | None = None) -> MCPServer:
    """A server of tools.

    Args:
        key: with which every call is made; None: each request brings its own in its header.
    """
    server = MCPServer("interest-journeys", version="1", instructions=_ABOUT, log_level="WARNING")
    over = "mcp" if key is None else "stdio"

    def called(name: str, ctx: Context, act: Callable[[AgentKey], T]) -> T:
        began, status = time.perf_counter(), 200
        try:
            return act(calls.gate.identify(key if key is not None else _shown(ctx)))
        except JourneysError as error:
            status = fault_of(error).status
            raise ToolError(str(error)) from error
        except Exception:
            status = 500
            raise
        finally:
            calls.metrics.requests.labels(name, over, str(status)).inc()
            calls.metrics.seconds.labels(name, over).observe(time.perf_counter() - began)

    @server.tool(annotations=_READS)
    def get_user_context(
        user: m.UserId,
        ctx: Context,
        request: Annotated[
            str,
            StringConstraints(max_length=20_000),
            Field(description="What they ask for now; journeys that share its words come first."),
        ] = "",
        most: Annotated[int, Field(ge=1, le=100, description="Of each kind, at most.")] = 10,
    ) -> m.ContextTold:
        """What is known of a user: journeys, recent episodes, preferences with certainty."""
        asked = m.ContextAsked(user=user, request=request, most=most)
        return called("context", ctx, lambda key: calls.context(key, asked))

    @server.tool(annotations=_READS)
    def rank_actions(
        user: m.UserId,
        candidates: Annotated[list[m.Candidate], Field(min_length=1, max_length=1_000)],
        ctx: Context,
        request: m.Fields | None = None,
        reasons: Annotated[int, Field(ge=0, le=10)] = 3,
        content: m.Vector | None = None,
    ) -> m.RankingTold:
        """Candidate actions, the one that the user most likely accepts first, with reasons."""
        asked = m.RankAsked(
            user=user,
            candidates=candidates,
            request=request or {},
            reasons=reasons,
            content=content,
        )
        return called("rank", ctx, lambda key: calls.rank(key, asked))

    @server.tool(annotations=_WRITES)
    def record_event(event: m.EventGiven, ctx: Context) -> m.ReceiptTold:
        """Report a request, what was done and how it ended. The same id twice counts once."""
        return called("events", ctx, lambda key: calls.event(key, event))

    @server.tool(annotations=_WRITES)
    def record_feedback(
        user: m.UserId,
        event: m.Id,
        kind: m.Kind,
        ctx: Context,
        time: m.Time | None = None,
        text: Annotated[str, StringConstraints(max_length=20_000)] = "",
    ) -> m.ReceiptTold:
        """Report what the user said to an event that was recorded."""
        given = m.EventFeedback(user=user, event=event, kind=kind, time=time, text=text)
        return called("feedback", ctx, lambda key: calls.feedback(key, given))

    @server.tool(annotations=_ERASES)
    def forget(user: m.UserId, ctx: Context) -> m.Forgotten:
        """Erase all that is known of a user, for good."""
        return called("forget", ctx, lambda key: calls.forget(key, m.UserNamed(user=user)))

    return server


def _shown(ctx: Context) -> str | None:
    shown = (ctx.headers or {}).get("authorization", "")
    return shown[7:] if shown[:7].lower() == "bearer " else None
