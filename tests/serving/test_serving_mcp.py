"""The server as a real client of the Model Context Protocol sees it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from journeys.settings import Settings
from journeys.store import Store
from journeys.store.agent_keys import SCOPES
from tests.serving.servers import ROOT, Server, environment

TOOLS = {"get_user_context", "rank_actions", "record_event", "record_feedback", "forget"}
EVENT = {
    "id": "e1",
    "user": "ada",
    "time": "2026-01-31T12:00:00+00:00",
    "request": "Fix the date test",
    "steps": [{"role": "assistant", "tool": "run", "arguments": {"token": "hunter2secret"}}],
    "context": {"repo": "a/b", "task_type": "fix"},
}


def _apart(wanted: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser's tests before these leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, wanted).result()


async def whole_story(client: Client) -> None:
    """All five operations, in the order in which an agent calls them."""
    listed = await client.list_tools()
    assert {each.name for each in listed.tools} == TOOLS
    assert all(each.description and each.output_schema for each in listed.tools)

    async def call(tool: str, **given: Any) -> Any:
        result = await client.call_tool(tool, given)
        assert not result.is_error, result.content
        return result.structured_content

    receipt = await call("record_event", event=EVENT)
    assert receipt["status"] == "accepted"
    assert "secrets in arguments redacted" in receipt["notes"]
    assert (await call("record_event", event=EVENT))["status"] == "duplicate"
    said = await call("record_feedback", user="ada", event="e1", kind="accept")
    assert said["status"] == "accepted"
    context = await call("get_user_context", user="ada", request="dates", most=5)
    assert context["events"] == 1
    assert context["episodes"][0]["said"] == "accept"
    candidates = [{"id": each, "fields": {"task_type": each}} for each in ("docs", "fix")]
    ranking = await call("rank_actions", user="ada", candidates=candidates)
    assert ranking["actions"][0]["id"] == "fix"
    forged = await client.call_tool("get_user_context", {"user": "bob"})
    assert forged.is_error
    assert "may not read or write for that user" in forged.content[0].text  # type: ignore[union-attr]
    unknown = await client.call_tool("no_such_tool", {})
    assert unknown.is_error
    wrong = await client.call_tool("rank_actions", {"user": "ada", "candidates": []})
    assert wrong.is_error
    long = {**EVENT, "id": "e2", "steps": [{"role": "tool", "arguments": "x" * 1_000_000}]}
    assert "arguments cut at 2,000 characters" in (await call("record_event", event=long))["notes"]
    assert (await call("forget", user="ada"))["found"]
    assert (await call("get_user_context", user="ada"))["episodes"] == []


def test_over_http_by_a_real_process(store: Store, start: Callable[[], Server]) -> None:
    server = start()
    key, _ = store.agent_keys.create("agent", SCOPES, users=["ada"])

    async def run() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            transport = streamable_http_client(f"{server.url}/mcp", http_client=http)
            async with Client(transport) as client:
                await whole_story(client)
        counted = httpx2.get(f"{server.url}/metrics").text
        assert 'operation="events",over="mcp",status="200"} 3.0' in counted

    _apart(run())


def test_over_standard_input_and_output(store: Store, settings: Settings) -> None:
    key, _ = store.agent_keys.create("agent", SCOPES, users=["ada"])

    async def run() -> None:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "journeys", "serve", "--mcp-stdio"],
            env=environment(settings, JOURNEYS_AGENT_KEY=key),
            cwd=str(ROOT),
        )
        async with Client(server) as client:
            await whole_story(client)

    _apart(run())


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ijk_wrong"}])
def test_nobody_speaks_to_it_without_a_key(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "x"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "no_key"
