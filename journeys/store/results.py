"""What runs found: journeys, which event belongs to which, names and maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Engine, delete, func, insert, or_, select, update

from journeys.discovery.storage import Earlier
from journeys.journey import Names, UserJourneys
from journeys.store.assignments import assigned
from journeys.store.caches import read_points
from journeys.store.engine import now, still_there
from journeys.store.example_names import examples_stand
from journeys.store.history import BY_HAND, COUNTS, copy_own_names, counting_names, earlier_result
from journeys.store.rows import (
    NamingRecord,
    journey_row,
    naming_row,
    read_journey,
    read_names,
    read_naming,
)
from journeys.store.runs import hold
from journeys.store.schema import (
    Assignment,
    EventRow,
    JourneyRow,
    MapRow,
    Naming,
    Person,
    UserResult,
)
from journeys.timeline import Timeline

_CHUNK = 5_000


@dataclass(frozen=True)
class PersonResult:
    """What a run found for one person, in numbers."""

    person_id: int
    pseudonym: str
    n_events: int
    n_unassigned: int
    n_journeys: int
    note: str
    map_key: str | None


class ResultStore:
    """Save and read what runs found."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def finished_people(self, run_id: int) -> set[int]:
        """Ids of the people whose journeys are stored."""
        with self._engine.connect() as connection:
            return set(
                connection.scalars(select(UserResult.person_id).where(UserResult.run_id == run_id))
            )

    def save_user(
        self,
        run_id: int,
        person_id: int,
        event_ids: np.ndarray,
        result: UserJourneys,
        lease: str | None = None,
    ) -> None:
        """Store one person's journeys in one transaction; the person is then done.

        A journey that an earlier run of the log has, too, takes over the names that a person
        gave it there.

        Args:
            event_ids: shape ``(events,)``, the ids of the timeline's events, in its order.
            lease: of the worker that writes; None where the run is nobody's but the caller's.

        Raises:
            StoreError: the run is no longer held by that lease.
        """
        at = now()
        ids = event_ids.tolist()
        names = [journey.id for journey in result.journeys]
        with self._engine.begin() as connection:
            if lease is not None:
                hold(connection, run_id, lease)
            if result.journeys:
                connection.execute(
                    insert(JourneyRow),
                    [journey_row(run_id, person_id, j, ids) for j in result.journeys],
                )
                connection.execute(
                    insert(Naming),
                    [naming_row(run_id, j.id, j.names, at) for j in result.journeys],
                )
                copy_own_names(connection, run_id, person_id, names)
            rows = [
                {
                    "run_id": run_id,
                    "event_id": event_id,
                    "journey_id": names[label] if label >= 0 else "",
                    "membership": membership,
                }
                for event_id, label, membership in zip(
                    ids, result.labels.tolist(), result.membership.tolist(), strict=True
                )
            ]
            for start in range(0, len(rows), _CHUNK):
                connection.execute(insert(Assignment), rows[start : start + _CHUNK])
            connection.execute(
                insert(UserResult),
                {
                    "run_id": run_id,
                    "person_id": person_id,
                    "n_events": len(ids),
                    "n_unassigned": int(np.sum(result.labels < 0)),
                    "n_journeys": len(result.journeys),
                    "note": result.note,
                    "stability": result.stability,
                },
            )

    def earlier(self, run_id: int, person_id: int, timeline: Timeline) -> Earlier | None:
        """What the newest run before this one found for a person; None where there is none."""
        return earlier_result(self._engine, run_id, person_id, timeline)

    def people(self, run_id: int) -> Sequence[PersonResult]:
        """Everybody who is done in a run, most journeys first."""
        query = person_results(run_id).order_by(UserResult.n_journeys.desc(), Person.pseudonym)
        with self._engine.connect() as connection:
            return [PersonResult(*row) for row in connection.execute(query)]

    def user(self, run_id: int, person_id: int, timeline: Timeline) -> UserJourneys:
        """One person's journeys with their newest names, against their timeline.

        Args:
            timeline: as :meth:`journeys.store.logs.LogStore.timeline` gives it.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(JourneyRow.__table__)
                .where(
                    JourneyRow.run_id == run_id,
                    JourneyRow.person_id == person_id,
                    JourneyRow.active,
                )
                .order_by(JourneyRow.rank)
            ).all()
            where = assigned(connection, run_id, person_id)
            about = connection.execute(
                select(UserResult.note, UserResult.stability).where(
                    UserResult.run_id == run_id, UserResult.person_id == person_id
                )
            ).first()
        names = self._newest_names(run_id, person_id)
        event_ids = timeline.frame["event_id"].tolist()
        index = {row.id: at for at, row in enumerate(rows)}
        nothing = ("", 0.0)
        labels = np.array(
            [index.get(where.get(e, nothing)[0], -1) for e in event_ids], dtype=np.int64
        )
        membership = np.array([where.get(e, nothing)[1] for e in event_ids], dtype=np.float32)
        position = {event_id: at for at, event_id in enumerate(event_ids)}
        journeys = tuple(
            read_journey(
                row, timeline.user_id, np.flatnonzero(labels == at), position, names[row.id]
            )
            for at, row in enumerate(rows)
        )
        note, stability = about or ("", None)
        return UserJourneys(
            timeline.user_id, journeys, labels, membership, note, timeline.start, stability
        )

    def _newest_names(self, run_id: int, person_id: int) -> dict[str, Names]:
        query = (
            select(Naming.__table__)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
            )
            .where(Naming.run_id == run_id, JourneyRow.person_id == person_id, ~Naming.alternative)
            .order_by(*COUNTS)
        )
        with self._engine.connect() as connection:
            return {row.journey_id: read_names(row) for row in connection.execute(query)}

    def unnamed(self, run_id: int, namer: str) -> Sequence[tuple[int, str]]:
        """(person id, journey id) of the journeys that ``namer`` has not named in this run.

        A journey named by hand counts as named, alternatives do not. Ordered by rank, so that
        everybody's strongest journey is named first.
        """
        named = select(Naming.journey_id).where(
            Naming.run_id == run_id, ~Naming.alternative, or_(Naming.namer == namer, BY_HAND)
        )
        query = (
            select(JourneyRow.person_id, JourneyRow.id)
            .where(JourneyRow.run_id == run_id, JourneyRow.active, JourneyRow.id.not_in(named))
            .order_by(JourneyRow.rank, JourneyRow.person_id)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query))

    def counts(self, run_id: int) -> tuple[int, int]:
        """(journeys, journeys with names that are not provisional) of a run."""
        active = (JourneyRow.run_id == run_id) & JourneyRow.active
        with self._engine.connect() as connection:
            journeys = connection.scalar(select(func.count()).select_from(JourneyRow).where(active))
            named = connection.scalar(
                select(func.count(func.distinct(Naming.journey_id)))
                .join(
                    JourneyRow,
                    (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
                )
                .where(active, Naming.provisional.is_(False), ~Naming.alternative)
            )
        return journeys or 0, named or 0

    def add_names(
        self, run_id: int, journey_id: str, names: Names, lease: str | None = None
    ) -> None:
        """Give a journey new names; the old ones stay in its history.

        Names made with an example that may not serve any more are not kept, and neither are the
        ones that count already: whoever saw no answer may save again.

        Args:
            lease: of the worker that writes; None for a person.

        Raises:
            StoreError: there is no such journey in the run, or it is not held by that lease.
        """
        with still_there("This journey"), self._engine.begin() as connection:
            if lease is not None:
                hold(connection, run_id, lease)
            elif counting_names(connection, run_id, journey_id) == names:
                return
            connection.execute(insert(Naming), naming_row(run_id, journey_id, names, now()))
            if not examples_stand(connection, run_id, journey_id, names.examples):
                connection.rollback()

    def names_history(self, run_id: int, journey_id: str) -> Sequence[NamingRecord]:
        """Every naming of a journey: the one that counts, then the others, newest first.

        What a person gave or chose comes first. Alternatives are left out.
        """
        query = (
            select(Naming.__table__)
            .where(Naming.run_id == run_id, Naming.journey_id == journey_id, ~Naming.alternative)
            .order_by(*(column.desc() for column in COUNTS))
        )
        with self._engine.connect() as connection:
            return [read_naming(row) for row in connection.execute(query)]

    def undo_names(self, run_id: int, journey_id: str) -> bool:
        """Take back the newest names that a person gave or chose; false when there are none."""
        newest = (
            select(func.max(Naming.id))
            .where(
                Naming.run_id == run_id,
                Naming.journey_id == journey_id,
                BY_HAND,
                ~Naming.alternative,
            )
            .scalar_subquery()
        )
        with self._engine.begin() as connection:
            return bool(connection.execute(delete(Naming).where(Naming.id == newest)).rowcount)

    def set_map(self, run_id: int, person_id: int, key: str) -> None:
        """Say which cached map is this person's."""
        with self._engine.begin() as connection:
            connection.execute(
                update(UserResult)
                .where(UserResult.run_id == run_id, UserResult.person_id == person_id)
                .values(map_key=key)
            )

    def map_points(self, run_id: int, person_id: int) -> np.ndarray | None:
        """A person's map, shape ``(events, 2)``, by timeline; None if not drawn."""
        query = (
            select(MapRow.points)
            .join(UserResult, UserResult.map_key == MapRow.key)
            .where(UserResult.run_id == run_id, UserResult.person_id == person_id)
        )
        with self._engine.connect() as connection:
            data = connection.scalar(query)
        return read_points(data)

    def assignments(
        self, run_id: int, people: int | None = None
    ) -> Iterator[tuple[str, str, int, str]]:
        """(pseudonym, item id, time, journey id or '') of every event, by person and time.

        Args:
            people: of only so many people. They are the first by pseudonym, which is a keyed hash,
                so they are a random sample, the same each time.
        """
        query = (
            select(Person.pseudonym, EventRow.item_id, EventRow.timestamp, Assignment.journey_id)
            .join(EventRow, EventRow.id == Assignment.event_id)
            .join(Person, Person.id == EventRow.person_id)
            .where(Assignment.run_id == run_id)
            .order_by(Person.pseudonym, EventRow.timestamp, EventRow.id)
            .execution_options(yield_per=_CHUNK)
        )
        if people is not None:
            first = (
                select(Person.id)
                .join(UserResult, UserResult.person_id == Person.id)
                .where(UserResult.run_id == run_id)
                .order_by(Person.pseudonym)
                .limit(people)
            )
            query = query.where(EventRow.person_id.in_(first))
        with self._engine.connect() as connection:
            yield from connection.execute(query)


def person_results(run_id: int) -> Any:
    """The query of a run's people, as :class:`PersonResult` takes its columns."""
    return (
        select(
            UserResult.person_id,
            Person.pseudonym,
            UserResult.n_events,
            UserResult.n_unassigned,
            UserResult.n_journeys,
            UserResult.note,
            UserResult.map_key,
        )
        .join(Person, Person.id == UserResult.person_id)
        .where(UserResult.run_id == run_id)
    )
