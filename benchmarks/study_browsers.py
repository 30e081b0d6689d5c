"""Participants in real browsers, on the real app: the rating path, timed as they see it.

For ``study_saving.py --browsers``. A save is timed from the tap to the moment when the page shows
that it went through: the name after the recall question, "Next journey" after the identification.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journeys.study.design import StudyDesign

ROOT = Path(__file__).resolve().parents[1]
PHONE = {"width": 390, "height": 844}


@contextmanager
def app(home: str, database_url: str = "") -> Iterator[str]:
    """The app on a home folder, for participants only; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
               "--server.port", str(port), "--server.fileWatcherType", "none"]  # fmt: skip
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "JOURNEYS_HOME": home, "DATABASE_URL": database_url,
             "JOURNEYS_PARTICIPANTS_ONLY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()


@dataclass
class Walk:
    """What one browser did.

    Attributes:
        seconds: of each save, from the tap to what shows that it went through.
        words: what was typed into each trial.
    """

    token: str
    seconds: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    failed: str = ""


class Browsers:
    """Browsers that wait at the first journey until :meth:`go`, in a thread of their own."""

    def __init__(self, url: str, design: StudyDesign, tokens: list[str], pause: float) -> None:
        self._url, self._design, self._pause = url, design, pause
        self.walks = [Walk(token) for token in tokens]
        self._arrived, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))

    def arrive(self) -> None:
        """Open the links and go as far as the first journey."""
        self._thread.start()
        self._arrived.wait()

    def go(self) -> None:
        """Begin to rate."""
        self._go.set()

    def done(self) -> list[Walk]:
        """Wait for the end of every path."""
        self._thread.join()
        return self.walks

    async def _all(self) -> None:
        from playwright.async_api import async_playwright

        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-gpu"]
            )
            try:
                pages = []
                for walk in self.walks:
                    context = await browser.new_context(
                        viewport=PHONE, is_mobile=True, has_touch=True
                    )
                    context.set_default_timeout(120_000)
                    pages.append(await context.new_page())
                    await self._guarded(walk, self._first(pages[-1], walk))
                self._arrived.set()
                await asyncio.to_thread(self._go.wait)
                await asyncio.gather(
                    *(
                        self._guarded(walk, self._rate(page, walk))
                        for page, walk in zip(pages, self.walks, strict=True)
                    )
                )
            finally:
                self._arrived.set()
                await browser.close()

    async def _guarded(self, walk: Walk, path: Any) -> None:
        try:
            await path
        except Exception as error:
            walk.failed = walk.failed or str(error).split("\n", 1)[0]

    async def _first(self, page: Any, walk: Walk) -> None:
        await page.goto(f"{self._url}/?invitation={walk.token}")
        for name in ("I agree and take part", "Go on", "Yes, this is mine", "Go on"):
            heading = await page.locator("h1, h2, h3").first.inner_text()
            await page.get_by_role("button", name=name, exact=True).tap()
            # The same button may stand on the next step, too.
            await page.wait_for_function(
                "old => document.querySelector('h1, h2, h3')?.innerText !== old", arg=heading
            )
        await page.get_by_text("Journey 1 of").wait_for()

    async def _rate(self, page: Any, walk: Walk) -> None:
        texts = self._design.texts
        total = int((await page.get_by_text("Journey 1 of").inner_text()).split()[3].rstrip("."))
        for at in range(total):
            await page.get_by_text(f"Journey {at + 1} of").wait_for()
            shown = page.get_by_role("radiogroup", name=texts.identification)
            follows = page.get_by_role(
                "button", name="Go on" if at + 1 == total else "Next journey"
            )
            recall = page.get_by_role("radiogroup", name=texts.recall)
            # Until the page is drawn anew, the answers of the journey before stand there.
            await recall.get_by_role("radio", checked=True).wait_for(state="detached")
            await self._tap(walk, recall.get_by_text("Partly", exact=True), shown)
            label = texts.identification_scale[at % 5]
            await self._tap(walk, shown.get_by_text(label, exact=True), follows)
            box = page.get_by_role("textbox", name=texts.own_words)
            walk.words.append(f"{walk.token} {at} 4")
            await box.fill(walk.words[-1])
            await box.press("Enter")
            await asyncio.sleep(self._pause)
            await follows.tap()
        await page.get_by_role("heading", name="Anything to put right?").wait_for()

    async def _tap(self, walk: Walk, choice: Any, shows: Any) -> None:
        start = time.perf_counter()
        await choice.tap()
        await shows.wait_for()
        walk.seconds.append(time.perf_counter() - start)
        await asyncio.sleep(self._pause)
