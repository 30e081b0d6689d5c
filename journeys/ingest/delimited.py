"""CSV and its relatives, one record at a time, so that bad input never loses good input.

The parser is the standard library's. Around it stands the rule for quotes: a record may span
lines only if it is well-formed and within the size limit. Where it is not, the quote that opened
it is taken for a stray one: that line alone is judged, and reading goes on at the next.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

import numpy as np

from journeys.ingest.contract import MEBIBYTE, Batch, Bytes, ReadLimits
from journeys.timeline import Rejected

#: Lines parsed at a time.
LINES = 5_000

#: After this much text was parsed in vain behind stray quotes, records may no longer span lines,
#: so that a hostile file costs linear time.
_PATIENCE = 16 * MEBIBYTE

_LINE_END = re.compile(r"\r\n?")
_EXCERPT = 80


class _TooLong(Exception):
    """A quoted record grew beyond its limit."""


def lines_of(stream: Bytes, limits: ReadLimits) -> Iterator[list[str | None]]:
    r"""Lists of lines, each with its ``\n`` (the last may lack it); None for one too long.

    Args:
        stream: valid UTF-8.
    """
    rest, skipping = "", False
    pending = b""
    while block := stream.read(MEBIBYTE):
        block = pending + block
        # A block of Utf8Stream ends between lines, but one cut by size may part a character.
        text, pending = _decode(block)
        if text.endswith("\r"):
            text, pending = text[:-1], b"\r" + pending
        if "\r" in text:
            text = _LINE_END.sub("\n", text)
        lines = _split(rest + text)
        rest = "" if not lines or lines[-1].endswith("\n") else lines.pop()
        out: list[str | None] = list(lines)
        if skipping and out:
            out[0], skipping = None, False
        if len(rest) > limits.record_bytes:
            rest, skipping = "", True
        elif skipping:
            rest = ""
        for at, line in enumerate(out):
            if line is not None and len(line) > limits.record_bytes:
                out[at] = None
        yield out
    if skipping:
        yield [None]
    elif rest or pending:
        yield [rest + pending.decode("utf-8", "replace").replace("\r", "\n")]


def _split(text: str) -> list[str]:
    r"""Split after each ``\n`` and nowhere else (``splitlines`` knows a dozen other line ends)."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _decode(block: bytes) -> tuple[str, bytes]:
    for back in range(4):
        try:
            return block[: len(block) - back].decode("utf-8"), block[len(block) - back :]
        except UnicodeDecodeError:
            continue
    return block.decode("utf-8", "replace"), b""


