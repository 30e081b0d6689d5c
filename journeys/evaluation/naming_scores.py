"""The bench of names: every measure of every group's names, at each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.evaluation.naming_given import Given
from journeys.evaluation.naming_groups import Case, TrueGroup
from journeys.evaluation.naming_judge import Judge
from journeys.evaluation.naming_names import HumanNames
from journeys.evaluation.naming_vectors import breadth, centroids, confusable, cosines, retrieved
from journeys.evaluation.naming_words import Faithfulness, chrf, distinct_shares, rouge_l
from journeys.journey import LEVELS
from journeys.timeline import ActivityLog

#: Breadth is measured on at most so many of a log's items, drawn by the seed.
MOST_ITEMS = 20_000


@dataclass(frozen=True)
class Scores:
    """One namer's figures. Arrays are by group and level, shape ``(groups, 5)``; NaN: not defined.

    Attributes:
        similarity: cosine to the human name by the judge.
        retrieval: whether the name is nearest to its own group's unseen half.
        rouge_l, chrf: overlap with the human name.
        breadth: share of the log's items at least as close as the group's median unseen item.
        faithful: share of content words that the evidence has.
        proper: the same of proper nouns.
        distinct: whether no other name of the user says the same.
        given: the names.
    """

    similarity: np.ndarray
    retrieval: np.ndarray
    rouge_l: np.ndarray
    chrf: np.ndarray
    breadth: np.ndarray
    faithful: np.ndarray
    proper: np.ndarray
    distinct: np.ndarray
    given: tuple[Given, ...]

    @property
    def breadth_falls(self) -> np.ndarray:
        """Whether breadth falls from level 1 to 3 to 5, shape ``(groups,)``."""
        return np.asarray(falls(self.breadth[:, [0, 2, 4]]).all(axis=1))

    @property
    def breadth_steps(self) -> np.ndarray:
        """Whether breadth falls at each of the four steps, shape ``(groups, 4)``."""
        return falls(self.breadth)


def falls(values: np.ndarray) -> np.ndarray:
    """Whether each column is below the one before, shape ``(n, columns - 1)``."""
    return np.asarray(values[:, 1:] < values[:, :-1])


class Bench:
    """Scores names of a fixed set of groups.

    Args:
        log: whose items breadth is measured on.
        groups: every group of the log that can be cut in two, wanted or not.
        cases: the groups to be named.
        judge: an embedding model that no namer uses.
        seed: of the items and of the groups that a name is told from.
    """

    def __init__(
        self,
        log: ActivityLog,
        groups: Sequence[TrueGroup],
        cases: Sequence[Case],
        human: HumanNames,
        judge: Judge,
        *,
        seed: int = 0,
        most_items: int = MOST_ITEMS,
    ) -> None:
        self.cases = tuple(cases)
        self.human = human
        self._judge = judge
        titles = sorted({title for title in log.frame["title"].tolist() if title.strip()})
        if len(titles) > most_items:
            drawn = np.random.default_rng(seed).choice(len(titles), most_items, replace=False)
            titles = [titles[at] for at in np.sort(drawn)]
        self._items = judge.vectors(titles)
        unseen = [title for group in groups for title in group.unseen]
        ends = np.cumsum([len(group.unseen) for group in groups])
        vectors = np.split(judge.vectors(unseen), ends[:-1])
        place = {group.key: at for at, group in enumerate(groups)}
        wanted = [place[case.group.key] for case in cases]
        self._unseen = [vectors[at] for at in wanted]
        self._points = centroids(vectors)
        self._choices = confusable(groups, wanted, self._points, human.super_groups, seed=seed)
        self._faithful = [Faithfulness(case.evidence) for case in cases]

    @property
    def choices(self) -> float:
        """Mean number of groups that a name is told from, its own included."""
        return float(np.mean([len(chosen) for chosen in self._choices]))

    def score(self, given: Sequence[Given]) -> Scores:
        """Score one namer's names, given in the order of the cases."""
        if len(given) != len(self.cases):
            raise ValueError(f"{len(self.cases)} groups need as many names, not {len(given)}")
        users = [case.group.user_id for case in self.cases]
        figures: dict[str, list[np.ndarray]] = {}
        for level in range(1, len(LEVELS) + 1):
            names = [one.levels[level - 1] for one in given]
            human = [self.human.at(case.group.group, level) for case in self.cases]
            vectors = self._judge.vectors(names)
            column: Mapping[str, Sequence[float] | np.ndarray] = {
                "similarity": cosines(vectors, self._judge.vectors(human)),
                "retrieval": retrieved(vectors, self._choices, self._points),
                "breadth": breadth(vectors, self._unseen, self._items),
                "rouge_l": [rouge_l(*pair) for pair in zip(names, human, strict=True)],
                "chrf": [chrf(*pair) for pair in zip(names, human, strict=True)],
                "faithful": [f.content(n) for f, n in zip(self._faithful, names, strict=True)],
                "proper": [f.proper(n) for f, n in zip(self._faithful, names, strict=True)],
                "distinct": distinct_shares(names, users),
            }
            for measure, values in column.items():
                figures.setdefault(measure, []).append(np.asarray(values, dtype=np.float64))
        arrays = {measure: np.stack(columns, axis=1) for measure, columns in figures.items()}
        return Scores(**arrays, given=tuple(given))
