"""Cached bytes that tell when they are damaged.

A sealed row begins with a mark and a CRC-32 of what follows, seven bytes in all, so its length is
odd and whatever is left of it after a cut still says that it was sealed. Rows without a seal, which
older versions wrote, have an even length. A damaged row is no error: it counts as absent, and is
made anew.
"""

from __future__ import annotations

import zlib

_MARK = b"IJ1"
_SEAL = len(_MARK) + 4


def seal(data: bytes) -> bytes:
    """The bytes to store; ``data`` has an even length."""
    return _MARK + zlib.crc32(data).to_bytes(4, "little") + data


def sealed(stored: bytes) -> bool:
    """Whether a row has a seal, whole or broken."""
    return len(stored) % 2 == 1 or stored.startswith(_MARK)


def unseal(stored: bytes) -> bytes | None:
    """What was sealed; None where it is damaged. Rows without a seal are believed."""
    if not sealed(stored):
        return stored
    mark, check, data = stored[: len(_MARK)], stored[len(_MARK) : _SEAL], stored[_SEAL:]
    sound = mark == _MARK and zlib.crc32(data).to_bytes(4, "little") == check
    return data if sound else None
