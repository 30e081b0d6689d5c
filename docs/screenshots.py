"""Make the pictures of every page, from the sample log, with the real app.

    python docs/screenshots.py [--namer local] [--home DIR]

Needs a Chromium (``CHROMIUM`` says where). With ``--namer local`` the built-in language model, if
it was fetched into the home folder, names the sample's journeys first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "screenshots"
PAGES = (
    "logs", "discover", "journeys", "explore", "prompts", "years", "ratings", "study", "settings",
)  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
sys.path.insert(0, str(ROOT))


def prepare(home: Path, namer: str) -> None:
    """Import the sample and discover its journeys, here and now."""
    from journeys.discovery import DiscoveryConfig
    from journeys.jobs.worker import work
    from journeys.memory import BySize
    from journeys.sample import SAMPLE_NAME, read_sample
    from journeys.settings import Settings
    from journeys.store import Answer, open_store
    from journeys.study.default_design import default_design

    settings = Settings.from_environment({"JOURNEYS_HOME": str(home)})
    store = open_store(settings)
    if not store.logs.list():
        log_id = store.logs.add(read_sample(), SAMPLE_NAME, is_sample=True)
        run_id = store.runs.create(log_id, DiscoveryConfig(namer=namer).to_dict())
        work(settings, idle_seconds=0)
        person = store.results.people(run_id)[0]
        timeline = store.logs.timeline(person.person_id)
        found = store.results.user(run_id, person.person_id, timeline)
        for journey, (closely, specific) in zip(
            found.journeys, [(5, "right"), (4, "right"), (3, "broad")], strict=False
        ):
            name = journey.name(3)
            store.ratings.save(
                run_id, journey.id, Answer(closely, specific, "", 3, name, journey.names.namer)
            )
        memory = store.memory.open(log_id, BySize(10), run_id)
        store.memory.append(memory)
        study = store.studies.create(log_id, default_design(), {"a": run_id})
        store.studies.open(study)
        store.invitations.invite(study, [each.person_id for each in store.results.people(run_id)])
    store.close()


def settled(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(700)


def shoot(browser: Browser, url: str, **device: object) -> None:
    """Every page on one device."""
    suffix = str(device.pop("suffix"))
    context = browser.new_context(**device)  # type: ignore[arg-type]
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{url}/{'' if path == 'logs' else path}")
        settled(page)
        if path == "years":
            page.locator(".js-plotly-plot").first.wait_for()
            settled(page)
        page.screenshot(path=OUT / f"{path}{suffix}.png")
        if path == "journeys":
            for tab in ("Timeline", "Map"):
                page.get_by_role("tab", name=tab).click()
                page.locator(".js-plotly-plot").first.wait_for()
                settled(page)
                page.screenshot(path=OUT / f"{tab.lower()}{suffix}.png")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--namer", default="keyphrase", choices=("keyphrase", "local"))
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    home = options.home or Path(tempfile.mkdtemp())
    prepare(home, options.namer)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
         "--server.port", str(port)],
        cwd=ROOT, env={**os.environ, "JOURNEYS_HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        with sync_playwright() as playwright:
            chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            OUT.mkdir(parents=True, exist_ok=True)
            desktop = {"width": 1280, "height": 900}
            phone = {"width": 390, "height": 844}
            shoot(browser, url, viewport=desktop, suffix="")
            shoot(browser, url, viewport=desktop, color_scheme="dark", suffix="-dark")
            shoot(browser, url, viewport=phone, suffix="-phone")
            browser.close()
    finally:
        server.terminate()
        server.wait()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
