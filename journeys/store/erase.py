"""Erasing people, logs and what was derived from them.

Rows go first, then what the caches hold of them: a vector goes when no event in the database
has its text any more, a language-model answer when no naming rests on it, a map when no result
points to it. SQLite then overwrites freed pages (``secure_delete``), gives them back (``VACUUM``)
and empties its write-ahead log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine, delete, func, select, text, update

from journeys.errors import StoreError
from journeys.store.schema import (
    CompletionRow,
    EventRow,
    JourneyRow,
    Log,
    MapRow,
    Naming,
    Person,
    RejectedRow,
    UserResult,
    VectorRow,
)

_PART = 5_000

T = TypeVar("T")


@dataclass(frozen=True)
class Erased:
    """How much was erased."""

    events: int
    journeys: int
    vectors: int
    completions: int
    maps: int


def erase_person(engine: Engine, person_id: int) -> Erased:
    """Erase one person: events, journeys, names, ratings, vectors, cached prompts and maps.

    Excerpts of the log's unreadable records go too, since they may be this person's.

    Raises:
        StoreError: there is no such person.
    """
    with engine.begin() as connection:
        log_id = connection.scalar(select(Person.log_id).where(Person.id == person_id))
        if log_id is None:
            raise StoreError("This person is not in the store; they may have been erased already.")
        erased = _erase(connection, [person_id])
        connection.execute(delete(RejectedRow).where(RejectedRow.log_id == log_id))
        left = connection.execute(
            select(
                func.count(EventRow.id), func.min(EventRow.timestamp), func.max(EventRow.timestamp)
            )
            .join(Person, Person.id == EventRow.person_id)
            .where(Person.log_id == log_id)
        ).one()
        if left[0]:
            connection.execute(
                update(Log)
                .where(Log.id == log_id)
                .values(
                    n_events=left[0],
                    first_time=left[1],
                    last_time=left[2],
                    n_users=select(func.count(Person.id))
                    .where(Person.log_id == log_id)
                    .scalar_subquery(),
                )
            )
        else:
            connection.execute(delete(Log).where(Log.id == log_id))
    _shrink(engine)
    return erased


def erase_log(engine: Engine, log_id: int) -> Erased:
    """Erase a log with everybody in it."""
    with engine.begin() as connection:
        people = list(connection.scalars(select(Person.id).where(Person.log_id == log_id)))
        erased = _erase(connection, people)
        connection.execute(delete(Log).where(Log.id == log_id))
    _shrink(engine)
    return erased


def prune_caches(engine: Engine) -> Erased:
    """Drop cached vectors, answers and maps that nothing in the database refers to.

    The command line's runs leave such behind: they keep their results in files.
    """
    with engine.begin() as connection:
        vectors = connection.execute(
            delete(VectorRow).where(VectorRow.key.not_in(select(EventRow.text_key)))
        ).rowcount
        used = _completions_in_use(connection)
        keys = connection.scalars(select(CompletionRow.key)).all()
        completions = _delete_keys(connection, [key for key in keys if key not in used])
        maps = _delete_unused_maps(connection)
    _shrink(engine)
    return Erased(0, 0, vectors, completions, maps)


def _erase(connection: Connection, people: Sequence[int]) -> Erased:
    text_keys: set[bytes] = set()
    completion_keys: set[str] = set()
    map_keys: set[str] = set()
    events = journeys = 0
    for part in _parts(people):
        text_keys.update(
            connection.scalars(select(EventRow.text_key).where(EventRow.person_id.in_(part)))
        )
        for keys in connection.scalars(
            select(Naming.completion_keys)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
            )
            .where(JourneyRow.person_id.in_(part))
        ):
            completion_keys.update(keys)
        map_keys.update(
            key
            for key in connection.scalars(
                select(UserResult.map_key).where(UserResult.person_id.in_(part))
            )
            if key
        )
        # Named one by one, though the foreign keys cascade: a database without them stays clean.
        journeys += connection.execute(
            delete(JourneyRow).where(JourneyRow.person_id.in_(part))
        ).rowcount
        events += connection.execute(delete(EventRow).where(EventRow.person_id.in_(part))).rowcount
        connection.execute(delete(Person).where(Person.id.in_(part)))
    vectors = 0
    for part_keys in _parts(sorted(text_keys)):
        vectors += connection.execute(
            delete(VectorRow).where(
                VectorRow.key.in_(part_keys),
                ~select(EventRow.id).where(EventRow.text_key == VectorRow.key).exists(),
            )
        ).rowcount
    still_used = _completions_in_use(connection) if completion_keys else set()
    completions = _delete_keys(connection, completion_keys - still_used)
    maps = 0
    for part_maps in _parts(sorted(map_keys)):
        maps += connection.execute(
            delete(MapRow).where(
                MapRow.key.in_(part_maps),
                ~select(UserResult.run_id).where(UserResult.map_key == MapRow.key).exists(),
            )
        ).rowcount
    return Erased(events, journeys, vectors, completions, maps)


def _completions_in_use(connection: Connection) -> set[str]:
    used: set[str] = set()
    for keys in connection.scalars(select(Naming.completion_keys)):
        used.update(keys)
    return used


def _delete_keys(connection: Connection, keys: Iterable[str]) -> int:
    return sum(
        connection.execute(delete(CompletionRow).where(CompletionRow.key.in_(part))).rowcount
        for part in _parts(sorted(keys))
    )


def _delete_unused_maps(connection: Connection) -> int:
    return connection.execute(
        delete(MapRow).where(
            ~select(UserResult.run_id).where(UserResult.map_key == MapRow.key).exists()
        )
    ).rowcount


def _parts(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + _PART] for start in range(0, len(values), _PART))


def _shrink(engine: Engine) -> None:
    """Leave nothing of what was deleted in SQLite's file or its write-ahead log."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        connection.execute(text("VACUUM"))
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
