"""1,000,000 rows of CSV: read, cleaned, redacted and flagged; seconds and peak memory.

    python benchmarks/import_speed.py --work DIR [--rows N]

Two made-up logs of 100 users, every row different: one with titles only, and one with web addresses
of which 4 % hold a token, while 1 % of titles hold a mail address. Each is read and prepared in a
process of its own, whose greatest resident size is the peak.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import string
import subprocess
import sys
from pathlib import Path

from common import ROOT, provenance

_WORDS = [
    "garden", "winter", "bread", "ukulele", "rust", "tower", "lettuce", "chord", "async", "starter",
    "balcony", "nutrient", "borrow", "oven", "lesson", "pump", "crate", "flour", "strum", "light",
    "server", "beginner", "repair", "bicycle", "compost", "novel", "history",
]  # fmt: skip

#: Runs in the measured process.
_MEASURED = """
import json, resource, sys, time
start = time.perf_counter()
from journeys.ingest import read_log
log = read_log(sys.argv[1])
read = time.perf_counter() - start
from journeys.ingest.preparing import prepare
prepared = prepare(log)
report = prepared.report
print(json.dumps({
    "rows": report.read, "kept": report.kept, "read": read,
    "all": time.perf_counter() - start, "redacted": sum(report.redacted.values()),
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}))
"""


def make(path: Path, rows: int, addresses: bool) -> None:
    """Write a log."""
    rng = random.Random(1)
    letters = string.ascii_letters + string.digits
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "timestamp", "title", *(["url"] if addresses else [])])
        for at in range(rows):
            title = " ".join(rng.choices(_WORDS, k=6)) + f" part {at % 50_000}"
            if at % 100 == 0:
                title += " ann@example.org"
            row = [f"u{at % 100}", 1_600_000_000 + 7 * at, title]
            if addresses:
                slug = "-".join(rng.choices(_WORDS, k=4))
                item = "".join(rng.choices(letters, k=11))
                kind = at % 50
                row.append(
                    f"https://www.youtube.com/watch?v={item}"
                    if kind < 24
                    else f"https://news.example.org/{slug}-{at}?ref=home&page={at % 9}"
                    if kind < 48
                    else f"https://mail.example.org/x?token={item}{item}"
                )
            writer.writerow(row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the made-up logs")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    print(provenance())
    print("\n| log | file | rows | kept | redacted | read | in all | peak memory |")
    print("|---|---|---|---|---|---|---|---|")
    for name, addresses in (("titles", False), ("titles and addresses", True)):
        path = options.work / f"{name.replace(' ', '_')}.csv"
        make(path, options.rows, addresses)
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, str(path)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        figures = json.loads(done.stdout)
        print(
            f"| {name} | {path.stat().st_size / 1e6:.0f} MB | {figures['rows']:,} "
            f"| {figures['kept']:,} | {figures['redacted']:,} | {figures['read']:.1f} s "
            f"| {figures['all']:.1f} s | {figures['peak']:.2f} GB |"
        )


if __name__ == "__main__":
    main()
