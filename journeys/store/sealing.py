"""Cached bytes that tell when they are damaged.

A sealed row ends in a mark and a CRC-32 of what is before. With them its length is odd, and rows
without a seal, which older versions wrote, have an even one. A damaged row is no error: it counts
as absent, and is made anew.
"""

from __future__ import annotations

import zlib

_MARK = b"\x01"
_SEAL = 5


def seal(data: bytes) -> bytes:
    """The bytes to store; ``data`` has an even length."""
    return data + _MARK + zlib.crc32(data).to_bytes(4, "little")


def sealed(stored: bytes) -> bool:
    """Whether a row has a seal, whole or broken."""
    return len(stored) % 2 == 1


def unseal(stored: bytes) -> bytes | None:
    """What was sealed; None where it is damaged. Rows without a seal are believed."""
    if not sealed(stored):
        return stored
    data, mark, check = stored[:-_SEAL], stored[-_SEAL:-4], stored[-4:]
    sound = mark == _MARK and zlib.crc32(data).to_bytes(4, "little") == check
    return data if sound else None
