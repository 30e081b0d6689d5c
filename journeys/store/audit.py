"""Who saw which raw data: noting a look before it is given, reading the records, forgetting."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, literal, select, update
from sqlalchemy.exc import OperationalError

from journeys.audit import ERASED, LOOK, VISIT, Look, Reader, Way
from journeys.errors import StoreError
from journeys.store.audit_schema import LookRow
from journeys.store.engine import now
from journeys.store.memory_schema import MemoryRow
from journeys.store.schema import JourneyRow, Log, Person, Run
from journeys.store.study_schema import StudyRow
from journeys.store.upserting import upsert

_DAY = 86_400_000_000
_OF_NO_LOG = 0
_PARTICIPANT = "participant "
_PAGE = 1_000


@dataclass(frozen=True)
class Subject:
    """What is looked at, by ids of rows; the smallest that is known counts.

    Attributes:
        user: pseudonym of an agent's user.
    """

    person_id: int | None = None
    run_id: int | None = None
    journey_id: str | None = None
    log_id: int | None = None
    study_id: int | None = None
    memory_id: int | None = None
    user: str | None = None


class AuditStore:
    """Note and read looks.

    Args:
        keep_days: a record is kept for so long after its last look.
        clock: microseconds since 1970-01-01 UTC.
    """

    def __init__(self, engine: Engine, keep_days: int, clock: Callable[[], int] = now) -> None:
        self._engine = engine
        self._keep = keep_days * _DAY
        self._clock = clock
        self._lock = Lock()
        self._minute = self._cleaned = -1
        self._noted: set[tuple[Any, ...]] = set()

    def note(self, reader: Reader, subject: Subject) -> None:
        """Note a look, before anything is given. Of what is not there nothing is noted.

        Raises:
            StoreError: the database does not take the record; give nothing then.
        """
        at = self._clock()
        try:
            found = self._find(subject)
            if found is None or self._is_noted(reader, found, at):
                return
            self._write(reader, found[0], found[1], at)
        except OperationalError as error:
            raise StoreError(
                "Nothing is shown: who sees raw data is noted first, and the database is too busy "
                "to take a note. Try again in a moment."
            ) from error
        with self._lock:
            if at // LOOK == self._minute:
                self._noted.add((reader, *found))

    def _find(self, subject: Subject) -> Sequence[Any] | None:
        if subject.user is not None:
            return (_OF_NO_LOG, subject.user, 0)
        with self._engine.connect() as connection:
            return connection.execute(_of(subject)).first()

    def _is_noted(self, reader: Reader, found: Sequence[Any], at: int) -> bool:
        """Whether this process noted the same a moment ago: a page reads more than once."""
        with self._lock:
            if at // LOOK != self._minute:
                self._minute, self._noted = at // LOOK, set()
            return (reader, *found) in self._noted

    def _write(self, reader: Reader, log_id: int, person: str, at: int) -> None:
        with self._engine.begin() as connection:
            row = {
                "at": at,
                "last_at": at,
                "who": reader.who,
                "way": reader.way.value,
                "place": reader.where,
                "log_id": log_id,
                "person": person,
                "looks": 1,
                "visit": at // VISIT,
            }
            statement = upsert(self._engine, LookRow).values(row)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["who", "way", "place", "log_id", "person", "visit"],
                    set_={"looks": LookRow.looks + 1, "last_at": statement.excluded.last_at},
                )
            )
            if at // _DAY != self._cleaned:
                self._cleaned = at // _DAY
                connection.execute(delete(LookRow).where(LookRow.last_at < at - self._keep))

    def list(
        self, *, who: str = "", person: str = "", most: int = 50, after: int = 0
    ) -> Sequence[Look]:
        """Records, the newest first, a page at a time.

        Args:
            who: part of who looked; "" for all.
            person: pseudonym, or its beginning; "" for all.
            most: of them.
            after: how many to leave out before.
        """
        query = (
            _chosen(select(LookRow.__table__), who, person)
            .order_by(LookRow.last_at.desc(), LookRow.id.desc())
            .limit(most)
            .offset(after)
        )
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(query)]

    def all(self, *, who: str = "", person: str = "") -> Iterator[Look]:
        """All records, the newest first, a bounded number in memory."""
        before: int | None = None
        while True:
            query = _chosen(select(LookRow.__table__), who, person).order_by(LookRow.id.desc())
            if before is not None:
                query = query.where(LookRow.id < before)
            with self._engine.connect() as connection:
                found = [_read(row) for row in connection.execute(query.limit(_PAGE))]
            yield from found
            if len(found) < _PAGE:
                return
            before = found[-1].id

    def count(self, *, who: str = "", person: str = "") -> int:
        """How many records there are."""
        query = _chosen(select(func.count()).select_from(LookRow), who, person)
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0


def forget_in_audit(connection: Connection, people: builtins.list[int]) -> None:
    """Within an erasure: records about these people stay, without what leads to them.

    That somebody was looked at, by whom and when, is what an audit is for. Their pseudonym goes,
    and where they looked themselves, through a link, so does the number of their place.
    """
    theirs = (
        select(Person.id)
        .where(
            Person.id.in_(people),
            Person.log_id == LookRow.log_id,
            Person.pseudonym == LookRow.person,
        )
        .exists()
    )
    _forget(connection, theirs)


def forget_user_in_audit(connection: Connection, pseudonym: str) -> None:
    """Within an erasure: the same for a user of agents."""
    _forget(connection, (LookRow.log_id == _OF_NO_LOG) & (LookRow.person == pseudonym))


def forget_log_in_audit(connection: Connection, log_id: int) -> None:
    """A log is gone; the next one may get its number."""
    connection.execute(
        update(LookRow)
        .where(LookRow.log_id == log_id)
        .values(log_id=-LookRow.log_id, visit=-LookRow.id)
    )


def _forget(connection: Connection, theirs: Any) -> None:
    own = LookRow.way == Way.LINK.value
    connection.execute(update(LookRow).where(theirs, own).values(who=f"{_PARTICIPANT}({ERASED})"))
    connection.execute(update(LookRow).where(theirs).values(person=ERASED, visit=-LookRow.id))


def _of(subject: Subject) -> Select[int, str, int]:
    """(log, pseudonym, when the log came) of a subject, as a query; "" for everybody of the log.

    The time tells a log from one that was deleted and had the same number.
    """
    person = select(Person.log_id, Person.pseudonym, Log.created_at).join(
        Log, Log.id == Person.log_id
    )
    if subject.person_id is not None:
        return person.where(Person.id == subject.person_id)
    if subject.journey_id is not None:
        return person.join(JourneyRow, JourneyRow.person_id == Person.id).where(
            JourneyRow.run_id == subject.run_id, JourneyRow.id == subject.journey_id
        )
    everybody = select(Log.id, literal(""), Log.created_at)
    # A study's examples are of its own people, in whatever log they are shown.
    for table, id_ in (
        (StudyRow, subject.study_id),
        (Run, subject.run_id),
        (MemoryRow, subject.memory_id),
    ):
        if id_ is not None:
            return everybody.join(table, table.log_id == Log.id).where(table.id == id_)
    return everybody.where(Log.id == subject.log_id)


def _chosen(query: Select[Any], who: str, person: str) -> Select[Any]:
    if who:
        query = query.where(LookRow.who.icontains(who, autoescape=True))
    if person:
        query = query.where(LookRow.person.startswith(person, autoescape=True))
    return query


def _read(row: Any) -> Look:
    return Look(
        row.id,
        row.at,
        row.last_at,
        row.who,
        Way(row.way),
        row.place,
        row.log_id or None,
        row.person,
        row.looks,
    )
