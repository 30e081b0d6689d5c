"""A discovery as files: assignments, rejected rows, journeys, map and manifest.

Identifiers stand as the log has them unless a spreadsheet could take one for a formula; such a
cell is neutralised with a leading apostrophe, and the manifest counts them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from journeys.discovery import Discovery
from journeys.discovery.ids import fresh_id
from journeys.journey import Journey, UserJourneys
from journeys.privacy import pseudonyms
from journeys.spreadsheet import safe_cell
from journeys.timeline import Timeline

ASSIGNMENTS = ("user_id", "item_id", "timestamp", "journey_id")
REJECTED = ("row", "reason", "excerpt")

#: Ids of these characters alone are no formula that could do anything, even with a leading
#: hyphen, as ids of videos often have.
_HARMLESS = re.compile(r"-?[\w.:/~-]*", re.ASCII)


def write_discovery(
    found: Discovery,
    folder: Path,
    *,
    pseudonym_key: bytes | None = None,
    inherited: Collection[str] = (),
) -> dict[str, Any]:
    """Write everything into a folder; returns the manifest as written.

    ``assignments.csv`` has one row a readable record in input order, a duplicate with its twin's
    journey; ``journey_id`` is empty when unassigned. A file is complete or not there: each is
    written beside its place and then moved.

    Args:
        pseudonym_key: replace user ids by pseudonyms under this key; None keeps the log's own.
            Journey ids are then made from the pseudonyms, since a guessed user id could be tried
            against the other kind; rejected records go without excerpts. Titles stay as they are.
        inherited: journey ids that come from an earlier folder and stay as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    users = list(found.log.users)
    shown = pseudonyms(pseudonym_key, users) if pseudonym_key else users
    alias = dict(zip(users, shown, strict=True))
    ids = {journey.id: journey.id for journey in found.journeys}
    if pseudonym_key:
        ids = _pseudonymous_ids(found, alias, inherited)
    neutralised = _write_csv(
        folder / "assignments.csv", ASSIGNMENTS, _assignments(found, alias, ids)
    )
    _write_csv(
        folder / "rejected.csv",
        REJECTED,
        (
            (str(r.row), r.reason, "" if pseudonym_key else r.excerpt)
            for r in found.log.report.rejected
        ),
    )
    with _text(folder / "journeys.jsonl") as file:
        for user in found.users:
            if not user.journeys:
                continue
            timeline = found.log.timeline(user.user_id)
            titles = timeline.titles
            for journey in user.journeys:
                line = journey_record(journey, titles, alias[journey.user_id])
                line["membership"] = _membership(journey, user, timeline)
                line["journey_id"] = ids[journey.id]
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    _write_map(found, alias, ids, folder / "map.parquet")
    manifest = {
        **found.manifest,
        "log_sha256": found.log.report.sha256,
        "log_format": found.log.report.format,
        "log_mapping": dict(found.log.report.mapping),
        "log_notes": list(found.log.report.notes),
        "rejected": len(found.log.report.rejected),
        "duplicates": found.log.report.duplicates,
        "unassigned_share": found.unassigned_share,
        "pseudonymised": pseudonym_key is not None,
        "neutralised_ids": neutralised,
        "users_without_journeys": _by_rule(found),
    }
    with _text(folder / "manifest.json") as file:
        json.dump(manifest, file, indent=2, ensure_ascii=False, sort_keys=True)
        file.write("\n")
    return manifest


def journey_record(journey: Journey, titles: Sequence[str], user_id: str) -> dict[str, Any]:
    """A journey as one JSON object.

    Args:
        titles: of the user's timeline, in order of time.
    """
    return {
        "journey_id": journey.id,
        "user_id": user_id,
        "rank": journey.rank,
        "score": round(journey.score, 6),
        "stage": journey.stage,
        "kind": journey.kind,
        "confidence": round(journey.confidence, 6),
        "family": journey.family,
        "stability": None if journey.stability is None else round(journey.stability, 6),
        "events": len(journey),
        "first_seen": journey.first_seen.isoformat(),
        "last_seen": journey.last_seen.isoformat(),
        "active_months": journey.active_months,
        "names": {str(level): name for level, name in enumerate(journey.names.levels, start=1)},
        "namer": journey.names.namer,
        "provisional": journey.names.provisional,
        "fallback_levels": list(journey.names.fallback),
        "keyphrases": list(journey.keyphrases),
        "evidence": [titles[at] for at in journey.central],
        "boundary": [titles[at] for at in journey.boundary],
    }


