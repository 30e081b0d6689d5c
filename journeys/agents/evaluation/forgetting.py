"""What others' events do to what is said of a user who is silent.

Users of the first half are asked about their own requests of that time, once when it ends and once
after everybody else has gone on: the probe's requests are the same, so any change is of others'
making.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from journeys.agents.evaluation.hashed import HashedMemory, ngrams
from journeys.agents.evaluation.intervals import losses, user_mean
from journeys.agents.evaluation.models import Setting, Tuned, with_user_ids
from journeys.agents.evaluation.stream import Stream
from journeys.agents.rows import UserRows, guess, learn
from journeys.agents.shared import SharedModel

#: Blocks of which the probe's requests are; the others are what came after.
_PROBED = (1, 2)

#: Requests of a user in those blocks, to be asked.
_LEAST = 2


def forgetting(
    stream: Stream, shared: SharedModel, of_all: SharedModel, setting: Setting
) -> dict[str, dict[str, Any]]:
    """Of the preference model, of the one fine-tuned on the stream and of the hashed memory: how
    far chances moved, and how much worse the log loss of the probe's requests became.

    Args:
        shared: shared weights of the preference model, frozen throughout.
        of_all: the global model that is fine-tuned.
    """
    inside = np.isin(stream.block, _PROBED)
    users, counts = np.unique(np.array(stream.users)[inside], return_counts=True)
    asked = set(users[counts >= _LEAST])
    probe = [at for at in np.flatnonzero(inside).tolist() if stream.users[at] in asked]
    ends = stream.starts(_PROBED[-1] + 1)
    begun = stream.starts(1)
    logits = shared.logits(stream.features)
    rows: dict[str, UserRows] = {}
    tuned = Tuned(of_all, setting.rate)
    hashed = HashedMemory(setting.shrink_hashed)

    def take(at: int) -> None:
        user = stream.users[at]
        rows[user] = learn(
            rows.get(user, UserRows()),
            setting.rows,
            stream.features[at],
            float(logits[at]),
            int(stream.liked[at]),
            stream.known[at],
        )
        hashed.write(ngrams(stream, at), int(stream.liked[at]))
        if stream.known[at] >= begun:
            tuned.learn(with_user_ids(stream.example(at)), int(stream.liked[at]))

    def ask() -> dict[str, np.ndarray]:
        own = [
            guess(
                rows.get(stream.users[at], UserRows()),
                setting.rows,
                stream.features[at],
                float(logits[at]),
                ends,
            ).chance
            for at in probe
        ]
        one = [tuned.logit(with_user_ids(stream.example(at))) for at in probe]
        return {
            "preferences": np.array(own),
            "tuned_on_stream": 1.0 / (1.0 + np.exp(-np.array(one))),
            "hashed_online": np.array([hashed.chance(ngrams(stream, at)) for at in probe]),
        }

    order = sorted(range(len(stream)), key=lambda at: (stream.known[at], at))
    for at in order:
        if stream.known[at] < ends:
            take(at)
    before = ask()
    others = [at for at in order if stream.known[at] >= ends and stream.users[at] not in asked]
    for at in others:
        take(at)
    after = ask()
    whose = np.array([stream.users[at] for at in probe])
    liked = stream.liked[probe]

    def told(kind: str) -> dict[str, Any]:
        moved = np.abs(after[kind] - before[kind])
        worse = user_mean(losses(liked, after[kind]) - losses(liked, before[kind]), whose)
        return {
            "probe_requests": len(probe),
            "probe_users": len(asked),
            "events_of_others": len(others),
            "chance_moved_mean": float(moved.mean()),
            "chance_moved_most": float(moved.max()),
            "logloss_worse": worse.value,
            "logloss_worse_interval": worse.interval,
        }

    return {kind: told(kind) for kind in after}