class Delimited:
    """The records of a delimited file.

    Args:
        stream: valid UTF-8 from the first byte.
        delimiter: one character.
        columns: the expected names, in order; rows of another width are rejected.
        skip: number of leading records that are no data: 1 for a header.
        first_row: number of the first record.
        partial: the stream is only a head, so an unfinished last record is dropped.
    """

    def __init__(
        self,
        stream: Bytes,
        delimiter: str,
        columns: Sequence[str],
        *,
        limits: ReadLimits,
        skip: int = 1,
        first_row: int = 1,
        partial: bool = False,
    ) -> None:
        self._stream, self._delimiter, self._limits = stream, delimiter, limits
        self._columns = list(columns)
        self._skip = skip
        self._row = first_row
        self._partial = partial
        self._wasted = 0

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """The records in columns, only those wanted."""
        held: list[str | None] = []
        blocks = lines_of(self._stream, self._limits)
        ended = False
        while not ended:
            block = next(blocks, None)
            ended = block is None
            held.extend(block or ())
            if not ended and len(held) < LINES:
                continue
            rows, rejected, used = self._parse(held, ended)
            held = held[used:]
            yield self._batch(rows, rejected, wanted)

    def _batch(
        self, rows: list[tuple[int, list[str]]], rejected: list[Rejected], wanted: Sequence[str]
    ) -> Batch:
        width = len(self._columns)
        good: list[list[str]] = []
        numbers: list[int] = []
        for number, cells in rows:
            if len(cells) > width and not any(cells[width:]):
                cells = cells[:width]
            if len(cells) == width:
                good.append(cells)
                numbers.append(number)
            else:
                few = len(cells) < width
                reason = f"fewer than {width} columns" if few else f"more than {width} columns"
                excerpt = self._delimiter.join(cells)[:_EXCERPT]
                rejected.append(Rejected(number, reason, excerpt))
        columns = list(zip(*good, strict=True)) if good else [()] * width
        rejected.sort(key=lambda record: record.row)
        return Batch(
            np.array(numbers, dtype=np.int64),
            {name: columns[self._columns.index(name)] for name in wanted},
            tuple(rejected),
        )

    def _parse(
        self, lines: list[str | None], ended: bool
    ) -> tuple[list[tuple[int, list[str]]], list[Rejected], int]:
        """Records and rejected ones of the lines, and how many lines they took.

        Lines of a record that is still open are left for the next call, unless the file ended.
        """
        rows: list[tuple[int, list[str]]] = []
        rejected: list[Rejected] = []
        at = 0
        while at < len(lines):
            feed = _Feed(lines, at, self._longest())
            reader = csv.reader(feed, delimiter=self._delimiter, strict=True)
            done = at
            try:
                for cells in reader:
                    done = at + reader.line_num
                    feed.record = done
                    feed.chars = 0
                    if cells:
                        self._add(rows, cells)
                at = done
                if at < len(lines) and lines[at] is None:
                    self._reject(rejected, f"longer than {self._limits.record_bytes:,} bytes", "")
                    at += 1
                continue
            except _TooLong:
                pass
            except csv.Error:
                open_at_end = feed.at >= len(lines)
                if open_at_end and not ended and self._may_be_open(lines, done, feed.at):
                    return rows, rejected, done
            # The record that starts at `done` is malformed: judge its first line alone.
            at = done
            line = lines[at]
            if line is None:
                continue
            if feed.at > done + 1:
                self._wasted += feed.chars
            if self._partial and ended and feed.at >= len(lines):
                return rows, rejected, len(lines)
            self._judge(line, rows, rejected)
            at += 1
        return rows, rejected, at

    def _judge(
        self, line: str, rows: list[tuple[int, list[str]]], rejected: list[Rejected]
    ) -> None:
        """Read one line by itself, with quotes as lenient as the parser allows."""
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error as error:
            self._reject(rejected, f"not a row: {error}", line)
            return
        # Only a quote that is still open can take the line's end into a cell.
        if cells and cells[-1].endswith("\n"):
            self._reject(rejected, "a quote is opened and not closed", line)
        elif cells:
            self._add(rows, cells)

    def _longest(self) -> int:
        return self._limits.record_bytes if self._wasted < _PATIENCE else 0

    def _may_be_open(self, lines: list[str | None], start: int, end: int) -> bool:
        """Whether the record simply goes on in lines that have not been read yet."""
        return sum(len(line or "") for line in lines[start:end]) <= self._longest()

    def _add(self, rows: list[tuple[int, list[str]]], cells: list[str]) -> None:
        if self._skip:
            self._skip -= 1
            return
        rows.append((self._row, cells))
        self._row += 1

    def _reject(self, rejected: list[Rejected], reason: str, line: str) -> None:
        if self._skip:
            self._skip -= 1
            return
        rejected.append(Rejected(self._row, reason, line.strip()[:_EXCERPT]))
        self._row += 1


class _Feed:
    """Lines for the csv parser, that stops before a line too long and bounds a record's size."""

    def __init__(self, lines: list[str | None], start: int, longest: int) -> None:
        self._lines, self.at, self._longest = lines, start, longest
        self.record = start
        self.chars = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        line = self._lines[self.at]
        if line is None:
            raise StopIteration
        self.chars += len(line)
        if self.chars > self._longest and self.at > self.record:
            raise _TooLong
        self.at += 1
        return line
