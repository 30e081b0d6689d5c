"""Pretraining by telling the next event: seeded, resumable after every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from journeys.errors import ConfigError, InputError
from journeys.userllm.card import read_tensors, write_tensors
from journeys.userllm.encoder import UserEncoder
from journeys.userllm.events import EncoderConfig, EventModel
from journeys.userllm.losses import next_event_losses
from journeys.userllm.scoring import encoder_score
from journeys.userllm.sequences import ITEM, EncoderData, EventBatch
from journeys.userllm.starting import start_from_counts
from journeys.userllm.tasks import Questions, Ranked, rank

#: Told after each epoch: epochs done, epochs at most, validation NDCG@10. May raise Cancelled.
OnEpoch = Callable[[int, int, float], None]

Model = TypeVar("Model", bound=EventModel)

#: Questions that choose the epoch; drawn when there are more.
_ASKED = 500


@dataclass(frozen=True)
class PretrainingConfig:
    """How to train; the defaults were chosen on validation questions of ML-100k.

    Attributes:
        width, layers, heads, window, dropout: see ``EncoderConfig``.
        epochs: at most.
        patience: epochs without a better validation NDCG@10 before it ends.
        batch: timelines, or stretches of long ones, a step.
        length: events of a stretch; stretches overlap by half, which is context only.
        rate: learning rate of AdamW, risen to over the first epoch; it falls as a cosine.
        decay: of AdamW.
        side: weight of the other features' losses beside the item's.
        unknown: share of the items that are taken for unknown in a step.
        smoothing: of the item's labels.
        seed: of weights, order and dropout.
        bf16: compute in bfloat16 where torch deems it safe; for CUDA.
    """

    width: int = 64
    layers: int = 2
    heads: int = 2
    window: int = 200
    dropout: float = 0.3
    epochs: int = 8
    patience: int = 4
    batch: int = 16
    length: int = 200
    rate: float = 2e-3
    decay: float = 0.01
    side: float = 0.2
    unknown: float = 0.1
    smoothing: float = 0.0
    seed: int = 0
    bf16: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.length < 2:
            raise ConfigError(f"length must be at least 2, not {self.length}")
        if not 0 <= self.unknown < 1:
            raise ConfigError(f"unknown must be from 0 to below 1, not {self.unknown}")

    def encoder(self, data: EncoderData) -> EncoderConfig:
        """The shape of an encoder for some data."""
        return EncoderConfig(
            sizes=data.vocabulary.sizes,
            content=data.contents.shape[1],
            width=self.width,
            layers=self.layers,
            heads=self.heads,
            window=self.window,
            dropout=self.dropout,
        )


@dataclass
class History:
    """What has been measured so far.

    Attributes:
        loss: of each epoch, feature name to nats, and ``total``.
        valid: NDCG@10 on validation questions after each epoch; empty where none are asked.
        whole: NDCG of the whole ranking, which decides between epochs that are equal at ten.
        seconds: of training and validation.
    """

    loss: list[dict[str, float]] = field(default_factory=list)
    valid: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def kept(self) -> int:
        """The epoch whose weights are kept, from 1; 0 before the first."""
        if not self.valid:
            return len(self.loss)
        figures = list(zip(self.valid, self.whole, strict=True))
        return figures.index(max(figures)) + 1


def pretrain(
    data: EncoderData,
    train: np.ndarray,
    valid: Questions | None,
    config: PretrainingConfig,
    *,
    make: Callable[[EncoderConfig], Model] = UserEncoder,  # type: ignore[assignment]
    checkpoint: Path | None = None,
    device: str | torch.device = "cpu",
    on_epoch: OnEpoch = lambda done, most, score: None,
) -> tuple[Model, History]:
    """Train an encoder; equal data and settings give equal weights on one machine.

    Args:
        data: the events.
        train: shape ``(n,)``, bool: the events that may be learnt from, the first of each user.
        valid: questions that choose the epoch; None keeps the last one.
        config: how.
        make: makes the model of that shape; the dual encoder is trained alike.
        checkpoint: a file that is written after each epoch; the same call after an interruption
            goes on there, to the weights it would have had without one.
        device: of torch.
        on_epoch: told of progress.

    Raises:
        InputError: nobody has two events of different times.
        Cancelled: ``on_epoch`` raised it.
    """
    with _seeded(config.seed, torch.device(device)):
        model = make(config.encoder(data)).to(device)
    start_from_counts(model, data, train, seed=config.seed)
    loop = _Pretraining(model, data, train, valid, config, checkpoint)
    history = loop.run(on_epoch)
    _end_with_unknown(model, data.ids[ITEM][train])
    return model, history


class _Pretraining:
    """The loop over epochs."""

    def __init__(
        self,
        model: EventModel,
        data: EncoderData,
        train: np.ndarray,
        valid: Questions | None,
        config: PretrainingConfig,
        checkpoint: Path | None,
    ) -> None:
        self._encoder, self._device = model, model.device
        self._data, self._valid, self._config = data, valid, config
        self._checkpoint = checkpoint
        if valid is not None and len(valid) > _ASKED:
            drawn = np.random.default_rng(0).choice(len(valid), _ASKED, replace=False)
            self._valid = valid.part(np.sort(drawn))
        self._learnt = data.first_events(train)
        self._stretches = stretches(self._learnt, config.length)
        if not self._stretches:
            raise InputError(
                "Nobody in the log has two events of different times, so there is no next event "
                "to learn from."
            )
        items = np.unique(self._learnt.ids[ITEM])
        self._candidates = torch.from_numpy(items[items > 0]).to(self._device)
        self._catalogue = torch.from_numpy(data.catalogue.content).to(self._device)
        self._optimiser = torch.optim.AdamW(
            self._encoder.parameters(), lr=config.rate, weight_decay=config.decay
        )
        self._best: dict[str, Tensor] = {}
        self._history = History()

    def run(self, on_epoch: OnEpoch) -> History:
        self._resume()
        history, config = self._history, self._config
        while len(history.loss) < config.epochs:
            if history.valid and len(history.valid) - history.kept >= config.patience:
                break
            started = time.perf_counter()
            history.loss.append(self._epoch(len(history.loss)))
            if self._valid is not None and len(self._valid):
                ranked = self._ranked(self._valid)
                history.valid.append(ranked.mean("ndcg"))
                history.whole.append(float((1 / np.log2(1 + ranked.rank)).mean()))
            if history.kept == len(history.loss):
                self._best = {k: v.clone() for k, v in self._encoder.state_dict().items()}
            history.seconds += time.perf_counter() - started
            self._keep()
            on_epoch(
                len(history.loss), config.epochs, history.valid[-1] if history.valid else np.nan
            )
        self._encoder.load_state_dict(self._best)
        self._encoder.eval()
        return history

    def _epoch(self, epoch: int) -> dict[str, float]:
        """One pass; everything that is drawn hangs on seed and epoch alone, so that a resumed
        training draws the same."""
        config = self._config
        self._encoder.train()
        sums: dict[str, float] = {}
        steps = 0
        with _seeded(config.seed * 100_003 + epoch + 1, self._device):
            for batch, first in self._batches(epoch):
                self._set_rate(epoch, steps)
                with self._precision():
                    losses = next_event_losses(
                        self._encoder,
                        batch,
                        first,
                        self._catalogue,
                        self._candidates,
                        unknown=config.unknown if self._encoder.content is not None else 0.0,
                        smoothing=config.smoothing,
                    )
                    total = torch.stack(
                        [each * (1 if k == ITEM else config.side) for k, each in losses.items()]
                    ).sum()
                self._optimiser.zero_grad()
                total.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._encoder.parameters(), 5.0)
                self._optimiser.step()
                for name, each in {**losses, "total": total}.items():
                    sums[name] = sums.get(name, 0.0) + float(each.detach())
                steps += 1
        return {name: each / steps for name, each in sums.items()}

    def _batches(self, epoch: int) -> Iterator[tuple[EventBatch, Tensor]]:
        rng = np.random.default_rng([self._config.seed, epoch])
        size = self._config.batch
        order = rng.permutation(len(self._stretches))
        # Like lengths together, within pools, so that little of a batch is padding.
        lengths = np.array([stop - start for start, _, stop in self._stretches])
        groups = []
        for at in range(0, len(order), 16 * size):
            pool = order[at : at + 16 * size]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            groups += [pool[low : low + size] for low in range(0, len(pool), size)]
        for number in rng.permutation(len(groups)):
            part = [self._stretches[at] for at in groups[number]]
            batch = self._learnt.batch([(start, stop) for start, _, stop in part])
            first = torch.tensor([begin - start for start, begin, _ in part])
            yield batch.to(self._device), first.to(self._device)

    def _set_rate(self, epoch: int, step: int) -> None:
        per_epoch = -(-len(self._stretches) // self._config.batch)
        done = (epoch * per_epoch + step + 1) / per_epoch
        rising = min(1.0, done)
        falling = 0.5 * (1 + np.cos(np.pi * min(done / self._config.epochs, 1.0)))
        for group in self._optimiser.param_groups:
            group["lr"] = self._config.rate * rising * max(falling, 0.02)

    def _ranked(self, asked: Questions) -> Ranked:
        return rank(self._data, asked, encoder_score(self._encoder, self._data))

    def _precision(self) -> AbstractContextManager[Any]:
        if not self._config.bf16:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=torch.bfloat16)

    def _keep(self) -> None:
        if self._checkpoint is None:
            return
        tensors = {f"weights.{k}": v for k, v in self._encoder.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in self._best.items()}
        for at, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{at}.{k}": v for k, v in state.items()}
        told = {"history": asdict(self._history), "of": self._identity()}
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(self._checkpoint, tensors, told)

    def _resume(self) -> None:
        if self._checkpoint is None or not self._checkpoint.is_file():
            return
        tensors, told = read_tensors(self._checkpoint)
        if told.get("of") != self._identity():
            return  # Of another training: it is begun anew.
        parts: dict[str, dict[str, Tensor]] = {"weights": {}, "best": {}, "optimiser": {}}
        for name, each in tensors.items():
            kind, rest = name.split(".", 1)
            parts[kind][rest] = each
        self._encoder.load_state_dict(parts["weights"])
        self._best = {k: v.to(self._device) for k, v in parts["best"].items()}
        state: dict[int, dict[str, Tensor]] = {}
        for name, each in parts["optimiser"].items():
            at, key = name.split(".", 1)
            state.setdefault(int(at), {})[key] = each
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        self._history = History(**told["history"])

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a checkpoint to be gone on from."""
        return {
            "data": self._learnt.sha256(),
            "model": type(self._encoder).__name__ + str(getattr(self._encoder, "half_life", "")),
            "shapes": [list(each.shape) for each in self._encoder.parameters()],
            "settings": {k: v for k, v in asdict(self._config).items() if k != "patience"},
            "torch": torch.__version__,
        }


