"""Where everything lies in the output folder, and how a file becomes whole or is not there."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Layout:
    """The files of a run below its output folder, which every node must see under this path."""

    out: Path

    @property
    def work(self) -> Path:
        """What only an unfinished run needs. It holds titles and texts."""
        return self.out / "work"

    @property
    def request(self) -> Path:
        return self.out / "request.json"

    @property
    def manifest(self) -> Path:
        return self.out / "manifest.json"

    @property
    def whole(self) -> Path:
        """What is known of the whole log."""
        return self.work / "whole.json"

    @property
    def words(self) -> Path:
        return self.work / "words.arrow"

    def converted(self, source: int) -> Path:
        return self.work / "converted" / f"source-{source:05d}.parquet"

    def block(self, number: int) -> Path:
        return self.work / "blocks" / f"block-{number:06d}.arrow"

    def rejected(self, number: int) -> Path:
        return self.out / "rejected" / f"block-{number:06d}.parquet"

    def unread(self, source: int) -> Path:
        """Records of a converted file that could not be read."""
        return self.out / "rejected" / f"source-{source:05d}.parquet"

    def vectors(self, partition: int) -> Path:
        return self.work / "vectors" / f"part-{partition:05d}.npy"

    def part_words(self, partition: int) -> Path:
        return self.work / "words" / f"part-{partition:05d}.arrow"

    def totals(self, partition: int) -> Path:
        return self.work / "totals" / f"part-{partition:05d}.json"

    def found(self, partition: int) -> Path:
        """Journeys that wait for a language model's names."""
        return self.work / "found" / f"part-{partition:05d}.parquet"

    def assignments(self, partition: int) -> Path:
        return self.out / "assignments" / f"part-{partition:05d}.parquet"

    def journeys(self, partition: int) -> Path:
        return self.out / "journeys" / f"part-{partition:05d}.parquet"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place to write a file, which takes the place of ``path`` only once it is on the disk.

    The place has a name of its own, so that two attempts at one partition, of which a cluster
    took one for dead, cannot mix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, whole or not at all."""
    with replacing(path) as draft:
        text = json.dumps(value, indent=2, ensure_ascii=True, sort_keys=True)
        draft.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """A value that :func:`write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
