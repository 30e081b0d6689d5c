"""Training an encoder into an installation, under a name: the card comes before the first step."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from journeys.errors import ConfigError, ModelError, PrivacyError
from journeys.models.encoders import encoder_folder, encoder_names
from journeys.userllm.card import CARD_FILE, EncoderCard, TrainedEncoder, load, save
from journeys.userllm.encoder import UserEncoder
from journeys.userllm.pretraining import OnEpoch, PretrainingConfig, pretrain
from journeys.userllm.scoring import encoder_score
from journeys.userllm.sequences import EncoderData
from journeys.userllm.tasks import NextItemSplit, rank

_CHECKPOINT = "checkpoint.safetensors"


def train_encoder(
    data: EncoderData,
    split: NextItemSplit,
    config: PretrainingConfig,
    *,
    name: str,
    folder: Path,
    told: str,
    people: Sequence[str] = (),
    embedder: str = "",
    still_there: Callable[[], Collection[str]] | None = None,
    device: str = "cpu",
    on_epoch: OnEpoch = lambda done, most, score: None,
) -> TrainedEncoder:
    """Train an encoder and keep it; the same call after an interruption goes on.

    Args:
        data, split, config: see :func:`~journeys.userllm.pretraining.pretrain`.
        name: of the encoder.
        folder: of the installation's encoders.
        told: name of the data in the card.
        people: pseudonyms of those it learns from; none for public data.
        embedder: id of what made the content vectors.
        still_there: the pseudonyms that are in the store, asked once the card stands, so that
            nobody who was erased meanwhile is learnt from.
        on_epoch: told of progress.

    Raises:
        ConfigError: the name is taken, or is none.
        InputError: there is nothing to learn from.
        PrivacyError: somebody it learns from was erased meanwhile.
    """
    own = encoder_folder(name, folder)
    card = EncoderCard(
        name=name,
        data=told,
        data_hash=data.sha256(),
        people=tuple(sorted(people)),
        users=data.n_users,
        events=int(split.train.sum()),
        items=len(data.catalogue) - 1,
        embedder=embedder,
        encoder=asdict(config.encoder(data)),
        settings=asdict(config),
        versions={each: version(each) for each in ("torch", "numpy")},
        created=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
    )
    _begin(own, card)
    if still_there is not None and (gone := set(people) - set(still_there())):
        shutil.rmtree(own)
        raise PrivacyError(f"{len(gone)} people were erased meanwhile. Run the training again.")

    def after_epoch(done: int, most: int, score: float) -> None:
        _still_wanted(own)
        on_epoch(done, most, score)

    encoder, history = pretrain(
        data,
        split.train,
        split.valid,
        config,
        make=UserEncoder,
        checkpoint=own / _CHECKPOINT,
        device=device,
        on_epoch=after_epoch,
    )
    test = {}
    if len(split.test):
        figures = rank(data, split.test, encoder_score(encoder, data)).figures()
        test = {key: [each.mean, each.low, each.high] for key, each in figures.items()}
    metrics: dict[str, Any] = {
        "loss": history.loss,
        "valid_ndcg": [round(each, 5) for each in history.valid],
        "kept_epoch": history.kept,
        "seconds": round(history.seconds, 1),
        "test": test,
        "note": split.note,
    }
    _still_wanted(own)
    trained = TrainedEncoder(encoder, data.vocabulary, replace(card, metrics=metrics, ready=True))
    save(trained, own)
    (own / _CHECKPOINT).unlink(missing_ok=True)
    return trained


def find_encoder(name: str | None, folder: Path, *, device: str = "cpu") -> TrainedEncoder:
    """A trained encoder by name; without a name, the only one there is.

    Raises:
        ModelError: there is none of that name, or none at all, or several and no name.
    """
    ready = []
    for each in encoder_names(folder):
        try:
            ready += [each] if EncoderCard.read(folder / each).ready else []
        except ModelError:
            continue
    if name is None and len(ready) == 1:
        name = ready[0]
    if name in ready:
        return load(folder / str(name), device=device)
    if not ready:
        raise ModelError(
            "No user encoder is trained yet. Train one: python -m journeys userllm pretrain LOG"
        )
    said = f"There is no user encoder called {name!r}." if name else "Say which user encoder."
    raise ModelError(f"{said} There are: {', '.join(ready)}.")


def _begin(own: Path, card: EncoderCard) -> None:
    """The card of an encoder that is being trained, so that erasing finds it."""
    if (own / CARD_FILE).is_file():
        try:
            ready = EncoderCard.read(own).ready
        except ModelError:
            ready = False
        if ready:
            raise ConfigError(
                f"There is an encoder called {card.name} already. Choose another name with --name, "
                "or replace it with --replace."
            )
    own.mkdir(parents=True, exist_ok=True)
    card.write(own)


def _still_wanted(own: Path) -> None:
    if not (own / CARD_FILE).is_file():
        shutil.rmtree(own, ignore_errors=True)
        raise PrivacyError(
            f"The encoder {own.name} was withdrawn while it was trained: somebody it learned from "
            "was erased, or it was deleted. Run the training again without them."
        )
