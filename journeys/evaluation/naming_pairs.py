"""Pairs to tune a namer on, made of labelled logs, with nothing of what it is tested on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from journeys.evaluation.labelled import LabelledLog
from journeys.evaluation.naming_groups import TrueGroup, gather_evidence
from journeys.evaluation.naming_names import HumanNames
from journeys.journey import FRIEND_LEVEL
from journeys.naming.tuning.pairs import Pair, leaking, subject
from journeys.words import content_words

#: Longest name in words; longer ones are slogans.
MOST_WORDS = 8


def group_pairs(
    labelled: LabelledLog,
    groups: Sequence[TrueGroup],
    human: HumanNames,
    keep_out: Collection[str],
    *,
    times: int = 2,
    seed: int = 0,
) -> list[Pair]:
    """Titles of true groups with the human name of each, as a namer would see them.

    Args:
        groups: every group of the log.
        keep_out: names of what is tested; pairs that share a telling word with one are left out.
        times: at most so many users' groups of one name, drawn by the seed.

    Returns:
        Pairs whose name is short and at least half of whose words the titles say, since a
        community's joke about itself ("knittit") teaches nothing.
    """
    order = np.random.default_rng(seed).permutation(len(groups)).tolist()
    chosen: dict[str, list[TrueGroup]] = {}
    for at in order:
        group = groups[at]
        if group.group in human.names and len(chosen.setdefault(group.group, [])) < times:
            chosen[group.group].append(group)
    allowed = [
        own
        for name, own in sorted(chosen.items())
        if not leaking([Pair((), name), Pair((), human.at(name, FRIEND_LEVEL))], keep_out)
    ]
    wanted = [group for own in allowed for group in own]
    found = []
    for case in gather_evidence(labelled, groups, wanted):
        name = human.at(case.group.group, FRIEND_LEVEL).replace("-", " ").replace("_", " ")
        pair = Pair(case.evidence.titles, " ".join(name.split()).rstrip("."))
        if _teaches(pair):
            found.append(pair)
    return found


def _teaches(pair: Pair) -> bool:
    said = {word for title in pair.titles for word in content_words(title)}
    telling = subject(pair.name)
    return len(pair.name.split()) <= MOST_WORDS and 2 * len(telling & said) >= len(telling)
