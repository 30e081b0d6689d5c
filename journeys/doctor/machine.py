"""Graphics card, disk, memory and clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from journeys.doctor.finding import Finding, State
from journeys.settings import Settings
from journeys.store.examining import DatabaseState

GIB = 2**30

#: Below the first nothing may be written any more; below the second it is time to look.
LEAST_DISK, LITTLE_DISK = GIB // 2, 5 * GIB
LEAST_MEMORY, LITTLE_MEMORY = GIB, 3 * GIB

#: Seconds: a lease on a run holds 30, so clocks that differ by half of it endanger it.
SMALL_OFFSET, LARGE_OFFSET = 2.0, 15.0


def graphics_card() -> Iterator[Finding]:
    """Whether torch can use one. Loads torch."""
    about = "GPU"
    try:
        import torch
    except ImportError:
        return
    if torch.cuda.is_available():
        names = {torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())}
        yield Finding(about, State.OK, ", ".join(sorted(names)))
    elif shutil.which("nvidia-smi"):
        yield Finding(
            about,
            State.NOTE,
            f"the system has an NVIDIA driver, but torch {torch.__version__} cannot use it",
            "Install torch's CUDA build; see the README.",
        )
    else:
        yield Finding(about, State.OK, "none; the processor does everything")


def disk(settings: Settings) -> Iterator[Finding]:
    """Free space where the data home is."""
    folder = settings.home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    yield disk_finding(shutil.disk_usage(folder).free, settings.home)


def disk_finding(free: int, home: Path) -> Finding:
    """What so many free bytes mean."""
    said = f"{free / GIB:,.1f} GiB free for {home}"
    if free < LEAST_DISK:
        return Finding("disk", State.MISSING, said, "Free some space, or move JOURNEYS_HOME.")
    if free < LITTLE_DISK:
        return Finding(
            "disk", State.NOTE, said,
            "Space runs out: python -m journeys cache prune, or move JOURNEYS_HOME.",
        )  # fmt: skip
    return Finding("disk", State.OK, said)


def memory(meminfo: Path = Path("/proc/meminfo")) -> Iterator[Finding]:
    """Memory that a process could have, where the system tells (Linux)."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
    except OSError:
        yield Finding("memory", State.OK, "not told by this system")
        return
    told = {
        name: int(rest.split()[0]) * 1024 for name, _, rest in (x.partition(":") for x in lines)
    }
    available, total = told["MemAvailable"], told["MemTotal"]
    said = f"{available / GIB:,.1f} of {total / GIB:,.1f} GiB available"
    if available < LEAST_MEMORY:
        yield Finding("memory", State.MISSING, said, "End other programs; a worker needs 1 GiB.")
    elif available < LITTLE_MEMORY:
        yield Finding(
            "memory", State.NOTE, said, "Enough for key phrases; local language models need 3 GiB."
        )
    else:
        yield Finding("memory", State.OK, said)


def clock(state: DatabaseState) -> Iterator[Finding]:
    """This machine's clock against the database's, or against what was written before."""
    if state.clock_offset is None:
        yield Finding("clock", State.OK, "nothing to compare it with")
        return
    off = abs(state.clock_offset)
    said = f"{off:,.1f} s from {state.clock_source}"
    if off > LARGE_OFFSET:
        yield Finding(
            "clock", State.MISSING, said,
            "Set the clock (NTP): workers judge by it whether another is still alive.",
        )  # fmt: skip
    elif off > SMALL_OFFSET:
        yield Finding("clock", State.NOTE, said, "Let NTP set the clock of every machine.")
    else:
        yield Finding("clock", State.OK, said)
