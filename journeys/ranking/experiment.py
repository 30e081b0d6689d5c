"""One evaluation: a log, a split, a backbone, a way of fusing, several seeds, one test.

What is expensive and the same for every model (features, memories) is prepared once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from journeys.ranking import scores
from journeys.ranking.backbones import Sizes
from journeys.ranking.batch import Batch, Schema, batch_of, schema_of
from journeys.ranking.features import NUMBERS, Features, build_features
from journeys.ranking.fusion import Ranker
from journeys.ranking.impressions import Impressions
from journeys.ranking.memory import MemoryBank, UserMemory, build_bank
from journeys.ranking.splits import Split
from journeys.ranking.training import GradeLoss, TrainingRules, fit, predict, rules_for

#: Called with seeds and epochs done, their totals, and the last validation AUC.
OnTraining = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Prepared:
    """A log made ready for any number of models."""

    log: Impressions
    split: Split
    features: Features
    impressions: Batch
    schema: Schema


def prepare(log: Impressions, split: Split, *, history: int = 60, numbers: str = "all") -> Prepared:
    """Features and tensors of a log under a split; see :func:`build_features`."""
    features = build_features(log, split.known, history=history, numbers=numbers)
    return Prepared(log, split, features, batch_of(features), schema_of(log, features))


@dataclass(frozen=True)
class Result:
    """Predictions of one model on the test impressions.

    Attributes:
        chances: shape ``(seeds, n_test)``.
        epochs: the best epoch of each seed.
        valid_auc: its AUC on validation.
        seconds: of training and predicting, all seeds together.
        texts: summaries and shifts that the fusion read.
    """

    chances: np.ndarray
    epochs: tuple[int, ...] = ()
    valid_auc: tuple[float, ...] = ()
    seconds: float = 0.0
    texts: int = 0


def run(
    prepared: Prepared,
    backbone: str,
    *,
    fusion: str = "none",
    memories: Mapping[int, UserMemory] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    sizes: Sizes | None = None,
    rules: TrainingRules | None = None,
    on_training: OnTraining | None = None,
) -> Result:
    """Train a model with each seed and let it predict the test impressions.

    Raises:
        ConfigError: an unknown name, or memories that lack what the fusion reads.
    """
    rules = rules or rules_for(backbone)
    started = time.perf_counter()
    log, split = prepared.log, prepared.split
    impressions, bank = prepared.impressions, None
    if fusion != "none":
        bank = build_bank(log, memories or {}, fusion).centred(split.train)
        impressions = impressions.with_memory(bank.rows, bank.age, bank.mask)
    test = impressions.rows(torch.from_numpy(split.test))
    chances, epochs, valid = [], [], []
    for number, seed in enumerate(seeds):

        def told(epoch: int, auc: float, number: int = number) -> None:
            if on_training is not None:
                on_training(number * rules.epochs + epoch, len(seeds) * rules.epochs, auc)

        fitted = fit(
            _maker(backbone, prepared.schema, sizes, bank),
            impressions,
            log.grade,
            split.train,
            split.valid,
            GradeLoss(log.n_grades, log.liked_from, rules.ordinal),
            rules,
            seed=seed,
            on_epoch=told,
        )
        chances.append(predict(fitted.model, test))
        epochs.append(fitted.epoch)
        valid.append(max(fitted.valid_auc))
    return Result(
        np.stack(chances),
        tuple(epochs),
        tuple(valid),
        time.perf_counter() - started,
        bank.texts if bank is not None else 0,
    )


def _maker(
    backbone: str, schema: Schema, sizes: Sizes | None, bank: MemoryBank | None
) -> Callable[[], Ranker]:
    return lambda: Ranker(backbone, schema, sizes, bank)


def baselines(prepared: Prepared) -> dict[str, Result]:
    """Scores without a model, of earlier events only: the item's mean, and the user's with it.

    They are scores squeezed between 0 and 1 and no chances: read their AUC and GAUC only.
    """
    numbers = prepared.features.numbers[prepared.split.test].astype(np.float64)
    item, user = (numbers[:, NUMBERS.index(name)] for name in ("item_mean", "user_mean"))
    events = numbers[:, NUMBERS.index("item_events")]
    found = {
        "popularity": events,
        "item mean": item,
        "user mean": user,
        "item and user mean": item + user,
    }
    return {name: Result(1 / (1 + np.exp(-scored[None]))) for name, scored in found.items()}


@dataclass(frozen=True)
class Figures:
    """What is printed of a result; ``gauc``, ``logloss`` and ``ece`` are means over seeds."""

    auc: float
    auc_interval: tuple[float, float]
    auc_by_seed: tuple[float, ...]
    gauc: float
    logloss: float
    ece: float
    test_impressions: int
    test_users: int
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values; NaN as None."""
        flat = {**asdict(self), **self.extra}
        del flat["extra"]
        return flat


def figures(prepared: Prepared, result: Result, *, draws: int = 1000) -> Figures:
    """Figures of a result, with the AUC's interval over users and seeds together."""
    test = prepared.split.test
    liked, users = prepared.log.label[test] > 0, prepared.log.user[test]
    boot = scores.UserBootstrap(liked, users, draws=draws).auc(result.chances)
    each = result.chances

    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    return Figures(
        auc=boot.value,
        auc_interval=(boot.low, boot.high),
        auc_by_seed=tuple(scores.auc(liked, one) for one in each),
        gauc=mean([scores.gauc(liked, one, users) for one in each]),
        logloss=mean([scores.logloss(liked, one) for one in each]),
        ece=mean([scores.ece(liked, one) for one in each]),
        test_impressions=len(test),
        test_users=len(np.unique(users)),
    )


def gain(
    prepared: Prepared, result: Result, base: Result, *, draws: int = 1000
) -> scores.Bootstrapped:
    """How much higher a model's mean AUC over seeds is than another's, paired by user."""
    test = prepared.split.test
    boot = scores.UserBootstrap(prepared.log.label[test] > 0, prepared.log.user[test], draws=draws)
    return boot.difference(result.chances, base.chances)
