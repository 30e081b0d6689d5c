"""Bytes of any encoding in, valid UTF-8 out, as a stream.

Everything downstream may then trust its input. A file that says or shows what it is (byte order
mark, UTF-16's zero bytes, a head that is not UTF-8) is read as that. A file that begins as UTF-8
and later is not, as happens when logs are joined, is read line by line: the lines that are UTF-8
stay so and the others are read in the encoding that fits them best.
"""

from __future__ import annotations

import codecs

from journeys.ingest.contract import Bytes

BLOCK = 1 << 20

#: What charset detection looks at: enough to tell, little enough to be quick.
SAMPLE = 64 << 10

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect_encoding(head: bytes) -> str:
    """The encoding of a text whose first bytes are given; ``"utf-8"`` unless they say otherwise."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[:SAMPLE]
    if wide := _utf16_without_mark(sample):
        return wide
    if _is_utf8(sample):
        return "utf-8"
    foreign = [line for line in sample.split(b"\n") if not line.isascii()]
    # Other encodings hardly ever look like UTF-8, so a few such lines prove that some of it is.
    if sum(map(_decodes, foreign)) >= 0.2 * len(foreign):
        return "utf-8"
    return guess_legacy(b"\n".join(foreign))


#: Encodings that logs are found in; look-alikes such as the old Macintosh ones are left out.
_LEGACY = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip

#: A difference in "mess" below this says nothing about which of two encodings is right.
_TIE = 0.02


def guess_legacy(sample: bytes) -> str:
    """The best guess for bytes that are not UTF-8; ``"cp1252"`` when nothing fits well."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample[:SAMPLE], cp_isolation=list(_LEGACY), enable_fallback=False)
    best = matches.best()
    if best is None:
        return "cp1252"
    # On short Western text several encodings fit alike; prefer the common one.
    for match in matches:
        alike = match.chaos <= best.chaos + _TIE and match.coherence >= best.coherence - _TIE
        if alike and "cp1252" in {match.encoding, *match.could_be_from_charset}:
            return "cp1252"
    return str(best.encoding)


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 text that is mostly ASCII has a zero in every other byte."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if len(sample) >= 4 and odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if len(sample) >= 4 and even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


class Utf8Stream:
    """A stream of bytes read as valid UTF-8, without byte order mark.

    Args:
        raw: the stream to read from its first byte.
        encoding: what :func:`detect_encoding` said.

    Attributes:
        lines_recoded: lines of a UTF-8 file that were not UTF-8.
        recoded_from: the encoding these lines were read in, None so far.
        replaced: characters that could not be read and became U+FFFD.
    """

    def __init__(self, raw: Bytes, encoding: str) -> None:
        self._raw = raw
        self._utf8 = encoding in {"utf-8", "utf-8-sig"}
        self._first = encoding == "utf-8-sig"
        self._decoder = (
            None if self._utf8 else codecs.getincrementaldecoder(encoding)(errors="replace")
        )
        self._rest = b""
        self._ended = False
        self._ready = b""
        self.encoding = encoding
        self.lines_recoded = 0
        self.recoded_from: str | None = None
        self.replaced = 0

    def read(self, size: int = BLOCK, /) -> bytes:
        """At most ``size`` bytes; ``b""`` at the end only."""
        while not self._ready and not self._ended:
            self._ready = self._next_block()
        if size < 0:
            blocks = [self._ready]
            while not self._ended:
                blocks.append(self._next_block())
            self._ready = b""
            return b"".join(blocks)
        out, self._ready = self._ready[:size], self._ready[size:]
        return out

    def _next_block(self) -> bytes:
        raw = self._raw.read(BLOCK)
        self._ended = not raw
        if self._decoder is not None:
            text = self._decoder.decode(raw, final=self._ended)
            self.replaced += text.count("\ufffd")
            return text.encode("utf-8", "replace")
        if self._first:
            raw, self._first = raw.removeprefix(codecs.BOM_UTF8), False
        block = self._rest + raw
        cut = len(block) if self._ended else _safe_cut(block)
        block, self._rest = block[:cut], block[cut:]
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            return self._repair(block)
        return block

    def _repair(self, block: bytes) -> bytes:
        lines = block.split(b"\n")
        bad = [at for at, line in enumerate(lines) if not _decodes(line)]
        if self.recoded_from is None:
            self.recoded_from = guess_legacy(b"\n".join(lines[at] for at in bad))
        self.lines_recoded += len(bad)
        for at in bad:
            text = lines[at].decode(self.recoded_from, "replace")
            self.replaced += text.count("\ufffd")
            lines[at] = text.encode("utf-8", "replace")
        return b"\n".join(lines)

    def notes(self) -> list[str]:
        """What the user should know about how the text was decoded."""
        notes = []
        if not self._utf8:
            notes.append(f"The text was read as {self.encoding}.")
        if self.lines_recoded:
            notes.append(
                f"{self.lines_recoded:,} lines are not UTF-8 and were read as {self.recoded_from}."
            )
        if self.replaced:
            notes.append(
                f"{self.replaced:,} characters could not be read and were replaced by \ufffd."
            )
        return notes


def _decodes(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _safe_cut(block: bytes) -> int:
    """Where a block may be cut without parting a line, or at least without parting a character."""
    cut = block.rfind(b"\n") + 1
    if cut:
        return cut
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte < 0x80:
            return len(block)
        if byte >= 0xC0:
            return len(block) - back
    return len(block)
