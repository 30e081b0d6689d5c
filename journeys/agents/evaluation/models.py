"""The preference model and what it is set against, each as chances over a stream.

Every function gives shape ``(n,)``: the chance of each request to be accepted, from what was known
when it was made; NaN in the warm-up, where nothing was fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from journeys.agents.evaluation.stream import BLOCKS, Stream
from journeys.agents.features import Features
from journeys.agents.fitting import Example, FitRules, fit_shared
from journeys.agents.hashing import TableRules
from journeys.agents.rows import RowRules, UserRows, guess, learn
from journeys.agents.shared import SharedModel

Shared = dict[int, SharedModel]


@dataclass(frozen=True)
class Setting:
    """One setting for all; chosen on the first two blocks (``benchmarks/agents_settings.py``).

    Attributes:
        fit: of the preference model's shared weights.
        rows: of its users' rows.
        replay: whether users' rows are learnt anew from their own past at each refresh.
        global_fit: of the global regression that has users among its features.
        shrink: of base rates: how many events the rate of the whole counts as.
        rate: of the stream's gradient steps (Adagrad) for the model that is fine-tuned.
    """

    fit: FitRules = field(default_factory=FitRules)
    rows: RowRules = field(default_factory=RowRules)
    replay: bool = True
    global_fit: FitRules = field(
        default_factory=lambda: FitRules(
            table=TableRules(min_count=1, min_users=1), penalty=3.0, per_user=0.0, intercepts=0.0
        )
    )
    shrink: float = 8.0
    rate: float = 0.05


def shared_models(stream: Stream, rules: FitRules, *, with_user: bool = False) -> Shared:
    """Shared weights for each block, fitted at its start."""
    found = {}
    for block in range(1, BLOCKS + 1):
        now = stream.starts(block)
        examples = [stream.example(at) for at in stream.known_before(now)]
        if with_user:
            examples = [replace(each, features=_with_user(each)) for each in examples]
        found[block] = fit_shared(examples, stream.schema, now, rules, projection=stream.projection)
    return found


def block_logits(stream: Stream, models: Shared, *, with_user: bool = False) -> np.ndarray:
    """Shape ``(BLOCKS + 1, n)``: every request by the weights of every block; row 0 is NaN."""
    features = [
        _with_user(stream.example(at)) if with_user else stream.features[at]
        for at in range(len(stream))
    ]
    found = np.full((BLOCKS + 1, len(stream)), np.nan)
    for block, model in models.items():
        found[block] = model.logits(features)
    return found


def frozen(stream: Stream, logits: np.ndarray) -> np.ndarray:
    """Shared weights alone, as they were at the start of the block."""
    own = logits[stream.block, np.arange(len(stream))]
    return np.asarray(1.0 / (1.0 + np.exp(-own)))


def preferences(
    stream: Stream, logits: np.ndarray, rules: RowRules, *, replay: bool = True
) -> np.ndarray:
    """Shared weights of the block, and users' rows that learn whenever an outcome is known."""
    rows: dict[str, UserRows] = {}
    found = np.full(len(stream), np.nan)
    past: list[int] = []
    block = 0

    def take(at: int, held: dict[str, UserRows]) -> None:
        user = stream.users[at]
        held[user] = learn(
            held.get(user, UserRows()),
            rules,
            stream.features[at],
            float(logits[block, at]),
            int(stream.liked[at]),
            stream.known[at],
        )

    for what, at in stream.replay():
        if what == "score" and stream.block[at] > block:
            block = int(stream.block[at])
            if replay or block == 1:
                rows = {}
                for earlier in past:
                    take(earlier, rows)
        if what == "learn":
            past.append(at)
            if block:
                take(at, rows)
        elif block:
            found[at] = guess(
                rows.get(stream.users[at], UserRows()),
                rules,
                stream.features[at],
                float(logits[block, at]),
                stream.made[at],
            ).chance
    return found


def base_rates(stream: Stream, keys: Callable[[int], tuple[str, ...]], shrink: float) -> np.ndarray:
    """The share accepted so far of the same kind, shrunk to that of the coarser kind before it.

    Learns online, as the preference model does.

    Args:
        keys: kinds of a request from coarse to fine; the whole is before the first.
        shrink: how many events the coarser rate counts as.
    """
    counts: dict[str, list[int]] = {"": [0, 0]}
    found = np.full(len(stream), np.nan)
    for what, at in stream.replay():
        kinds = ("", *keys(at))
        if what == "learn":
            for kind in kinds:
                held = counts.setdefault(kind, [0, 0])
                held[0] += int(stream.liked[at])
                held[1] += 1
        elif stream.block[at]:
            rate = 0.5
            for kind in kinds:
                liked, total = counts.get(kind, (0, 0))
                rate = (liked + shrink * rate) / (total + shrink)
            found[at] = rate
    return found


class Tuned:
    """One model of all users, fine-tuned on the stream by Adagrad (Duchi et al. 2011): what others
    do moves what it says of anybody."""

    def __init__(self, model: SharedModel, rate: float) -> None:
        self.model = model
        self.rate = rate
        self.linear = model.linear.copy()
        self.content = model.content.copy()
        self.bias = model.bias
        self._squares = np.ones_like(self.linear)
        self._content_squares = np.ones_like(self.content)

    def logit(self, features: Features) -> float:
        """As the weights are now."""
        rows = self.model.rows([features])[0]
        return float(self.linear[rows].sum() + features.content @ self.content + self.bias)

    def learn(self, features: Features, liked: int) -> None:
        """One gradient step."""
        rows = self.model.rows([features])[0]
        rows = rows[rows > 0]
        gap = 1.0 / (1.0 + np.exp(-self.logit(features))) - liked
        self._squares[rows] += gap * gap
        np.add.at(self.linear, rows, -self.rate * gap / np.sqrt(self._squares[rows]))
        slope = gap * features.content
        self._content_squares += slope * slope
        self.content -= self.rate * slope / np.sqrt(self._content_squares)


def tuned_on_stream(stream: Stream, model: SharedModel, rate: float) -> np.ndarray:
    """A global model of the first block, then fine-tuned on every outcome as it becomes known."""
    tuned = Tuned(model, rate)
    found = np.full(len(stream), np.nan)
    begun = stream.starts(1)
    for what, at in stream.replay():
        features = _with_user(stream.example(at))
        if what == "learn":
            if stream.known[at] >= begun:
                tuned.learn(features, int(stream.liked[at]))
        elif stream.block[at]:
            found[at] = 1.0 / (1.0 + np.exp(-tuned.logit(features)))
    return found


def _with_user(example: Example) -> Features:
    """The same features with the user among them, and what the user's rows know, crossed."""
    user = f"user={example.user}"
    crossed = tuple(f"{user}&{name}" for name in example.features.own)
    return replace(example.features, ids=(user, *example.features.ids, *crossed))
