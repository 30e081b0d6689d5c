"""A log of decisions as a stream: a request is scored when it is made, and its outcome is learnt
from when it is known, which may be weeks later.

The stream is cut by time into a warm-up and :data:`BLOCKS` blocks. Shared weights are fitted at the
start of each block on what was known by then (forward chaining); what learns online learns in
between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from journeys.agents.features import Features, FeatureSchema, Projection, encode, fields_of
from journeys.agents.fitting import Example
from journeys.agents.simulated import require_one_kind
from journeys.agents.trajectories import Trajectory, signal_of
from journeys.errors import InputError

BLOCKS = 5

#: Fewer requests make no blocks.
_FEWEST = 60

#: Letters of a request that are read.
_TEXT = 1000


@dataclass(frozen=True)
class Stream:
    """Requests in order of time.

    Attributes:
        users, repos, agents: whose, where, by whom.
        made: when each was made.
        known: since when its outcome is known.
        liked: shape ``(n,)``, int64.
        block: shape ``(n,)``, int64: 0 the warm-up, then 1 to :data:`BLOCKS`.
        features: as known when it was made.
        projection: of the embedder's vectors, fitted on the warm-up; None without content.
        schema: of the features.
        requests: title, line break and text, as far as they are read.
        vectors: shape ``(n, d)``: the embedder's, as they are; None without content.
    """

    users: tuple[str, ...]
    repos: tuple[str, ...]
    agents: tuple[str, ...]
    made: tuple[datetime, ...]
    known: tuple[datetime, ...]
    liked: np.ndarray
    block: np.ndarray
    features: tuple[Features, ...]
    projection: Projection | None
    schema: FeatureSchema
    requests: tuple[str, ...] = ()
    vectors: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.users)

    def starts(self, block: int) -> datetime:
        """When a block begins."""
        return self.made[int(np.flatnonzero(self.block == block)[0])]

    def example(self, at: int) -> Example:
        """What is learnt from a request once its outcome is known."""
        return Example(self.users[at], self.known[at], self.features[at], int(self.liked[at]))

    def known_before(self, time: datetime) -> list[int]:
        """Requests whose outcome is known before a time, in the order in which they became so."""
        found = [at for at in range(len(self)) if self.known[at] < time]
        return sorted(found, key=lambda at: (self.known[at], at))

    def replay(self) -> Iterator[tuple[str, int]]:
        """``("learn", i)`` when an outcome becomes known and ``("score", i)`` when a request is
        made, in order of time; what becomes known at the same instant is not known yet."""
        learnt = sorted(range(len(self)), key=lambda at: (self.known[at], at))
        place = 0
        for at in range(len(self)):
            while place < len(learnt) and self.known[learnt[place]] < self.made[at]:
                yield "learn", learnt[place]
                place += 1
            yield "score", at


def stream_of(
    trajectories: Sequence[Trajectory],
    schema: FeatureSchema | None = None,
    encode_texts: Callable[[Sequence[str]], np.ndarray] | None = None,
) -> Stream:
    """A stream of trajectories that have times and a signal.

    Args:
        encode_texts: texts to vectors, shape ``(n, d)``; None leaves content out.

    Raises:
        InputError: there are too few of them, or some are of people and some of simulated users.
    """
    require_one_kind(trajectories)
    schema = schema or FeatureSchema()
    said = [(each, signal_of(each)) for each in trajectories]
    usable = [
        (each, signal, each.time, signal.time)
        for each, signal in said
        if signal is not None and each.time is not None and signal.time is not None
    ]
    if len(usable) < _FEWEST:
        raise InputError(
            f"Only {len(usable)} requests have a time and an outcome; an evaluation needs "
            f"{_FEWEST}."
        )
    usable.sort(key=lambda each: (each[2], each[0].order))
    n = len(usable)
    block = np.minimum(np.arange(n) * (BLOCKS + 1) // n, BLOCKS)
    content: list[np.ndarray | None] = [None] * n
    projection, vectors = None, None
    requests = tuple(each[0].request[:_TEXT] for each in usable)
    if encode_texts is not None and schema.content:
        vectors = np.asarray(encode_texts(list(requests)))
        vectors = vectors.astype(np.float64)
        projection = Projection.fit(vectors[block == 0], schema.content)
        content = list(projection(vectors))
    return Stream(
        users=tuple(each.user_id for each, *_ in usable),
        repos=tuple(each.context.get("repo", "") for each, *_ in usable),
        agents=tuple(each.context.get("agent", "") for each, *_ in usable),
        made=tuple(made for _, _, made, _ in usable),
        known=tuple(known for *_, known in usable),
        liked=np.array([signal.liked for _, signal, *_ in usable], dtype=np.int64),
        block=block.astype(np.int64),
        features=tuple(
            encode(schema, fields_of(each), made, vector)
            for (each, _, made, _), vector in zip(usable, content, strict=True)
        ),
        projection=projection,
        schema=schema,
        requests=requests,
        vectors=vectors,
    )


def past_events(stream: Stream) -> np.ndarray:
    """Shape ``(n,)``: outcomes of the same user known when each request was made."""
    counts: dict[str, int] = {}
    found = np.zeros(len(stream), dtype=np.int64)
    for what, at in stream.replay():
        user = stream.users[at]
        if what == "learn":
            counts[user] = counts.get(user, 0) + 1
        else:
            found[at] = counts.get(user, 0)
    return found


def known_of_users(stream: Stream, asked: Collection[int]) -> dict[int, tuple[int, ...]]:
    """For each request asked for: those of the same user whose outcome was known when it was made,
    in the order in which they became known."""
    held: dict[str, list[int]] = {}
    wanted = frozenset(asked)
    found = {}
    for what, at in stream.replay():
        own = held.setdefault(stream.users[at], [])
        if what == "learn":
            own.append(at)
        elif at in wanted:
            found[at] = tuple(own)
    return found
