"""The results page in a browser, checked against figures computed from its own download."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from journeys.settings import Settings
from journeys.store import open_store
from journeys.study.design_file import design_hash, from_json
from tests.e2e.conftest import App, settled
from tests.filled_study import fill_study
from tests.study_oracle import Figures, read_tables, recompute

pytestmark = pytest.mark.browser

_DRAWN = """[...document.querySelectorAll('[class*="st-key-study-"]')]
  .map(e => [e.className.match(/st-key-study-([a-z]+)/)[1], e.querySelector('.js-plotly-plot')])
  .filter(([key, plot]) => plot)
  .map(([key, plot]) => [key, plot.data.map(trace => [
    trace.name || '', Array.from(trace.x), Array.from(trace.y),
    plot.layout.yaxis.ticktext || null])])"""


def _download(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()


def _plotted(page: Page) -> Figures:
    """The values in the page's plots, by section, series and figure."""
    made: Figures = {}
    for tab in page.get_by_role("tab").all():
        tab.click()
        settled(page)
        page.locator(".js-plotly-plot:visible").first.wait_for()
        page.wait_for_timeout(800)
        for key, traces in page.evaluate(_DRAWN):
            for name, xs, ys, words in traces:
                for x, y in zip(xs, ys, strict=True):
                    figure = y if words is None else words[round(float(y))]
                    made[key, name if len(traces) > 1 else "", figure] = (float(x), None, None)
    return made


def test_what_is_plotted_is_what_others_compute_from_the_download(
    app: App, browser: Browser, tmp_path: Path
) -> None:
    store = open_store(Settings(app.home, f"sqlite:///{app.home / 'journeys.sqlite3'}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEYS_HOME", str(app.home))
        study_id = fill_study(store, people=9)
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{app.url}/study_results")
    settled(page)
    page.get_by_role("tab", name="Names").wait_for()
    found = _plotted(page)
    page.screenshot(path=tmp_path / "results-desktop.png", full_page=True)
    content = _download(page, "Data and codebook (zip)")
    for kind in ("csv", "parquet"):
        expected = recompute(read_tables(content, kind))
        seen = 0
        for key, (value, _, _) in expected.items():
            if key in found:
                assert found[key][0] == pytest.approx(value, abs=1e-9), key
                seen += 1
        assert seen > 55, sorted(set(expected) - set(found))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        design = archive.read("design.json").decode()
    assert json.loads(design)["title"].startswith("Пробное")
    assert design_hash(from_json(design)) == store.studies.get(study_id).design_hash
    report = _download(page, "Report (HTML)").decode()
    assert "Пробное исследование 日本 🎻" in report
    value, low, high = expected["gate", "", "very or extremely closely, all trials"]
    assert f"{value:.0%}</td>" in report
    assert f"[{low:.0%}, {high:.0%}]" in report
    phone = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True)
    small = phone.new_page()
    small.goto(f"{app.url}/study_results")
    settled(small)
    small.get_by_role("tab", name="Names").wait_for(timeout=60_000)
    small.wait_for_timeout(1500)
    small.screenshot(path=tmp_path / "results-phone.png", full_page=True)
    assert small.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    for each in (context, phone):
        each.close()
    store.close()
