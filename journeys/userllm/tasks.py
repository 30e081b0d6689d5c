"""Which next events are asked for, what may be known when they are, and how well they were told.

An event is predicted from what lay strictly before its instant, in training as in testing: several
things rated in one second were on one screen, and none of them may tell another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from journeys.errors import ConfigError
from journeys.evaluation.intervals import Interval, macro_mean
from journeys.ranking.splits import WARM
from journeys.userllm.sequences import ITEM, EncoderData

SPLITS = ("last", "global")
CUT = 10

#: Scores of every item for some questions, ``(len(questions), n_items + 1)``; higher is better.
Score = Callable[["Questions"], np.ndarray]


@dataclass(frozen=True)
class Questions:
    """ "What came next?", asked ``q`` times of the users of some data.

    Attributes:
        user: shape ``(q,)``, int64.
        known: shape ``(q,)``, int64: events ``starts[user]:known`` may be seen, none later.
        target: shape ``(q,)``, int64: the event that came.
    """

    user: np.ndarray
    known: np.ndarray
    target: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    def part(self, at: np.ndarray | slice) -> Questions:
        """Some of the questions."""
        return Questions(self.user[at], self.known[at], self.target[at])

    def parts(self, size: int) -> Iterator[Questions]:
        """All of them, ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self.part(slice(start, start + size))


@dataclass(frozen=True)
class NextItemSplit:
    """What is learnt from, and what is asked.

    Attributes:
        train: shape ``(n,)``, bool, events that may be learnt from; the first ones of each user.
        valid, test: the questions on which settings are chosen, and the others.
        note: what a reader of the figures must know.
    """

    train: np.ndarray
    valid: Questions
    test: Questions
    note: str


def split_next(
    data: EncoderData, kind: str, *, seed: int = 0, new_items: bool = False
) -> NextItemSplit:
    """Split the events.

    ``last``: the question is one event of each user's last instant, drawn; the one for validation
    is of the instant before; everything earlier is learnt from. Other users' later events are
    among that. ``global``: the last tenth of all time is asked about, event by event, the tenth
    before it for validation, and nothing later than that is learnt from; only warm users are asked
    about, who have :data:`~journeys.ranking.splits.WARM` events or more to learn from.

    An item that the user had before is not asked about, nor one that nobody has in training unless
    ``new_items``: where things come once, only their content can be told.

    Raises:
        ConfigError: the kind is unknown.
    """
    if kind == "last":
        return _last(data, seed, new_items)
    if kind == "global":
        return _global(data, new_items)
    raise ConfigError(f"There is no split {kind!r}. Choose one of {', '.join(SPLITS)}.")


def _last(data: EncoderData, seed: int, new_items: bool) -> NextItemSplit:
    rng = np.random.default_rng(seed)
    begin = data.instant_start()
    train = np.zeros(len(data), dtype=bool)
    valid, test = [], []
    for user in range(data.n_users):
        start, stop = int(data.starts[user]), int(data.starts[user + 1])
        last = int(begin[stop - 1])
        if last == start:
            train[start:stop] = True
            continue
        test.append((user, last, int(rng.integers(last, stop))))
        before = int(begin[last - 1])
        if before == start:
            train[start:last] = True
            continue
        valid.append((user, before, int(rng.integers(before, last))))
        train[start:before] = True
    return _asked(data, train, np.array(valid), np.array(test), "last", new_items)


def _global(data: EncoderData, new_items: bool) -> NextItemSplit:
    first, second = np.quantile(data.times, [0.8, 0.9])
    train = data.times < first
    owner = data.owner
    warm = np.bincount(owner[train], minlength=data.n_users)[owner] >= WARM
    begin = data.instant_start()
    asked = []
    for part in ((data.times >= first) & (data.times < second), data.times >= second):
        rows = np.flatnonzero(part & warm)
        asked.append(np.column_stack([owner[rows], begin[rows], rows]))
    return _asked(data, train, asked[0], asked[1], "global", new_items)


def _asked(
    data: EncoderData,
    train: np.ndarray,
    valid: np.ndarray,
    test: np.ndarray,
    kind: str,
    new_items: bool,
) -> NextItemSplit:
    items = data.ids[ITEM]
    learnt = np.bincount(items[train], minlength=len(data.catalogue)) > 0
    kept = []
    for rows in (valid, test):
        rows = rows.reshape(-1, 3)
        fair = [
            bool(items[at] and (new_items or learnt[items[at]]))
            and items[at] not in items[data.starts[user] : known]
            for user, known, at in rows.tolist()
        ]
        kept.append(Questions(*(np.ascontiguousarray(each) for each in rows[fair].T)))
    questions = kept[1]
    said = {
        "last": "one event of each user's last instant is asked for, the instant before it is for "
        "validation",
        "global": f"the last tenth of all time is asked for, of warm users ({WARM} events or more "
        "before the last fifth), event by event with frozen weights",
    }[kind]
    note = (
        f"{said}; {len(questions):,} questions to {len(np.unique(questions.user)):,} users of "
        f"{data.n_users:,}; {len(test) - len(questions):,} left out, whose item "
        f"{'was' if new_items else 'was new to all or'} known to the user"
    )
    return NextItemSplit(train, kept[0], questions, note)


