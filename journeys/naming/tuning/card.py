"""The model card: what was trained on what, how, and how well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from journeys.errors import ModelError

CARD_FILE = "card.json"


@dataclass(frozen=True)
class ModelCard:
    """A tuned namer. It holds no title and no name, only what tells of them.

    Attributes:
        name: as the user calls it.
        method: ``"soft"`` (a soft prompt) or ``"lora"`` (low-rank weights).
        base: name of the model it was trained on.
        base_path: folder of that model, where it is none of the catalogue; else ''.
        base_sha256: SHA-256 of its weights.
        levels: those it was trained to name at; key phrases give the others.
        pairs, held_out: how many pairs were trained on, and held out.
        data_hash: of all of them; see :func:`journeys.naming.tuning.pairs.data_hash`.
        people: pseudonyms of those whose pairs these are.
        settings: of the training, seed included.
        metrics: losses by epoch (nats a token), the epoch that was kept, steps, seconds.
        versions: of the libraries.
        created: date and time, UTC.
        ready: false while it is being trained.
    """

    name: str
    method: str
    base: str
    base_path: str
    base_sha256: str
    levels: tuple[int, ...]
    pairs: int
    held_out: int
    data_hash: str
    people: tuple[str, ...]
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    ready: bool = False

    def write(self, folder: Path) -> None:
        """Into the model's folder, in one step."""
        part = folder / f"{CARD_FILE}.part"
        part.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        part.replace(folder / CARD_FILE)

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """From the model's folder.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        try:
            found = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
            found["levels"], found["people"] = tuple(found["levels"]), tuple(found["people"])
            return cls(**found)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"The tuned model {folder.name} has no readable {CARD_FILE}. Train it again."
            ) from error
