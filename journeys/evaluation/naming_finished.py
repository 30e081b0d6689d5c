"""Finished groups in a file of JSON lines, so that the same command goes on where it stopped."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from journeys.errors import InputError
from journeys.evaluation.naming_cost import Cost
from journeys.evaluation.naming_given import Given
from journeys.evaluation.naming_groups import Case


class FinishedFile:
    """Names as they are finished, a line each; see :class:`naming_given.Finished`.

    A line counts only for the same evidence, the same namer and the same code and prompts of
    naming, so that a change of any of them is measured and not remembered. The file holds names,
    users and groups, and of the evidence a keyed hash.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: Path, secret: bytes = b"") -> None:
        self._path = path
        self._secret = secret
        self._code = naming_code()
        self._lock = threading.Lock()
        self._known: dict[str, Given] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+", encoding="utf-8") as file:
                file.seek(0)
                text = file.read()
                if text and not text.endswith("\n"):
                    file.write("\n")  # the last line was cut off
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be used to keep finished groups: {error}") from error
        for line in text.splitlines():
            self._remember(line)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, namer: str, case: Case) -> Given | None:
        """The names of a finished group, or None."""
        return self._known.get(self._key(namer, case))

    def put(self, namer: str, case: Case, given: Given) -> None:
        """Keep a group's names; on the disk when this returns."""
        key = self._key(namer, case)
        line = {
            "key": key,
            "namer": namer,
            "user_id": case.group.user_id,
            "group": case.group.group,
            "levels": given.levels,
            "fallback": given.fallback,
            "cost": asdict(given.cost) if given.cost else None,
        }
        with self._lock:
            self._known[key] = given
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _key(self, namer: str, case: Case) -> str:
        # The space is the same for the same items, and holds the embedder: neither text nor small.
        evidence = asdict(replace(case.evidence, space=None))
        content = json.dumps(
            [namer, self._code, case.group.key, evidence], default=str, sort_keys=True
        )
        return blake2b(content.encode(), digest_size=16, key=self._secret[:64]).hexdigest()

    def _remember(self, line: str) -> None:
        try:
            found: dict[str, Any] = json.loads(line)
            one, two, three, four, five = found["levels"]
            fallback, cost = found["fallback"], found["cost"]
            self._known[found["key"]] = Given(
                (one, two, three, four, five),
                None if fallback is None else tuple(fallback),
                Cost(**cost) if cost else None,
            )
        except (ValueError, KeyError, TypeError):
            return  # A line that was cut off: its group is named again.


def naming_code() -> str:
    """A hash of the code and prompts of naming, 16 hex digits."""
    digest = blake2b(digest_size=8)
    for name, content in sorted(_sources(files("journeys.naming"), "")):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def _sources(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            found += _sources(entry, name)
        elif entry.name.endswith((".py", ".j2", ".json")):
            found.append((name, entry.read_bytes()))
    return found
