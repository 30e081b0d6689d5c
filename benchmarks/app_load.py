"""Every page on a full installation: how long until it can be used, and does memory stay flat?

    python benchmarks/app_load.py [--home DIR] [--visits 5] [--json FILE] [--pages journeys,study]
        [--database-url URL | DATABASE_URL] [--events 1000000 --people 10000 --ratings 100000]

Fills an installation (``app_filling.py``; minutes; kept and used again with ``--home``), starts the
real app on it, and goes through its pages in real Chromium by the menu, as a person does. A page
counts as interactive when its script has run, its heading is there, nothing spins, and it stays so
for 300 ms (which are not counted). The start of the process is left out; the first visit to each
page is not. Then one thing is done on each page that people do there. ``CPU`` is what the server's
process used meanwhile: it tells a slow page from a busy machine. Last, the page Journeys is opened
for the person with the longest history. Exits with 1 where a median is above the second.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from app_filling import Size, counts, fill, open_home
from common import ROOT, provenance
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
#: Seconds within which a page must be interactive.
BOUND = 1.0

PAGES = {
    "logs": "Logs", "discover": "Discover", "journeys": "Journeys", "explore": "Explore",
    "prompts": "Prompts", "compare": "Compare names", "years": "Years",
    "user_embeddings": "User embeddings", "preferences": "Preferences", "ratings": "Ratings",
    "study": "Study", "study_results": "Study results", "label": "Label names",
    "settings": "Settings",
}  # fmt: skip

#: Milliseconds since the page was left alone, once it has been for as long as asked; else null.
_SETTLED = """([title, quiet]) => {
  const app = document.querySelector("[data-testid=stApp]");
  const now = performance.now();
  const heading = [...document.querySelectorAll("h1")].some(h => h.innerText.trim() === title);
  const spins = [...document.querySelectorAll("[data-testid=stSpinner], [data-testid=stSkeleton]")]
    .some(each => each.offsetParent !== null);
  const idle = app?.getAttribute("data-test-script-state") === "notRunning";
  if (!idle || !heading || spins) { window.stillSince = undefined; return null; }
  if (window.stillSince === undefined) window.stillSince = now;
  return now - window.stillSince >= quiet ? window.stillSince - window.begunAt + 0.001 : null;
}"""


@dataclass
class Figures:
    """Seconds until a page was interactive again, and the server's CPU seconds meanwhile."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def words(self) -> str:
        """As cells of a table."""
        return (
            f"{self.seconds[0]:.2f} | {self.median:.2f} | {max(self.seconds):.2f} | "
            f"{statistics.median(self.cpu):.2f}"
        )


class Visitor:
    """A person with a browser."""

    def __init__(self, browser: Browser, url: str, server: psutil.Process) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 1000})
        self.page.set_default_timeout(60_000)
        self._url, self._server = url, server

    def arrive(self) -> None:
        """Open the app, at a page that reads next to nothing."""
        self.page.goto(f"{self._url}/settings")
        self.page.evaluate("window.begunAt = 0")
        self._settle("Settings")

    def timed(self, title: str, act: Callable[[], None], into: Figures) -> None:
        """Do something, wait until the page can be used, and note how long it took."""
        before = self._cpu()
        self.page.evaluate("window.begunAt = performance.now(); window.stillSince = undefined")
        act()
        into.seconds.append(self._settle(title))
        into.cpu.append(self._cpu() - before)
        told = f"{title}: {into.seconds[-1]:.2f} s, {into.cpu[-1]:.2f} s of the server's CPU"
        print(told, file=sys.stderr, flush=True)
        wrong = self.page.locator("[data-testid=stException]")
        if wrong.count():
            raise SystemExit(f"{title} shows an exception: {wrong.first.inner_text()}")

    def menu(self, title: str) -> None:
        """Choose a page in the menu."""
        self.page.locator("[data-testid=stSidebarNavLink]").get_by_text(title, exact=True).click()

    def _settle(self, title: str) -> float:
        found = self.page.wait_for_function(_SETTLED, arg=[title, 300], timeout=180_000)
        return float(found.json_value()) / 1000

    def _cpu(self) -> float:
        times = self._server.cpu_times()
        return times.user + times.system


def another_person(page: Page) -> None:
    """Choose another person of the list: each time the one after the chosen one."""
    box = page.locator("[data-testid=stSelectbox] input[aria-label=Person]").first
    options = page.get_by_role("option")
    for _ in range(10):  # a list that opens while the page still moves is closed again
        box.click()
        try:
            options.first.wait_for(timeout=2_000)
            break
        except TimeoutError:
            box.press("ArrowDown")
    texts = [options.nth(at).get_attribute("aria-selected") for at in range(8)]
    options.nth(1 if "true" not in texts else (texts.index("true") + 1) % 8).click()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def next_page(page: Page) -> None:
    page.locator("[data-testid=stPagination] button").last.click()


def initials(page: Page) -> None:
    box = page.get_by_role("textbox", name="Your initials")
    box.fill("ab")
    box.press("Enter")


def find(page: Page, pseudonym: str) -> None:
    """Look for one person by pseudonym."""
    box = page.get_by_role("textbox", name="Find by pseudonym")
    box.fill(pseudonym)
    box.press("Enter")


def reading(page: Page) -> None:
    page.get_by_role("button", name="More").first.click()
    page.get_by_text("How it was read", exact=True).click()


