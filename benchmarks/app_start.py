"""The app before anything is run: time to the first page, memory, and what it has imported.

    python benchmarks/app_start.py

Starts the real server, opens the first page in Chromium, and reads the server process.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from common import ROOT, provenance
from playwright.sync_api import sync_playwright

HEAVY = ("torch", "umap", "hdbscan", "sklearn", "scipy", "sentence_transformers", "numba")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(home: str) -> tuple[float, float, float, list[str]]:
    """Seconds until the server is up, until the page is drawn from then, MB, heavy libraries."""
    port = free_port()
    start = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
         "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "JOURNEYS_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                    break
                except OSError:
                    time.sleep(0.02)
            up = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_role("button", name="Open the sample log").wait_for(timeout=60_000)
            drawn = time.perf_counter()
            process = psutil.Process(server.pid)
            memory = process.memory_info().rss / 1e6
            loaded = sorted(
                {name for name in HEAVY for m in process.memory_maps() if f"/{name}/" in m.path}
            )
            browser.close()
        return up - start, drawn - up, memory, loaded
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    print(provenance())
    print("\n| start | server up | first page after that | resident | heavy libraries |")
    print("|---|---|---|---|---|")
    pages = []
    for at in range(5):
        with tempfile.TemporaryDirectory() as home:
            up, page, memory, loaded = measure(str(Path(home)))
        pages.append(page)
        print(f"| {at + 1} | {up:.2f} s | {page:.2f} s | {memory:.0f} MB | {loaded or 'none'} |")
    print(f"\nMedian first page {statistics.median(pages):.2f} s (must be under 3 s).")


if __name__ == "__main__":
    main()
