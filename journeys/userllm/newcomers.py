"""How many events a new person needs before their vector helps.

New people are those of a global split of time of whom nothing was learnt from: they came after the
training's end. Each of their events is asked for, from what they had done until then, and the
answers are gathered by how many events that was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.evaluation.intervals import Interval, macro_mean
from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.tasks import Questions, Ranked, Score, rank

#: Edges of the numbers of known events: 1, 2, 3-4, 5-9, ...
EDGES = (1, 2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class CurvePoint:
    """Next-item quality of new people with so many events.

    Attributes:
        least, most: events known, both ends included; ``most`` is None for the last point.
        users, questions: behind the figures.
        ndcg: route to NDCG@10 over the whole catalogue, mean over users.
        gain: route to its NDCG@10 less that of the first route, paired by user.
    """

    least: int
    most: int | None
    users: int
    questions: int
    ndcg: Mapping[str, Interval]
    gain: Mapping[str, Interval]

    @property
    def told(self) -> str:
        """The events known, as a row's head."""
        if self.most is None:
            return f"{self.least} and more"
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


def newcomer_questions(data: EncoderData, train: np.ndarray) -> Questions:
    """Every event but those of the first instant of everybody who has no event in training.

    Items that training does not have, or the person had before, are not asked about.
    """
    items, begin = data.ids[ITEM], data.instant_start()
    learnt = np.bincount(items[train], minlength=len(data.catalogue)) > 0
    owner = data.owner
    new = np.bincount(owner[train], minlength=data.n_users) == 0
    found = []
    for row in np.flatnonzero(new[owner] & learnt[items]).tolist():
        start, known = int(data.starts[owner[row]]), int(begin[row])
        if known > start and items[row] not in items[start:known]:
            found.append((owner[row], known, row))
    return Questions(*np.array(found, dtype=np.int64).reshape(-1, 3).T.copy())


def curve(
    data: EncoderData,
    asked: Questions,
    routes: Mapping[str, Score],
    edges: Sequence[int] = EDGES,
) -> list[CurvePoint]:
    """NDCG@10 by events known.

    Args:
        data: with the new people.
        asked: see :func:`newcomer_questions`.
        routes: name to scorer; gains are against the first.
        edges: least numbers of known events of the points, ascending.
    """
    known = asked.known - data.starts[asked.user]
    ranked = {name: rank(data, asked, score) for name, score in routes.items()}
    first = next(iter(routes))
    points = []
    for at, least in enumerate(edges):
        most = edges[at + 1] - 1 if at + 1 < len(edges) else None
        mine = (known >= least) & (known <= (most if most is not None else known))
        if not mine.any():
            continue
        means = {name: _by_user(each, mine) for name, each in ranked.items()}
        points.append(
            CurvePoint(
                least=least,
                most=most,
                users=len(means[first]),
                questions=int(mine.sum()),
                ndcg={name: macro_mean(each.tolist()) for name, each in means.items()},
                gain={
                    name: macro_mean((each - means[first]).tolist())
                    for name, each in means.items()
                    if name != first
                },
            )
        )
    return points


def _by_user(ranked: Ranked, mine: np.ndarray) -> np.ndarray:
    part = Ranked(ranked.user[mine], ranked.rank[mine])
    return part.by_user(part.ndcg)
