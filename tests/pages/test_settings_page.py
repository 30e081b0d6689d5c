"""Settings: an endpoint is chosen, shown what it gets, agreed to, tried and forgotten."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from journeys.endpoint import chosen_endpoint
from journeys.example import example_evidence
from journeys.models import spec
from journeys.naming.prompts import KEYS
from journeys.settings import Settings
from journeys.store import Store

Open = Callable[..., AppTest]
KEY = "sk-a-secret-that-stays"
NAMES = (
    "history",
    "the history of emperors",
    "reading about emperors and their coins",
    "reading about emperors, the walls of the city, coins and icons",
    "reading about emperors, the walls of Blachernae, Greek fire, icons and the Nika riot",
)


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint on loopback that names everything :data:`NAMES`."""

    requests: list[dict[str, Any]]
    status = 200


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.requests.append(
            json.loads(self.rfile.read(int(self.headers["content-length"])))
        )
        answer = json.dumps(dict(zip(KEYS, NAMES, strict=True)))
        message = {"role": "assistant", "content": answer}
        body = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        }
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    listening = Server(("127.0.0.1", 0), Handler)
    listening.requests = []
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("\u2060", "")


def fill(app: AppTest, address: str, model: str = "m", key: str = "") -> AppTest:
    fields = {field.label: field for field in app.text_input}
    fields["Address (base URL)"].set_value(address)
    fields["Model"].set_value(model)
    fields["API key"].set_value(key)
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    return app


def endpoint_of(store: Store) -> Any:
    return chosen_endpoint(Settings.from_environment(), store.choices)


def test_nothing_is_sent_before_an_example_was_seen_and_agreed_to(
    open_page: Open, store: Store, home: Path
) -> None:
    app = fill(open_page("settings"), "https://llm.example.org/v1", key=KEY)
    endpoint = endpoint_of(store)
    assert (endpoint.host, endpoint.model, endpoint.key) == ("llm.example.org", "m", KEY)
    assert not endpoint.consented_origin
    assert "Nothing is sent to llm.example.org until" in texts(app)
    evidence = example_evidence()
    assert evidence is not None
    assert any(evidence.titles[0] in block.value for block in app.code)
    app.button(key="agree").click().run()
    assert endpoint_of(store).consented_origin == "https://llm.example.org:443"
    app.button(key="withdraw").click().run()
    assert not endpoint_of(store).consented_origin


def test_the_key_is_in_a_private_file_and_nowhere_else(
    open_page: Open, store: Store, home: Path
) -> None:
    fill(open_page("settings"), "https://llm.example.org/v1", key=KEY)
    path = home / "endpoint.key"
    assert path.read_text() == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY not in str(store.choices.get("endpoint"))
    # It is never sent back to the browser.
    fresh = open_page("settings")
    assert KEY not in texts(fresh) + str([field.value for field in fresh.text_input])
    # An empty field keeps it, but it never goes to another host.
    fill(fresh, "https://llm.example.org/v2")
    assert endpoint_of(store).key == KEY
    fill(fresh, "https://other.example.org/v1")
    assert endpoint_of(store).key == ""


def test_forgetting_removes_the_choice_and_the_key(
    open_page: Open, store: Store, home: Path
) -> None:
    app = fill(open_page("settings"), "https://llm.example.org/v1", key=KEY)
    app.button(key="forget").click().run()
    assert endpoint_of(store) is None
    assert not (home / "endpoint.key").exists()


def test_an_address_that_is_none_is_one_sentence(open_page: Open, store: Store) -> None:
    app = fill(open_page("settings"), "not an address")
    assert "is not an address" in texts(app)
    assert endpoint_of(store) is None


def test_the_connection_is_tried_with_the_made_up_example(
    open_page: Open, store: Store, server: Server
) -> None:
    app = fill(open_page("settings"), f"http://127.0.0.1:{server.server_address[1]}/v1")
    assert "is this machine" in texts(app)
    app.button(key="test").click().run(timeout=60)
    assert not app.exception
    assert "It works" in texts(app)
    assert NAMES[2] in texts(app)
    sent = json.dumps(server.requests[0]["messages"])
    evidence = example_evidence()
    assert evidence is not None
    assert evidence.titles[0] in sent
    assert "sample-" not in sent


def test_a_refusing_endpoint_is_one_sentence(open_page: Open, server: Server) -> None:
    server.status = 401
    app = fill(open_page("settings"), f"http://127.0.0.1:{server.server_address[1]}/v1")
    app.button(key="test").click().run(timeout=60)
    assert not app.exception
    assert len(app.error) == 1


def test_this_machine_only_refuses_other_hosts(open_page: Open, store: Store) -> None:
    app = fill(open_page("settings"), "https://llm.example.org/v1", key=KEY)
    app.toggle(key="local-only").set_value(True).run()
    assert store.choices.get("local_only") == {"on": True}
    assert "nothing is sent" in texts(app)
    assert "agree" not in [button.key for button in app.button]
    app.button(key="test").click().run(timeout=60)
    assert len(app.error) == 1


def test_a_fetched_model_is_shown_and_can_be_removed(open_page: Open, home: Path) -> None:
    model = spec("smollm2-135m")
    (home / "models").mkdir()
    with (home / "models" / model.file).open("wb") as file:
        file.truncate(model.size)
    app = open_page("settings")
    app.button(key=f"remove-{model.name}").click().run()
    assert not (home / "models" / model.file).exists()
    assert f"fetch-{model.name}" in [button.key for button in app.button]


def test_where_things_are_without_passwords(open_page: Open, home: Path) -> None:
    words = texts(open_page("settings"))
    assert str(home) in words
    assert "not running" in words


def test_unused_caches_are_cleared(open_page: Open, store: Store) -> None:
    import numpy as np

    store.maps.put("an-old-map", np.zeros((3, 2), dtype=np.float32))
    open_page("settings").button(key="prune").click().run()
    assert store.maps.get("an-old-map") is None
