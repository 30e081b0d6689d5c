"""One user's own weights: Gaussian beliefs, one an id, learnt event by event and touched by no one
else's.

A score's logit is the shared one plus ``sum_i w_i x_i`` over the ids of which the user has rows
(and a bias of theirs), ``w_i ~ N(m_i, v_i)`` independent, ``N(0, v_0)`` before anything is known.
An event moves the beliefs to the mode of the posterior, and sharpens them by the curvature there:
Bayesian logistic regression with a diagonal Laplace approximation, Chapelle and Li 2011, "An
empirical evaluation of Thompson sampling", algorithm 3, one example at a time. Between events a
belief falls back towards what it was before anything was known, by an Ornstein-Uhlenbeck process
with a half-life: tastes drift, and old evidence counts less.

All arithmetic is of Python's own floats in a fixed order, so that a score is the same to the last
bit until its own user's rows change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from journeys.agents.features import Features

#: The row that every event of a user has.
BIAS = "you"

_STEPS = 60
_CLOSE = 1e-10


class Belief(NamedTuple):
    """Mean and variance of a weight."""

    mean: float
    variance: float


@dataclass(frozen=True)
class RowRules:
    """How a user's rows learn; the defaults were chosen on the first blocks of agent_prs_dev.

    Attributes:
        bias: variance of a user's bias before anything is known.
        id: the same of an id's weight.
        fields: the same by field, where it is another.
        content: the same of each number of the content vector.
        half_life: after which half of what was learnt is left; None: never forgotten.
        most: rows a user has at most, without bias and content; the least certain go first.
    """

    bias: float = 0.3
    id: float = 0.03
    fields: Mapping[str, float] = field(default_factory=dict)
    content: float = 0.01
    half_life: timedelta | None = timedelta(days=90)
    most: int = 512

    def prior(self, name: str) -> Belief:
        """The belief in an id's weight before anything is known."""
        if name == BIAS:
            return Belief(0.0, self.bias)
        if name.startswith("#"):
            return Belief(0.0, self.content)
        return Belief(0.0, self.fields.get(name.partition("=")[0], self.id))


@dataclass(frozen=True)
class UserRows:
    """What is believed of one user; immutable, so that no other's can be changed by mistake.

    Attributes:
        beliefs: by id, ``you`` for the bias and ``#0`` and so on for content.
        at: up to when beliefs have fallen back; None before the first event.
        events: learnt from.
    """

    beliefs: Mapping[str, Belief] = field(default_factory=dict)
    at: datetime | None = None
    events: int = 0


class Guess(NamedTuple):
    """A logit's mean and variance, the chance that follows, and the variance's inputs."""

    mean: float
    variance: float

    @property
    def chance(self) -> float:
        """The logistic function averaged over the belief (MacKay 1992, equation 10)."""
        return sigmoid(self.mean / math.sqrt(1.0 + math.pi * self.variance / 8.0))


