"""The journeys of an agent's user, where the store knows them as a person of a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from journeys.journey import FRIEND_LEVEL
from journeys.store.history import COUNTS
from journeys.store.schema import JourneyRow, Naming, Person, UserResult


@dataclass(frozen=True)
class PersonJourney:
    """A journey in short. Times are microseconds since 1970-01-01 UTC.

    Attributes:
        name: as its person would say it to a friend; '' where it is not named yet.
    """

    id: str
    name: str
    stage: str
    kind: str
    score: float
    n_events: int
    first_seen: int
    last_seen: int


@dataclass(frozen=True)
class PersonRun:
    """A person in the newest discovery that is done with them."""

    person_id: int
    run_id: int
    n_events: int
    pseudonym: str


def newest_runs(engine: Engine, pseudonym: str) -> Sequence[PersonRun]:
    """A person in each log that they are in, by the newest discovery of it; most events first."""
    newest = (
        select(Person.id, func.max(UserResult.run_id).label("run_id"))
        .join(UserResult, UserResult.person_id == Person.id)
        .where(Person.pseudonym == pseudonym)
        .group_by(Person.id)
        .subquery()
    )
    query = (
        select(newest.c.id, newest.c.run_id, Person.n_events, Person.pseudonym)
        .join(Person, Person.id == newest.c.id)
        .order_by(Person.n_events.desc())
    )
    with engine.connect() as connection:
        return [PersonRun(*row) for row in connection.execute(query)]


def journeys_of(engine: Engine, run: PersonRun, *, most: int) -> Sequence[PersonJourney]:
    """What a discovery found for a person, the strongest first, by the names that count."""
    found = (
        select(JourneyRow)
        .where(
            JourneyRow.run_id == run.run_id,
            JourneyRow.person_id == run.person_id,
            JourneyRow.active,
        )
        .order_by(JourneyRow.rank)
        .limit(most)
    )
    with engine.connect() as connection:
        rows = connection.execute(found.with_only_columns(*JourneyRow.__table__.columns)).all()
        named = (
            select(Naming.journey_id, Naming.levels)
            .where(
                Naming.run_id == run.run_id,
                Naming.journey_id.in_([row.id for row in rows]),
                ~Naming.alternative,
            )
            .order_by(*COUNTS)
        )
        names = {row.journey_id: row.levels for row in connection.execute(named)}
    return [
        PersonJourney(
            row.id,
            str(names[row.id][FRIEND_LEVEL - 1]) if row.id in names else "",
            row.stage,
            row.kind,
            row.score,
            row.n_events,
            row.first_seen,
            row.last_seen,
        )
        for row in rows
    ]
