"""The entries of a Google activity log in HTML, one at a time.

The file is one long line of blocks. It is cut where a block begins, so that memory is bounded by
the largest block, and what is broken costs its own block only.
"""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from journeys.ingest.contract import Bytes, ReadLimits
from journeys.ingest.sources.google_records import Entry
from journeys.ingest.sources.streams import fragment

#: What begins a block.
MARK = b'class="outer-cell'

_BLOCK = 1 << 20

_NO_ENTRY = "not an entry of an activity log"


def entries(stream: Bytes, limits: ReadLimits) -> Iterator[Entry | str]:
    """Each block of the page; the reason in place of one that cannot be read.

    Args:
        stream: valid UTF-8.
    """
    for block in _blocks(stream, limits.record_bytes):
        if block is None:
            yield f"longer than {limits.record_bytes:,} bytes"
        else:
            yield _entry(block) or _NO_ENTRY


def _blocks(stream: Bytes, longest: int) -> Iterator[bytes | None]:
    """What stands between two marks; None for what is too long."""
    rest = b""
    begun = too_long = False
    while more := stream.read(_BLOCK):
        *whole, rest = (rest + more).split(MARK)
        for piece in whole:
            if begun:
                yield None if too_long or len(piece) > longest else piece
            begun, too_long = True, False
        if len(rest) > longest:  # keep as much as a mark that is cut in two needs
            too_long, rest = begun, rest[-len(MARK) :]
    if begun:
        yield None if too_long else rest


def _entry(block: bytes) -> Entry | None:
    tree = fragment(b'<div class="' + block)
    if tree is None:
        return None
    header, body, caption = "", None, None
    for node in tree.css("p.mdl-typography--title, div.content-cell"):
        classes = node.attributes.get("class") or ""
        if node.tag == "p":
            header = header or node.text().strip()
        elif "mdl-typography--caption" in classes:
            caption = caption or node
        elif "mdl-typography--text-right" not in classes:
            body = body or node
    if body is None:
        return None
    lines = _lines(body)
    if len(lines) < 2:
        return None
    title, url, words = lines[0]
    time = lines[-1][0]
    return Entry(
        header=header,
        title=title,
        url=url,
        time=time,
        lines=tuple(text for text, _, _ in lines[1:-1]),
        details=tuple(text for text, _, _ in _lines(caption)) if caption is not None else (),
        words=words,
    )


def _lines(cell: LexborNode) -> list[tuple[str, str, str]]:
    """The lines of a cell that have text: text, the first address in it, and that link's text."""
    lines: list[tuple[str, str, str]] = []
    parts: list[str] = []
    url = words = ""

    def end() -> None:
        nonlocal url, words
        if text := " ".join("".join(parts).split()):
            lines.append((text, url, words))
        parts.clear()
        url = words = ""

    node = cell.child
    while node is not None:
        if node.tag == "br":
            end()
        elif node.tag == "a":
            text = node.text()
            parts.append(text)
            if not url:
                url, words = node.attributes.get("href") or "", text.strip()
        else:
            parts.append(node.text() or "")
        node = node.next
    end()
    return lines
