"""Reading ends in time, with a sentence, and nothing of the file is kept."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from journeys.errors import InputError
from journeys.ingest import read_log
from journeys.ingest.deadline import Deadline
from journeys.ingest.reading import LIMITS
from tests.logs import make_log


class Clock:
    """Each look at it takes a second."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1.0
        return self.seconds


def files(folder: Path) -> dict[str, Path]:
    frame = make_log(users=3).frame
    paths = {kind: folder / f"log.{kind}" for kind in ("csv", "jsonl", "json", "parquet", "csv.gz")}
    frame.to_csv(paths["csv"], index=False)
    frame.to_csv(paths["csv.gz"], index=False)
    frame.to_json(paths["jsonl"], orient="records", lines=True, date_format="iso")
    frame.to_json(paths["json"], orient="records", date_format="iso")
    frame.to_parquet(paths["parquet"])
    return paths


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "parquet", "csv.gz"])
def test_reading_of_every_format_ends_in_time(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files(tmp_path)[kind]
    assert len(read_log(path, limits=replace(LIMITS, seconds=3_600.0)))
    monkeypatch.setattr(Deadline.__init__, "__defaults__", (Clock(),))
    with pytest.raises(InputError, match=r"longer than 0 seconds.*JOURNEYS_READ_SECONDS"):
        read_log(path, limits=replace(LIMITS, seconds=0.5))


def test_without_a_deadline_nobody_looks_at_the_clock() -> None:
    clock = Clock()
    deadline = Deadline(None, clock)
    assert list(deadline.each(range(3))) == [0, 1, 2]
    assert deadline.on_progress(None) is None
    assert clock.seconds == 0.0


def test_the_deadline_is_said_to_a_reader_of_a_stream() -> None:
    told: list[tuple[int, int | None]] = []
    progress = Deadline(2.5, Clock()).on_progress(lambda done, total: told.append((done, total)))
    assert progress is not None
    progress(1, 9)
    progress(2, 9)
    with pytest.raises(InputError):
        progress(3, 9)
    assert told == [(1, 9), (2, 9)]
    assert len(read_log(io.BytesIO(b"timestamp,title\n2024-01-01,x\n")))
