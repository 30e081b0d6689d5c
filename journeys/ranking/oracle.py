"""Summaries made of the items' true tags: the most that a summary of tastes in tags could say.

No language model is asked. If these carry no signal for a recommender, no model's summaries of the
same kind will; where they do, they are the upper bound that a model's are to be held against.
``oracle`` writes them as a text, as a language model would; ``oracle-numbers`` gives the numbers
themselves, which leaves the text encoder out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.ranking.impressions import Impressions, gather_evidence
from journeys.ranking.memory import UserMemory

#: Texts to vectors ``(n, d)``.
Encode = Callable[[Sequence[str]], np.ndarray]

#: Pseudo-events that draw a tag's liking towards the user's own.
_PRIOR = 2.0
#: A tag is liked, or grows, from this deviation in grades.
_NOTABLE = 0.15


@dataclass(frozen=True)
class Taste:
    """What events say of tags.

    Attributes:
        share: shape ``(n_tags,)``: part of the events that carry the tag.
        liking: shape ``(n_tags,)``: mean grade of those against the mean of all, shrunk.
        mean: mean grade of all the events.
    """

    share: np.ndarray
    liking: np.ndarray
    mean: float


def taste(tags: np.ndarray, grades: np.ndarray, base: float) -> Taste:
    """The taste that events ``(E, n_tags)`` with grades ``(E,)`` show, against a mean grade."""
    held = tags.astype(np.float64)
    counts = held.sum(axis=0)
    liking = (held * (grades - base)[:, None]).sum(axis=0) / (counts + _PRIOR)
    return Taste(counts / max(len(grades), 1), liking, float(grades.mean()))


def describe(shown: Taste, names: Sequence[str]) -> str:
    """A taste in words, strongest first."""
    order = np.argsort(-shown.liking, kind="stable").tolist()
    likes = [at for at in order if shown.liking[at] >= _NOTABLE]
    dislikes = [at for at in order[::-1] if shown.liking[at] <= -_NOTABLE]
    seen = [at for at in np.argsort(-shown.share, kind="stable").tolist() if shown.share[at] >= 0.1]
    stars = shown.mean + 1

    def told(tags: list[int]) -> str:
        return ", ".join(
            f"{names[at]} {shown.share[at]:.0%} ({stars + shown.liking[at]:.1f} stars)"
            for at in tags[:6]
        )

    return (
        f"likes: {told(likes) or 'nothing in particular'}; "
        f"dislikes: {told(dislikes) or 'nothing in particular'}; "
        f"watches: {', '.join(names[at] for at in seen[:5])}; mean {stars:.1f} stars"
    )


def describe_shift(before: Taste | None, now: Taste, names: Sequence[str]) -> str:
    """What changed between two tastes, in words."""
    if before is None:
        return "first: nothing came before"
    change = now.liking - before.liking
    new = [n for at, n in enumerate(names) if now.share[at] > 0 and before.share[at] == 0]
    gone = [n for at, n in enumerate(names) if now.share[at] == 0 and before.share[at] > 0]
    order = np.argsort(-change, kind="stable")
    grows = [names[at] for at in order if change[at] >= _NOTABLE][:5]
    fades = [names[at] for at in order[::-1] if change[at] <= -_NOTABLE][:5]
    parts = (("new", new[:5]), ("growing", grows), ("fading", fades), ("dropped", gone[:5]))
    return "; ".join(f"{word}: {', '.join(held) or 'nothing'}" for word, held in parts)


def oracle_memories(
    log: Impressions, known: np.ndarray, size: int, encode: Encode | None
) -> dict[int, UserMemory]:
    """A memory of each user with a full partition.

    Args:
        log: the impressions.
        known: shape ``(n,)``, bool: events whose outcome may be known later.
        size: events a partition, ``K``.
        encode: texts to vectors; None for the numbers themselves.
    """
    users = list(_tastes(log, known, size))
    if encode is None:
        return {one.user: one.as_numbers() for one in users}
    texts = [text for one in users for text in one.as_texts(log.tag_names)]
    distinct = sorted(set(texts))
    vectors = encode(distinct)
    at = {text: row for row, text in enumerate(distinct)}
    memories, start = {}, 0
    for one in users:
        count = len(one.own)
        rows = [at[text] for text in texts[start : start + 3 * count]]
        start += 3 * count
        summary, shift, whole = np.split(vectors[rows], 3)
        memories[one.user] = UserMemory(summary, one.closed_at, shift, whole)
    return memories


@dataclass(frozen=True)
class _UserTastes:
    """One user's tastes by partition (``own``) and up to the end of each (``whole``)."""

    user: int
    closed_at: np.ndarray
    own: list[Taste]
    whole: list[Taste]

    def as_numbers(self) -> UserMemory:
        own, whole = (
            np.stack([np.concatenate([t.liking, t.share, [t.mean]]) for t in tastes])
            for tastes in (self.own, self.whole)
        )
        shift = np.diff(own, axis=0, prepend=own[:1])
        return UserMemory(own, self.closed_at, shift, whole)

    def as_texts(self, names: Sequence[str]) -> list[str]:
        """Summaries, then shifts, then summaries of the whole past."""
        before = [None, *self.own[:-1]]
        return [
            *(describe(shown, names) for shown in self.own),
            *(describe_shift(b, now, names) for b, now in zip(before, self.own, strict=True)),
            *(describe(shown, names) for shown in self.whole),
        ]


def _tastes(log: Impressions, known: np.ndarray, size: int) -> Iterator[_UserTastes]:
    evidence = gather_evidence(log, known)
    for user in range(log.n_users):
        rows = evidence.of(user)
        count = len(rows) // size
        if not count:
            continue
        tags, grades = log.item_tags[log.item[rows]], log.grade[rows]
        own, whole = [], []
        for end in range(size, count * size + 1, size):
            # Against the mean grade so far, so that no later event is in an earlier partition.
            base = float(grades[:end].mean())
            own.append(taste(tags[end - size : end], grades[end - size : end], base))
            whole.append(taste(tags[:end], grades[:end], base))
        yield _UserTastes(user, log.time[rows[size - 1 : count * size : size]], own, whole)
