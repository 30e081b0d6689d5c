"""The server over HTTP: what it answers, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from journeys.agents.states import UserState
from journeys.discovery import DiscoveryConfig, Tools, run_discovery
from journeys.discovery.progress import Silent
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.storage import DatabaseStorage
from journeys.privacy import pseudonyms
from journeys.store import Store
from journeys.timeline import ActivityLog
from tests.serving.servers import Asked

TIME = "2026-01-31T12:00:00+00:00"


def event(number: int = 1, user: str = "ada", **more: Any) -> dict[str, Any]:
    made = {
        "id": f"e{number}",
        "user": user,
        "time": TIME,
        "request": "Fix the date test",
        "context": {"repo": "a/b", "task_type": "fix"},
    }
    return {**made, **more}


def kept(store: Store, user: str = "ada") -> UserState | None:
    found = store.agent_users.read(pseudonyms(store.keys.pseudonym, [user])[0])
    return UserState.from_json(found.text) if found else None


def taught(asked: Asked, users: int = 3, events: int = 9) -> None:
    for number in range(users * events):
        task = ("fix", "docs", "feat")[number // users % 3]
        given = event(number, f"u{number % users}", context={"task_type": task, "repo": "a/b"})
        given["time"] = f"2026-01-{1 + number % 28:02}T12:00:00+00:00"
        given["feedback"] = [{"kind": "reject" if task == "feat" else "accept"}]
        assert asked.post("/v1/events", given).json()["status"] == "accepted"


RANK = {
    "user": "u0",
    "request": {"repo": "a/b"},
    "candidates": [{"id": each, "fields": {"task_type": each}} for each in ("feat", "fix")],
}


def test_what_was_accepted_is_known_and_ranked_first(asked: Asked) -> None:
    taught(asked)
    context = asked.post("/v1/context", {"user": "u0", "most": 3}).json()
    assert context["events"] == 9
    assert len(context["episodes"]) == 3
    assert {each["id"] for each in context["preferences"]} & {"task_type=feat", "task_type=fix"}
    assert context["soft_prompt"] is None
    assert "No user encoder" in context["soft_prompt_note"]
    ranking = asked.post("/v1/rank", RANK).json()
    assert [each["id"] for each in ranking["actions"]] == ["fix", "feat"]
    assert ranking["version"] == context["version"]


def test_events_and_feedback_count_once_and_out_of_order_is_told(
    asked: Asked, store: Store
) -> None:
    assert asked.post("/v1/events", event(1)).json()["status"] == "accepted"
    older = event(2, time="2026-01-01T12:00:00+00:00")
    assert "out of order" in asked.post("/v1/events", older).json()["notes"][0]
    assert asked.post("/v1/events", event(1, request="other")).json()["status"] == "duplicate"
    said = {"user": "ada", "event": "e1", "kind": "accept"}
    assert asked.post("/v1/feedback", said).json()["status"] == "accepted"
    assert asked.post("/v1/feedback", said).json()["status"] == "duplicate"
    state = kept(store)
    assert state is not None
    assert [each.id for each in state.episodes] == ["e1", "e2"]
    assert state.rows.events == 1


def test_a_clock_ahead_is_set_to_ours(asked: Asked, store: Store) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    notes = asked.post("/v1/events", event(1, time=ahead)).json()["notes"]
    assert any(note.startswith("clock ahead") for note in notes)
    state = kept(store)
    assert state is not None
    assert state.newest is not None
    assert state.newest <= datetime.now(UTC)


@pytest.mark.parametrize(
    "time",
    ["2026-01-31T12:00:00", "2026-01-31", "1769860800", 1769860800, "1970-01-01T00:00:00+00:00",
     "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "yesterday"],
)  # fmt: skip
def test_a_time_that_cannot_be_is_refused(asked: Asked, time: object) -> None:
    answer = asked.post("/v1/events", event(1, time=time))
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_input"


def test_a_megabyte_of_arguments_is_cut_and_its_secrets_never_stored(
    asked: Asked, store: Store
) -> None:
    arguments = {"password": "hunter2secret", "text": "x" * 1_000_000}
    given = event(
        1,
        request="use ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        steps=[{"role": "assistant", "tool": "run", "arguments": arguments}],
    )
    notes = asked.post("/v1/events", given).json()["notes"]
    assert "arguments cut at 2,000 characters" in notes
    assert "secrets in arguments redacted" in notes
    found = store.agent_users.read(pseudonyms(store.keys.pseudonym, ["ada"])[0])
    assert found is not None
    assert "hunter2" not in found.text
    assert "ghp_" not in found.text
    assert len(found.text) < 5_000


def test_a_body_that_is_too_large_is_refused_however_it_comes(asked: Asked) -> None:
    body = json.dumps(event(1, request="x" * 3_000_000)).encode()
    headers = {"Authorization": f"Bearer {asked.key}", "Content-Type": "application/json"}
    for content in (body, iter([body[:1_000_000], body[1_000_000:]])):  # the second has no length
        answer = asked.client.post("/v1/events", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"


def test_a_tool_that_nobody_knows_is_only_another_id(asked: Asked) -> None:
    steps = [{"role": "assistant", "tool": "rm -rf / \u0000 '; DROP TABLE agent_user;--"}]
    given = event(1, steps=steps, feedback=[{"kind": "accept"}])
    assert asked.post("/v1/events", given).json()["status"] == "accepted"
    assert asked.post("/v1/context", {"user": "ada"}).json()["events"] == 1


@pytest.mark.parametrize("path", ["/v1/context", "/v1/rank", "/v1/events", "/v1/feedback"])
def test_nobody_without_a_key_learns_anything(client: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer ijk_wrong"}, {"Authorization": "Basic x"}):
        answer = client.post(path, json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "no_key"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


JSON_TYPE = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/v1/context", "/v1/nothing", "/mcp", "/v1/admin/refresh"])
def test_nothing_of_a_strangers_body_is_read(client: TestClient, path: str) -> None:
    read: list[str] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def told() -> Any:
            read.append(path)
            return await receive()

        await client.app(scope, told, send)

    stranger = TestClient(watched, base_url="http://127.0.0.1")
    answer = stranger.post(path, content=b"{" * 1_000, headers=JSON_TYPE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "no_key")
    assert not read


def test_a_key_speaks_for_its_own_users_only(client: TestClient, store: Store) -> None:
    listed, _ = store.agent_keys.create("l", ["read", "write", "feedback", "erase"], users=["ada"])
    prefixed, _ = store.agent_keys.create("p", ["read", "write"], prefix="team/")
    for key, mine, other in ((listed, "ada", "bob"), (prefixed, "team/x", "ada")):
        asked = Asked(client, key)
        assert asked.post("/v1/events", event(1, mine)).status_code == 200
        for path, given in (
            ("/v1/events", event(1, other)),
            ("/v1/context", {"user": other}),
            ("/v1/rank", {**RANK, "user": other}),
        ):
            answer = asked.post(path, given)
            assert answer.status_code == 403
            assert other not in answer.text
    asked = Asked(client, listed)
    said = {"user": "bob", "event": "e1", "kind": "accept"}
    assert asked.post("/v1/feedback", said).status_code == 403
    assert asked.post("/v1/forget", {"user": "bob"}).status_code == 403
    assert kept(store, "bob") is None


def test_a_key_does_what_its_scopes_say(client: TestClient, store: Store) -> None:
    reads = Asked(client, store.agent_keys.create("r", ["read"], everybody=True)[0])
    writes = Asked(client, store.agent_keys.create("w", ["write"], everybody=True)[0])
    assert reads.post("/v1/context", {"user": "ada"}).status_code == 200
    assert reads.post("/v1/events", event()).status_code == 403
    assert writes.post("/v1/events", event()).status_code == 200
    said = event(2, feedback=[{"kind": "accept"}])
    assert writes.post("/v1/events", said).status_code == 403
    assert writes.post("/v1/context", {"user": "ada"}).status_code == 403
    for path in ("/v1/forget", "/v1/reset"):
        assert writes.post(path, {"user": "ada"}).status_code == 403
    for path in ("/v1/admin/refresh", "/v1/admin/roll-back"):
        assert writes.post(path).status_code == 403


def test_a_revoked_key_ends_at_once(asked: Asked, store: Store) -> None:
    assert asked.post("/v1/context", {"user": "ada"}).status_code == 200
    store.agent_keys.revoke(store.agent_keys.list()[0].id)
    assert asked.post("/v1/context", {"user": "ada"}).status_code == 401


def test_who_asks_too_often_is_told_when_to_ask_again(client: TestClient, store: Store) -> None:
    key, _ = store.agent_keys.create("k", ["read"], everybody=True, user_per_minute=2)
    asked = Asked(client, key)
    codes = [asked.post("/v1/context", {"user": "ada"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    answer = asked.post("/v1/context", {"user": "ada"})
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert asked.post("/v1/context", {"user": "bob"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"ada"', b'{"user": "\\ud800"}', b'{"user": ""}', b"\xff\xfe",
        b'{"user": "ada", "most": 1e400}', b'{"user": "ada", "admin": true}', b"[" * 100_000,
        b'{"user": "ada", "most": ' + b"9" * 5_000 + b"}", b'{"user": ' + b'"a"' * 400 + b"}",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(asked: Asked, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {asked.key}", "Content-Type": "application/json"}
    answer = asked.client.post("/v1/context", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert set(answer.json()["error"]) == {"code", "message", "details"}


def test_a_body_without_its_content_type_is_told_what_to_send(asked: Asked) -> None:
    headers = {"Authorization": f"Bearer {asked.key}", "Content-Type": "text/plain"}
    answer = asked.client.post("/v1/context", content=b'{"user": "ada"}', headers=headers)
    assert "Content-Type: application/json" in answer.json()["error"]["details"][0]
    answer = asked.post("/v1/rank", {**RANK, "request": "fix a test"})
    assert answer.json()["error"]["details"] == ["body.request: it must be a JSON object"]


def test_a_refusal_never_repeats_what_was_sent(asked: Asked) -> None:
    answer = asked.post("/v1/rank", {**RANK, "reasons": "hunter2secret"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_vectors_have_the_length_that_the_model_reads(asked: Asked) -> None:
    for content in ([1.0], [0.5] * 16):
        answer = asked.post("/v1/rank", {**RANK, "content": content})
        assert answer.status_code == (200 if len(content) == 16 else 422)
    nan = json.dumps({**RANK, "content": [float("nan")] * 16})
    headers = {"Authorization": f"Bearer {asked.key}", "Content-Type": "application/json"}
    assert asked.client.post("/v1/rank", content=nan, headers=headers).status_code == 422


def test_no_number_however_large_drowns_what_a_user_said(asked: Asked) -> None:
    for number, size in enumerate((1e308, -1e308, 0.5)):
        given = event(number, content=[size] * 16, feedback=[{"kind": "accept"}])
        assert asked.post("/v1/events", given).status_code == 200
    given = {**RANK, "user": "ada", "content": [1e308] * 16}
    ranking = asked.post("/v1/rank", given).json()
    told = [(each["chance"], each["spread"]) for each in ranking["actions"]]
    assert all(0.5 < chance < 1 and spread > 0 for chance, spread in told), told


def test_few_bytes_do_not_make_much_work(asked: Asked) -> None:
    many = [str(each) for each in range(20)]
    fields = ("agent", "repo", "task_type", "language", "tool", "error_type")
    request = dict.fromkeys(fields, many)
    given = {"user": "ada", "request": request, "candidates": [{"id": str(i)} for i in range(999)]}
    answer = asked.post("/v1/rank", given)
    assert answer.status_code == 422
    assert "Send fewer" in answer.json()["error"]["message"]


def test_resetting_nobody_keeps_nothing(asked: Asked, store: Store) -> None:
    assert asked.post("/v1/reset", {"user": "nobody"}).status_code == 200
    assert kept(store, "nobody") is None


def test_reset_unlearns_and_forget_erases(asked: Asked, store: Store) -> None:
    taught(asked, users=1)
    assert asked.post("/v1/reset", {"user": "u0"}).json() == {"done": True}
    context = asked.post("/v1/context", {"user": "u0"}).json()
    assert context["preferences"] == []
    assert context["episodes"]
    erased = asked.post("/v1/forget", {"user": "u0"}).json()
    assert erased == {"found": True, "withdrawn": []}
    assert kept(store, "u0") is None
    assert asked.post("/v1/forget", {"user": "u0"}).json()["found"] is False
    assert asked.post("/v1/context", {"user": "u0"}).json()["episodes"] == []


def test_shared_weights_are_refreshed_rolled_back_and_withdrawn(asked: Asked, store: Store) -> None:
    taught(asked, users=8, events=9)
    before = asked.post("/v1/rank", RANK).json()
    refreshed = asked.post("/v1/admin/refresh").json()
    assert refreshed["published"]
    assert refreshed["logloss"] < refreshed["before"]
    after = asked.post("/v1/rank", {**RANK, "user": "new"}).json()
    assert after["actions"][1]["reasons"][0]["words"]
    assert after["version"] == refreshed["version"] != before["version"]
    assert [each["id"] for each in after["actions"]] == ["fix", "feat"], "of one who is new"
    assert asked.post("/v1/admin/roll-back").json()["version"] == before["version"]
    again = asked.post("/v1/rank", RANK).json()
    assert again["version"] == before["version"]
    for one, other in zip(again["actions"], before["actions"], strict=True):
        assert one["chance"] == pytest.approx(other["chance"], abs=1e-6)  # some seconds older
    assert asked.post("/v1/admin/roll-back").status_code == 409
    published = asked.post("/v1/admin/refresh").json()["version"]
    assert asked.post("/v1/forget", {"user": "u1"}).json()["withdrawn"] == [published]
    metrics = asked.client.get("/metrics").text
    assert "journeys_withdrawn_weights_total 1.0" in metrics
    people = {alias for alias, _ in store.agent_users.all()}
    assert len(people) == 7


def test_too_little_feedback_makes_no_weights(asked: Asked) -> None:
    answer = asked.post("/v1/admin/refresh")
    assert answer.status_code == 422
    assert "needs 20 examples" in answer.json()["error"]["message"]


def test_a_user_who_is_a_person_of_a_log_has_their_journeys(asked: Asked, store: Store) -> None:
    titles = ["sourdough oven crumb", "ukulele chords practice"]
    rows = [("ada", f"2024-{1 + n // 2:02}-03", f"i{n}", f"{titles[n % 2]} {n}") for n in range(24)]
    frame = pd.DataFrame(rows, columns=["user_id", "timestamp", "item_id", "title"])
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    log_id = store.logs.add(ActivityLog(frame), "log")
    run_id = store.runs.create(log_id, {})
    store.runs.claim(run_id, "lease")
    tools = Tools(FakeEmbedder(), store.vectors, store.maps, store.keys.text)
    storage = DatabaseStorage(store, run_id, "lease")
    run_discovery(storage, DiscoveryConfig(map="none"), tools, Silent())
    context = asked.post("/v1/context", {"user": "ada", "request": "ukulele chords"}).json()
    assert context["journeys_note"] == ""
    assert context["journeys"][0]["events"] > 0
    assert "ukulele" in context["journeys"][0]["name"].lower()
    other = asked.post("/v1/context", {"user": "bob"}).json()
    assert other["journeys"] == []
    assert "No discovery" in other["journeys_note"]


def test_health_metrics_and_headers(asked: Asked) -> None:
    taught(asked, users=1, events=3)
    client = asked.client
    assert client.get("/health/live").json() == {"done": True}
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in ready.headers["content-security-policy"]
    asked.post("/v1/forget", {"user": "somebody-with-a-name"})
    text = client.get("/metrics").text
    assert 'journeys_requests_total{operation="events",over="http",status="200"} 3.0' in text
    assert 'journeys_receipts_total{status="accepted",what="event"} 3.0' in text
    assert "u0" not in text
    assert "with-a-name" not in text
    assert client.get("/nothing-here").json()["error"]["code"] == "no_such_path"
    key = {"Authorization": f"Bearer {asked.key}"}
    assert client.get("/v1/events", headers=key).json()["error"]["code"] == "no_such_method"
    assert client.get("/v1/events").json()["error"]["code"] == "no_key"


def test_a_foreign_name_is_refused(client: TestClient) -> None:
    for host, status in (("evil.example", 400), ("localhost:8600", 200), ("[::1]:8600", 200)):
        assert client.get("/health/live", headers={"Host": host}).status_code == status


def test_a_fault_of_ours_tells_nothing_of_it(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("hunter2secret")

    monkeypatch.setattr(asked.client.app.state.calls, "context", broken)
    careful = TestClient(
        asked.client.app, base_url="http://127.0.0.1", raise_server_exceptions=False
    )
    answer = Asked(careful, asked.key).post("/v1/context", {"user": "ada"})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "failed"
    assert "hunter2" not in answer.text


def test_every_path_is_described_with_its_errors_and_an_example(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method in methods.values():
            assert method["description"] if path.startswith("/v1") else True
            if path.startswith("/v1"):
                assert {"200", "401", "403", "422", "429"} <= set(method["responses"]), path
                assert method["security"] == [{"HTTPBearer": []}]
    for name in ("ContextAsked", "RankAsked", "EventGiven", "EventFeedback", "UserNamed"):
        assert described["components"]["schemas"][name]["examples"]


def test_who_was_told_of_a_user_is_recorded_by_the_keys_number(asked: Asked, store: Store) -> None:
    key = store.agent_keys.list()[0]
    asked.post("/v1/context", {"user": "u0"})
    asked.post("/v1/context", {"user": "u0"})
    (look,) = store.audit.list()
    (alias,) = pseudonyms(store.keys.pseudonym, ["u0"])
    assert (look.who, look.way.value, look.person) == (f"key {key.id}", "agent", alias)
    asked.post("/v1/forget", {"user": "u0"})
    assert [look.person for look in store.audit.list()] == ["erased"]
