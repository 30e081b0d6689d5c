"""Summaries of partitions out of a file, as a language model wrote them, to vectors.

One JSON object a line::

    {"user": "196", "closed_at": 881250949000000, "summary": "...", "shift": "...", "whole": "..."}

``user`` as the log's origin writes it, ``closed_at`` in microseconds since 1970 UTC; ``shift`` and
``whole`` (one summary of everything up to here) only where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from journeys.errors import InputError
from journeys.ranking.impressions import Impressions
from journeys.ranking.memory import UserMemory
from journeys.ranking.oracle import Encode

_TEXTS = ("summary", "shift", "whole")


def read_memories(path: Path, log: Impressions, encode: Encode) -> dict[int, UserMemory]:
    """Memories by the user's number; lines of users that the log lacks are left out.

    A kind of text that is missing from any line counts as missing altogether.

    Raises:
        InputError: the file cannot be read; the message names the line.
    """
    numbers = {name: at for at, name in enumerate(log.user_names)}
    lines = [line for line in _lines(path) if line["user"] in numbers]
    if not lines:
        raise InputError(f"{path} has no summary of a user of this log. Are the user ids the same?")
    lines.sort(key=lambda line: (numbers[line["user"]], line["closed_at"]))
    kinds = [kind for kind in _TEXTS if all(kind in line for line in lines)]
    texts = sorted({line[kind] for line in lines for kind in kinds})
    vectors = encode(texts)
    at = {text: row for row, text in enumerate(texts)}
    users = np.array([numbers[line["user"]] for line in lines])
    closed = np.array([line["closed_at"] for line in lines], dtype=np.int64)
    rows = {kind: np.array([at[line[kind]] for line in lines]) for kind in kinds}

    def memory(mine: np.ndarray) -> UserMemory:
        held = {kind: vectors[rows[kind][mine]] for kind in kinds}
        return UserMemory(held["summary"], closed[mine], held.get("shift"), held.get("whole"))

    return {int(user): memory(users == user) for user in np.unique(users)}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The summaries {path} cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"Line {number} of {path}"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where} is not JSON: {error}") from error
        if not isinstance(value, dict) or not isinstance(value.get("summary"), str):
            raise InputError(f"{where} is no object with a text under 'summary'.")
        if not isinstance(value.get("closed_at"), int):
            raise InputError(f"{where} needs 'closed_at', a whole number of microseconds.")
        kept = {kind: value[kind] for kind in _TEXTS if isinstance(value.get(kind), str)}
        yield {"user": str(value.get("user")), "closed_at": value["closed_at"], **kept}