def sigmoid(logit: float) -> float:
    """The logistic function, without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    grown = math.exp(logit)
    return grown / (1.0 + grown)


def inputs(features: Features) -> list[tuple[str, float]]:
    """The ids of which a user may have rows, with their values, in a fixed order."""
    found = [(BIAS, 1.0)]
    found += [(name, 1.0) for name in features.own]
    found += [(f"#{at}", value) for at, value in enumerate(features.content.tolist()) if value]
    return found


def fallen_back(belief: Belief, prior: Belief, left: float) -> Belief:
    """A belief of which the share ``left`` is left."""
    if left >= 1.0:
        return belief
    return Belief(
        belief.mean * left, prior.variance + left * left * (belief.variance - prior.variance)
    )


def left_of(rules: RowRules, since: timedelta) -> float:
    """The share of what was learnt that is left after a time."""
    if rules.half_life is None or since <= timedelta(0):
        return 1.0
    return float(0.5 ** (since / rules.half_life))


def guess(
    rows: UserRows, rules: RowRules, features: Features, shared: float, now: datetime | None
) -> Guess:
    """The logit of a candidate for a user; see :func:`guesses`."""
    return guesses(rows, rules, [features], [shared], now)[0]


def guesses(
    rows: UserRows,
    rules: RowRules,
    candidates: Sequence[Features],
    shared: Sequence[float],
    now: datetime | None,
) -> list[Guess]:
    """The logits of candidates for a user, each by itself.

    Args:
        shared: the shared model's logits.
        now: when it is asked, up to when beliefs fall back.
    """
    left = left_of(rules, now - rows.at) if now is not None and rows.at is not None else 1.0
    held: dict[str, Belief] = {}

    def believed(name: str) -> Belief:
        found = held.get(name)
        if found is None:
            prior, known = rules.prior(name), rows.beliefs.get(name)
            found = held[name] = prior if known is None else fallen_back(known, prior, left)
        return found

    length = len(candidates[0].content) if candidates else 0
    content = [believed(f"#{at}") for at in range(length)]
    bias = believed(BIAS)
    found = []
    for features, logit in zip(candidates, shared, strict=True):
        mean, variance = logit + bias.mean, bias.variance
        for name in features.own:
            belief = held.get(name) or believed(name)
            mean += belief[0]
            variance += belief[1]
        for value, belief in zip(features.content.tolist(), content, strict=True):
            mean += belief[0] * value
            variance += belief[1] * value * value
        found.append(Guess(mean, variance))
    return found


def learn(
    rows: UserRows,
    rules: RowRules,
    features: Features,
    shared: float,
    liked: int,
    time: datetime | None,
    weight: float = 1.0,
) -> UserRows:
    """The rows after an event.

    An event that is older than the newest counts as much less as it would have fallen back.

    Args:
        shared: the shared model's logit of the candidate.
        liked: 1 or 0.
        time: since when it is known.
        weight: how much it counts.
    """
    at, left = rows.at, 1.0
    if time is not None:
        if at is None or time >= at:
            left = left_of(rules, time - at) if at is not None else 1.0
            at = time
        else:
            weight *= left_of(rules, at - time)
    beliefs = {
        name: fallen_back(belief, rules.prior(name), left) for name, belief in rows.beliefs.items()
    }
    known = inputs(features)
    held = [beliefs.get(name) or rules.prior(name) for name, _ in known]
    mean, spread = shared, 0.0
    for belief, (_, value) in zip(held, known, strict=True):
        mean += belief.mean * value
        spread += belief.variance * value * value
    logit = _mode(mean, spread, liked, weight)
    chance = sigmoid(logit)
    pull, curve = weight * (liked - chance), weight * chance * (1.0 - chance)
    for belief, (name, value) in zip(held, known, strict=True):
        beliefs[name] = Belief(
            belief.mean + belief.variance * value * pull,
            1.0 / (1.0 / belief.variance + curve * value * value),
        )
    return UserRows(_bounded(beliefs, rules), at, rows.events + 1)


def _mode(mean: float, spread: float, liked: int, weight: float) -> float:
    """The logit at the posterior's mode: the root of ``z = mean + spread w (y - sigmoid(z))``.

    The right side falls in ``z``, so the root is between ``mean`` and ``mean + spread w (y - 0.5 -+
    0.5)`` and bisected Newton steps find it.
    """
    low, high = mean - spread * weight, mean + spread * weight
    logit = mean
    for _ in range(_STEPS):
        chance = sigmoid(logit)
        gap = logit - mean - spread * weight * (liked - chance)
        if abs(gap) < _CLOSE:
            break
        if gap > 0:
            high = logit
        else:
            low = logit
        logit -= gap / (1.0 + spread * weight * chance * (1.0 - chance))
        if not low <= logit <= high:
            logit = 0.5 * (low + high)
    return logit


def _bounded(beliefs: dict[str, Belief], rules: RowRules) -> dict[str, Belief]:
    """The rows without the least certain ones, if there are too many."""
    ids = [name for name in beliefs if name != BIAS and not name.startswith("#")]
    surplus = len(ids) - rules.most
    if surplus > 0:
        ids.sort(key=lambda name: (-beliefs[name].variance / rules.prior(name).variance, name))
        for name in ids[:surplus]:
            del beliefs[name]
    return beliefs
