"""The sample log: one click, on a phone, in the dark."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import App, settled

pytestmark = pytest.mark.browser

PAGES = ("", "discover", "journeys", "explore", "ratings", "settings")


def test_one_click_leads_to_journeys_on_a_phone(app: App, browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark", is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(app.url)
    settled(page)
    page.get_by_role("button", name="Open the sample log").click()
    start = time.monotonic()
    cards = page.locator("[class*=st-key-journey-j]").get_by_role("heading")
    cards.first.wait_for(timeout=180_000)
    print(f"journeys after {time.monotonic() - start:.0f} s")
    expect(cards.nth(2)).to_be_visible(timeout=30_000)
    for path in PAGES:
        page.goto(f"{app.url}/{path}")
        settled(page)
        expect(page.get_by_role("heading").first).to_be_visible()
        width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= 390, f"/{path} scrolls sideways: {width} px"
        background = page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        assert background == "rgb(18, 25, 26)", "the dark theme"
    context.close()


def test_an_unknown_address_and_a_bookmark_both_lead_into_the_app(
    app: App, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    for path in ("ratings", "settings"):
        page.goto(f"{app.url}/{path}")
        settled(page)
        expect(page.get_by_test_id("stSidebarNavLink").first).to_be_visible()
    context.close()
