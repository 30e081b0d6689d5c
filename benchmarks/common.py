"""What the benchmarks share: the labelled logs, and the line that says where a figure is from."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

# The scripts run from a checkout, without installing it.
sys.path.insert(0, str(ROOT))


def labelled(name: str) -> Path:
    """A labelled log beside the checkout; the script ends with a sentence where it is absent."""
    path = SHARED / name
    if not path.exists():
        raise SystemExit(f"{name} is not distributed with the project; put it into {SHARED}.")
    return path


def provenance() -> str:
    """Command, date, machine and versions, for the head of a result."""
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("hdbscan", "scikit-learn", "umap-learn", "torch")
    )
    command = re.sub(r"://[^@/\s]*@", "://...@", " ".join(sys.argv))  # no password of a database
    return (
        f"`python {command}`, "
        f"{datetime.now(UTC):%Y-%m-%d}, revision {revision}, {os.cpu_count()} cores "
        f"({platform.machine()}), Python {platform.python_version()}, {libraries}"
    )


def run_timed(command: list[str], **environment: str) -> tuple[float, str]:
    """Wall seconds and standard output of a command that must succeed."""
    start = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, done.stdout
