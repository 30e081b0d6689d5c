"""A participant on a phone, from the link to the end, on the sample log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, TimeoutError, expect

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.sample import read_sample
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.default_design import default_design
from tests.e2e.conftest import App, settled

pytestmark = pytest.mark.browser

WORDS = "<img src=x onerror=alert(1)>'; DROP TABLE rating; --"


@pytest.fixture
def study_store(app: App) -> Iterator[Store]:
    """The app's database, opened a second time."""
    store = open_store(Settings(app.home, f"sqlite:///{app.home / 'journeys.sqlite3'}"))
    yield store
    store.close()


def _invited(app: App, store: Store) -> str:
    """A study over the sample log with one participant; returns their token."""
    log_id = store.logs.add(read_sample(), "Sample log")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    assert store.runs.claim(run_id, "test")
    settings = Settings(app.home, f"sqlite:///{app.home / 'journeys.sqlite3'}")
    execute(store, settings, run_id, "test", make_embedder=lambda _: FakeEmbedder())
    design = replace(default_design(), journeys=3, repeats=0.34, foils_share=0.34)
    study = store.studies.create(log_id, design, {"a": run_id})
    store.studies.open(study)
    person = store.results.people(run_id)[0].person_id
    return store.invitations.invite(study, [person])[0].token


