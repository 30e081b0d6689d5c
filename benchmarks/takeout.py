"""Time and memory of reading a large Google Takeout, which is made up first.

    python benchmarks/takeout.py --megabytes 500

The archive has a watch history in HTML and in JSON, a search history, Chrome's history and many
files that are no logs, which together unpack to the given size. It is made in a temporary folder;
reading it is done in a process of its own, whose peak memory is taken, while an audit hook notes
every file that it opens for writing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import common  # noqa: F401 - finds the checkout

MEGABYTE = 1_000_000
_WORDS = (
    "carving birch spoon sourdough starter oven bicycle wheel truing ukulele chord lettuce tower "
    "nutrient pump borrow checker async crate plane iron chisel dovetail jig finish oil wax lathe"
)
WORDS = _WORDS.split()

#: Shares of the unpacked size.
SHARES = {"html": 0.45, "json": 0.35, "search": 0.08, "chrome": 0.08}


def title(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=8)).capitalize()


def html_blocks(rng: random.Random, when: datetime) -> Iterator[str]:
    """Blocks of ``watch-history.html``."""
    while True:
        when -= timedelta(minutes=rng.randrange(1, 60))
        stamp = when.strftime("%b %-d, %Y, %-I:%M:%S\u202f%p UTC")
        video = f"{rng.getrandbits(40):011x}"
        yield (
            '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp">'
            '<div class="mdl-grid"><div class="header-cell mdl-cell mdl-cell--12-col">'
            '<p class="mdl-typography--title">YouTube<br></p></div>'
            '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">'
            f'Watched\u00a0<a href="https://www.youtube.com/watch?v={video}">{title(rng)}</a><br>'
            f'<a href="https://www.youtube.com/channel/UC{video}">Workshop {video[:3]}</a><br>'
            f'{stamp}<br></div><div class="content-cell mdl-cell mdl-cell--6-col '
            'mdl-typography--body-1 mdl-typography--text-right"></div>'
            '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">'
            "<b>Products:</b><br>&emsp;YouTube<br></div></div></div>"
        )


def json_records(rng: random.Random, when: datetime, verb: str) -> Iterator[str]:
    """Records of ``watch-history.json`` and ``search-history.json``."""
    while True:
        when -= timedelta(minutes=rng.randrange(1, 60), milliseconds=rng.randrange(1000))
        words = title(rng)
        query = words.replace(" ", "+")
        video = f"{rng.getrandbits(40):011x}"
        searched = verb.startswith("Search")
        page = f"results?search_query={query}" if searched else f"watch?v={video}"
        record = {
            "header": "YouTube",
            "title": f"{verb} {words}",
            "titleUrl": f"https://www.youtube.com/{page}",
            "subtitles": [{"name": f"Workshop {video[:3]}", "url": f"https://example.org/{video}"}],
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "products": ["YouTube"],
            "activityControls": ["YouTube watch history"],
        }
        yield json.dumps(record, indent=2)


def visits(rng: random.Random, when: datetime) -> Iterator[str]:
    """Visits of Chrome's ``History.json``."""
    while True:
        when -= timedelta(minutes=rng.randrange(1, 60))
        page = rng.getrandbits(30)
        record = {
            "favicon_url": "https://example.org/favicon.ico",
            "page_transition": "LINK",
            "title": title(rng),
            "url": f"https://example.org/{page}",
            "time_usec": int(when.timestamp() * 1e6),
            "client_id": "made-up==",
        }
        yield json.dumps(record)


def filled(
    archive: zipfile.ZipFile,
    name: str,
    frame: tuple[str, str, str],
    pieces: Iterator[str],
    size: int,
) -> int:
    """Write pieces into a member until it has that many bytes; returns how many pieces."""
    begin, between, end = frame
    count = written = 0
    with archive.open(name, "w", force_zip64=True) as member:
        member.write(begin.encode())
        while written < size:
            block = []
            for _ in range(500):
                block.append((between if count else "") + next(pieces))
                count += 1
            data = "".join(block).encode()
            written += member.write(data)
        member.write(end.encode())
    return count


def make(path: Path, megabytes: int) -> dict[str, int]:
    """Make the archive; returns how many records each log has."""
    rng = random.Random(0)
    now = datetime(2024, 6, 1, tzinfo=UTC)
    total = megabytes * MEGABYTE
    history = "Takeout/YouTube and YouTube Music/history"
    page = ('<html><head></head><body><div class="mdl-grid">', "", "</div></body></html>")
    array = ("[", ",\n", "]")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for at in range(1_500):
            content = json.dumps({"setting": at, "values": [rng.random() for _ in range(40)]})
            archive.writestr(f"Takeout/Maps/Answers/{at}.json", content)
        for at in range(40):
            archive.writestr(
                f"Takeout/Google Photos/{at}.jpg", b"\xff\xd8\xff" + rng.randbytes(total // 1_000)
            )
        return {
            "html": filled(
                archive,
                f"{history}/watch-history.html",
                page,
                html_blocks(rng, now),
                int(total * SHARES["html"]),
            ),
            "json": filled(
                archive,
                f"{history}/watch-history.json",
                array,
                json_records(rng, now - timedelta(days=9_000), "Watched"),
                int(total * SHARES["json"]),
            ),
            "search": filled(
                archive,
                f"{history}/search-history.json",
                array,
                json_records(rng, now - timedelta(days=9_000), "Searched for"),
                int(total * SHARES["search"]),
            ),
            "chrome": filled(
                archive,
                "Takeout/Chrome/History.json",
                ('{"Browser History": [', ",\n", '], "Session": []}'),
                visits(rng, now),
                int(total * SHARES["chrome"]),
            ),
        }


def read(path: Path) -> None:
    """Read the archive and print what it cost, as JSON."""
    from journeys.ingest import read_log

    written: list[str] = []

    def hear(event: str, args: tuple[object, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
            written.append(str(args[0]))

    sys.addaudithook(hear)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    log = read_log(path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "seconds": round(seconds, 1),
                "peak MB": round(peak / 1024),
                "of these before reading": round(before / 1024),
                "records": len(log.report.record_row),
                "events": len(log),
                "rejected": len(log.report.rejected),
                "by source": log.frame.groupby(["source", "action"]).size().to_json(),
                "files written": written,
                "notes": list(log.report.notes),
                "format": log.report.format,
            },
            indent=1,
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=int, default=100, help="size when unpacked")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "takeout.zip"
        print("records made:", make(path, options.megabytes))
        print(f"packed: {path.stat().st_size / MEGABYTE:.0f} MB")
        again = [sys.executable, __file__, "--read", str(path)]
        subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
