"""The file as given: its size and hash, and the data files in it. Nothing is written to disk.

A zip or gzip is read as a stream. What comes out is counted while it comes, because headers can
lie; a member's name is shown but never used as a path.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from journeys.errors import InputError
from journeys.ingest.contract import MEBIBYTE, Bytes, ReadLimits

Progress = Callable[[int, int | None], None]
Source = str | Path | BinaryIO

#: What a damaged archive raises while it is read.
_DAMAGE = (
    EOFError,
    OSError,
    ValueError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)

ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
GZIP_MAGIC = b"\x1f\x8b"


@dataclass
class Counter:
    """What has been read so far, of all members together, against the limits."""

    limits: ReadLimits
    file_bytes: int
    out: int = 0

    def add(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            InputError: it is more than the limits allow.
        """
        self.out += size
        if self.out > self.limits.uncompressed_bytes:
            raise InputError(
                f"The file holds more than {_size(self.limits.uncompressed_bytes)} of data. "
                "Split it into smaller files, or raise the limit."
            )
        if self.out > max(self.limits.ratio_from, self.limits.ratio * self.file_bytes):
            raise InputError(
                f"The archive unpacks to more than {self.limits.ratio:.0f} times its size, as a "
                "harmful one would. Unpack it yourself and give the data file."
            )


@dataclass
class Member:
    """One data file: the file as given, or what is inside an archive."""

    name: str
    _open: Callable[[], Bytes]
    counter: Counter
    on_read: Callable[[], None]
    file: BinaryIO | None = None
    damage: list[str] = field(default_factory=list)
    path: Path | None = None

    def head(self, size: int) -> bytes:
        """The first bytes, at most ``size``; not counted against the limits."""
        stream = _Guarded(self._open(), self, count=False)
        parts, have = [], 0
        while have < size and (part := stream.read(size - have)):
            parts.append(part)
            have += len(part)
        self.damage.clear()
        return b"".join(parts)

    def open(self, *, counted: bool = True) -> Bytes:
        """A new stream from the first byte; damage ends it early and is noted in ``damage``."""
        return _Guarded(self._open(), self, counted)

    def seekable(self) -> BinaryIO | None:
        """The file itself, where it is not packed."""
        if self.file is not None:
            self.file.seek(0)
        return self.file


class _Guarded:
    """Counts what is read, reports progress, and ends at damage instead of raising."""

    def __init__(self, raw: Bytes, member: Member, count: bool = True) -> None:
        # `read` of a damaged archive loses what it had already unpacked; `read1` hands it over.
        self._read = getattr(raw, "read1", raw.read)
        self._member, self._count = member, count

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            parts = []
            while part := self.read(MEBIBYTE):
                parts.append(part)
            return b"".join(parts)
        try:
            block = self._read(size)
        except RuntimeError as error:  # zipfile: encrypted, or a compression it lacks
            raise InputError(f"{self._member.name} cannot be unpacked: {error}.") from error
        except _DAMAGE:
            self._member.damage.append(
                f"{self._member.name} is damaged or cut off, so only its first part was read."
            )
            return b""
        if self._count:
            self._member.counter.add(len(block))
            self._member.on_read()
        return block


@dataclass
class Container:
    """An opened upload.

    Attributes:
        name: for messages.
        size: bytes of the file as given.
        sha256: hex digest of these bytes.
        packing: ``""``, ``"gzip"`` or ``"zip"``.
        members: the data files in it, in the archive's order.
    """

    name: str
    size: int
    sha256: str
    packing: str
    members: list[Member]


