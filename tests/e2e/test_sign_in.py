"""Researchers' sign-in through a real OpenID Connect provider, in the real app."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from journeys.settings import Settings
from journeys.store import open_store
from tests.e2e.conftest import App, free_port, served, settled
from tests.study_world import StudyWorld, open_study

pytest.importorskip("authlib", reason="requirements-signin.txt is not installed")

from joserfc.jwk import RSAKey

from tests.e2e.identity_provider import CLIENT, SECRET, Provider

pytestmark = pytest.mark.browser

OWNER = {"email": "Olive@Lab.example", "email_verified": True}
ANALYST = {"email": "ana@lab.example", "email_verified": True}
PAGES = ("logs", "discover", "journeys", "explore", "prompts", "compare", "ratings", "label")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    running = Provider()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyWorld]:
    """A discovered log and an open study, where the server finds them."""
    home = tmp_path_factory.mktemp("lab")
    store = open_store(Settings(home, f"sqlite:///{home / 'journeys.sqlite3'}"))
    yield open_study(store)
    store.close()


@pytest.fixture(scope="module")
def lab(world: StudyWorld, provider: Provider, browser: Browser) -> Iterator[App]:
    """The app as a lab runs it: behind a proxy's headers, signed in through the provider."""
    home, port = Path(str(world.store.engine.url.database)).parent, free_port()
    given = home / "secrets.toml"
    given.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{"k" * 64}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"
"""
    )
    lists = {"JOURNEYS_OWNERS": "olive@lab.example", "JOURNEYS_ANALYSTS": "ana@lab.example"}
    with served(home, "--secrets.files", str(given), port=port, environment=lists) as running:
        yield running


def signed_in(
    context: BrowserContext, lab: App, provider: Provider, who: dict[str, object]
) -> Page:
    provider.identity = who
    page = context.new_page()
    page.goto(lab.url)
    settled(page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_have_count(0)
    return settled(page)


def only_the_sign_in(page: Page) -> None:
    """Nothing can be pressed but the sign-in, and there is no menu."""
    main = page.get_by_test_id("stMain").get_by_role("button")
    expect(main).to_have_count(1)
    expect(main).to_have_accessible_name("Sign in")
    assert page.get_by_test_id("stSidebarNavLink").count() == 0


def titles(world: StudyWorld) -> list[str]:
    return [t for person in world.people for t in world.store.logs.timeline(person).titles]


def test_who_is_not_signed_in_sees_one_page_at_every_address(
    lab: App, world: StudyWorld, page: Page
) -> None:
    for address in ("", *PAGES, "study", "study_results", "settings"):
        page.goto(f"{lab.url}/{address}")
        settled(page)
        only_the_sign_in(page)
        assert page.get_by_role("dialog").count() == 0
    page.goto(f"{lab.url}/participate?invitation={world.tokens[0]}")
    settled(page)
    expect(page.get_by_role("button", name="I agree and take part")).to_be_visible()


def test_an_owner_has_everything_and_can_sign_out(
    lab: App, world: StudyWorld, provider: Provider, context: BrowserContext
) -> None:
    page = signed_in(context, lab, provider, OWNER)
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(14)
    page.goto(f"{lab.url}/settings")
    settled(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("Lab.example, owner.")
    ended = provider.ended
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert provider.ended == ended + 1, "the provider's own session ended, too"
    page.goto(f"{lab.url}/journeys")
    settled(page)
    only_the_sign_in(page)


def test_an_analyst_has_three_pages_and_reads_no_title(
    lab: App, world: StudyWorld, provider: Provider, context: BrowserContext
) -> None:
    page = signed_in(context, lab, provider, ANALYST)
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_contain_text(["Study", "Study results", "Settings"])
    expect(links).to_have_count(3)
    unseen = titles(world)
    for address in PAGES:
        page.goto(f"{lab.url}/{address}")
        settled(page)
        expect(page.get_by_text("As analyst you may not read titles from logs.")).to_be_visible()
        assert page.locator("[data-testid=stMain] button").count() == 0
    for address in ("", "study", "study_results", "settings"):
        page.goto(f"{lab.url}/{address}")
        settled(page)
        shown = page.content()
        assert not any(title in shown for title in unseen), address
        assert page.get_by_role("dialog").count() == 0, address
    expect(page.get_by_test_id("stMain")).to_contain_text("lab.example, analyst.")
    assert page.get_by_role("textbox").count() == 0, "an analyst sets nothing"


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({"email": "eve@lab.example", "email_verified": True}, "Ask the study's owner"),
        ({"email": "olive@lab.example", "email_verified": False}, "has not verified"),
        ({"sub": "olive@lab.example"}, "gave no e-mail address"),
        ({"email": "olive@lab.example", "iat": int(time.time()) - 13 * 3600}, "has expired"),
    ],
    ids=["unknown", "unverified", "no address", "long ago"],
)
def test_who_is_on_no_list_sees_what_to_ask_whom(
    lab: App, provider: Provider, context: BrowserContext, who: dict[str, object], words: str
) -> None:
    provider.identity = who
    page = context.new_page()
    page.goto(lab.url)
    settled(page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text(words)).to_be_visible()
    assert page.get_by_test_id("stSidebarNavLink").count() == 0
    expect(page.locator("[data-testid=stMain] button")).to_have_count(1)  # another sign-in


def test_an_identity_that_the_provider_did_not_sign_is_nobody(
    lab: App, provider: Provider, context: BrowserContext
) -> None:
    provider.identity, provider.key = OWNER, RSAKey.generate_key(2048, {"kid": "first"})
    try:
        page = context.new_page()
        page.goto(lab.url)
        settled(page)
        with page.expect_response("**/oauth2callback*"):
            page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_load_state()
        settled(page)
        only_the_sign_in(page)
    finally:
        provider.key = provider.published


def test_a_cookie_made_by_hand_is_nobody(lab: App, context: BrowserContext) -> None:
    forged = '{"email": "olive@lab.example", "is_logged_in": true, "iat": 9999999999}'
    context.add_cookies([{"name": "_streamlit_user", "value": forged, "url": lab.url}])
    page = context.new_page()
    page.goto(f"{lab.url}/journeys")
    settled(page)
    only_the_sign_in(page)