#: Steps that a training of few timelines has at least, and epochs at most.
_STEPS, _EPOCHS = 400, 60


def epochs_for(data: EncoderData, train: np.ndarray, config: PretrainingConfig) -> int:
    """Epochs that give a small log as many steps as it needs."""
    number = len(stretches(data.first_events(train), config.length))
    steps = -(-max(number, 1) // config.batch)
    return min(max(config.epochs, -(-_STEPS // steps)), _EPOCHS)


def stretches(data: EncoderData, length: int) -> list[tuple[int, int, int]]:
    """Timelines cut into stretches ``(start, first told, stop)``, each event told in one of them.

    A stretch begins ``length / 2`` events before the first that it tells, or with the timeline.
    """
    found = []
    half = length // 2
    for low, high in zip(data.starts[:-1].tolist(), data.starts[1:].tolist(), strict=True):
        if high - low < 2 or data.times[low] == data.times[high - 1]:
            continue
        begin = low
        while begin < high:
            start = max(begin - half, low)
            stop = min(start + length, high)
            found.append((start, begin, stop))
            begin = stop
    return found


def _end_with_unknown(model: EventModel, items: np.ndarray) -> None:
    """Items that training does not have are as ready to come as any unknown one."""
    counts = np.bincount(items, minlength=len(model.item_bias))
    with torch.no_grad():
        model.item_bias[torch.from_numpy(counts == 0)] = model.item_bias[0].clone()


def _seeded(seed: int, device: torch.device) -> AbstractContextManager[Any]:
    """torch's global draws from a seed, and as they were afterwards."""
    from contextlib import ExitStack

    stack = ExitStack()
    cuda = [device] if device.type == "cuda" else []
    stack.enter_context(torch.random.fork_rng(devices=cuda))
    torch.manual_seed(seed)
    return stack
