"""The real app in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@dataclass(frozen=True)
class App:
    """A running app."""

    url: str
    home: Path
    log: Path


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        reason = "the browser tests need a Chromium: apt install chromium, or set CHROMIUM"
        if os.environ.get("JOURNEYS_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = _chromium()
    expect.set_options(timeout=30_000)  # a busy machine is slow, and no failure
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[App]:
    """A server with a home of its own; its worker ends with it."""
    with served(tmp_path_factory.mktemp("app-home")) as running:
        yield running


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    home: Path, *options: str, port: int | None = None, environment: dict[str, str] | None = None
) -> Iterator[App]:
    """The real server on this home, with options of Streamlit's and variables."""
    port = port or free_port()
    log = home / "server.log"
    variables = {
        **os.environ,
        "JOURNEYS_HOME": str(home),
        "DATABASE_URL": "",
        "OPENAI_API_KEY": "",
        "OPENAI_MODEL": "",
        "OPENAI_BASE_URL": "",
        "OMP_WAIT_POLICY": "PASSIVE",
        **(environment or {}),
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
             "--server.port", str(port), "--server.fileWatcherType", "none", *options],
            cwd=ROOT, env=variables, stdout=output, stderr=output,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(url, server, log)
        yield App(url, home, log)
    finally:
        server.terminate()
        server.wait(timeout=20)
        _end_worker(home)


def _wait_until_up(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text()}")


def _end_worker(home: Path) -> None:
    import psutil

    from journeys.settings import Settings
    from journeys.store import open_store

    store = open_store(Settings(home, f"sqlite:///{home / 'journeys.sqlite3'}"))
    for worker in store.workers.alive():
        if psutil.pid_exists(worker.pid):
            process = psutil.Process(worker.pid)
            process.terminate()
            process.wait(timeout=30)
    store.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def settled(page: Page) -> Page:
    """Wait until Streamlit's script has run and nothing was shown as an exception.

    It must stand still for a while: what a click started may not have begun to run yet, and what
    is clicked while the page is drawn anew may be what stood there before.
    """
    page.wait_for_function(
        """quiet => {
          const app = document.querySelector("[data-testid=stApp]");
          const now = performance.now();
          const idle = app?.getAttribute("data-test-script-state") === "notRunning";
          if (!idle || window.stillSince === undefined) window.stillSince = now;
          return now - window.stillSince >= quiet;
        }""",
        arg=300,
        timeout=60_000,
    )
    page.evaluate("delete window.stillSince")
    assert page.locator("[data-testid=stException]").count() == 0, page.inner_text("body")
    return page
