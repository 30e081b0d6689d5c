"""A server over a real store, asked in process; and as a process of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.agent_keys import SCOPES
from tests.serving.servers import ROOT, Asked, Server, environment

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

#: Tests of the server itself need requirements-serving.txt; .ci/run installs it.
collect_ignore_glob = [] if find_spec("fastapi") and find_spec("mcp") else ["test_serving_*.py"]


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty store; making its tables takes longer than most tests."""
    home = tmp_path_factory.mktemp("empty") / "home"
    open_store(Settings.from_environment({"JOURNEYS_HOME": str(home)})).close()
    return home


@pytest.fixture
def settings(empty_home: Path, tmp_path: Path) -> Settings:
    shutil.copytree(empty_home, tmp_path / "home")
    return Settings.from_environment({"JOURNEYS_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    from fastapi.testclient import TestClient

    from journeys.serving.running import make_app

    with TestClient(make_app(settings), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
def asked(client: TestClient, store: Store) -> Asked:
    """With a key that may do everything."""
    key, _ = store.agent_keys.create("all", SCOPES, everybody=True)
    return Asked(client, key)


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts real server processes of the store; they are ended afterwards."""
    begun: list[subprocess.Popen[bytes]] = []

    def launch() -> Server:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = (tmp_path / "server.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "journeys", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment(settings),
            stdout=log,
            stderr=log,
        )
        begun.append(process)
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            try:
                if httpx2.get(f"{url}/health/ready").status_code == 200:
                    return Server(process, url)
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise AssertionError((tmp_path / "server.log").read_text())

    yield launch
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.wait()
