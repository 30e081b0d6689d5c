"""A trained encoder's folder: model card, vocabulary and weights, and nothing that runs code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from journeys.errors import ModelError
from journeys.userllm.encoder import UserEncoder
from journeys.userllm.events import EncoderConfig
from journeys.userllm.sequences import Vocabulary

CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
VOCABULARY_FILE = "vocabulary.json"

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
        _write(folder / CARD_FILE, json.dumps(asdict(self), indent=1) + "\n")

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


@dataclass(frozen=True)
class TrainedEncoder:
    """An encoder with what its ids mean."""

    encoder: UserEncoder
    vocabulary: Vocabulary
    card: EncoderCard


def save(trained: TrainedEncoder, folder: Path) -> None:
    """Write a trained encoder; the card last, so that a folder with a ready card is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    write_vocabulary(trained.vocabulary, folder)
    write_tensors(folder / WEIGHTS_FILE, trained.encoder.state_dict())
    trained.card.write(folder)


def load(folder: Path, *, device: str | torch.device = "cpu") -> TrainedEncoder:
    """Read a trained encoder, ready to encode.

    Raises:
        ModelError: the folder is none of a finished encoder, is damaged or of another format.
    """
    card = EncoderCard.read(folder)
    if not card.ready:
        raise ModelError(f"The encoder {card.name} is not trained yet. Run its training again.")
    try:
        values = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
        vocabulary = Vocabulary({name: tuple(each) for name, each in values.items()})
        encoder = UserEncoder(EncoderConfig(**card.encoder))
        encoder.load_state_dict(read_tensors(folder / WEIGHTS_FILE)[0])
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise ModelError(f"The encoder {card.name} is damaged. Train it again.") from error
    return TrainedEncoder(encoder.to(device).eval(), vocabulary, card)


def write_vocabulary(vocabulary: Vocabulary, folder: Path) -> None:
    """Into the encoder's folder, in one step."""
    _write(folder / VOCABULARY_FILE, json.dumps(dict(vocabulary.values), ensure_ascii=True))


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], told: Mapping[str, Any] | None = None
) -> None:
    """Tensors as safetensors in one step, with something that JSON can say beside them."""
    from safetensors.torch import save_file

    part = path.with_name(f"{path.name}.part")
    plain = {name: each.detach().cpu().contiguous() for name, each in tensors.items()}
    save_file(plain, part, metadata={"told": json.dumps(told or {})})
    part.replace(path)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What :func:`write_tensors` wrote.

    Raises:
        ModelError: it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            told: dict[str, Any] = json.loads((file.metadata() or {}).get("told", "{}"))
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"The file {path.name} cannot be read as safetensors. Train the encoder again."
        ) from error
    return tensors, told


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
