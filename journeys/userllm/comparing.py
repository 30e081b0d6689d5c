"""The next item by every route, baselines first: each with its settings chosen on validation."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeys.userllm.baselines import (
    Neighbours,
    cosine_similarity,
    linear_weights,
    popularity,
    recent_popularity,
    sequence_similarity,
)
from journeys.userllm.sequences import EncoderData
from journeys.userllm.tasks import NextItemSplit, Questions, Ranked, Score, rank
from journeys.userllm.trends import DAYS, WEIGHTS, prior_shift, remembered, shifted

#: Validation questions on which a baseline's settings are chosen; drawn when there are more.
_ASKED = 1_000

_NEIGHBOURHOODS = (10, 30, 100, 300, 0)
_HALVES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

#: A scorer with the settings that made it.
Candidate = tuple[Mapping[str, Any], Score]


@dataclass(frozen=True)
class Route:
    """One way of telling the next item, with the settings that validation chose.

    Attributes:
        name: as in a table.
        settings: what was chosen.
        ranked: the test questions.
        seconds: of scoring them.
    """

    name: str
    settings: Mapping[str, Any]
    ranked: Ranked
    seconds: float


def _popular(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    yield {}, popularity(data, train)


def _recent(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    for days in (0.5, 1.0, 3.0, 7.0, 14.0, 30.0, 90.0):
        yield {"days": days}, recent_popularity(data, train, days=days)


def _item_knn(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    for shrink in (0.0, 30.0):
        similarity = cosine_similarity(data, train, shrink=shrink)
        for k in _NEIGHBOURHOODS:
            yield {"k": k, "shrink": shrink}, Neighbours(k).score(data, similarity)


def _recent_knn(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    for shrink in (0.0, 30.0):
        similarity = cosine_similarity(data, train, shrink=shrink)
        for k, half in itertools.product(_NEIGHBOURHOODS, _HALVES):
            settings = {"k": k, "shrink": shrink, "half": half}
            yield settings, Neighbours(k, half).score(data, similarity)


def _sequence_knn(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    for reach in (1.0, 3.0, 6.0, 12.0):
        similarity = sequence_similarity(data, train, half=reach)
        for k, half in itertools.product((100, 0), _HALVES):
            settings = {"reach": reach, "k": k, "half": half}
            yield settings, Neighbours(k, half).score(data, similarity)


def _recent_knn_now(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    similarity = cosine_similarity(data, train, shrink=30.0)
    shifts = {days: prior_shift(data, train, days) for days in DAYS}
    for k, half in itertools.product((30, 100, 300), (1.0, 2.0, 4.0)):
        votes = remembered(Neighbours(k, half).score(data, similarity))
        for (days, shift), weight in itertools.product(shifts.items(), WEIGHTS[1:]):
            settings = {"k": k, "half": half, "days": days, "weight": weight}
            yield settings, shifted(votes, shift, weight, logits=False)


def _linear(data: EncoderData, train: np.ndarray) -> Iterator[Candidate]:
    for penalty in (100.0, 300.0, 1000.0, 3000.0):
        weights = linear_weights(data, train, penalty=penalty)
        for half in (0.0, *_HALVES):
            settings = {"penalty": penalty, "half": half}
            yield settings, Neighbours(0, half).score(data, weights)


#: Name to its candidates.
BASELINES: Mapping[str, Callable[[EncoderData, np.ndarray], Iterator[Candidate]]] = {
    "popularity": _popular,
    "recent popularity": _recent,
    "item-kNN": _item_knn,
    "item-kNN, recent first": _recent_knn,
    "item-kNN, recent first, popular now": _recent_knn_now,
    "sequence kNN": _sequence_knn,
    "EASE, recent first": _linear,
}


def baseline(name: str, data: EncoderData, split: NextItemSplit) -> Route:
    """A baseline at its best settings by validation NDCG@10, asked the test questions."""
    asked = drawn(split.valid, _ASKED)
    best: tuple[float, Candidate] | None = None
    for settings, score in BASELINES[name](data, split.train):
        ndcg = rank(data, asked, score).mean("ndcg")
        if best is None or ndcg > best[0]:
            best = ndcg, (settings, score)
    assert best is not None
    settings, score = best[1]
    return timed(name, settings, data, split.test, score)


def timed(
    name: str, settings: Mapping[str, Any], data: EncoderData, asked: Questions, score: Score
) -> Route:
    """Questions ranked by a scorer, with the seconds that took."""
    started = time.perf_counter()
    ranked = rank(data, asked, score)
    return Route(name, settings, ranked, time.perf_counter() - started)


def drawn(asked: Questions, most: int, seed: int = 0) -> Questions:
    """At most so many of the questions."""
    if len(asked) <= most:
        return asked
    return asked.part(np.sort(np.random.default_rng(seed).choice(len(asked), most, replace=False)))


def rows(routes: Sequence[Route], *, task: str = "next item") -> list[dict[str, Any]]:
    """A row a route, as ``--json`` prints them: ``score`` is NDCG@10 over the whole catalogue.

    ``tokens`` is nought: no language model reads anything. ``seconds`` are of one question.
    """
    found = []
    for route in routes:
        figures = route.ranked.figures()
        found.append(
            {
                "route": route.name,
                "history": "all",
                "task": task,
                "score": round(figures["ndcg"].mean, 6),
                "tokens": 0,
                "seconds": round(route.seconds / max(len(route.ranked.rank), 1), 6),
                "ndcg": _interval(figures["ndcg"]),
                "recall": _interval(figures["recall"]),
                "users": len(np.unique(route.ranked.user)),
                "questions": len(route.ranked.rank),
                "settings": dict(route.settings),
            }
        )
    return found


def _interval(found: Any) -> list[float]:
    return [round(float(each), 6) for each in (found.mean, found.low, found.high)]
