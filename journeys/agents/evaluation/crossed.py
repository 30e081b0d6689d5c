"""DCN-v2 of the recommenders as the shared weights, on the same requests and the same schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from journeys.agents.evaluation.models import Refreshes
from journeys.agents.evaluation.stream import Stream

if TYPE_CHECKING:
    from journeys.ranking.batch import Batch

#: Fields that are categories of the network; a request has one value of each.
FIELDS = ("repo", "agent", "task_type", "language", "hour", "weekday", "length", "verb")

#: The newest share of what is known, by which the number of epochs is chosen and calibrated.
_JUDGES = 0.2

_RARE = 1


@dataclass(frozen=True)
class CrossRules:
    """Sizes and training of the network, for some thousands of examples.

    Attributes:
        width: of an embedding.
        hidden: of the deep part.
        dropout: in it.
        epochs: at most.
        batch: examples a step.
        rate: learning rate.
        penalty: of embeddings' squared length.
        least: examples that a category needs, to have an embedding.
        seeds: networks whose logits are averaged.
    """

    width: int = 8
    hidden: tuple[int, ...] = (32,)
    dropout: float = 0.3
    epochs: int = 15
    batch: int = 64
    rate: float = 3e-3
    penalty: float = 5e-3
    least: int = 5
    seeds: tuple[int, ...] = (0, 1, 2)


def dcn_refreshes(
    stream: Stream,
    rules: CrossRules,
    every: timedelta,
    *,
    backbone: str = "dcn",
    on_refresh: Callable[[int, int], None] | None = None,
) -> Refreshes:
    """Networks fitted when block 1 begins and then on schedule, on what was known by then.

    The number of epochs and Platt's calibration are chosen on the newest fifth of it, and the
    network is then fitted on all. Users are not among the features: they have their rows.

    Args:
        backbone: of :data:`journeys.ranking.backbones.BACKBONES`.
    """
    begins = stream.starts(1)
    periods = [
        (made - begins) // every if stream.block[at] else -1 for at, made in enumerate(stream.made)
    ]
    used = sorted({each for each in periods if each >= 0})
    logits = []
    for turn, period in enumerate(used):
        known = stream.known_before(begins + period * every)
        logits.append(_fitted(stream, known, rules, backbone))
        if on_refresh is not None:
            on_refresh(turn + 1, len(used))
    which = np.array([used.index(each) if each >= 0 else -1 for each in periods])
    return Refreshes((), which, np.stack(logits))


def _fitted(stream: Stream, known: Sequence[int], rules: CrossRules, backbone: str) -> np.ndarray:
    """Logits of all requests by networks that learnt from some, shape ``(n,)``."""
    from journeys.agents.fitting import fit_calibration
    from journeys.ranking.backbones import Sizes, make_backbone
    from journeys.ranking.batch import Schema
    from journeys.ranking.training import GradeLoss, TrainingRules, fit, predict

    fields, sizes = _categories(stream, known, rules.least)
    content = np.stack([each.content for each in stream.features]).astype(np.float32)
    schema = Schema(sizes, 0, content.shape[1], 2)
    batch = _batch(fields, content)
    rows = np.array(known, dtype=np.int64)
    older, newer = np.split(rows, [int(len(rows) * (1 - _JUDGES))])
    if len(np.unique(stream.liked[newer])) < 2:  # judges nothing; the whole is better than no judge
        newer = rows
    training = TrainingRules(
        epochs=rules.epochs, patience=rules.epochs, batch=rules.batch, rate=rules.rate,
        penalty=rules.penalty, averaging=0.9,
    )  # fmt: skip
    shape = Sizes(width=rules.width, hidden=rules.hidden, dropout=rules.dropout, cross_rank=8)
    found, held_out = [], []
    for seed in rules.seeds:

        def fitted(train: np.ndarray, epochs: int, seed: int = seed) -> tuple[np.ndarray, int]:
            done = fit(
                lambda: make_backbone(backbone, schema, shape), batch, stream.liked, train, newer,
                GradeLoss(2, 1, 0.0), replace(training, epochs=epochs), seed=seed,
            )  # fmt: skip
            chances = np.clip(predict(done.model, batch), 1e-6, 1 - 1e-6)
            return np.log(chances / (1 - chances)), done.epoch

        tried, best = fitted(older, rules.epochs)
        held_out.append(tried[newer])
        found.append(fitted(rows, best)[0])
    liked = stream.liked[newer].astype(np.float64)
    slope, shift = fit_calibration(np.mean(held_out, axis=0), liked, penalty=20.0)
    return np.asarray(slope * np.mean(found, axis=0) + shift)


def _categories(
    stream: Stream, known: Sequence[int], least: int
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Category of each field, 0 for what was seen too seldom, and how many there are."""
    columns, sizes = [], []
    values = [
        dict(name.split("=", 1) for name in each.ids if "&" not in name) for each in stream.features
    ]
    for field in FIELDS:
        own = [each.get(field, "") for each in values]
        names, counts = np.unique([own[at] for at in known], return_counts=True)
        kept = {str(name): place for place, name in enumerate(names[counts >= least], start=_RARE)}
        columns.append([kept.get(value, 0) for value in own])
        sizes.append(len(kept) + _RARE)
    return np.array(columns, dtype=np.int64).T.copy(), tuple(sizes)


def _batch(fields: np.ndarray, content: np.ndarray) -> Batch:
    """All requests, without history and memory."""
    import torch

    from journeys.ranking.batch import Batch

    nothing = torch.zeros((len(fields), 0), dtype=torch.int64)
    return Batch(
        torch.from_numpy(fields),
        torch.from_numpy(content),
        nothing,
        nothing,
        nothing.bool(),
        nothing,
        nothing,
        nothing.bool(),
    )
