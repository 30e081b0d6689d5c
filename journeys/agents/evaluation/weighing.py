"""Does what a user endorsed say more of them than what they merely asked for?

A user's texts so far become one vector, in which what was accepted counts 1 and what was only asked
for, and rejected, counts less, as much, or against. How well the vector tells the user's next
request from requests of others at that time is the measure: it needs no verdict on the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeys.agents.evaluation.intervals import Estimate, user_mean
from journeys.agents.evaluation.stream import Stream, known_of_users
from journeys.errors import InputError

#: Requests of other users, the nearest in time, among which the next one is to be found.
OTHERS = 99

ACCEPTED, REJECTED = "accepted alone", "rejected alone"


@dataclass(frozen=True)
class Found:
    """Places of next requests among :data:`OTHERS` others, by weight of what was rejected.

    Attributes:
        rows: of the stream: requests whose user had both an accepted and a rejected one known.
        places: weight -> places from 1, shape ``(rows,)``; ties share their mean. Also of
            :data:`ACCEPTED` and :data:`REJECTED`: as many of the newest of the one kind as of the
            other, so that neither has more to say by being more.
    """

    rows: np.ndarray
    places: dict[str, np.ndarray]


def next_requests(stream: Stream, weights: Sequence[float], *, other_repos: bool = False) -> Found:
    """Find each next request by what is known of its user, with each weight of the rejected.

    Args:
        weights: of a rejected text beside 1 for an accepted one.
        other_repos: only requests in a repository where none of the user's known ones was, so that
            the repository does not give the user away.

    Raises:
        InputError: the stream has no vectors, or no user has both kinds.
    """
    if stream.vectors is None:
        raise InputError("What users endorsed is weighed by their texts: an embedder is needed.")
    norms = np.linalg.norm(stream.vectors, axis=1, keepdims=True)
    vectors = stream.vectors / np.maximum(norms, 1e-12)
    vectors = vectors - vectors[stream.block == 0].mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    users, repos = np.array(stream.users), np.array(stream.repos)
    known = known_of_users(stream, np.flatnonzero(stream.block > 0).tolist())
    rows: list[int] = []
    places: dict[str, list[float]] = {}
    for at, past in known.items():
        own = np.array(past, dtype=np.int64)
        liked = stream.liked[own]
        if len(np.unique(liked)) < 2 or (other_repos and repos[at] in repos[own]):
            continue
        others = _nearest(at, users)
        rows.append(at)
        as_many = min(int(liked.sum()), int((1 - liked).sum()))
        profiles = {
            str(weight): np.where(liked == 1, 1.0, weight) @ vectors[own] for weight in weights
        }
        for name, kind in ((ACCEPTED, 1), (REJECTED, 0)):
            profiles[name] = vectors[own[liked == kind][-as_many:]].sum(axis=0)
        for name, profile in profiles.items():
            scores = vectors[others] @ profile
            mine = float(vectors[at] @ profile)
            tied = (scores == mine).sum()
            places.setdefault(name, []).append(float(1 + (scores > mine).sum() + tied / 2))
    if not rows:
        raise InputError("No user has both an accepted and a rejected request before another one.")
    return Found(np.array(rows), {name: np.array(each) for name, each in places.items()})


def compared(stream: Stream, found: Found, base: str, mask: np.ndarray) -> dict[str, Any]:
    """Mean reciprocal rank by weight, and the difference to one of them, with intervals over users.

    Args:
        base: which the others are set against.
        mask: shape ``(rows,)``: which of the requests count.
    """
    users = np.array(stream.users)[found.rows][mask]
    result: dict[str, Any] = {"requests": int(mask.sum()), "users": len(set(users))}
    for name, places in found.places.items():
        mean = user_mean(1 / places[mask], users)
        change = user_mean(1 / places[mask] - 1 / found.places[base][mask], users)
        result[name] = _told(mean) | {"against": _told(change)}
    return result


def _nearest(at: int, users: np.ndarray) -> np.ndarray:
    """Requests of others, the nearest in the order of time."""
    others = np.flatnonzero(users != users[at])
    return others[np.argsort(np.abs(others - at), kind="stable")[:OTHERS]]


def _told(each: Estimate) -> dict[str, Any]:
    return {"mrr": each.value, "mrr_interval": each.interval, "detectable": each.detectable}
