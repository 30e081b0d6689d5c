"""Requests made up from the server's own description, by Schemathesis."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from journeys.serving.running import make_app
from journeys.settings import Settings
from journeys.store import open_store
from journeys.store.agent_keys import SCOPES

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
]


@dataclass
class Running:
    """A server in a thread of this process."""

    url: str
    key: str


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home: Path = tmp_path_factory.mktemp("home")
    made = Settings.from_environment({"JOURNEYS_HOME": str(home)})
    store = open_store(made)
    key, _ = store.agent_keys.create("schemathesis", SCOPES, everybody=True, per_minute=1_000_000)
    store.close()
    config = uvicorn.Config(make_app(made), port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Running(f"http://127.0.0.1:{port}", key)
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def api(running: Running) -> Any:
    return schemathesis.openapi.from_url(f"{running.url}/openapi.json")


PATHS = [
    ("post", "/v1/context"),
    ("post", "/v1/rank"),
    ("post", "/v1/events"),
    ("post", "/v1/feedback"),
    ("post", "/v1/forget"),
    ("post", "/v1/reset"),
    ("post", "/v1/admin/refresh"),
    ("post", "/v1/admin/roll-back"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/metrics"),
]


def test_all_paths_are_tried(api: Any) -> None:
    found = [each.ok() for each in api.get_all_operations()]
    assert sorted((each.method, each.path) for each in found) == sorted(PATHS)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_operation_answers_as_it_is_described(
    api: Any, running: Running, method: str, path: str
) -> None:
    operation = api[path][method]
    modes = [GenerationMode.POSITIVE]
    if operation.body:
        modes.append(GenerationMode.NEGATIVE)
    tried = 0

    @seed(0)
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes)))
    def answers(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        headers = {"Authorization": f"Bearer {running.key}"}
        case.call_and_validate(headers=headers, checks=CHECKS)

    answers()
    assert tried >= 1