def _phone(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    context.set_default_timeout(30_000)
    return context


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = _phone(browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def other_phone(browser: Browser) -> Iterator[Page]:
    """Another device: it shares nothing with the first."""
    context = _phone(browser)
    yield context.new_page()
    context.close()


def _tap(page: Page, name: str) -> None:
    settled(page).get_by_role("button", name=name, exact=True).tap()
    settled(page)


def _choose(page: Page, question: str, label: str) -> None:
    group = page.get_by_role("radiogroup", name=question)
    group.get_by_text(label, exact=True).tap()
    expect(group.get_by_role("radio", name=label, exact=True)).to_be_checked()
    settled(page)


def _listed(page: Page, at: int) -> Locator:
    """The choices of a select box; a run of the script that was under way closes the list again,
    and whoever sees no list taps once more."""
    options = page.get_by_role("option")
    for _ in range(5):
        settled(page).locator("[data-testid=stSelectbox] input").nth(at).tap()
        try:
            options.first.wait_for(timeout=5_000)
        except TimeoutError:
            continue
        break
    return options


def _fits(page: Page, tmp_path: Path, name: str) -> None:
    """A screenshot; nothing scrolls sideways, and what is to be tapped is large enough."""
    page.wait_for_timeout(700)  # what was there before fades out
    page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    low = page.evaluate(
        """[...document.querySelectorAll(
          '[data-testid=stRadioOption], [data-testid=stMain] button')]
        .filter(e => e.offsetParent && e.innerText.trim())
        .map(e => [e.innerText, e.getBoundingClientRect().height]).filter(e => e[1] < 44)"""
    )
    assert not low, "too low for a thumb"


def test_a_participant_on_a_phone(
    app: App, study_store: Store, phone: Page, other_phone: Page, tmp_path: Path
) -> None:
    token = _invited(app, study_store)
    address = f"{app.url}/?invitation={token}"
    page = phone
    alerts: list[str] = []
    for device in (phone, other_phone):
        device.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(address)
    settled(page)
    assert page.get_by_test_id("stSidebarNavLink").count() == 0
    _fits(page, tmp_path, "1-consent")
    _tap(page, "I agree and take part")
    page.get_by_role("textbox").fill(f"learning to bake\n{WORDS}")
    _fits(page, tmp_path, "2-stated")
    _tap(page, "Go on")
    expect(page.get_by_role("heading", name="Is this your log?")).to_be_visible()
    _tap(page, "It is mine, but something is wrong")
    page.get_by_role("textbox", name="What is wrong with it?").fill(WORDS)
    _fits(page, tmp_path, "3-log")
    _tap(page, "Save this and go on")
    expect(page.get_by_role("heading", name="Before we begin")).to_be_visible()
    expect(page.get_by_role("radiogroup")).to_have_count(4)
    for group in page.get_by_role("radiogroup").all():
        group.get_by_text("Agree", exact=True).tap()
        expect(group.get_by_role("radio", name="Agree", exact=True)).to_be_checked()
    expect(page.get_by_text("without an answer")).to_have_count(0)
    _fits(page, tmp_path, "4-before")
    _tap(page, "Go on")
    participant = study_store.invitations.enter(token)
    take = study_store.participation
    texts = participant.design.texts
    for number in range(1, 6):
        expect(page.get_by_text(f"Journey {number} of 5")).to_be_visible()
        # Until the page is drawn anew, the answers of the journey before stand there.
        recall = page.get_by_role("radiogroup", name=texts.recall)
        expect(recall.get_by_role("radio", checked=False)).to_have_count(3)
        if number == 1:
            _fits(page, tmp_path, "5-recall")
        _choose(page, texts.recall, "Partly")
        _choose(page, texts.identification, "Very closely")
        _choose(page, texts.specificity, "Right")
        _choose(page, texts.wish, "More")
        _choose(page, texts.ongoing, "Not sure")
        if number == 1:
            box = page.get_by_role("textbox", name=texts.own_words)
            box.fill(WORDS)
            box.press("Enter")
            settled(page)
            _fits(page, tmp_path, "6-trial")
        assert len(take.answers(participant)) == number
        if number == 2:
            page = other_phone
            page.goto(address)
            settled(page)
            _tap(page, "Back")
            expect(
                page.get_by_role("radiogroup", name=texts.identification).get_by_role(
                    "radio", name="Very closely", exact=True
                )
            ).to_be_checked()
        _tap(page, "Go on" if number == 5 else "Next journey")
    expect(page.get_by_role("heading", name="Anything to put right?")).to_be_visible()
    page.get_by_role("textbox", name="What would you call it?").fill(WORDS)
    _tap(page, "Add it")
    expect(page.get_by_text("Missing: ")).to_be_visible()
    page.locator("[data-testid=stExpander] summary").first.tap()
    page.get_by_role("checkbox").first.wait_for(state="attached")
    page.locator("[data-testid=stCheckbox] label").first.tap()
    settled(page)
    _fits(page, tmp_path, "7-corrections")
    _tap(page, "Go on")
    expect(page.get_by_role("heading", name="What you said at first")).to_be_visible()
    for at, choice in ((0, 0), (1, -1)):
        options = _listed(page, at)
        if at == 0:
            page.screenshot(path=tmp_path / "8-choices.png")
        options.nth(choice).tap() if choice >= 0 else options.last.tap()
        settled(page)
    _fits(page, tmp_path, "8-matches")
    _tap(page, "Go on")
    expect(page.get_by_role("heading", name="Now once more")).to_be_visible()
    _fits(page, tmp_path, "9-after")
    _tap(page, "Go on")
    expect(page.get_by_text("Made up by us")).to_be_visible()
    _fits(page, tmp_path, "10-debriefing")
    _tap(page, "Finish")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    _fits(page, tmp_path, "11-done")
    with page.expect_download() as download:
        page.get_by_role("button", name="To read (HTML)").tap()
    written = Path(download.value.path()).read_text(encoding="utf-8")
    assert "&lt;img src=x" in written
    assert "<img" not in written
    records = take.answers(participant)
    assert [r.answers.identification for r in records] == [4] * 5
    assert records[0].answers.own_words == WORDS
    assert all(record.response_ms and record.recall_ms for record in records)
    assert {c.kind for c in take.corrections(participant)} == {"items", "missing", "log"}
    first, second = (take.matches(participant)[at] for at in (0, 1))
    assert first is not None
    assert second is None
    page.locator("label", has_text="Yes, erase all of it").tap()
    settled(page)
    _tap(page, "Erase everything")
    expect(page.get_by_role("heading", name="Everything is erased")).to_be_visible()
    _fits(page, tmp_path, "12-erased")
    for path in (f"/?invitation={token}", f"/settings?invitation={token}", "/participate"):
        page.goto(f"{app.url}{path}")
        settled(page)
        expect(page.get_by_text("not valid or no longer valid")).to_be_visible()
        assert page.get_by_test_id("stSidebarNavLink").count() == 0
        assert page.locator("[data-testid=stMain] button").count() == 0
    assert not alerts, "nothing that was written ran"
