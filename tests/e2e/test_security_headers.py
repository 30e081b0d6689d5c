"""The app under its own Content-Security-Policy, page by page, in a real browser."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from journeys.settings import Settings
from journeys.store import open_store
from pages.parts.places import PLACES
from tests.e2e.conftest import App, served, settled
from tests.study_world import StudyWorld, open_study

pytestmark = pytest.mark.browser

#: Notes in the page what the policy kept it from, before anything else runs.
WATCH = """
window.kept = [];
document.addEventListener("securitypolicyviolation",
  event => window.kept.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyWorld]:
    home = tmp_path_factory.mktemp("headers")
    store = open_store(Settings(home, f"sqlite:///{home / 'journeys.sqlite3'}"))
    yield open_study(store)
    store.close()


@pytest.fixture(scope="module")
def filled(world: StudyWorld, browser: Browser) -> Iterator[App]:
    home = Path(str(world.store.engine.url.database)).parent
    with served(home) as running:
        yield running


def test_every_page_works_within_the_policy(context: BrowserContext, filled: App) -> None:
    context.add_init_script(WATCH)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for place in PLACES:
        page.goto(f"{filled.url}/{place.name}")
        settled(page)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        assert page.evaluate("window.kept") == [], place.name
    for tab in ("Timeline", "Map"):
        page.goto(f"{filled.url}/journeys")
        settled(page)
        page.get_by_role("tab", name=tab).click()
        settled(page)
        assert page.evaluate("window.kept") == [], tab
    assert not [words for words in said if "Content Security Policy" in words]


def test_a_participants_page_works_within_the_policy(
    context: BrowserContext, filled: App, world: StudyWorld
) -> None:
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{filled.url}/participate?invitation={world.tokens[0]}")
    settled(page)
    assert page.evaluate("window.kept") == []


def test_the_policy_would_be_noticed(context: BrowserContext, filled: App) -> None:
    """A script that is not the app's does not run, and the listener of these tests says so."""
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(filled.url)
    settled(page)
    page.evaluate(
        """() => { const sly = document.createElement("script");
        sly.textContent = "window.sly = true"; document.head.append(sly);
        const image = new Image(); image.src = "http://127.0.0.2:9/x.png"; }"""
    )
    page.wait_for_function("window.kept.length >= 2")
    assert page.evaluate("window.sly") is None


def test_nobody_puts_the_app_into_a_frame(context: BrowserContext, filled: App) -> None:
    page = context.new_page()
    page.route(
        "http://frame.example/",
        lambda route: route.fulfill(
            body=f'<iframe src="{filled.url}"></iframe>', content_type="text/html"
        ),
    )
    page.goto("http://frame.example/")
    page.wait_for_timeout(1_000)
    assert all("stApp" not in frame.content() for frame in page.frames if frame is not page)


@pytest.mark.parametrize(
    "path",
    ["/", "/journeys", "/_stcore/health", "/static/js/none.js", "/media/none", "/oauth2callback"],
)
def test_every_answer_has_the_headers(filled: App, path: str) -> None:
    try:
        answer = urllib.request.urlopen(filled.url + path, timeout=10)
        headers = answer.headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
