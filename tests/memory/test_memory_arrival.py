"""However a log arrives, each event is in one place, and closed partitions never change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.memory import BySize
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog

_names = itertools.count()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = tmp_path_factory.mktemp("arrival")
    opened = open_store(Settings.from_environment({"JOURNEYS_HOME": str(home)}))
    yield opened
    opened.close()


@dataclass(frozen=True)
class Arrival:
    """Days of events, with the person of each, and the slices of the log in order of arrival.

    Slices may overlap, as newer exports do, and ``append`` says after which the memory is asked.
    """

    days: tuple[tuple[int, bool], ...]
    slices: tuple[tuple[int, int], ...]
    append: tuple[bool, ...]


@st.composite
def arrivals(draw: st.DrawFn) -> Arrival:
    days = draw(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=24))
    cuts = draw(st.lists(st.integers(0, len(days)), max_size=4))
    bounds = sorted({0, len(days), *cuts})
    overlap = draw(st.integers(0, 3))
    slices = [(max(0, start - overlap), end) for start, end in itertools.pairwise(bounds)]
    order = draw(st.permutations(slices))
    asked = draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    return Arrival(tuple(days), tuple(order), tuple(asked))


def log_of(arrival: Arrival) -> pd.DataFrame:
    rows = [("bo" if second else "ann", day) for day, second in arrival.days]
    frame = pd.DataFrame(rows, columns=["user_id", "day"])
    # Several events of a person may have one time.
    frame["timestamp"] = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(
        frame.pop("day"), unit="D"
    )
    frame["title"] = [f"title {at}" for at in range(len(frame))]
    frame["item_id"] = [f"item{at}" for at in range(len(frame))]
    return frame


def places(store: Store, memory: int) -> dict[int, dict[int, list[str]]]:
    return {
        person.person_id: {
            number: [item.title for item in items]
            for number, items in store.memory.items(memory, person.person_id).items()
        }
        for person in store.memory.people(memory)
    }


@settings(max_examples=40, deadline=None)
@given(arrivals(), st.integers(2, 5))
def test_any_chunks_in_any_order(store: Store, arrival: Arrival, size: int) -> None:
    frame = log_of(arrival)
    log = memory = None
    closed: dict[tuple[int, int], list[str]] = {}
    arrived: set[str] = set()
    for (start, end), asked in zip(arrival.slices, arrival.append, strict=True):
        part = ActivityLog(frame.iloc[start:end])
        if log is None:
            log = store.logs.add(part, f"log{next(_names)}")
            memory = store.memory.open(log, BySize(size))
        else:
            store.logs.append(log, part)
        arrived |= set(part.frame["title"])
        assert memory is not None
        if not asked:
            continue
        store.memory.append(memory)
        now = places(store, memory)
        titles = [title for parts in now.values() for own in parts.values() for title in own]
        assert sorted(titles) == sorted(arrived)
        for parts in now.values():
            assert len(parts.get(0, ())) < size
            assert all(len(own) == size for number, own in parts.items() if number)
            assert sorted(number for number in parts if number) == [*range(1, max(parts) + 1)]
        for (person, number), own in closed.items():
            assert now[person][number] == own
        closed = {(p, n): own for p, parts in now.items() for n, own in parts.items() if n}
    assert memory is not None
    store.memory.append(memory)
    assert store.memory.append(memory).events == 0
    summary = store.memory.get(memory)
    assert summary.events == len(frame)
    titles = [title for parts in places(store, memory).values() for own in parts.values()
              for title in own]  # fmt: skip
    assert sorted(titles) == sorted(frame["title"])
    assert {key: places(store, memory)[key[0]][key[1]] for key in closed} == closed
