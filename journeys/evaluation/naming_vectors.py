"""Measures of names by the judge's vectors: similarity, retrieval and breadth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from journeys.evaluation.naming_groups import TrueGroup

#: Groups that a name is told apart from, besides those of the same user.
CONFUSABLE = 20


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Cosine of each row with the same row of the other; both unit rows ``(n, d)``; ``(n,)``."""
    return np.asarray(np.sum(one * other, axis=1, dtype=np.float64))


def centroids(vectors: Sequence[np.ndarray]) -> np.ndarray:
    """Unit mean vectors of groups, less what all of them share; shape ``(groups, d)``.

    Args:
        vectors: of each group's unseen titles, unit rows, at least one each.
    """
    means = np.stack([rows.mean(axis=0, dtype=np.float64) for rows in vectors])
    means -= means.mean(axis=0)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.where(lengths > 0, lengths, 1.0))


def confusable(
    groups: Sequence[TrueGroup],
    wanted: Sequence[int],
    points: np.ndarray,
    super_groups: Mapping[str, str],
    *,
    most: int = CONFUSABLE,
    seed: int = 0,
) -> list[np.ndarray]:
    """For each wanted group the groups that its name must tell it from, itself first.

    The user's other groups, and up to ``most`` of other users: of the same super-group where that
    is known, else the nearest by the judge. One group a name, from a user drawn by the seed, and
    never another user's group of the same name, which is the same interest. Of a super-group with
    more than ``most`` names the nearest are taken.

    Args:
        groups: every group of the log.
        wanted: positions in ``groups``.
        points: shape ``(groups, d)``, from :func:`centroids`.
        super_groups: group name -> super-group.

    Returns:
        For each of ``wanted``, positions in ``groups``.
    """
    instance: dict[str, int] = {}
    for at in np.random.default_rng(seed).permutation(len(groups)).tolist():
        instance.setdefault(groups[at].group, at)
    others = np.array(sorted(instance.values()), dtype=np.int64)
    result = []
    for at in wanted:
        own = groups[at]
        mine = [
            n for n, one in enumerate(groups) if one.user_id == own.user_id and one.key != own.key
        ]
        taken = {own.group, *(groups[n].group for n in mine)}
        above = super_groups.get(own.group)
        rest = [
            n
            for n in others[np.argsort(-(points[others] @ points[at]), kind="stable")].tolist()
            if groups[n].group not in taken
            and (above is None or super_groups.get(groups[n].group) == above)
        ]
        result.append(np.array([at, *mine, *rest[:most]], dtype=np.int64))
    return result


def retrieved(names: np.ndarray, choices: Sequence[np.ndarray], points: np.ndarray) -> np.ndarray:
    """Whether each name is nearest to its own group's unseen half among its choices.

    Args:
        names: shape ``(n, d)``, unit rows.
        choices: of each name, positions in ``points``, its own group first.

    Returns:
        Shape ``(n,)``: 1 or 0; a tie for the first place with k others counts 1 / (k + 1).
    """
    right = np.zeros(len(names))
    for row, (name, chosen) in enumerate(zip(names, choices, strict=True)):
        close = points[chosen] @ name.astype(np.float64)
        first = np.flatnonzero(close >= close.max() - 1e-9)
        right[row] = (0 in first) / len(first)
    return right


def breadth(names: np.ndarray, unseen: Sequence[np.ndarray], items: np.ndarray) -> np.ndarray:
    """The share of a log's items at least as close to each name as its group's median item.

    Args:
        names: shape ``(n, d)``, unit rows.
        unseen: vectors of each group's unseen titles.
        items: shape ``(items, d)``, unit rows: the log's different titles, or a sample.

    Returns:
        Shape ``(n,)``, in [0, 1].
    """
    medians = np.array(
        [np.median(rows @ name) for rows, name in zip(unseen, names, strict=True)],
        dtype=np.float32,
    )
    return np.asarray(((items @ names.T) >= medians - np.float32(1e-6)).mean(axis=0))
