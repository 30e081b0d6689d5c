"""Named playlists as the groups of one pseudo-user, who is nobody."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from journeys.errors import InputError
from journeys.evaluation.labelled import Truth
from journeys.evaluation.naming_names import HumanNames
from journeys.timeline import ActivityLog

PSEUDO_USER = "playlists"


def is_playlists(path: Path) -> bool:
    """Whether a file is JSON lines of named playlists: the first has a name and tracks."""
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and isinstance(first.get("tracks"), list) and "name" in first


def read_playlists(path: Path) -> tuple[ActivityLog, Truth, HumanNames]:
    """Tracks, titled "title - artist", as events of one pseudo-user; the names are human names.

    A name that several playlists have is told apart by the playlist's id in the group, and not in
    the human name.

    Raises:
        InputError: a line is no playlist, or there is none.
    """
    playlists = [
        _parsed(line, number, path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line.strip()
    ]
    if not playlists:
        raise InputError(f"{path.name} has no playlists in it.")
    repeated = Counter(str(one["name"]) for one in playlists)
    rows, human = [], {}
    for one in playlists:
        name = str(one["name"]).strip()
        if not name:
            continue
        group = name if repeated[str(one["name"])] == 1 else f"{name} [{one['playlist_id']}]"
        human[group] = {3: name}
        for track in one["tracks"]:
            artist = str(track.get("artist") or "")
            title = str(track["title"]) + (f" - {artist}" if artist else "")
            rows.append((PSEUDO_USER, track.get("added"), title, group))
    frame = pd.DataFrame(rows, columns=["user_id", "timestamp", "title", "group"])
    times = pd.to_datetime(frame["timestamp"], utc=True, errors="coerce", format="mixed")
    frame["timestamp"] = times.fillna(pd.Timestamp(0, tz="UTC"))
    log = ActivityLog(frame)
    return log, Truth.of(log.frame["group"].astype(str).tolist()), HumanNames(human, {})


def _parsed(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        one: dict[str, Any] = json.loads(line)
        if all("title" in track for track in one["tracks"]) and "name" in one:
            return {"playlist_id": number, **one}
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError(
        f"Line {number:,} of {path.name} is not a playlist with a name and tracks with titles."
    )
