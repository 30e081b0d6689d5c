"""What an earlier discovery found, for a run over the same log with more in it.

The app reads it from the database; here it comes from a :class:`~journeys.discovery.Discovery`
in memory or from the folder that ``discover`` wrote on the command line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from journeys.discovery.storage import NEW, Earlier
from journeys.errors import InputError
from journeys.spreadsheet import unsafe_cell
from journeys.timeline import ActivityLog, Timeline

if TYPE_CHECKING:
    from journeys.discovery import Discovery

#: By item id and microseconds: journey id ('' for unassigned) and membership.
_Found = dict[tuple[str, int], tuple[str, float]]

#: User, item, microseconds.
_Event = tuple[str, str, int]


@dataclass(frozen=True)
class Continued:
    """What a run takes over from an earlier one.

    Attributes:
        embedder: that the earlier run's vectors, and so its mean, are of.
        mean: the frozen corpus mean, as the manifest has it.
        users: user id of this log -> what the earlier run found for them.
    """

    embedder: str
    mean: str
    users: Mapping[str, Earlier]

    @property
    def journey_ids(self) -> frozenset[str]:
        """The ids of all earlier journeys."""
        return frozenset(id_ for earlier in self.users.values() for id_ in earlier.ids)

    def manifest(self, embedder: str) -> dict[str, Any]:
        """What a new run's manifest begins with: the mean, where it is of the same embedder."""
        return {"mean": self.mean} if embedder == self.embedder else {}


def continue_from(found: Discovery, log: ActivityLog) -> Continued:
    """What a discovery found, against a log that has (most of) the same events and others."""
    rows: dict[str, _Found] = {}
    for user in found.users:
        timeline = found.log.timeline(user.user_id)
        ids = [*(journey.id for journey in user.journeys), ""]
        keys = zip(timeline.frame["item_id"].tolist(), timeline.times.tolist(), strict=True)
        values = zip(
            [ids[label] for label in user.labels.tolist()], user.membership.tolist(), strict=True
        )
        rows[user.user_id] = dict(zip(keys, values, strict=True))
    return _continued(found.manifest, log.timelines(), rows, {user: user for user in log.users})


def read_continued(
    folder: Path, log: ActivityLog, *, pseudonym_key: bytes | None = None
) -> Continued:
    """What ``discover`` wrote into a folder, against a log.

    Args:
        pseudonym_key: given if, and only if, the folder was written with pseudonyms under it.

    Raises:
        InputError: the folder is not one, or was written with pseudonyms while this run is not,
            or the other way round.
    """
    from journeys.evaluation.assignments import read_assignments
    from journeys.export import written_cell
    from journeys.privacy import pseudonyms

    manifest = _manifest(folder)
    if bool(manifest.get("pseudonymised")) != (pseudonym_key is not None):
        had = "has" if pseudonym_key is None else "has no"
        also = "with" if pseudonym_key is None else "without"
        raise InputError(f"{folder} {had} pseudonyms. Continue from it {also} --pseudonymise.")
    table = read_assignments(folder / "assignments.csv")
    if table.users is None or table.times is None:
        raise InputError(f"{folder / 'assignments.csv'} lacks the column user_id or timestamp.")
    rows: dict[str, _Found] = {}
    members: dict[str, list[_Event]] = {}
    for user, item, time, journey in zip(
        table.users, table.items, table.times.tolist(), table.clusters, strict=True
    ):
        theirs = rows.setdefault(user, {})
        if (item, time) not in theirs and journey:
            members.setdefault(journey, []).append((user, item, time))
        theirs[item, time] = (journey, 0.0)
    for journey, sure in _memberships(folder / "journeys.jsonl"):
        # Told by time and item. Equal events, if a log had such, are not told apart.
        events = sorted(
            members.get(journey, ()), key=lambda event: (event[2], unsafe_cell(event[1]))
        )
        for (user, item, time), value in zip(events, sure, strict=False):
            rows[user][item, time] = (journey, value)
    users = list(log.users)
    shown = pseudonyms(pseudonym_key, users) if pseudonym_key else users
    alias = {user: written_cell(name) for user, name in zip(users, shown, strict=True)}
    return _continued(manifest, log.timelines(), rows, alias, written_cell)


def _continued(
    manifest: Mapping[str, Any],
    timelines: Iterable[Timeline],
    rows: Mapping[str, _Found],
    alias: Mapping[str, str],
    written: Any = str,
) -> Continued:
    settings = dict(manifest.get("clustering", {}))
    users = {}
    for timeline in timelines:
        found = rows.get(alias[timeline.user_id])
        if found:
            users[timeline.user_id] = _earlier(timeline, found, settings, written)
    return Continued(str(manifest["embedder"]), str(manifest["mean"]), users)


def _earlier(timeline: Timeline, found: _Found, settings: dict[str, Any], written: Any) -> Earlier:
    labels = np.full(len(timeline), NEW, dtype=np.int64)
    membership = np.zeros(len(timeline), dtype=np.float32)
    ids: dict[str, int] = {}
    items = timeline.frame["item_id"].tolist()
    for at, (item, time) in enumerate(zip(items, timeline.times.tolist(), strict=True)):
        known = found.get((written(item), time))
        if known is not None:
            journey, membership[at] = known
            labels[at] = ids.setdefault(journey, len(ids)) if journey else -1
    return Earlier(labels, membership, tuple(ids), settings)


def _memberships(path: Path) -> Iterator[tuple[str, list[float]]]:
    """(journey id, membership of its events by time and item) of each line."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                journey = json.loads(line)
                yield journey["journey_id"], [float(value) for value in journey["membership"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not as discover writes it. Run the earlier discovery again."
        ) from error


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(manifest, dict) and {"mean", "embedder"} <= manifest.keys():
            return manifest
    except (OSError, ValueError):
        pass
    raise InputError(
        f"{folder} is no folder that discover has written: its manifest.json is missing or not one."
    )