def earlier_cuts(
    data: EncoderData,
    learnt: np.ndarray,
    users: Sequence[int],
    rounds: int,
    *,
    least: int = CUT,
    seed: int = 0,
) -> list[Questions]:
    """More questions inside the events that are learnt from: ``rounds`` of one cut a user.

    A user's cuts are instants drawn without repetition, with at least ``least`` events before
    them; somebody with fewer instants is asked about in fewer rounds. An item that the user had
    before is not asked about.

    Args:
        learnt: shape ``(n,)``, bool; the first events of each user.
    """
    begin, items = data.instant_start(), data.ids[ITEM]
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(rounds)]
    for user in users:
        start = int(data.starts[user])
        stop = start + int(learnt[start : data.starts[user + 1]].sum())
        rng = np.random.default_rng([seed, user])
        cuts = np.unique(begin[start:stop])
        drawn = rng.permutation(cuts[cuts >= start + least])[:rounds]
        for own, cut in zip(found, drawn.tolist(), strict=False):
            together = cut + np.flatnonzero(begin[cut:stop] == cut)
            target = int(rng.choice(together))
            if items[target] and items[target] not in items[start:cut]:
                own.append((user, cut, target))
    return [Questions(*np.array(each, dtype=np.int64).reshape(-1, 3).T) for each in found]


@dataclass(frozen=True)
class Ranked:
    """Where the true items stood, one a question.

    Attributes:
        user: shape ``(q,)``.
        rank: shape ``(q,)``, float64, from 1; ties count half.
    """

    user: np.ndarray
    rank: np.ndarray

    @property
    def recall(self) -> np.ndarray:
        """1 where the item was among the first ten."""
        return (self.rank <= CUT).astype(np.float64)

    @property
    def ndcg(self) -> np.ndarray:
        """At ten, of one relevant item: ``1 / log2(1 + rank)``."""
        return np.where(self.rank <= CUT, 1 / np.log2(1 + self.rank), 0.0)

    def by_user(self, values: np.ndarray) -> np.ndarray:
        """The mean of each user's questions, by user."""
        _, at = np.unique(self.user, return_inverse=True)
        means: np.ndarray = np.bincount(at, values) / np.bincount(at)
        return means

    def mean(self, name: str) -> float:
        """The mean over users of ``recall`` or ``ndcg``, without an interval."""
        return float(self.by_user(getattr(self, name)).mean())

    def figures(self) -> dict[str, Interval]:
        """``recall`` and ``ndcg`` at ten, means over users with intervals over users."""
        return {
            "recall": macro_mean(self.by_user(self.recall).tolist()),
            "ndcg": macro_mean(self.by_user(self.ndcg).tolist()),
        }


def rank(data: EncoderData, questions: Questions, score: Score, *, size: int = 256) -> Ranked:
    """Rank the whole catalogue for each question.

    Left out, for all alike: what the user had before, and what else came in the same instant,
    which is neither right nor wrong.
    """
    items, begin = data.ids[ITEM], data.instant_start()
    ends = np.append(np.flatnonzero(np.diff(begin)) + 1, len(data))
    ranks = []
    for part in questions.parts(size):
        scores = np.array(score(part), dtype=np.float64)
        scores[:, 0] = -np.inf
        for row, (user, known, target) in enumerate(
            zip(part.user.tolist(), part.known.tolist(), part.target.tolist(), strict=True)
        ):
            end = int(ends[np.searchsorted(ends, target, side="right")])
            own = scores[row, items[target]]
            scores[row, items[data.starts[user] : known]] = -np.inf
            scores[row, items[begin[target] : end]] = -np.inf
            scores[row, items[target]] = own
        true = scores[np.arange(len(part)), items[part.target]][:, None]
        others = (scores > true).sum(1) + 0.5 * ((scores == true).sum(1) - 1)
        ranks.append(1 + others)
    return Ranked(questions.user, np.concatenate(ranks) if ranks else np.zeros(0))


def mean_of_seeds(runs: list[Ranked]) -> Ranked:
    """Questions of several trainings together, so that each user's mean is over all of them."""
    return replace(
        runs[0],
        user=np.concatenate([each.user for each in runs]),
        rank=np.concatenate([each.rank for each in runs]),
    )
