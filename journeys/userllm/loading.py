"""The models of a comparison: each read or trained once, and copied for whoever may change it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import torch

from journeys.userllm.flops import LMShape
from journeys.userllm.worlds import World

#: Shorter than :mod:`journeys.userllm.pretraining` would train: chosen by time, not by score.
_PRETRAINING = {"epochs": 5, "batch": 16, "rate": 2e-3}


class Encoders:
    """The pretrained encoder, made when first asked for, and random ones of its shape."""

    def __init__(self, world: World, checkpoint: Path, seed: int) -> None:
        self._world, self._checkpoint, self._seed = world, checkpoint, seed
        self._made: Any = None

    def __call__(self, pretrained: bool) -> Any:
        from journeys.userllm.encoder import UserEncoder
        from journeys.userllm.pretraining import PretrainingConfig, pretrain

        config = PretrainingConfig(**_PRETRAINING)  # type: ignore[arg-type]
        if not pretrained:
            with torch.random.fork_rng():
                torch.manual_seed(self._seed)
                return UserEncoder(config.encoder(self._world.data)).eval()
        if self._made is None:
            world = self._world
            self._made, _ = pretrain(
                world.data, world.learnt, world.valid, config, checkpoint=self._checkpoint
            )
        return deepcopy(self._made)


class Models:
    """The language model: read once, then copied, since training may change it."""

    def __init__(self, base: str, models_dir: Path) -> None:
        from journeys.naming.tuning.model import Base

        self._base = Base.of(base, models_dir)
        self._read: dict[str, tuple[Any, Any]] = {}

    @property
    def identity(self) -> str:
        """Name and hash."""
        return f"{self._base.name} {self._base.sha256()[:12]}"

    def __call__(self, dtype: str) -> tuple[Any, Any]:
        from journeys.naming.tuning.model import LoadedModel

        if dtype not in self._read:
            loaded = LoadedModel(self._base, dtype=dtype)
            self._read = {dtype: (loaded.model, loaded.tokenizer)}
        model, tokenizer = self._read[dtype]
        return deepcopy(model), tokenizer

    def shape(self) -> LMShape:
        """For counting operations."""
        from journeys.naming.tuning.model import LoadedModel

        for model, _ in self._read.values():
            return LMShape.of(model)
        return LMShape.of(LoadedModel(self._base).model)
