"""How well a service foretells, and how a user's preferences moved: both from what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from journeys.agents.explaining import Reason, preferences
from journeys.agents.rows import RowRules, UserRows, learn
from journeys.agents.shared import SharedModel
from journeys.agents.states import Episode, UserState
from journeys.ranking.scores import auc, ece, logloss


@dataclass(frozen=True)
class Foretold:
    """How well chances that were believed just before feedback fit it: progressive validation
    (Blum, Kalai and Langford 1999), so nothing is judged on what it learnt from.

    Attributes:
        feedback: how many, of how many ``users``.
        accepted: share of them.
        logloss, auc, ece: with the users' own rows; AUC is NaN unless there are both kinds.
        logloss_without, auc_without: by the shared weights alone.
    """

    feedback: int
    users: int
    accepted: float
    logloss: float
    auc: float
    ece: float
    logloss_without: float
    auc_without: float


def foretold(states: Iterable[UserState]) -> Foretold | None:
    """Over all users given; None where nothing was foreseen."""
    rows: list[tuple[int, float, float]] = []
    users = 0
    for state in states:
        before = len(rows)
        rows += [
            (each.liked, each.foreseen, each.without_own)
            for each in state.episodes
            if each.liked is not None and each.foreseen is not None and each.without_own is not None
        ]
        users += len(rows) > before
    if not rows:
        return None
    liked = np.array([row[0] for row in rows]) == 1
    chances, without = np.array([row[1:] for row in rows], dtype=np.float64).T
    return Foretold(
        feedback=len(rows),
        users=users,
        accepted=float(liked.mean()),
        logloss=logloss(liked, chances),
        auc=auc(liked, chances),
        ece=ece(liked, chances),
        logloss_without=logloss(liked, without),
        auc_without=auc(liked, without),
    )


@dataclass(frozen=True)
class Moved:
    """What a user's preferences were after something they said.

    Attributes:
        episode: what it was said to.
        preferences: the strongest first.
    """

    time: datetime
    episode: Episode
    preferences: tuple[Reason, ...]


def moved(
    model: SharedModel, rules: RowRules, episodes: Sequence[Episode], *, most: int = 10
) -> list[Moved]:
    """A user's preferences after each of their kept feedbacks, the earliest first.

    They are learnt once more from the kept episodes, beside the shared weights now in use; where
    older episodes are no longer kept, the first moments know less than the user's rows did.
    """
    said = sorted(
        ((each.known, each) for each in episodes if each.known is not None),
        key=lambda pair: pair[0],
    )
    rows = UserRows()
    found = []
    for time, episode in said:
        assert episode.liked is not None
        shared = float(model.logits([episode.features])[0])
        rows = learn(rows, rules, episode.features, shared, episode.liked, time, episode.weight)
        found.append(Moved(time, episode, tuple(preferences(rows, rules, time, most=most))))
    return found
