"""The model card of a user encoder; read without torch, so that a page can list what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from journeys.errors import ModelError
from journeys.models.encoders import CARD_FILE, encoder_names

#: Changes whenever an older folder would be read wrongly.
FORMAT = "journeys-user-encoder/1"


@dataclass(frozen=True)
class EncoderCard:
    """What was trained on what, how, and how well. It holds no title and no item.

    Attributes:
        name: as the user calls it.
        data: name of the log, or ``ml-100k``.
        data_hash: of everything it was trained on; see ``EncoderData.sha256``.
        people: pseudonyms of those it learned from; empty for public data.
        users, events, items: numbers of them in training.
        embedder: id of what made the content vectors; '' for none.
        encoder: shape, the fields of :class:`~journeys.userllm.encoder.EncoderConfig`.
        settings: of the training, seed included.
        metrics: by epoch, and of the epoch that was kept.
        versions: of the libraries.
        created: date and time, UTC.
        ready: false while it is being trained.
        format: :data:`FORMAT`.
    """

    name: str
    data: str
    data_hash: str
    people: tuple[str, ...]
    users: int
    events: int
    items: int
    embedder: str
    encoder: Mapping[str, Any]
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    ready: bool = False
    format: str = FORMAT

    def write(self, folder: Path) -> None:
        """Into the encoder's folder, in one step."""
        write_text(folder / CARD_FILE, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> EncoderCard:
        """From the encoder's folder.

        Raises:
            ModelError: there is none, it is damaged, or of another format.
        """
        try:
            found = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
            form = found.get("format")
            if form == FORMAT:
                return cls(**{**found, "people": tuple(found["people"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"The encoder {folder.name} has no readable {CARD_FILE}. Train it again."
            ) from error
        raise ModelError(
            f"The encoder {folder.name} is of the format {form!r}, and this version reads {FORMAT}."
            " Train it again."
        )


def encoder_cards(folder: Path) -> list[EncoderCard]:
    """The cards of the encoders that are there, finished or not, by name; damaged ones left out."""
    found = []
    for name in encoder_names(folder):
        try:
            found.append(EncoderCard.read(folder / name))
        except ModelError:
            continue
    return found


def write_text(path: Path, text: str) -> None:
    """A file in one step."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
