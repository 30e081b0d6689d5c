"""Damaged, hostile and confused files for every adapter: read or refused, never worse.

``JOURNEYS_FUZZ_CASES`` sets the number of cases an adapter (default 40).
"""

from __future__ import annotations

import gzip
import io
import os
import random
import signal
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from journeys.errors import JourneysError
from journeys.ingest import ReadLimits, preview_log, read_log
from journeys.ingest.adapters import ADAPTERS, adapter_for
from journeys.ingest.container import open_container
from journeys.ingest.table import TableAdapter
from journeys.timeline import COLUMNS, ActivityLog
from tests.ingest.databases import SCHEMAS, database

SEEDS = Path(__file__).parent / "seeds"

#: Adapters whose events have their titles in a table of items.
UNTITLED = frozenset({"movielens"})

CASES = int(os.environ.get("JOURNEYS_FUZZ_CASES", "40"))

#: Seconds of computing, not of waiting, as other work may share the machine.
LONGEST = 5.0

#: Small enough that a bomb goes off early.
LIMITS = ReadLimits(uncompressed_bytes=64 << 20, ratio=100, ratio_from=2 << 20, members=200)


def seeds() -> dict[str, bytes]:
    """A made-up file of every source, by the name of its adapter and a suffix."""
    files = {f"{path.stem} {path.suffix}": path.read_bytes() for path in sorted(SEEDS.iterdir())}
    files |= {f"browser history {family}": database(family) for family in SCHEMAS}
    return files


FILES = seeds()


# --- what may be done to a file ---


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def flipped(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice([1, 3, 30])):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def swapped(data: bytes, rng: random.Random) -> bytes:
    """Two columns, or two words, in each other's place."""
    words = [word for word in data[:4000].replace(b'"', b",").split(b",") if 2 < len(word) < 40]
    if len(words) < 2:
        return data[::-1]
    one, two = rng.sample(words, 2)
    return data.replace(one, b"\0\0").replace(two, one).replace(b"\0\0", two)


def dropped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice([1, 10, 200]) :]


