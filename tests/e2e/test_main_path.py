"""The whole path of a researcher: upload a real log, run, read, name levels, rate, export."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.e2e.conftest import App, settled

pytestmark = [pytest.mark.browser, pytest.mark.shared]


def go(page: Page, name: str) -> None:
    """Open a page by its link in the navigation."""
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    settled(page)


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a select box, by mouse and keyboard as it comes."""
    box = page.get_by_role("combobox", name=label, exact=True)
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(5):
        box.click()
        try:
            wanted.wait_for(timeout=8_000)
        except TimeoutError:  # the expander around it was still opening
            continue
        break
    wanted.click()
    settled(page)
    expect(box).to_have_value(option)


def cards(page: Page) -> Locator:
    """The headings of the journey cards."""
    return page.locator("[class*=st-key-journey-j]").get_by_role("heading")


def headings(page: Page) -> list[str]:
    """The names on the journey cards, in order."""
    return cards(page).all_inner_texts()


def test_from_upload_to_export(app: App, page: Page, shared_data: Path, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(app.url)
    settled(page)

    # Upload, and correct a column by hand: the folder is no text, but shows the mapping works.
    page.locator("input[type=file]").set_input_files(shared_data / "til_notes" / "til_notes.jsonl")
    page.get_by_text("Which column is which?").wait_for()
    settled(page)
    expect(
        page.get_by_text(re.compile("of the first 300 rows, 300 can be read", re.I))
    ).to_be_visible()
    page.get_by_text(re.compile("^More columns")).click()
    choose(page, "Text", "None")
    choose(page, "Text", "text")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Duplicates left out").wait_for()
    settled(page)
    assert "2,642" in page.inner_text("body")
    assert "29" in page.inner_text("body")

    # Run it.
    page.get_by_role("button", name="Discover journeys").click()
    page.get_by_role("button", name="Start discovery").click()
    page.get_by_text("Embedding texts").first.wait_for()
    page.get_by_role("button", name="See journeys").wait_for(timeout=400_000)
    settled(page)

    # Read the journeys; the slider changes every name without a call.
    go(page, "Journeys")
    cards(page).first.wait_for()
    at_three = headings(page)
    assert len(at_three) >= 3
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(page.get_by_text("1 · field").first).to_be_visible()
    settled(page)
    at_one = headings(page)
    assert len(at_one) == len(at_three)
    assert at_one != at_three
    page.get_by_text(re.compile("^Evidence")).first.click()
    settled(page)
    expect(page.locator("[class*=st-key-evidence-]").first).to_contain_text(re.compile(r"20\d\d"))

    page.get_by_role("tab", name="Timeline").click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("tab", name="Map").click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    settled(page)
    assert page.locator(".js-plotly-plot .legend .traces").count() >= 3

    # Rate one, reload in a new session: the answer is there.
    go(page, "Ratings")
    card = page.locator("[class*=st-key-rating-]").first
    card.get_by_text("Very closely").click()
    settled(page)
    card.get_by_text("Too broad").click()
    settled(page)
    words = card.get_by_role("textbox", name=re.compile("I would say"))
    words.fill("=learning by writing notes")
    words.press("Enter")
    settled(page)
    expect(page.get_by_text(re.compile(r"1 of \d+ rated"))).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_text(re.compile(r"1 of \d+ rated"))).to_be_visible()
    card = page.locator("[class*=st-key-rating-]").first
    expect(card.get_by_role("textbox", name=re.compile("I would say"))).to_have_value(
        "=learning by writing notes"
    )

    # Export, with the formula neutralised.
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV with codebook (zip)").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    (row,) = read_ratings(path)
    assert row["identification"] == "4"
    assert row["specificity"] == "broad"
    assert row["own_words"] == "'=learning by writing notes"

    elsewhere = [url for url in asked if urlsplit(url).scheme in {"http", "https", "ws", "wss"}
                 and urlsplit(url).hostname not in {"127.0.0.1", "localhost"}]  # fmt: skip
    assert not elsewhere, "nothing leaves the machine, not even for an icon"


def read_ratings(path: Path) -> list[dict[str, str]]:
    """Rows of the exported CSV, in a zip or plain."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.endswith(".csv") and "codebook" not in n)
            content = archive.read(name).decode("utf-8-sig")
    else:
        content = path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))