@contextmanager
def open_container(
    source: Source,
    *,
    name: str | None = None,
    limits: ReadLimits,
    on_progress: Progress | None = None,
    digest: bool = True,
) -> Iterator[Container]:
    """Open a path or a seekable binary file, which is left open and at its start.

    Raises:
        InputError: missing, empty, too large, encrypted, nested or otherwise unusable.
    """
    path = None
    if isinstance(source, str | Path):
        path = Path(source)
        shown = name or path.name
        try:
            file: BinaryIO = open(source, "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise InputError(f"{shown} cannot be opened: {error.strerror or error}.") from error
        owned = True
    else:
        file, owned = source, False
        given = getattr(source, "name", "")
        shown = name or (PurePosixPath(given).name if isinstance(given, str) else "") or "the file"
    try:
        container = _container(file, shown, limits, on_progress, digest)
        if not container.packing:
            container.members[0].path = path
        yield container
    finally:
        if owned:
            file.close()
        elif not file.closed and file.seekable():
            file.seek(0)


def _container(
    file: BinaryIO, name: str, limits: ReadLimits, on_progress: Progress | None, digest: bool
) -> Container:
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
    except (OSError, AttributeError) as error:
        raise InputError(f"{name} cannot be read twice; save it to a file first.") from error
    if not size:
        raise InputError(f"{name} is empty. Choose a file with at least a header and one record.")
    if size > limits.file_bytes:
        raise InputError(
            f"{name} is {_size(size)}, more than the limit of {_size(limits.file_bytes)}. "
            "Split it into smaller files."
        )
    sha256 = _sha256(file) if digest else ""
    counter = Counter(limits, size)

    def on_read() -> None:
        if on_progress is not None:
            on_progress(min(file.tell(), size), size)

    magic = file.read(4)
    file.seek(0)
    if magic in (ZIP_MAGIC, _EMPTY_ZIP):
        members = _zip_members(file, name, limits, counter, on_read)
        return Container(name, size, sha256, "zip", members)
    packing = "gzip" if magic.startswith(GZIP_MAGIC) else ""

    def reopen() -> Bytes:
        view = _View(file)
        return gzip.GzipFile(fileobj=view, mode="rb") if packing else view

    member = Member(name, reopen, counter, on_read, None if packing else file)
    return Container(name, size, sha256, packing, [member])


def _zip_members(
    file: BinaryIO, name: str, limits: ReadLimits, counter: Counter, on_read: Callable[[], None]
) -> list[Member]:
    try:
        archive = zipfile.ZipFile(file)
    except (*_DAMAGE, RuntimeError) as error:
        raise InputError(
            f"{name} looks like a zip but is damaged or cut off. Download it again."
        ) from error
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(infos) > limits.members:
        raise InputError(
            f"{name} holds {len(infos):,} files, more than the limit of {limits.members:,}. "
            "Give only the data file."
        )
    if any(info.filename.endswith("xl/workbook.xml") for info in infos):
        raise InputError(f"{name} is an Excel workbook. Save the sheet as CSV and give that.")
    infos = [info for info in infos if not _is_clutter(info.filename)]
    if any(info.flag_bits & 0x1 for info in infos):
        raise InputError(f"{name} is protected by a password. Unpack it and give the data file.")
    if not infos:
        raise InputError(f"{name} is a zip without a data file in it.")

    def opener(info: zipfile.ZipInfo) -> Callable[[], Bytes]:
        def reopen() -> Bytes:
            try:
                return archive.open(info)
            except RuntimeError as error:
                raise InputError(f"{_shown(info)} cannot be unpacked: {error}.") from error
            except _DAMAGE as error:
                raise InputError(f"{_shown(info)} is damaged. Download {name} again.") from error

        return reopen

    return [Member(_shown(info), opener(info), counter, on_read) for info in infos]


def _shown(info: zipfile.ZipInfo) -> str:
    """A member's name without what could be taken for a path or a control character."""
    base = PurePosixPath(info.filename.replace("\\", "/")).name or "file"
    return "".join(char if char.isprintable() else "\ufffd" for char in base)[:120]


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    base = parts[-1] if parts else ""
    return "__MACOSX" in parts or base.startswith(".") or base in {"Thumbs.db", "desktop.ini"}


class _View(io.RawIOBase):
    """The given file as a stream of its own; the container closes the file, not its readers."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at = file, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._file.tell() != self._at:  # another stream has been opened meanwhile
            self._file.seek(self._at)
        block = self._file.read(size)
        self._at += len(block)
        return block


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(MEBIBYTE):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _size(count: int) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1024:
            return f"{count:,.0f} {unit}"
        count //= 1024
    return f"{count:,.0f} GB"
