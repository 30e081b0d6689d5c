"""Keys under which vectors are kept: a keyed hash, so that a cache does not give texts away."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

#: Bytes of a key. At 128 bits two texts of one log never meet in practice.
KEY_BYTES = 16


def text_key(secret: bytes, text: str) -> bytes:
    """The key of one text; see :func:`text_keys`."""
    return text_keys(secret, [text])[0]


def text_keys(secret: bytes, texts: Sequence[str]) -> list[bytes]:
    """Keyed BLAKE2b of each text (RFC 7693), 16 bytes.

    Without the secret nobody can test whether a guessed title is in the cache.

    Args:
        secret: 1 to 64 bytes, kept outside the database.
        texts: any strings; lone surrogates are allowed.

    Raises:
        ValueError: the secret is empty or longer than 64 bytes.
    """
    if not 1 <= len(secret) <= 64:
        raise ValueError(f"the secret must have 1 to 64 bytes, not {len(secret)}")
    # Copying a keyed state skips the key block that a new hash would compress again.
    start = blake2b(key=secret, digest_size=KEY_BYTES, person=b"text")
    keys = []
    for text in texts:
        state = start.copy()
        state.update(text.encode("utf-8", "surrogatepass"))
        keys.append(state.digest())
    return keys
