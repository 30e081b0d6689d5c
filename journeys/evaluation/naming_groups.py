"""True groups to be named: what of each the namer is shown, and what only the measures see.

Names of true groups are judged apart from clustering. Each group is cut in two by its titles: the
namer gets evidence of one half, made by the same code as in a discovery run, and what a name is
held against is the other half.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.evidence import build_evidence
from journeys.discovery.progress import Stopwatch
from journeys.discovery.sendable import sendable
from journeys.discovery.user import UserTools, find_journeys
from journeys.errors import InputError
from journeys.evaluation.labelled import LabelledLog, Truth
from journeys.extraction import Clusters, JourneyRules, UserEvents
from journeys.naming import DocumentFrequency, Evidence
from journeys.naming.space import Embed
from journeys.timeline import ActivityLog, Timeline

#: A group needs so many different titles, so that each half has six.
LEAST_TITLES = 12

#: user and group
Key = tuple[str, str]


@dataclass(frozen=True)
class TrueGroup:
    """One user's true group, cut in two.

    Attributes:
        shown: positions in the user's timeline of the events that the namer may see.
        unseen: titles of the other half, each once.
    """

    user_id: str
    group: str
    shown: np.ndarray
    unseen: tuple[str, ...]

    @property
    def key(self) -> Key:
        return self.user_id, self.group


@dataclass(frozen=True)
class Case:
    """A group to be named, with what a namer is shown of it.

    Attributes:
        first_title: the first of the shown titles in time, redacted.
    """

    group: TrueGroup
    evidence: Evidence
    first_title: str


def split_groups(timeline: Timeline, labels: np.ndarray, *, least: int) -> list[TrueGroup]:
    """One user's groups of at least ``least`` different titles, by name.

    Every second title, in order of first appearance, is shown: so both halves span the same time,
    and a title that came several times is in one half only.

    Args:
        labels: shape ``(events,)``, strings, '' for no group.
    """
    titles = timeline.titles
    members: dict[str, list[int]] = {}
    for at, label in enumerate(labels.tolist()):
        if label and titles[at].strip():
            members.setdefault(label, []).append(at)
    found = []
    for group, positions in sorted(members.items()):
        distinct = list(dict.fromkeys(titles[at] for at in positions))
        if len(distinct) < least:
            continue
        seen = set(distinct[::2])
        shown = np.array([at for at in positions if titles[at] in seen], dtype=np.int64)
        found.append(TrueGroup(timeline.user_id, group, shown, tuple(distinct[1::2])))
    return found


def all_groups(log: ActivityLog, truth: Truth, *, least: int = LEAST_TITLES) -> list[TrueGroup]:
    """Every group of the log that can be cut in two, by user and name.

    Raises:
        InputError: labels overlap, or fewer than two groups are large enough.
    """
    if truth.overlapping:
        raise InputError("Names are judged on groups that do not overlap: give no --separator.")
    groups = [
        group
        for timeline in log.timelines()
        for group in split_groups(
            timeline, truth.labels[timeline.start : timeline.start + len(timeline)], least=least
        )
    ]
    if len(groups) < 2:
        raise InputError(
            f"{len(groups)} group of this log has at least {least} different titles, and names "
            "cannot be told apart with fewer than two. Lower --min-group, or give a larger log."
        )
    return groups


@dataclass(frozen=True)
class LeftOut:
    """Groups and users that were looked at while prompts were written."""

    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()


def draw_groups(
    groups: Sequence[TrueGroup],
    named: Collection[str],
    *,
    seed: int = 0,
    users: int | None = None,
    sample: int | None = None,
    left_out: LeftOut | None = None,
) -> list[TrueGroup]:
    """The groups to name: all that people named, or a seeded sample of them.

    A sample has each group name once, from a user drawn among those who have it. The same seed
    draws the same groups, and a smaller sample is the head of a larger one.

    Args:
        named: the group names that have a human name.
        users: draw so many users first.
        sample: draw at most so many groups.

    Raises:
        InputError: fewer than two groups are left.
    """
    left_out = left_out or LeftOut()
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(sorted({group.user_id for group in groups})).tolist()
    people = [user for user in drawn if user not in left_out.users][:users]
    turn = {user: at for at, user in enumerate(people)}
    fit = [
        group
        for group in groups
        if group.user_id in turn and group.group in named and group.group not in left_out.groups
    ]
    if sample is not None:
        first: dict[str, TrueGroup] = {}
        for group in sorted(fit, key=lambda one: turn[one.user_id]):
            first.setdefault(group.group, group)
        names = rng.permutation(sorted(first))[:sample]
        fit = [first[str(name)] for name in names]
    if len(fit) < 2:
        raise InputError(
            f"{len(fit)} of {len(groups):,} groups can be named: each needs a human name and must "
            "not be left out, and at least two are needed. See --human-names and --leave-out."
        )
    return fit


@dataclass(frozen=True)
class _Known:
    """An extractor that knows the answer: the halves that are shown, as clusters."""

    labels: np.ndarray
    id: str = "truth"

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        return Clusters.of(self.labels, (self.labels >= 0).astype(np.float64))


def gather_evidence(
    labelled: LabelledLog,
    groups: Sequence[TrueGroup],
    wanted: Sequence[TrueGroup],
    embed: Embed | None = None,
) -> Iterator[Case]:
    """The wanted groups with what a namer gets to see of each, user by user.

    The shown halves of a user's groups go through the code of a discovery run in place of the
    clusters it would find, so that evidence is chosen, ordered and redacted as there. Siblings
    are the user's other true groups.

    Args:
        groups: every group of the log, wanted or not.
        embed: the embedder of the vectors, for namers that choose between names.
    """
    background = DocumentFrequency.of(labelled.log.frame["title"].tolist())
    now = int(labelled.log.frame["timestamp"].astype("int64").max())
    by_user: dict[str, list[TrueGroup]] = {}
    for group in groups:
        by_user.setdefault(group.user_id, []).append(group)
    keys: Mapping[str, set[Key]] = {user: set() for user in by_user}
    for group in wanted:
        keys[group.user_id].add(group.key)
    for user, own in by_user.items():
        if not keys[user]:
            continue
        timeline = labelled.log.timeline(user)
        labels = np.full(len(timeline), -1, dtype=np.int64)
        for number, group in enumerate(own):
            labels[group.shown] = number
        tools = UserTools(
            config=DiscoveryConfig(),
            extractor=_Known(labels),
            rules=JourneyRules(min_user_events=1, min_journey_events=1),
            now=now,
            mean=labelled.mean,
            background=background,
        )
        vectors = labelled.vectors(timeline)
        found = find_journeys(timeline, vectors, tools, Stopwatch())
        for group in own:
            if group.key in keys[user]:
                journey = found.journeys[found.labels[group.shown[0]]]
                evidence = build_evidence(timeline, found, journey, vectors, embed)
                yield Case(group, evidence, sendable(timeline.titles[group.shown[0]]))
