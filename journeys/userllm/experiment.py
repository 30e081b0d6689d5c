"""Trained routes to the next item over several seeds, with what has finished kept on disk."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from journeys.userllm.card import read_tensors, write_tensors
from journeys.userllm.comparing import Route, drawn, timed
from journeys.userllm.dual_encoder import DualEncoder
from journeys.userllm.encoder import UserEncoder
from journeys.userllm.events import EncoderConfig, EventModel
from journeys.userllm.pretraining import PretrainingConfig, pretrain
from journeys.userllm.scoring import encoder_score
from journeys.userllm.sequences import EncoderData
from journeys.userllm.tasks import NextItemSplit, Ranked, Score, mean_of_seeds, rank
from journeys.userllm.trends import DAYS, WEIGHTS, prior_shift, remembered, shifted

#: Bags of the dual encoder that validation chooses among: see ``DualEncoder``.
HALF_LIVES = (0.0, 10.0)

NOW = "encoder, popular now"
TRAINED = ("encoder", NOW, "dual encoder")

#: Told after each epoch: the training, epochs done, at most, validation NDCG@10.
Told = Callable[[str, int, int, float], None]


def trained_route(
    name: str,
    data: EncoderData,
    split: NextItemSplit,
    config: PretrainingConfig,
    seeds: Sequence[int],
    *,
    folder: Path,
    device: str = "cpu",
    told: Told = lambda title, done, most, score: None,
) -> Route:
    """One of :data:`TRAINED`, trained with each seed and asked the test questions.

    A training that has finished is read from ``folder``, one that was stopped goes on. The dual
    encoder's half-life is chosen by validation with the first seed, and so is how far the prior of
    now moves the encoder's scores; see :mod:`journeys.userllm.trends`.
    """

    def train(seed: int, half_life: float | None) -> tuple[EventModel, float]:
        return fitted(
            data,
            split,
            replace(config, seed=seed),
            half_life=half_life,
            folder=folder,
            device=device,
            told=told,
        )

    half_life: float | None = None
    settings: dict[str, Any] = {}
    if name == "dual encoder":
        half_life = max(HALF_LIVES, key=lambda each: train(seeds[0], each)[1])
        settings = {"half_life": half_life}
    move = None
    if name == NOW:
        first = encoder_score(train(seeds[0], None)[0], data)
        move, settings = _moved(first, data, split)
    runs: list[Ranked] = []
    seconds = 0.0
    for seed in seeds:
        model, _ = train(seed, half_life)
        score = encoder_score(model, data)
        route = timed(name, {}, data, split.test, move(score) if move else score)
        runs.append(route.ranked)
        seconds += route.seconds
    told_seeds = [
        {"seed": seed, "recall": each.mean("recall"), "ndcg": each.mean("ndcg")}
        for seed, each in zip(seeds, runs, strict=True)
    ]
    return Route(name, {**settings, "seeds": told_seeds}, mean_of_seeds(runs), seconds)


def _moved(
    score: Score, data: EncoderData, split: NextItemSplit
) -> tuple[Callable[[Score], Score], dict[str, float]]:
    """How to bring scores up to date, chosen on validation with those of one encoder."""
    asked, score = drawn(split.valid, 1_000), remembered(score)
    shifts = {days: prior_shift(data, split.train, days) for days in DAYS}
    best = max(
        itertools.product(DAYS, WEIGHTS),
        key=lambda each: rank(
            data, asked, shifted(score, shifts[each[0]], each[1], logits=True)
        ).mean("ndcg"),
    )
    days, weight = best

    def move(other: Score) -> Score:
        return shifted(other, shifts[days], weight, logits=True)

    return move, {"days": days, "weight": weight}


def fitted(
    data: EncoderData,
    split: NextItemSplit,
    config: PretrainingConfig,
    *,
    half_life: float | None = None,
    folder: Path,
    device: str = "cpu",
    told: Told = lambda title, done, most, score: None,
) -> tuple[EventModel, float]:
    """A trained model and its best validation NDCG@10; trained once for equal arguments.

    Args:
        half_life: of a dual encoder; None for the encoder.
    """
    key = _key(data, split, config, half_life)
    kind = "encoder" if half_life is None else f"dual encoder, half-life {half_life:g}"
    path = folder / f"{key}.safetensors"

    def make(shape: EncoderConfig) -> EventModel:
        return UserEncoder(shape) if half_life is None else DualEncoder(shape, half_life=half_life)

    if path.is_file():
        tensors, kept = read_tensors(path)
        model = make(config.encoder(data))
        model.load_state_dict(tensors)
        return model.to(device).eval(), float(kept["valid"])
    model, history = pretrain(
        data,
        split.train,
        split.valid,
        config,
        make=make,
        checkpoint=folder / f"{key}.checkpoint",
        device=device,
        on_epoch=lambda done, most, score: told(f"{kind}, seed {config.seed}", done, most, score),
    )
    valid = max(history.valid, default=0.0)
    write_tensors(path, model.state_dict(), {"valid": valid, "history": asdict(history)})
    (folder / f"{key}.checkpoint").unlink(missing_ok=True)
    return model, valid


def _key(
    data: EncoderData, split: NextItemSplit, config: PretrainingConfig, half_life: float | None
) -> str:
    """Of everything that decides the weights."""
    settings: Mapping[str, Any] = {**asdict(config), "half_life": half_life}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(data.sha256().encode())
    digest.update(np.packbits(split.train).tobytes())
    digest.update(split.valid.target.tobytes())
    return digest.hexdigest()[:16]
