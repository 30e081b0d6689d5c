"""User vectors as features of a recommender: what an impression may know of its person by then.

The vectors enter :mod:`journeys.ranking` as any memory of a person does: fused with the target item
and given to the backbone beside the impression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from journeys.ranking.impressions import Impressions
from journeys.ranking.memory import UserMemory
from journeys.ranking.splits import Split
from journeys.userllm.datasets import Embed, of_impressions
from journeys.userllm.encoder import UserEncoder
from journeys.userllm.pretraining import PretrainingConfig, epochs_for, pretrain
from journeys.userllm.sequences import EncoderData
from journeys.userllm.vectors import event_vectors

#: Events after which a person has a new vector.
EVERY = 5


def trained_memories(
    log: Impressions,
    split: Split,
    embed: Embed | None = None,
    config: PretrainingConfig | None = None,
    *,
    every: int = EVERY,
) -> Mapping[int, UserMemory]:
    """Train an encoder on a split's training impressions, and give its vectors of what is known.

    Use them with ``run(prepared, backbone, fusion="oneshot", memories=...)`` of
    :mod:`journeys.ranking.experiment`.

    Args:
        log: the impressions.
        split: the encoder learns from ``split.train`` alone, and vectors are of ``split.known``.
        embed: makes content vectors of titles; None for none.
        config: of the training.
        every: events after which a person has a new vector.

    Raises:
        InputError: there is no next event to learn from.
    """
    learnt = _only(log, split.train, embed)
    rules = config or PretrainingConfig()
    everything = np.ones(len(learnt), dtype=bool)
    if config is None:
        rules = replace(rules, epochs=epochs_for(learnt, everything, rules))
    encoder: UserEncoder
    encoder, _ = pretrain(learnt, everything, None, rules)
    return vector_memories(encoder, _only(log, np.flatnonzero(split.known), embed), every=every)


def vector_memories(
    encoder: UserEncoder, data: EncoderData, *, every: int = EVERY
) -> dict[int, UserMemory]:
    """User number to their vectors as time goes on, each of what lay up to its time.

    ``vectors`` are the means of ``every`` events each, ``whole_vectors`` of all events so far,
    which is the pooled user vector at that time. An impression sees only those that were there
    strictly before it. The last events, fewer than ``every``, are left out.

    Args:
        encoder: of the data's vocabulary.
        data: the events that may be known.
    """
    found = {}
    for user, rows in event_vectors(encoder, data):
        ends = np.arange(every, len(rows) + 1, every)
        if not len(ends):
            continue
        sums = np.cumsum(rows, axis=0, dtype=np.float64)[ends - 1]
        own = np.diff(sums, axis=0, prepend=np.zeros((1, sums.shape[1]))) / every
        start = int(data.starts[user])
        closed = np.round(data.times[start + ends - 1] * 1e6).astype(np.int64)
        found[user] = UserMemory(
            vectors=own.astype(np.float32),
            closed_at=closed,
            whole_vectors=(sums / ends[:, None]).astype(np.float32),
        )
    return found


def _only(log: Impressions, rows: np.ndarray, embed: Embed | None) -> EncoderData:
    """Some impressions as the encoder's data; users and items keep their numbers."""
    part = replace(
        log, user=log.user[rows], item=log.item[rows], time=log.time[rows], grade=log.grade[rows]
    )
    return of_impressions(part, embed)