def _membership(journey: Journey, user: UserJourneys, timeline: Timeline) -> list[float]:
    """How surely each event belongs, by time and then item id; the shortest digits that do."""
    items = timeline.frame["item_id"].to_numpy(dtype=object)[journey.members]
    order = np.lexsort((items.astype(str), timeline.times[journey.members]))
    return [float(digits) for digits in user.membership[journey.members][order].astype(str)]


def _pseudonymous_ids(
    found: Discovery, alias: Mapping[str, str], inherited: Collection[str]
) -> dict[str, str]:
    """Journey id -> the id that the journey has in a log whose users have these pseudonyms.

    What is inherited from pseudonymised files was made so already.
    """
    shown = {}
    taken = set(inherited)
    for user in found.users:
        if not user.journeys:
            continue
        timeline = found.log.timeline(user.user_id)
        items, times = timeline.frame["item_id"].tolist(), timeline.times.tolist()
        for journey in user.journeys:
            if journey.id in inherited:
                shown[journey.id] = journey.id
                continue
            members = journey.members.tolist()
            shown[journey.id] = fresh_id(
                alias[user.user_id], [items[m] for m in members], [times[m] for m in members], taken
            )
            taken.add(shown[journey.id])
    return shown


def _assignments(
    found: Discovery, alias: Mapping[str, str], ids: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    journey_of = np.full(len(found.log), "", dtype=object)
    for user in found.users:
        names = np.array([ids[journey.id] for journey in user.journeys] + [""], dtype=object)
        journey_of[user.start : user.start + len(user.labels)] = names[user.labels]
    frame = found.log.frame
    users = [alias[user] for user in frame["user_id"].tolist()]
    items = frame["item_id"].tolist()
    times = frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").str.replace(".000000Z", "Z")
    stamps = times.tolist()
    for at in found.log.report.record_event.tolist():
        yield users[at], items[at], stamps[at], journey_of[at]


def written_cell(text: str) -> str:
    """A cell of the CSV files as it is written: neutralised if it could be a formula."""
    return text if _HARMLESS.fullmatch(text) else safe_cell(text)


def _write_csv(path: Path, header: Sequence[str], rows: Iterator[tuple[str, ...]]) -> int:
    """Write rows; returns how many cells had to be neutralised."""
    neutralised = 0
    with _text(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            safe = [written_cell(cell) for cell in row]
            neutralised += sum(a != b for a, b in zip(row, safe, strict=True))
            writer.writerow(safe)
    return neutralised


def _write_map(
    found: Discovery, alias: Mapping[str, str], ids: Mapping[str, str], path: Path
) -> None:
    """The map's points: user, item, time, journey ('' when unassigned) and coordinates."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, list[Any]] = {
        name: [] for name in ("user_id", "item_id", "timestamp", "journey_id", "x", "y")
    }
    for user in found.users:
        points = found.maps.get(user.user_id)
        if points is None:
            continue
        timeline = found.log.timeline(user.user_id)
        names = [ids[journey.id] for journey in user.journeys] + [""]
        columns["user_id"] += [alias[user.user_id]] * len(timeline)
        columns["item_id"] += timeline.frame["item_id"].tolist()
        columns["timestamp"] += timeline.times.tolist()
        columns["journey_id"] += [names[label] for label in user.labels.tolist()]
        columns["x"] += points[:, 0].tolist()
        columns["y"] += points[:, 1].tolist()
    schema = pa.schema(
        [
            ("user_id", pa.string()),
            ("item_id", pa.string()),
            ("timestamp", pa.timestamp("us", tz="UTC")),
            ("journey_id", pa.string()),
            ("x", pa.float32()),
            ("y", pa.float32()),
        ]
    )
    with _replacing(path) as draft:
        pq.write_table(pa.table(columns, schema=schema), draft)


def _by_rule(found: Discovery) -> dict[str, int]:
    counts: dict[str, int] = {}
    for user in found.users:
        if user.note:
            rule = user.note.partition(":")[0]
            counts[rule] = counts.get(rule, 0) + 1
    return counts


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A place to write a file, which takes the place of ``path`` only once it is complete."""
    draft = path.with_name(path.name + ".part")
    try:
        yield draft
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """Like :func:`_replacing`, for a text file."""
    with (
        _replacing(path) as draft,
        draft.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        yield file
