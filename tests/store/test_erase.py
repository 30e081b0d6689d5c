"""Erased means erased: rows, caches, and the bytes of the files."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from journeys.discovery import DiscoveryConfig, Tools, run_discovery
from journeys.discovery.progress import Silent
from journeys.discovery.storage import PERSON_NAMER
from journeys.embedding.fake import FakeEmbedder
from journeys.embedding.keys import text_keys
from journeys.errors import StoreError
from journeys.jobs.storage import DatabaseStorage
from journeys.journey import Names
from journeys.naming.base import Completion
from journeys.privacy import pseudonyms
from journeys.settings import Settings
from journeys.store import Answer, Store
from journeys.store.erase import erase_log, erase_person
from journeys.timeline import ActivityLog, ReadReport, Rejected

FAKE = FakeEmbedder()
SHARED = [f"shared sourdough oven crumb {n}" for n in range(8)]

#: Marks every text that is ann's alone, whatever field it stands in.
MARK = "annmark"


@dataclass
class World:
    """A log of ann and ben with a finished run, names, ratings and maps; and a second log."""

    store: Store
    log_id: int
    other_log: int
    run_id: int
    ann: int
    ben: int

    @property
    def caches(self) -> dict[str, set[object]]:
        """Keys in each cache."""
        with self.store.engine.connect() as connection:
            return {
                table: set(connection.scalars(text(f"SELECT key FROM {table}")))
                for table in ("vector", "completion", "map")
            }

    def rows(self, *, of_ann: bool) -> dict[str, list[bytes]]:
        """All rows that are ann's, or all others', as bytes, by table."""
        people = "person_id = :ann" if of_ann else "person_id != :ann"
        journeys = f"(SELECT run_id, id FROM journey WHERE {people})"
        where = {
            "person": "id = :ann" if of_ann else "id != :ann",
            "event": people,
            "user_result": people,
            "journey": people,
            "assignment": f"event_id IN (SELECT id FROM event WHERE {people})",
            "naming": f"(run_id, journey_id) IN {journeys}",
            "rating": f"(run_id, journey_id) IN {journeys}",
        }
        with self.store.engine.connect() as connection:
            return {
                table: sorted(
                    repr(tuple(row)).encode()
                    for row in connection.execute(
                        text(f"SELECT * FROM {table} WHERE {condition}"), {"ann": self.ann}
                    )
                )
                for table, condition in where.items()
            }

    def journey(self, person: int, at: int = 0) -> str:
        timeline = self.store.logs.timeline(person)
        return self.store.results.user(self.run_id, person, timeline).journeys[at].id


def log_of(rows: list[tuple[str, str]], rejected: tuple[Rejected, ...] = ()) -> ActivityLog:
    frame = pd.DataFrame(rows, columns=["user_id", "title"])
    days = np.arange(len(frame)) * 5 % 300
    frame["timestamp"] = pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(days, unit="D")
    ann = frame["user_id"] == "ann"
    frame["item_id"] = [f"item{n}" for n in range(len(frame))]
    frame.loc[ann, "item_id"] = MARK + frame["item_id"]
    frame["text"] = ""
    frame.loc[ann & frame["title"].str.contains(MARK), "text"] = f"{MARK} text"
    frame["url"] = ""
    frame.loc[ann, "url"] = f"https://{MARK}.example/"
    log = ActivityLog(frame)
    rows_ = np.arange(len(frame), dtype=np.int64)
    report = ReadReport("csv", {}, rejected, rows_, rows_ + 1, (), "00" * 32)
    return ActivityLog(log.frame, report, sorted_=True)


def people_by_id(store: Store, log_id: int) -> dict[str, int]:
    return {person.pseudonym: person.id for person in store.logs.people(log_id)}


@pytest.fixture
def world(store: Store) -> World:
    rows = [("ann", title) for title in SHARED]
    rows += [("ann", f"{MARK} ukulele chords strumming {n}") for n in range(12)]
    rows += [("ben", title) for title in SHARED]
    rows += [("ben", f"rust borrow checker tokio {n}") for n in range(12)]
    log_id = store.logs.add(log_of(rows, (Rejected(9, "no time", f"ann,{MARK},,"),)), "log")
    other_log = store.logs.add(log_of([("cat", title) for title in SHARED]), "other")
    run_id = store.runs.create(log_id, {})
    store.runs.claim(run_id, "lease")
    tools = Tools(FAKE, store.vectors, store.maps, store.keys.text)
    storage = DatabaseStorage(store, run_id, "lease")
    run_discovery(storage, DiscoveryConfig(map="none"), tools, Silent())
    store.runs.finish(run_id, "lease", "done")
    ids = people_by_id(store, log_id)
    ann, ben = (ids[alias] for alias in pseudonyms(store.keys.pseudonym, ["ann", "ben"]))
    world = World(store, log_id, other_log, run_id, ann, ben)
    for who, person in (("ann", ann), ("ben", ben)):
        mark = MARK if who == "ann" else "benmark"
        journey = world.journey(person)
        store.maps.put(f"map of {who}", np.full((20, 2), person, np.float32))
        store.results.set_map(run_id, person, f"map of {who}")
        own, shared = f"{who}-only".ljust(64, "0"), "shared".ljust(64, "0")
        levels = (f"{mark} 1", f"{mark} 2", f"{mark} 3", f"{mark} 4", f"{mark} 5")
        store.results.add_names(run_id, journey, Names(levels, "llm:x", False, (), (own, shared)))
        store.completions.put(own, Completion(f'{{"name": "{mark}"}}'))
        store.completions.put(shared, Completion("shared answer"))
        store.results.add_names(run_id, journey, Names(levels, PERSON_NAMER))
        beside = f"{who}-beside".ljust(64, "0")
        other = Names(levels, "llm:y", False, (), (beside,))
        store.names.add_alternative(run_id, journey, other)
        store.completions.put(beside, Completion(f'{{"name": "{mark} beside"}}'))
        store.ratings.save(
            run_id, journey, Answer(5, None, f"{mark} in my words", 3, levels[2], "x")
        )
    return world


def test_the_world_is_as_the_tests_assume(world: World, on_disk: Callable[[], bytes]) -> None:
    assert MARK.encode() in on_disk()
    for of_ann in (True, False):
        rows = world.rows(of_ann=of_ann)
        assert all(rows.values()), {table: len(found) for table, found in rows.items()}
    assert len(world.caches["vector"]) == len(SHARED) + 12 + 12
    assert len(world.caches["completion"]) == 5
    assert len(world.caches["map"]) == 2


def test_nothing_of_an_erased_person_is_left_in_the_files(
    world: World, on_disk: Callable[[], bytes]
) -> None:
    (alias,) = pseudonyms(world.store.keys.pseudonym, ["ann"])
    assert alias.encode() in on_disk()
    journeys = [row.split(b"'")[1] for row in world.rows(of_ann=True)["journey"]]
    world.store.erase_person(world.ann)
    for _ in range(2):
        left = on_disk()
        assert MARK.encode() not in left
        assert alias.encode() not in left
        assert not any(journey in left for journey in journeys)
        assert b"benmark" in left
        assert b"shared sourdough" in left
        world.store.close()  # and once more when closing has removed the write-ahead log


def test_only_their_rows_go(world: World) -> None:
    others = world.rows(of_ann=False)
    mine = world.rows(of_ann=True)
    erased = world.store.erase_person(world.ann)
    assert not any(world.rows(of_ann=True).values())
    assert world.rows(of_ann=False) == others
    assert (erased.events, erased.journeys) == (len(mine["event"]), len(mine["journey"]))
    with pytest.raises(StoreError, match="erased"):
        world.store.logs.timeline(world.ann)
    with pytest.raises(StoreError, match="already"):
        world.store.erase_person(world.ann)
    assert [r.answer.own_words for r in world.store.ratings.of_run(world.run_id)] == [
        "benmark in my words"
    ]


def test_what_the_caches_share_with_others_stays(world: World) -> None:
    timeline = world.store.logs.timeline(world.ben)
    bens = set(timeline.frame["text_key"])
    erased = world.store.erase_person(world.ann)
    assert world.caches == {
        "vector": bens,
        "completion": {name.ljust(64, "0") for name in ("ben-only", "ben-beside", "shared")},
        "map": {"map of ben"},
    }
    assert set(text_keys(world.store.keys.text, SHARED)) < bens
    assert (erased.vectors, erased.completions, erased.maps) == (12, 2, 1)


def test_a_map_that_two_people_share_stays_with_the_other(world: World) -> None:
    # People with the same titles at the same places have the same map.
    world.store.results.set_map(world.run_id, world.ben, "map of ann")
    world.store.erase_person(world.ann)
    assert world.caches["map"] == {"map of ann"}
    points = world.store.results.map_points(world.run_id, world.ben)
    assert points is not None
    assert set(points.ravel()) == {world.ann}


def test_a_text_stays_as_long_as_anybody_has_it(world: World) -> None:
    shared = set(text_keys(world.store.keys.text, SHARED))
    world.store.erase_person(world.ann)
    world.store.erase_person(world.ben)
    assert world.caches == {"vector": shared, "completion": set(), "map": set()}
    world.store.logs.delete(world.other_log)
    assert world.caches["vector"] == set()


def test_answers_that_a_deleted_run_left_behind_go_too(
    world: World, on_disk: Callable[[], bytes]
) -> None:
    world.store.runs.delete(world.run_id)
    assert b'{"name": "annmark"}' in on_disk()
    erased = world.store.erase_person(world.ann)
    assert (erased.completions, erased.maps) == (5, 2)
    assert MARK.encode() not in on_disk()


def test_the_log_counts_those_who_are_left(world: World) -> None:
    world.store.erase_person(world.ann)
    log = world.store.logs.get(world.log_id)
    times = world.store.logs.timeline(world.ben).times
    assert (log.n_users, log.n_events) == (1, len(times))
    assert (log.first_time, log.last_time) == (times[0], times[-1])
    assert list(world.store.logs.rejected(world.log_id)) == []
    assert len(world.store.logs.people(world.log_id)) == 1


def test_a_mean_over_few_people_goes_with_one_of_them(world: World) -> None:
    before = world.store.runs.get(world.run_id).manifest
    assert before["mean"]
    world.store.erase_person(world.ann)
    after = world.store.runs.get(world.run_id).manifest
    assert after == {key: value for key, value in before.items() if key != "mean"}


def test_a_log_goes_with_its_last_person(world: World) -> None:
    world.store.erase_person(world.ann)
    world.store.erase_person(world.ben)
    assert [log.id for log in world.store.logs.list()] == [world.other_log]
    assert world.store.runs.list() == []


def test_erasing_a_log(world: World, on_disk: Callable[[], bytes]) -> None:
    world.store.logs.delete(world.log_id)
    assert [log.id for log in world.store.logs.list()] == [world.other_log]
    assert world.caches["vector"] == set(text_keys(world.store.keys.text, SHARED))
    left = on_disk()
    assert MARK.encode() not in left
    assert b"benmark" not in left
    assert erase_log(world.store.engine, world.log_id).events == 0


def test_pruning_drops_only_what_nothing_refers_to(
    world: World, on_disk: Callable[[], bytes]
) -> None:
    before = world.caches
    world.store.vectors.put(FAKE.id, [b"x" * 16], np.ones((1, 64), np.float32))
    world.store.completions.put("x" * 64, Completion("a prompt's stray answer"))
    world.store.maps.put("stray", np.zeros((3, 2), np.float32))
    pruned = world.store.prune_caches()
    assert (pruned.events, pruned.journeys) == (0, 0)
    assert (pruned.vectors, pruned.completions, pruned.maps) == (1, 1, 1)
    assert world.caches == before
    assert b"stray answer" not in on_disk()


def test_a_discovery_over_the_log_is_stopped_first(world: World) -> None:
    world.store.runs.requeue(world.run_id)
    world.store.runs.claim(world.run_id, "worker")

    def work() -> None:
        while not world.store.runs.progress(world.run_id, "worker", 0, 1):
            pass
        world.store.runs.finish(world.run_id, "worker", "cancelled")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        world.store.erase_person(world.ann)
    finally:
        worker.join()
    assert world.store.runs.get(world.run_id).status == "cancelled"


def test_a_discovery_that_does_not_stop_is_told_of(world: World) -> None:
    world.store.runs.requeue(world.run_id)
    world.store.runs.claim(world.run_id, "worker")
    with pytest.raises(StoreError, match=r"Nothing was erased yet.*asked to stop"):
        erase_person(world.store.engine, world.ann, patience=0)
    with pytest.raises(StoreError, match=r"Nothing was erased yet.*asked to stop"):
        erase_log(world.store.engine, world.log_id, patience=0)
    assert world.store.runs.get(world.run_id).cancel_requested
    assert all(world.rows(of_ann=True).values())


@pytest.mark.parametrize("database", [""], ids=["sqlite"])
def test_a_reader_that_keeps_the_remains_alive_is_told_of(
    world: World, settings: Settings, on_disk: Callable[[], bytes]
) -> None:
    with world.store.engine.connect() as connection:
        # The pool hands the same connection out again, so the wait is short for this test.
        connection.execute(text("PRAGMA busy_timeout=50"))
    reader = sqlite3.connect(settings.home / "journeys.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    with pytest.raises(StoreError, match=r"rows were erased, but.*cache prune"):
        world.store.erase_person(world.ann)
    reader.close()
    world.store.prune_caches()
    assert MARK.encode() not in on_disk()


def test_nothing_that_tells_of_the_person_stays_beside_their_rows(world: World) -> None:
    record = {"sensitive_topics": {MARK: 2}, "files": [{"sha256": MARK}]}
    with world.store.engine.begin() as connection:
        connection.execute(
            text("UPDATE log SET report = :report WHERE id = :id"),
            {
                "report": json.dumps(
                    {"format": "csv", "mapping": {}, "notes": [MARK], "provenance": [record]}
                ),
                "id": world.log_id,
            },
        )
        connection.execute(
            text("UPDATE run SET message = :told WHERE id = :id"),
            {"told": f"400: {MARK}", "id": world.run_id},
        )
    erase_person(world.store.engine, world.ann)
    assert MARK not in json.dumps(world.store.logs.get(world.log_id).report)
    assert world.store.logs.get(world.log_id).report["format"] == "csv"
    assert MARK not in world.store.runs.get(world.run_id).message
