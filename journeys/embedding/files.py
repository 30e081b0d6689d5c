"""Checking a model's files before they are used."""

from __future__ import annotations

import hashlib
from pathlib import Path

from journeys.errors import ModelError


def check_file(path: Path, expected: str) -> None:
    """Compare a model's file with its SHA-256.

    Raises:
        ModelError: it cannot be read, or is another.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise ModelError(
            f"The model file {path} is not the expected one (SHA-256 {found[:12]}..., expected "
            f"{expected[:12]}...). Reinstall the package that carries it."
        )
