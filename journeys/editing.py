"""What a person changed about their journeys, and how it is applied to any clustering of theirs.

An edit is told by events and not by journeys, so that it says something about every grouping of
the same timeline: the one that the person saw, and those that later runs find. Applying the same
edit twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from journeys.errors import InputError
from journeys.extraction.base import UNASSIGNED, Clusters
from journeys.journey import Journey, UserJourneys

EditKind = Literal["merge", "split", "move"]

#: Namer of names that a person gave; see :mod:`journeys.discovery.storage`.
_PERSON = "person"


@dataclass(frozen=True)
class Edit:
    """One change that a person made, told by events, so that it holds in any later clustering.

    Attributes:
        kind: ``merge``: the group of ``events`` joins the group of ``anchor``;
            ``split``: ``events`` become a group of their own, without ``anchor``, which is what
            they were split from;
            ``move``: just ``events`` join the group of ``anchor``, or none where that is empty.
        events: positions in the timeline.
        anchor: positions in the timeline; the group that holds most of them is meant.
    """

    kind: EditKind
    events: tuple[int, ...]
    anchor: tuple[int, ...] = ()


def apply_edits(clusters: Clusters, edits: Iterable[Edit]) -> Clusters:
    """The clustering as the person would have it, with every edit applied in its order.

    A later clustering need not have the groups that the person saw. It is then read so:

    * merge: all of ``events`` and ``anchor`` end in one group, the one that holds most of
      ``anchor``. A group more than half of which is named by the edit comes along whole; of
      others only the named events do.
    * split: all of ``events`` end in one group without any of ``anchor``. A group that has none
      of ``anchor`` and more than half of which is ``events`` already counts as their own, so
      that events that came later may stay with them.
    * move: ``events`` go to the group that holds most of ``anchor``; where all of ``anchor`` is
      unassigned there is nothing to join, and they stay. Nothing else moves.

    What is moved or split off by hand has a membership of 1; what is moved to none, of 0. An
    edit without events that the timeline still has is passed over, and so is a merge without
    anchor. Groups that lost all their events are gone.
    """
    labels, membership = clusters.labels.copy(), clusters.membership.copy()
    for edit in edits:
        apply_edit(labels, membership, edit)
    return Clusters.of(labels, membership)


def apply_edit(labels: np.ndarray, membership: np.ndarray, edit: Edit) -> None:
    """Apply one edit in place, as :func:`apply_edits` does, keeping every other label's number.

    A new group gets the lowest number that no label is above.

    Args:
        labels: shape ``(n,)``, int64, negative for unassigned.
        membership: shape ``(n,)``, float32.
    """
    events = _positions(edit.events, len(labels))
    anchor = _positions(edit.anchor, len(labels))
    if not len(events):
        return
    if edit.kind == "merge":
        if len(anchor):
            _merge(labels, events, anchor)
    elif edit.kind == "split":
        _split(labels, membership, events, np.setdiff1d(anchor, events))
    elif not edit.anchor:
        labels[events], membership[events] = UNASSIGNED, 0.0
    else:
        target = _group_of(labels, anchor)
        if target is not None:
            labels[events], membership[events] = target, 1.0


def merging(found: UserJourneys, one: str, other: str) -> Edit:
    """The edit that makes two journeys one.

    The one whose names a person gave goes on, else the bigger one.

    Raises:
        InputError: there are no two such journeys.
    """
    first, second = _by_id(found, one), _by_id(found, other)
    if first.id == second.id:
        raise InputError("A journey cannot be merged with itself. Choose another one.")
    kept, joins = sorted((first, second), key=lambda j: (j.names.namer != _PERSON, -len(j), j.rank))
    return Edit("merge", tuple(joins.members.tolist()), tuple(kept.members.tolist()))


def moving(found: UserJourneys, positions: Sequence[int], target: str | None) -> Edit:
    """The edit that moves events to a journey, or out of all journeys.

    Raises:
        InputError: no event was given, or there is no such journey.
    """
    chosen = _chosen(found, positions)
    if target is None:
        return Edit("move", chosen)
    stay = set(_by_id(found, target).members.tolist()) - set(chosen)
    if not stay:
        raise InputError("Nothing would change: these items are where they should go already.")
    return Edit("move", chosen, tuple(sorted(stay)))


def splitting(found: UserJourneys, positions: Sequence[int]) -> Edit:
    """The edit that makes events a journey of their own, apart from those they were with.

    Raises:
        InputError: no event was given, or they are all of a journey.
    """
    chosen = _chosen(found, positions)
    left = np.unique(found.labels[list(chosen)])
    company = np.flatnonzero(np.isin(found.labels, left[left >= 0]))
    rest = tuple(sorted(set(company.tolist()) - set(chosen)))
    if not rest and len(left) == 1 and left[0] >= 0:
        raise InputError("These are all items of the journey. Leave at least one out.")
    return Edit("split", chosen, rest)


def without_small(clusters: Clusters, least: int) -> Clusters:
    """The clustering with groups of fewer than ``least`` events unassigned.

    A rule about size holds for what a method finds and not for what a person makes by hand, so
    it comes before the edits: what :func:`apply_edits` then leaves is kept at any size.
    """
    sizes = np.bincount(clusters.labels[clusters.labels >= 0], minlength=len(clusters))
    small = np.isin(clusters.labels, np.flatnonzero(sizes < least))
    return Clusters.of(np.where(small, UNASSIGNED, clusters.labels), clusters.membership)


def _merge(labels: np.ndarray, events: np.ndarray, anchor: np.ndarray) -> None:
    named = np.zeros(len(labels), dtype=bool)
    named[events] = named[anchor] = True
    target = _group_of(labels, anchor)
    if target is None:
        target = _unused(labels)
    for group in np.unique(labels[named & (labels >= 0)]).tolist():
        members = labels == group
        if 2 * int((members & named).sum()) > int(members.sum()):
            labels[members] = target
    labels[named] = target


def _split(
    labels: np.ndarray, membership: np.ndarray, events: np.ndarray, anchor: np.ndarray
) -> None:
    target = _group_of(labels, events)
    if target is not None:
        members = np.flatnonzero(labels == target)
        ours = len(np.intersect1d(members, events))
        alone = ours == len(members)
        own = len(anchor) and not np.isin(anchor, members).any() and 2 * ours > len(members)
        if not (alone or own):
            target = None
    labels[events] = _unused(labels) if target is None else target
    membership[events] = 1.0


def _group_of(labels: np.ndarray, positions: np.ndarray) -> int | None:
    """The group that holds most of these events, the lowest of equals; None if all are in none."""
    assigned = labels[positions][labels[positions] >= 0]
    return int(np.bincount(assigned).argmax()) if len(assigned) else None


def _unused(labels: np.ndarray) -> int:
    return int(labels.max(initial=UNASSIGNED)) + 1


def _positions(given: Sequence[int], length: int) -> np.ndarray:
    """Positions that exist, each once, in order."""
    positions = np.unique(np.asarray(given, dtype=np.int64))
    return positions[(positions >= 0) & (positions < length)]


def _by_id(found: UserJourneys, journey_id: str) -> Journey:
    for journey in found.journeys:
        if journey.id == journey_id:
            return journey
    raise InputError("This journey is no longer there. Look at the page again.")


def _chosen(found: UserJourneys, positions: Sequence[int]) -> tuple[int, ...]:
    chosen = tuple(sorted({at for at in positions if 0 <= at < len(found.labels)}))
    if not chosen:
        raise InputError("Choose at least one item.")
    return chosen
