"""The preference model and what it is set against, each as chances over a stream.

Every function gives shape ``(n,)``: the chance of each request to be accepted, from what was known
when it was made; NaN in the warm-up, where nothing was fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from journeys.agents.evaluation.stream import Stream
from journeys.agents.features import Features
from journeys.agents.fitting import Example, FitRules, fit_shared
from journeys.agents.hashing import TableRules
from journeys.agents.rows import RowRules, UserRows, guess, learn
from journeys.agents.shared import SharedModel


@dataclass(frozen=True)
class Setting:
    """One setting for all; chosen on the first two blocks (``benchmarks/agents_settings.py``).

    Attributes:
        fit: of the preference model's shared weights.
        rows: of its users' rows.
        replay: whether users' rows are learnt anew from their own past at each refresh.
        every: how long shared weights stand, those of the global regression too.
        global_fit: of the global regression that has users among its features.
        shrink, shrink_user: of base rates (agent x repository; user): how many events the coarser
            rate counts as.
        tuned_penalty: of the global regression from which the fine-tuned model begins.
        rate: of the stream's gradient steps (Adagrad) for the model that is fine-tuned.
        probe: inverse penalty of the linear probe of user vectors.
        shrink_static, shrink_hashed: of the hashed memory that is written once, and of the one that
            is written on.
    """

    fit: FitRules = field(default_factory=FitRules)
    rows: RowRules = field(default_factory=RowRules)
    replay: bool = True
    every: timedelta = timedelta(days=1)
    global_fit: FitRules = field(
        default_factory=lambda: FitRules(
            table=TableRules(min_count=1, min_users=1), penalty=60.0, per_user=0.0, intercepts=0.0
        )
    )
    shrink: float = 32.0
    shrink_user: float = 8.0
    tuned_penalty: float = 10.0
    rate: float = 0.01
    probe: float = 0.003
    shrink_static: float = 8.0
    shrink_hashed: float = 16.0


@dataclass(frozen=True)
class Refreshes:
    """Shared weights by refresh.

    Attributes:
        models: in order of time; the first is fitted when block 1 begins.
        which: shape ``(n,)``: the newest refresh when a request was made; -1 in the warm-up.
        logits: shape ``(refreshes, n)``: every request by the weights of every refresh.
    """

    models: tuple[SharedModel, ...]
    which: np.ndarray
    logits: np.ndarray


def first_model(stream: Stream, rules: FitRules) -> SharedModel:
    """One model of all users, who are among its features, fitted when block 1 begins."""
    now = stream.starts(1)
    known = (stream.example(at) for at in stream.known_before(now))
    examples = [replace(each, features=with_user_ids(each)) for each in known]
    return fit_shared(examples, stream.schema, now, rules, projection=stream.projection)


def refreshes(
    stream: Stream,
    rules: FitRules,
    every: timedelta,
    *,
    with_user: bool = False,
) -> Refreshes:
    """Fit shared weights when block 1 begins and then on schedule, on what was known by then.

    Args:
        every: how long weights stand.
        with_user: whether users are among the features.
    """
    features = [
        with_user_ids(stream.example(at)) if with_user else stream.features[at]
        for at in range(len(stream))
    ]
    begins = stream.starts(1)
    periods = [
        (made - begins) // every if stream.block[at] else -1 for at, made in enumerate(stream.made)
    ]
    models, logits = [], []
    used = sorted({each for each in periods if each >= 0})
    for period in used:
        now = begins + period * every
        examples = [
            replace(stream.example(at), features=features[at]) for at in stream.known_before(now)
        ]
        model = fit_shared(examples, stream.schema, now, rules, projection=stream.projection)
        models.append(model)
        logits.append(model.logits(features))
    which = np.array([used.index(each) if each >= 0 else -1 for each in periods])
    return Refreshes(tuple(models), which, np.stack(logits))


def frozen(stream: Stream, shared: Refreshes) -> np.ndarray:
    """Shared weights alone, as they were at the last refresh."""
    own = shared.logits[shared.which, np.arange(len(stream))]
    return np.where(shared.which < 0, np.nan, 1.0 / (1.0 + np.exp(-own)))


def logits_then(stream: Stream, shared: Refreshes) -> np.ndarray:
    """Shape ``(n,)``: every request by the newest weights there were when it was made; those of the
    warm-up by the first."""
    found: np.ndarray = shared.logits[np.maximum(shared.which, 0), np.arange(len(stream))]
    return found


def preferences(
    stream: Stream,
    shared: Refreshes,
    rules: RowRules,
    *,
    replay: bool = True,
    weights: tuple[float, float] = (1.0, 1.0),
) -> np.ndarray:
    """Shared weights of the last refresh, and users' rows, which learn from each known outcome.

    Args:
        weights: how much a rejection and an acceptance count; one of 0 is not learnt from.
    """
    rows: dict[str, UserRows] = {}
    found = np.full(len(stream), np.nan)
    past: list[int] = []
    turn = -1

    def take(at: int, held: dict[str, UserRows]) -> None:
        user, weight = stream.users[at], weights[int(stream.liked[at])]
        if weight == 0:
            return
        held[user] = learn(
            held.get(user, UserRows()),
            rules,
            stream.features[at],
            float(shared.logits[turn, at]),
            int(stream.liked[at]),
            stream.known[at],
            weight,
        )

    for what, at in stream.replay():
        if what == "score" and shared.which[at] > turn:
            first, turn = turn < 0, int(shared.which[at])
            if replay or first:
                rows = {}
                for earlier in past:
                    take(earlier, rows)
        if what == "learn":
            past.append(at)
            if turn >= 0:
                take(at, rows)
        elif turn >= 0:
            found[at] = guess(
                rows.get(stream.users[at], UserRows()),
                rules,
                stream.features[at],
                float(shared.logits[turn, at]),
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
        features = with_user_ids(stream.example(at))
        if what == "learn":
            if stream.known[at] >= begun:
                tuned.learn(features, int(stream.liked[at]))
        elif stream.block[at]:
            found[at] = 1.0 / (1.0 + np.exp(-tuned.logit(features)))
    return found


def with_user_ids(example: Example) -> Features:
    """The same features with the user among them, and what the user's rows know, crossed."""
    user = f"user={example.user}"
    crossed = tuple(f"{user}&{name}" for name in example.features.own)
    return replace(example.features, ids=(user, *example.features.ids, *crossed))