def repeated(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    end = min(len(data), at + rng.choice([1, 20, 500]))
    return data[:at] + data[at:end] * rng.choice([2, 50, 2_000]) + data[end:]


def huge_field(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    filling = rng.choice(
        [b"x", b'"', b"{", b"[", b"<div>", b"<", b"9", b"\\", b",", b"\xff", b"\n"]
    )
    return data[:at] + filling * rng.choice([5_000, 300_000]) + data[at:]


def spliced(data: bytes, rng: random.Random) -> bytes:
    """The beginning of one file with the end of another source's."""
    other = FILES[rng.choice(list(FILES))]
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def recoded(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    coding = rng.choice(["utf-16", "utf-16-le", "utf-32", "cp1252", "shift_jis", "utf-7", "cp037"])
    return text.encode(coding, "replace")


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut, flipped, swapped, dropped, repeated, huge_field, spliced, recoded,
)  # fmt: skip

NAMES = (
    "../../evil.json", "/etc/passwd", "..\\..\\evil.csv", "C:\\evil.csv", "a/../../b", "\x00", "",
    "x" * 300, "Takeout/Verlauf/Wiedergabeverlauf.html", "log.csv", "\u202egpj.exe", "con", "./",
)  # fmt: skip


def zipped(data: bytes, rng: random.Random) -> bytes:
    """In an archive among others, with names that climb, links, bombs and archives within."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for _ in range(rng.choice([1, 2, 5])):
            content = rng.choice([data, FILES[rng.choice(list(FILES))], b"", rng.randbytes(300)])
            with warnings.catch_warnings(action="ignore"):  # the same name twice
                archive.writestr(zipfile.ZipInfo(rng.choice(NAMES) or "x"), content)
        trick = rng.randrange(6)
        if trick == 0:
            archive.writestr("nested.zip", out.getvalue() or b"PK\x03\x04")
        elif trick == 1:
            archive.writestr("bomb.json", data[:200] + b"[" * (4 << 20))
        elif trick == 2:
            link = zipfile.ZipInfo("link")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
        archive.writestr("last.bin", data)
    packed = out.getvalue()
    return flipped(packed, rng) if rng.random() < 0.3 else packed


def mutated(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice([1, 1, 2, 3])):
        data = rng.choice(MUTATIONS)(data, rng) or b"\0"
    kind = rng.random()
    if kind < 0.25:
        return zipped(data, rng)
    if kind < 0.3:
        packed = gzip.compress(data)
        return cut(packed, rng) or b"\0" if rng.random() < 0.5 else packed
    return data


# --- what is watched ---


class _Watch:
    """Notes every file that is opened for writing, made, moved or deleted while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.touched: list[str] = []
        sys.addaudithook(self._hear)  # stays for the life of the process, so there is one

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = args
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
                self.touched.append(str(path))
        elif event in {"os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link"}:
            self.touched.append(f"{event} {args}")
        elif event == "sqlite3.connect":
            name = str(args[0])
            if name != ":memory:" and "mode=ro" not in name:
                self.touched.append(name)


WATCH = _Watch()


class TooSlowError(BaseException):
    """Not an Exception, so that nothing under test can catch it."""


@contextmanager
def watched() -> Iterator[None]:
    """Nothing is written, and no more than :data:`LONGEST` is computed."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    WATCH.touched.clear()
    WATCH.on = True
    try:
        yield
    finally:
        WATCH.on = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert WATCH.touched == []


def assert_valid(log: ActivityLog, untitled: bool = False) -> None:
    frame, report = log.frame, log.report
    assert len(frame) > 0
    assert set(COLUMNS) <= set(frame.columns)
    assert len(report.record_event) == len(report.record_row) >= len(frame)
    assert report.record_event.min() >= 0
    assert report.record_event.max() < len(frame)
    assert untitled or (frame["title"].str.len() > 0).all()
    assert not frame.isna().any().any()
    assert frame.groupby("user_id")["timestamp"].is_monotonic_increasing.all()
    assert all(record.row >= 1 and record.reason for record in report.rejected)


# --- the tests ---


@pytest.mark.parametrize("adapter", [adapter.name for adapter in ADAPTERS])
def test_every_adapter_has_a_seed(adapter: str) -> None:
    own = [data for name, data in FILES.items() if name.startswith(f"{adapter} ")]
    assert own
    for data in own:
        with open_container(io.BytesIO(data), limits=LIMITS) as container:
            (member,) = container.members
            assert adapter_for(member, [member.name]).name == adapter
        untitled = adapter in UNTITLED
        assert_valid(read_log(io.BytesIO(data), untitled=untitled), untitled)


@pytest.mark.parametrize("adapter", [adapter.name for adapter in ADAPTERS])
def test_nothing_worse_than_a_refusal(adapter: str, tmp_path: Path) -> None:
    own = [data for name, data in FILES.items() if name.startswith(f"{adapter} ")]
    assert own
    read = 0
    for case in range(CASES):
        rng = random.Random(f"{adapter} {case}")
        data = mutated(rng.choice(own), rng)
        source: io.BytesIO | Path = io.BytesIO(data)
        if case % 5 == 0:
            source = tmp_path / "upload"
            source.write_bytes(data)
        try:
            with watched():
                log = read_log(source, limits=LIMITS, untitled=adapter in UNTITLED)
                preview_log(source, limits=LIMITS)
        except JourneysError:
            continue  # a refusal is right
        except BaseException as error:
            error.add_note(f"{adapter}, case {case}, {len(data):,} bytes")
            raise
        read += 1
        assert_valid(log, adapter in UNTITLED)
    assert read > 0  # or the mutations leave nothing to test


def test_the_table_is_the_last_adapter() -> None:
    assert isinstance(ADAPTERS[-1], TableAdapter)
    assert len({adapter.name for adapter in ADAPTERS}) == len(ADAPTERS)
