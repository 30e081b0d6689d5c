"""The card of a reader, a language model that was taught to read an encoder; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from journeys.models.encoders import CARD_FILE, LEARNT_FILE, READER_FOLDER
from journeys.userllm.model_card import write_text

_CARD = "reader.json"


@dataclass(frozen=True)
class ReaderCard:
    """What a reader is.

    Attributes:
        base: the language model, by name or folder.
        base_sha256: of its weights.
        people: that it learned from; number.
        questions: of them all.
        run: the discovery whose names it learned; 0 for none.
        seconds: of training.
    """

    base: str
    base_sha256: str
    people: int
    questions: int
    run: int = 0
    seconds: float = 0.0

    def write(self, encoder: Path) -> None:
        """Into an encoder's folder."""
        write_text(reader_folder(encoder) / _CARD, json.dumps(asdict(self), indent=1) + "\n")


def reader_folder(encoder: Path) -> Path:
    """Where the reader of an encoder is, from the encoder's folder."""
    return encoder / READER_FOLDER


def write_learnt(encoder: Path, people: Collection[str]) -> None:
    """Note whom a reader learns from, before it does: erasing one of them withdraws it."""
    folder = reader_folder(encoder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / LEARNT_FILE, json.dumps(sorted(people)))


def stands(encoder: Path) -> bool:
    """Whether neither the encoder nor the reader that is trained was withdrawn meanwhile."""
    return (encoder / CARD_FILE).is_file() and (reader_folder(encoder) / LEARNT_FILE).is_file()


def read_card(encoder: Path) -> ReaderCard | None:
    """The card of an encoder's reader; None where none is ready."""
    try:
        found = json.loads((reader_folder(encoder) / _CARD).read_text(encoding="utf-8"))
        return ReaderCard(**found)
    except (OSError, ValueError, TypeError):
        return None