#: What people do on a page, in words, and how. Preferences is empty without an agent's users.
DOES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "logs": ("how it was read", reading),
    "journeys": ("another person", another_person),
    "explore": ("another tab", lambda page: tab(page, "Beside the survey")),
    "prompts": ("another person", another_person),
    "compare": ("another person", another_person),
    "years": ("the longest history", another_person),
    "user_embeddings": ("another person", another_person),
    "ratings": ("another person", another_person),
    "study": ("next page of the table", next_page),
    "study_results": ("a file instead", lambda page: page.get_by_text("A file").first.click()),
    "label": ("initials typed", initials),
}


@contextmanager
def app(home: Path, database_url: str) -> Iterator[tuple[str, psutil.Process]]:
    """The app on a home folder: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "app.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
             "--server.port", str(port), "--server.fileWatcherType", "none"],
            cwd=ROOT,
            env={**os.environ, "JOURNEYS_HOME": str(home), "DATABASE_URL": database_url},
            stdout=log,
            stderr=log,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit((home / "app.log").read_text()) from None
                time.sleep(0.1)
        yield url, psutil.Process(server.pid)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()


def measure(
    browser: Browser, url: str, server: psutil.Process, pages: list[str], visits: int, longest: str
) -> dict[str, Any]:
    """Go through the pages so often, in order, and do what people do on each."""
    visitor = Visitor(browser, url, server)
    visitor.arrive()
    began = rss(server)
    opened = {name: Figures() for name in pages}
    done = {name: Figures() for name in pages if name in DOES}
    memory = []
    for round_ in range(visits):
        for name in pages:
            title = PAGES[name]
            visitor.timed(title, lambda title=title: visitor.menu(title), opened[name])
            if name in done:
                act = DOES[name][1]
                visitor.timed(title, lambda act=act: act(visitor.page), done[name])
                visitor.page.keyboard.press("Escape")
        memory.append(rss(server))
        print(f"round {round_ + 1} of {visits}: {memory[-1]:.0f} MB", file=sys.stderr, flush=True)
    history = {} if "journeys" not in pages else _longest(visitor, longest, visits)
    memory.append(rss(server))
    return {"opened": opened, "done": done, "longest": history, "memory": [began, *memory]}


def _longest(visitor: Visitor, pseudonym: str, visits: int) -> dict[str, Figures]:
    """The page Journeys for the person with the longest history."""
    found = {words: Figures() for words in ("found by pseudonym", "timeline", "map")}
    for _ in range(visits):
        visitor.timed("Journeys", lambda: visitor.menu("Journeys"), Figures())
        for words, act in (
            ("found by pseudonym", lambda: find(visitor.page, pseudonym)),
            ("timeline", lambda: tab(visitor.page, "Timeline")),
            ("map", lambda: tab(visitor.page, "Map")),
        ):
            visitor.timed("Journeys", act, found[words])
        visitor.timed("Journeys", lambda: tab(visitor.page, "Journeys"), Figures())
        visitor.timed("Journeys", lambda: find(visitor.page, ""), Figures())
        visitor.timed("Journeys", lambda: another_person(visitor.page), Figures())
    return {words: figures for words, figures in found.items() if figures.seconds}


def rss(process: psutil.Process) -> float:
    """Resident megabytes."""
    return float(process.memory_info().rss / 1e6)


def show(found: dict[str, Any]) -> list[str]:
    """Print the table; the names of what is above the bound."""
    print("\n| page | first (s) | median (s) | worst (s) | server CPU (s) |\n|---|---|---|---|---|")
    late = []
    for kind in ("opened", "done"):
        for name, figures in found[kind].items():
            words = PAGES[name] + (f": {DOES[name][0]}" if kind == "done" else "")
            print(f"| {words} | {figures.words()} |")
            if figures.median > BOUND:
                late.append(words)
    for words, figures in found["longest"].items():
        print(f"| Journeys, the longest history: {words} | {figures.words()} |")
        if figures.median > BOUND:
            late.append(f"the longest history: {words}")
    memory = found["memory"]
    print(
        f"\nThe app's process: {memory[0]:.0f} MB before any page but Settings, then after each "
        f"round {', '.join(f'{each:.0f}' for each in memory[1:])} MB."
    )
    return late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--home", type=Path, help="kept, and used again; else a temporary folder")
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--pages", default=",".join(PAGES), help="names with commas between")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--events", type=int, default=Size.events)
    parser.add_argument("--people", type=int, default=Size.people)
    parser.add_argument("--ratings", type=int, default=Size.ratings)
    parser.add_argument("--longest", type=int, default=Size.longest)
    options = parser.parse_args()
    pages = options.pages.split(",")
    print(provenance(), "\n", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        store, settings = open_home(home, options.database_url)
        fill(store, settings, Size(options.events, options.people, options.ratings,
                                   longest=options.longest))  # fmt: skip
        holds, engine = counts(store), store.engine.dialect.name
        longest = store.listing.of_log(store.logs.list()[-1].id, limit=1)[0].pseudonym
        store.close()
        print(f"{engine}: " + ", ".join(f"{n:,} {what}" for what, n in holds.items()))
        load = os.getloadavg()[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            with app(home, options.database_url) as (url, server):
                found = measure(browser, url, server, pages, options.visits, longest)
            browser.close()
    print(f"Load of the machine before: {load:.1f}; after: {os.getloadavg()[0]:.1f}")
    late = show(found)
    if options.json:
        told = {"holds": holds, "engine": engine, "memory": found["memory"], "load": load} | {
            kind: {name: asdict(figures) for name, figures in found[kind].items()}
            for kind in ("opened", "done", "longest")
        }
        options.json.write_text(json.dumps(told, indent=1))
    if late:
        raise SystemExit(f"Above {BOUND:g} s at the median: {', '.join(late)}")


if __name__ == "__main__":
    main()
