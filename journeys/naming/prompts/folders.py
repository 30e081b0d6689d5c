"""Prompt sets as folders of files, their names, and what differs between two of them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from journeys.errors import InputError
from journeys.naming.prompts import FILES, SHIPPED, PromptSet
from journeys.naming.prompts.validation import LARGEST_FILE

MOST_NAME = 60
_NAME = re.compile(rf"[^\W_][\w .-]{{0,{MOST_NAME - 1}}}")


def set_name(text: str) -> str:
    """A name that a set may have, tidied.

    Raises:
        InputError: it is empty, too long, has other characters, or is that of the shipped set.
    """
    name = " ".join(text.split()).rstrip(" .-")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"A prompt set's name begins with a letter or digit and has at most {MOST_NAME} "
            "letters, digits, spaces, dots, hyphens and underscores."
        )
    if name in SHIPPED:
        raise InputError(f"“{name}” is the name of prompts that are shipped. Choose another.")
    return name


def read_folder(folder: Path, name: str | None = None) -> PromptSet:
    """The set in a folder, under a name of its own or the folder's.

    Raises:
        InputError: a file is missing, no UTF-8 text or too large, or the name is not one.
    """
    files = {}
    for file in FILES:
        try:
            size = (folder / file).stat().st_size
            if size > 4 * LARGEST_FILE:
                raise InputError(f"{folder / file} is too large for a prompt ({size:,} bytes).")
            files[file] = (folder / file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{folder / file} cannot be read as text. A prompt set is a folder with "
                f"{', '.join(FILES)}; begin with: python -m journeys prompts export "
                f"{PromptSet.shipped().name} FOLDER"
            ) from error
    plain = re.sub(r"[^\w .-]+", "-", folder.resolve().name).strip(" .-_")
    for shipped in map(PromptSet.shipped, SHIPPED):
        if name is None and files == shipped.files:
            return shipped
    return PromptSet(set_name(name or plain), files)


def write_folder(prompts: PromptSet, folder: Path) -> None:
    """Write the files of a set.

    Raises:
        InputError: the folder holds such a file already, or cannot be written.
    """
    there = [file for file in FILES if (folder / file).exists()]
    if there:
        raise InputError(f"{folder} has {', '.join(there)} already. Choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            (folder / file).write_text(prompts.files[file], "utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.") from error


def difference(before: PromptSet, after: PromptSet, file: str) -> str:
    """A file's changes as a unified diff; '' where there are none."""
    lines = difflib.unified_diff(
        before.files[file].splitlines(),
        after.files[file].splitlines(),
        f"{before.name}/{file}",
        f"{after.name}/{file}",
        lineterm="",
    )
    return "\n".join(lines)
