"""What each model costs: to score a request, and to learn one outcome, in microseconds of this
machine (medians); a refit, in seconds; and tokens of prompt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from journeys.agents.evaluation.embedded import user_vector
from journeys.agents.evaluation.hashed import HashedMemory, ngrams
from journeys.agents.evaluation.models import Setting, Tuned, with_user_ids
from journeys.agents.evaluation.stream import Stream
from journeys.agents.fitting import fit_shared
from journeys.agents.rows import UserRows, guess, learn
from journeys.agents.shared import SharedModel

#: Requests that are timed.
_TIMED = 200


def costs(
    stream: Stream, shared: SharedModel, of_all: SharedModel, setting: Setting
) -> dict[str, dict[str, Any]]:
    """By model: ``score_us``, ``update_us`` (None: it learns by a refit alone), ``refit_s`` (None:
    it has none) and ``tokens``.

    Args:
        shared: the newest shared weights.
        of_all: the newest global regression.
    """
    rows = list(range(len(stream)))[-_TIMED:]
    now = stream.made[-1]
    held: dict[str, UserRows] = {}
    tuned, hashed = Tuned(of_all, setting.rate), HashedMemory(setting.shrink_hashed)
    grams = {at: ngrams(stream, at) for at in rows}
    with_user = {at: with_user_ids(stream.example(at)) for at in rows}
    content = np.stack([each.content for each in stream.features])
    weights = np.ones(4 * content.shape[1] + 4)

    def own(at: int) -> UserRows:
        return held.get(stream.users[at], UserRows())

    def logit(at: int) -> float:
        return float(shared.logits([stream.features[at]])[0])

    def score(at: int) -> None:
        guess(own(at), setting.rows, stream.features[at], logit(at), now)

    def update(at: int) -> None:
        held[stream.users[at]] = learn(
            own(at), setting.rows, stream.features[at], logit(at), int(stream.liked[at]), now
        )

    def probe(at: int) -> None:
        past = slice(max(at - 20, 0), at)
        float(user_vector(content[past], stream.liked[past], content[at]) @ weights)
        logit(at)

    examples = [stream.example(at) for at in stream.known_before(now)]
    began = time.perf_counter()
    fit_shared(examples, stream.schema, now, setting.fit)
    refit = time.perf_counter() - began

    def told(
        asked: Callable[[int], object], learnt: Callable[[int], object] | None, refit: float | None
    ) -> dict[str, Any]:
        return {
            "score_us": _median(asked, rows),
            "update_us": _median(learnt, rows) if learnt is not None else None,
            "refit_s": refit,
            "tokens": 0,
        }

    return {
        "preferences": told(score, update, refit),
        "user_embedding": told(probe, None, refit),
        "tuned_on_stream": told(
            lambda at: tuned.logit(with_user[at]),
            lambda at: tuned.learn(with_user[at], int(stream.liked[at])),
            None,
        ),
        "hashed_static": told(lambda at: hashed.chance(grams[at]), None, refit=None),
        "hashed_online": told(
            lambda at: hashed.chance(grams[at]),
            lambda at: hashed.write(grams[at], int(stream.liked[at])),
            None,
        ),
    }


def _median(step: Callable[[int], object], rows: Sequence[int]) -> float:
    taken = []
    for at in rows:
        began = time.perf_counter()
        step(at)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken) * 1e6)
