"""Training on some impressions, with the best epoch chosen on others."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from journeys.ranking.batch import Batch
from journeys.ranking.embeddings import FieldEmbedding, HistoryFactors
from journeys.ranking.scores import auc

#: Called after each epoch with the number of epochs done and the validation AUC.
OnEpoch = Callable[[int, float], None]

_PREDICT_AT_ONCE = 8192


@dataclass(frozen=True)
class TrainingRules:
    """How to train; the defaults were chosen on validation impressions of ML-100k.

    Attributes:
        epochs: at most.
        patience: epochs without a better validation AUC before it ends.
        batch: impressions a step.
        rate: learning rate of Adam, which falls to nought over the epochs as a cosine.
        decay: L2 penalty of all weights (coupled, as in Adam).
        penalty: of the squared length of the vectors that a batch looks up.
        ordinal: weight of telling the other grades apart, beside liked from not liked.
        averaging: how much of the average of weights stays at each step (an exponential moving
            average; Polyak and Juditsky 1992), 0 for the newest weights alone. The averaged model
            is the one that is validated and kept.
    """

    epochs: int = 20
    patience: int = 4
    batch: int = 1024
    rate: float = 2e-3
    decay: float = 1e-5
    penalty: float = 5e-3
    ordinal: float = 1.0
    averaging: float = 0.997


#: Learning rates where another than the default is better on validation impressions of ML-100k.
RATES = {"lr": 2e-2, "fm": 5e-3, "din": 5e-3, "dien": 5e-3}


def rules_for(backbone: str) -> TrainingRules:
    """The rules by which a backbone is trained if nothing else is asked for."""
    return TrainingRules(rate=RATES.get(backbone, TrainingRules.rate))


class GradeLoss(nn.Module):
    """Log loss of "liked", and of every other threshold of the grade behind the same score.

    A proportional-odds model (McCullagh 1980): ``P(grade >= k) = sigmoid(logit + b_k)``, with
    ``b = 0`` at the threshold that is asked for, so that the logit stays what it is. Five stars
    tell more than a thumb, and the model is still judged by the thumb.
    """

    def __init__(self, n_grades: int, liked_from: int, weight: float) -> None:
        super().__init__()
        self.liked_from = liked_from
        self.others = [k for k in range(1, n_grades) if k != liked_from]
        self.weight = weight if self.others else 0.0
        self.cuts = nn.Parameter(torch.tensor([float(liked_from - k) for k in self.others]))

    def forward(self, logits: Tensor, grade: Tensor) -> Tensor:
        """Mean loss of logits ``(B,)`` for grades ``(B,)``."""
        entropy = nn.functional.binary_cross_entropy_with_logits
        loss = entropy(logits, (grade >= self.liked_from).float())
        if self.weight:
            above = torch.stack([(grade >= k).float() for k in self.others], dim=1)
            loss = loss + self.weight * entropy(logits.unsqueeze(1) + self.cuts, above)
        return loss


@dataclass(frozen=True)
class Fitted:
    """A trained model in the state of its best epoch.

    Attributes:
        model: the model, ready to predict.
        epoch: the best one, from 1.
        valid_auc: after each epoch.
    """

    model: nn.Module
    epoch: int
    valid_auc: tuple[float, ...]


def fit(
    make_model: Callable[[], nn.Module],
    impressions: Batch,
    grade: np.ndarray,
    train: np.ndarray,
    valid: np.ndarray,
    loss: GradeLoss,
    rules: TrainingRules,
    *,
    seed: int = 0,
    on_epoch: OnEpoch | None = None,
) -> Fitted:
    """Train a model; the same seed on the same machine gives the same weights.

    Args:
        make_model: makes it with fresh weights; its ``forward`` takes a batch and gives logits.
        impressions: all ``n`` of the log.
        grade: shape ``(n,)``.
        train, valid: positions; the best epoch is that of the highest AUC on ``valid``.
        loss: what to make small; its cut points are trained too.
        rules: how to train.
        seed: of weights, order and dropout; the global state of torch is left as it was.
        on_epoch: told of progress.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make_model()
        average = get_ema_multi_avg_fn(rules.averaging)  # type: ignore[no-untyped-call]
        averaged = AveragedModel(model, multi_avg_fn=average)
        optimiser = torch.optim.Adam(
            [
                {"params": model.parameters(), "weight_decay": rules.decay},
                {"params": loss.parameters(), "weight_decay": 0.0},
            ],
            lr=rules.rate,
        )
        held_small = [
            each for each in model.modules() if isinstance(each, (FieldEmbedding, HistoryFactors))
        ]
        steps = rules.epochs * -(-len(train) // rules.batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        grades, rows = torch.from_numpy(grade), torch.from_numpy(train)
        validation = impressions.rows(torch.from_numpy(valid))
        liked = grade[valid] >= loss.liked_from
        history: list[float] = []
        best: dict[str, Tensor] = {}
        for epoch in range(rules.epochs):
            model.train()
            for at in torch.split(rows[torch.randperm(len(rows))], rules.batch):
                optimiser.zero_grad()
                part = impressions.rows(at)
                held = sum((each.penalty(part) for each in held_small), torch.zeros(()))
                (loss(model(part), grades[at]) + rules.penalty * held).backward()
                optimiser.step()
                schedule.step()
                averaged.update_parameters(model)
            history.append(auc(liked, predict(averaged.module, validation)))
            if history[-1] == max(history):
                best = copy.deepcopy(averaged.module.state_dict())
            if on_epoch is not None:
                on_epoch(epoch + 1, history[-1])
            if epoch - int(np.argmax(history)) >= rules.patience:
                break
    model.load_state_dict(best)
    model.eval()
    return Fitted(model, int(np.argmax(history)) + 1, tuple(history))


def predict(model: nn.Module, impressions: Batch) -> np.ndarray:
    """Probability that each impression is liked, shape ``(B,)``, float64."""
    model.eval()
    with torch.no_grad():
        logits = [model(part) for part in impressions.split(_PREDICT_AT_ONCE)]
    chances: np.ndarray = torch.cat(logits).double().sigmoid().numpy()
    return chances
