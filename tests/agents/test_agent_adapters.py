"""Each format of logs becomes the one schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from journeys.agents import activity_log
from journeys.agents.adapters import Unread, read_trajectories
from journeys.errors import ConfigError, InputError

CONVERSATION = {
    "id": "c1",
    "user": "ada",
    "created_at": "2026-01-02T03:04:05Z",
    "messages": [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": [{"type": "text", "text": "What is in the folder?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "b", "function": {"name": "list", "arguments": '{"path": "."}'}},
                {"id": "a", "function": {"name": "stat", "arguments": '{"path": "x"}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "Error: no such file"},
        {"role": "tool", "tool_call_id": "b", "content": "one.txt"},
        {"role": "assistant", "content": "One file."},
    ],
    "feedback": ["like", {"kind": "correction", "text": "two files", "time": 1767323100}],
}


def written(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


def test_messages_pair_calls_with_results_by_id(tmp_path: Path) -> None:
    (found,) = read_trajectories(written(tmp_path / "log.jsonl", CONVERSATION), "openai")
    assert found.user_id == "ada"
    assert found.time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.request == "What is in the folder?"
    assert found.tools == ("list", "stat")
    calls = {step.tool: step for step in found.steps if step.tool}
    assert calls["list"].result == "one.txt"
    assert calls["stat"].error == "Error: no such file"
    assert [given.kind for given in found.feedback] == ["like", "correction"]


def test_broken_records_are_left_out_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", CONVERSATION, {"messages": 3}, [1])
    path.write_text(path.read_text() + "\n{broken")
    unread = Unread()
    assert len(list(read_trajectories(path, "openai", unread))) == 1
    assert unread.total == 3


@pytest.mark.parametrize(
    "messages",
    [
        [None, 3, {"role": 4, "content": {"a": 1}}, {"role": "tool", "content": "orphan"}],
        [{"role": "assistant", "tool_calls": {"no": "list"}}, {"role": "user", "content": "hi"}],
        [{"role": "assistant", "tool_calls": [{"function": None, "name": None}, 7]}],
    ],
)
def test_malformed_messages_raise_nothing(tmp_path: Path, messages: Any) -> None:
    list(read_trajectories(written(tmp_path / "log.jsonl", {"messages": messages}), "openai"))


def test_an_unknown_kind_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_trajectories(tmp_path, "nothing")
    with pytest.raises(InputError):
        list(read_trajectories(tmp_path / "absent", "openai"))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError):
        list(read_trajectories(tmp_path / "bytes", "openai"))


def test_otel_spans_of_a_trace_are_one_trajectory(tmp_path: Path) -> None:
    def span(name: str, start: int, status: int = 0, **attributes: str) -> dict[str, Any]:
        return {
            "traceId": "t1",
            "name": name,
            "startTimeUnixNano": str(1_767_323_045_000_000_000 + start),
            "status": {"code": status, "message": "boom" if status else ""},
            "attributes": [
                {"key": key.replace("__", "."), "value": {"stringValue": value}}
                for key, value in attributes.items()
            ],
        }

    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Deploy it"}]}])
    chat = {"gen_ai__operation__name": "chat", "gen_ai__input__messages": said}
    tool = span(
        "execute_tool deploy",
        5,
        2,
        **{
            "gen_ai__operation__name": "execute_tool",
            "gen_ai__tool__name": "deploy",
            "gen_ai__tool__call__arguments": '{"to": "prod"}',
            "user__id": "ada",
        },
    )
    spans = [tool, span("chat", 9, **chat), span("chat", 1, **chat)]
    record = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    (found,) = read_trajectories(written(tmp_path / "spans.json", record), "otel")
    assert (found.user_id, found.request, found.tools) == ("ada", "Deploy it", ("deploy",))
    assert [step.text for step in found.steps if step.text] == ["Deploy it"]
    assert found.errors == ("boom",)
    assert found.time is not None
    assert found.time.year == 2026


def test_swe_logs_know_their_repository_and_take_submission_for_no_success(tmp_path: Path) -> None:
    record: dict[str, Any] = {
        "instance_id": "django__django-123",
        "problem_statement": "Fix the form",
        "trajectory": [{"action": "open forms.py 12", "observation": "text", "thought": "look"}],
        "info": {"exit_status": "submitted"},
    }
    path = written(tmp_path / "x.traj", record, record | {"resolved": True})
    found = list(read_trajectories(path, "swe"))
    assert [each.outcome for each in found] == ["", "success"]
    assert found[0].context == {"repo": "django/django"}
    assert (found[0].steps[-1].tool, found[0].steps[-1].arguments) == ("open", "forms.py 12")


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["chatgpt", "claude"])
def test_exports_have_both_sides(shared_data: Path, kind: str) -> None:
    path = shared_data / "export_samples" / "format_examples" / kind / "conversations.json"
    (found,) = read_trajectories(path, kind)
    assert [step.role for step in found.steps] == ["user", "assistant"]
    assert found.request == found.steps[0].text
    assert found.time is not None


def test_only_the_shown_branch_of_a_conversation_is_read(tmp_path: Path) -> None:
    def node(parent: str | None, text: str, role: str = "user") -> dict[str, Any]:
        content = {"content_type": "text", "parts": [text]}
        return {"parent": parent, "message": {"author": {"role": role}, "content": content}}

    mapping = {
        "a": node(None, "hello"),
        "b": node("a", "old", "assistant"),
        "c": node("a", "new", "assistant"),
    }
    shown = {"title": "t", "mapping": mapping, "current_node": "c", "id": "1", "create_time": 1e9}
    loop = shown | {"mapping": {"a": node("b", "x"), "b": node("a", "y")}, "current_node": "a"}
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([shown, loop]))
    first, second = read_trajectories(path, "chatgpt")
    assert [step.text for step in first.steps] == ["hello", "new"]
    assert len(second.steps) == 2


@pytest.mark.shared
def test_tau_bench_keeps_its_order_and_tells_nothing_that_the_agent_did_not_know(
    shared_data: Path,
) -> None:
    found = list(
        read_trajectories(
            shared_data / "tau_bench_airline_gpt4o" / "trajectories.jsonl", "tau-bench"
        )
    )
    assert len(found) == 200
    assert sum(len(each.tools) for each in found) == 1164
    assert sum(each.outcome == "success" for each in found) == 84
    assert not any(each.request.startswith("You are ") for each in found)
    log = activity_log(found, tools=True)
    assert len(log) == 200 + 1164
    assert not log.frame["timed"].any()
    for timeline in log.timelines():
        asked = timeline.frame[timeline.frame["action"] != "tool_call"]["item_id"].tolist()
        assert asked == [each.id for each in found if each.user_id == timeline.user_id]


@pytest.mark.shared
def test_pull_requests_are_their_authors_and_closed(shared_data: Path) -> None:
    unread = Unread()
    path = shared_data / "agent_prs_dev" / "agent_prs.jsonl"
    found = list(read_trajectories(path, "agent-prs", unread))
    assert len(found) == 2425
    assert unread.reasons["the user is not the author"] == 5559 - 2825
    for each in found:
        assert each.feedback[0].time is not None
        assert each.time is not None
        assert each.time <= each.feedback[0].time
        assert set(each.context) <= {"title", "agent", "repo", "task_type", "language"}
