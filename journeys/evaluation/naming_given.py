"""Names that are to be judged: a namer's, a file's, and the controls'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np

from journeys.discovery.progress import Progress, Silent, check
from journeys.errors import EndpointBusy, InputError
from journeys.evaluation.naming_cost import Cost, Tally
from journeys.evaluation.naming_groups import Case, Key
from journeys.evaluation.naming_names import HumanNames, nearest_level
from journeys.journey import LEVELS
from journeys.naming import Evidence, Namer
from journeys.naming.keyphrases import keyphrase_levels
from journeys.spreadsheet import write_csv

#: Controls, by name; each gives the same names on any machine.
TOP_TERMS, FIRST_TITLE, CENTRAL_TITLE = "top terms", "first title", "central title"
SHUFFLED, HUMAN = "shuffled names", "human name"
CONTROLS = (TOP_TERMS, FIRST_TITLE, CENTRAL_TITLE, SHUFFLED, HUMAN)

Levels = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Given:
    """The five names that one group was given.

    Attributes:
        fallback: levels whose name failed its checks; None where there are no checks.
        cost: None where nothing is asked.
        failed: the model gave no answer, and keyphrases stand for it.
    """

    levels: Levels
    fallback: tuple[int, ...] | None = None
    cost: Cost | None = None
    failed: bool = False


class Finished(Protocol):
    """Keeps what is finished, so that an interruption loses one group."""

    def get(self, namer: str, case: Case) -> Given | None: ...

    def put(self, namer: str, case: Case, given: Given) -> None: ...


def name_cases(
    namer: Namer,
    cases: Sequence[Case],
    *,
    tally: Tally | None = None,
    finished: Finished | None = None,
    concurrency: int = 1,
    progress: Progress | None = None,
) -> list[Given]:
    """One namer's names, in order.

    A group that the endpoint is too busy for takes keyphrases at every level, counts as a
    fallback, and is not kept as finished.

    Raises:
        EndpointRefused: no call will succeed.
        Cancelled: the user asked to stop.
    """
    tally, progress = tally or Tally(), progress or Silent()
    given = [finished.get(namer.id, case) if finished else None for case in cases]
    waiting = [at for at, one in enumerate(given) if one is None]
    done = len(cases) - len(waiting)
    progress.stage("name", done, len(cases))

    def one(at: int) -> Given:
        check(progress)
        named = _name(namer, cases[at].evidence, tally)
        if finished is not None and not named.failed:
            finished.put(namer.id, cases[at], named)
        return named

    with ThreadPoolExecutor(concurrency) as pool:
        jobs = [(at, pool.submit(copy_context().run, one, at)) for at in waiting]
        try:
            for at, job in jobs:
                given[at] = job.result()
                done += 1
                progress.update(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [one for one in given if one is not None]


def _name(namer: Namer, evidence: Evidence, tally: Tally) -> Given:
    start = perf_counter()
    with tally.journey() as cost:
        try:
            names = namer.name(evidence).names
        except EndpointBusy:
            levels = keyphrase_levels(evidence)
            cost.seconds = perf_counter() - start
            return Given(levels, tuple(range(1, len(LEVELS) + 1)), cost, failed=True)
    cost.seconds = perf_counter() - start
    return Given(names.levels, names.fallback, cost)


def given_by_file(names: Mapping[Key, Mapping[int, str]], cases: Sequence[Case]) -> list[Given]:
    """A file's names; a level that it lacks takes the nearest one.

    Raises:
        InputError: none of the groups, or not all of them, are named.
    """
    missing = [case.group.key for case in cases if case.group.key not in names]
    if missing:
        user, group = missing[0]
        raise InputError(
            f"The file of names lacks {len(missing):,} of the {len(cases):,} groups, e.g. "
            f"{group!r} of user {user!r}. All must be named, so that differences are of the same "
            "groups; the sample depends on --seed, --sample, --users and --leave-out."
        )
    given = []
    for case in cases:
        own = names[case.group.key]
        given.append(Given(_five([own[nearest_level(own, n)] for n in range(1, 6)])))
    return given


def write_names(path: Path, cases: Sequence[Case], given: Sequence[Given]) -> None:
    """Write names as a file that :func:`given_by_file` can score: ``user_id,group,level,name``."""
    write_csv(
        path,
        ("user_id", "group", "level", "name"),
        (
            (*case.group.key, level, name)
            for case, own in zip(cases, given, strict=True)
            for level, name in enumerate(own.levels, start=1)
        ),
    )


def control_names(
    cases: Sequence[Case], human: HumanNames, shuffle: Sequence[Given], *, seed: int = 0
) -> dict[str, list[Given]]:
    """The controls: what costs nothing, what says nothing, and the ceiling.

    Args:
        shuffle: the names that ``shuffled names`` deals out to other groups.
    """
    return {
        TOP_TERMS: [_same(", ".join(_terms(case.evidence)[:3])) for case in cases],
        FIRST_TITLE: [_same(case.first_title) for case in cases],
        CENTRAL_TITLE: [_same(case.evidence.titles[0]) for case in cases],
        SHUFFLED: [
            Given(shuffle[at].levels) for at in dealt([case.group.group for case in cases], seed)
        ],
        HUMAN: [
            Given(_five([human.at(case.group.group, level) for level in range(1, 6)]))
            for case in cases
        ],
    }


def _terms(evidence: Evidence) -> Sequence[str]:
    return evidence.keyphrases or evidence.titles[:1]


def dealt(groups: Sequence[str], seed: int) -> list[int]:
    """For each group the position of another one, each used once; of another name if possible.

    The order of names is drawn by the seed and turned by as much as the commonest name occurs.
    """
    rng = np.random.default_rng(seed)
    rank = {str(name): at for at, name in enumerate(rng.permutation(sorted(set(groups))))}
    order = sorted(range(len(groups)), key=lambda at: (rank[groups[at]], at))
    turn = max(groups.count(name) for name in rank) % len(groups) or 1
    result = [0] * len(groups)
    for at, position in enumerate(order):
        result[position] = order[(at + turn) % len(order)]
    return result


def _same(name: str) -> Given:
    return Given((name,) * 5)


def _five(names: Sequence[str]) -> Levels:
    one, two, three, four, five = names
    return one, two, three, four, five
