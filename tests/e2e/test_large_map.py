"""A map that the graphics card draws, under the app's Content-Security-Policy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect

from journeys.figures.map import WEBGL_FROM
from journeys.settings import Settings
from journeys.store import open_store
from tests.e2e.conftest import served, settled
from tests.e2e.test_security_headers import WATCH
from tests.logs import make_log
from tests.pages.filled import discovered

pytestmark = pytest.mark.browser


def test_a_large_map_is_drawn_within_the_policy(context: BrowserContext, tmp_path: Path) -> None:
    store = open_store(Settings(tmp_path, f"sqlite:///{tmp_path / 'journeys.sqlite3'}"))
    log_id, run_id = discovered(store, make_log(users=1, per_topic=WEBGL_FROM // 3 + 1))
    person = max(store.logs.people(log_id), key=lambda each: each.n_events)
    points = np.random.default_rng(0).uniform(-1, 1, (person.n_events, 2)).astype(np.float32)
    store.maps.put("made", points)
    store.results.set_map(run_id, person.id, "made")
    store.close()
    context.add_init_script(WATCH)
    with served(tmp_path) as running:
        page = context.new_page()
        page.goto(f"{running.url}/journeys")
        settled(page)
        page.get_by_role("tab", name="Map").click()
        settled(page)
        expect(page.locator(".js-plotly-plot canvas").first).to_be_visible()
        assert page.evaluate("window.kept") == []
        # What the card drew: some points are not the background.
        drawn = page.evaluate(
            """() => [...document.querySelectorAll(".js-plotly-plot canvas")].some(canvas => {
              const copy = document.createElement("canvas");
              copy.width = canvas.width; copy.height = canvas.height;
              const pen = copy.getContext("2d"); pen.drawImage(canvas, 0, 0);
              return pen.getImageData(0, 0, copy.width, copy.height).data.some(byte => byte > 0);
            })"""
        )
        assert drawn
