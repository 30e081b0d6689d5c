"""Kill, fill, cut, delay, damage and mislead a whole installation: is anything lost or doubled?

    python benchmarks/faults.py --faults 200 --seed 0 --database sqlite
    python benchmarks/faults.py --faults 200 --seed 0 --database postgresql

Workers, an app with participants, raters, a person who names by hand and two who add events, a
database and an endpoint run for real, on loopback; faults happen at random moments. What was
acknowledged is noted on disk outside. Afterwards the database is read with plain SQL, and every
run is compared with the same run undisturbed. The parts are in ``tests/faults``. PostgreSQL needs
its server programs; filling the disk needs root, for a file system of its own.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from common import provenance

from tests.faults.rain import rain
from tests.faults.world import CONCURRENCY, World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--workers", type=int, default=2, help="on PostgreSQL; SQLite has one")
    parser.add_argument("--keep", type=Path, help="folder for logs and ledgers, kept")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    print(provenance(), "\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        start = time.monotonic()
        world = World(
            folder, on_postgresql=options.database == "postgresql", workers=options.workers
        )
        try:
            world.set_up()
            outcome = rain(
                world,
                options.faults,
                options.seed,
                tell=lambda line: print(f"{time.monotonic() - start:7.1f} s  {line}", flush=True),
            )
        finally:
            world.close()
    print(f"\n{options.database}, {time.monotonic() - start:.0f} s")
    for title, counts in {
        "faults": outcome.counts,
        "killed": world.killed,
        "ended by themselves": world.ended,
        "resumed by hand": world.resumed,
        "figures": outcome.findings.figures,
    }.items():
        told = "; ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        print(f"{title}: {told or 'none'}")
    print(f"requests under way at once: {CONCURRENCY} a worker")
    print("\n".join(outcome.problems) or "nothing lost, nothing doubled, nothing paid twice")
    if outcome.problems:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
