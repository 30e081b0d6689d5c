"""Keys and pseudonyms: what stands between a person's identity and the database.

One secret of 32 bytes lives in a file beside the database, never in it, readable by its owner
only. From it come, by keyed BLAKE2b with separate keys a purpose, the pseudonyms of user ids,
the cache keys of texts and prompts, and the hashes of invitation links and of agents' keys.
Without the file none of them can be recomputed or guessed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from journeys.errors import ConfigError

SECRET_BYTES = 32
_PURPOSES = (b"pseudonym", b"text", b"prompt", b"invitation", b"agent key", b"erasure")
SECRET_FILE = "secret.key"  # noqa: S105 - the name of a file


@dataclass(frozen=True)
class Keys:
    """Keys derived from the installation's secret, one a purpose. Not shown when printed."""

    pseudonym: bytes
    text: bytes
    prompt: bytes
    invitation: bytes
    agent: bytes
    erasure: bytes

    @classmethod
    def from_secret(cls, secret: bytes) -> Keys:
        """Derive the keys.

        Raises:
            ConfigError: the secret is shorter than 32 bytes.
        """
        if len(secret) < SECRET_BYTES:
            raise ConfigError(f"the secret has {len(secret)} bytes; it needs {SECRET_BYTES}")
        derived = (
            blake2b(b"interest-journeys", key=secret[:64], person=purpose).digest()
            for purpose in _PURPOSES
        )
        return cls(*derived)

    @property
    def fingerprint(self) -> str:
        """Tells whether two installations have the same secret, and nothing about it."""
        return blake2b(b"fingerprint", key=self.erasure, digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return "Keys(...)"


def load_keys(home: Path) -> Keys:
    """The installation's keys; the secret is made on first use, with mode 0600.

    Raises:
        ConfigError: the folder cannot be written, or the file is damaged.
    """
    path = home / SECRET_FILE
    try:
        home.mkdir(0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path, secrets.token_bytes(SECRET_BYTES))
        secret = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The folder {home} cannot be used ({error.strerror}). "
            "Set JOURNEYS_HOME to a folder that you can write to."
        ) from error
    if len(secret) < SECRET_BYTES:
        raise ConfigError(
            f"The file {path} is damaged: it has {len(secret)} bytes and needs {SECRET_BYTES}. "
            "Restore it from a backup; without it the stored pseudonyms cannot be made again."
        )
    return Keys.from_secret(secret)


def install_secret(home: Path, secret: bytes) -> None:
    """Put a secret where there is none; one that is there stays."""
    home.mkdir(0o700, parents=True, exist_ok=True)
    _create(home / SECRET_FILE, secret)


def pseudonyms(key: bytes, user_ids: Iterable[str]) -> list[str]:
    """A pseudonym for each user id: ``p`` and 16 hex digits, the same id giving the same one.

    64 bits: among a hundred million users a clash has a chance of about 1 in 3,700.
    """
    return [
        "p" + blake2b(user.encode("utf-8", "surrogatepass"), key=key, digest_size=8).hexdigest()
        for user in user_ids
    ]


def _create(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; another process may win the race, and then
    its file stands."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
