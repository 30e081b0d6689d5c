"""Results of ``userllm evaluate``, kept so that the page can show the newest; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_PREFIX = "evaluated-"


@dataclass(frozen=True)
class KeptRow:
    """A line of the comparison; see :class:`journeys.userllm.outcomes.Row`."""

    route: str
    history: int
    task: str
    score: float
    low: float
    high: float
    tokens: float
    seconds: float
    people: int


@dataclass(frozen=True)
class KeptResult:
    """What one evaluation found.

    Attributes:
        made: date and time, UTC.
        about: settings by name, such as the language model.
        rows: of the comparison.
    """

    made: str
    about: Mapping[str, Any]
    rows: tuple[KeptRow, ...]


def results_folder(home: Path) -> Path:
    """Where an installation keeps results."""
    return home / "benchmarks" / "userllm" / "results"


def keep_result(
    folder: Path, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]
) -> Path | None:
    """Keep the rows of an evaluation, as ``--json`` prints them; None where there are none."""
    if not rows:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    made = datetime.now(UTC)
    path = folder / f"{_PREFIX}{made:%Y%m%dT%H%M%S%f}.json"
    part = path.with_suffix(".part")
    told = {"made": f"{made:%Y-%m-%d %H:%M}", "about": dict(about), "rows": list(rows)}
    part.write_text(json.dumps(told, default=str, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def newest_result(folder: Path) -> KeptResult | None:
    """The newest result that can be read; None where there is none."""
    if not folder.is_dir():
        return None
    names = [each.name for each in fields(KeptRow)]
    for path in sorted(folder.glob(f"{_PREFIX}*.json"), reverse=True):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            rows = tuple(KeptRow(**{name: row[name] for name in names}) for row in found["rows"])
            return KeptResult(str(found["made"]), dict(found["about"]), rows)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
