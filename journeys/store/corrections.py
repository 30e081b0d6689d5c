"""What people called their journeys themselves, as pairs to tune a namer on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from journeys.discovery.evidence import build_evidence
from journeys.discovery.sendable import sendable
from journeys.discovery.storage import PERSON_NAMER
from journeys.naming.tuning.pairs import Pair
from journeys.store.schema import JourneyRow, Naming, Person

if TYPE_CHECKING:
    from journeys.store import Store


@dataclass(frozen=True)
class Correction:
    """A name that a person gave a journey at one level, in place of a namer's."""

    run_id: int
    person_id: int
    pseudonym: str
    journey_id: str
    level: int
    name: str


def corrections(engine: Engine) -> list[Correction]:
    """Every name that a person gave and that still stands, once a journey and level.

    Of the five names of a naming only those count that differ from the names before it: the
    others are still the namer's. Names that a later run took over are not counted again.
    """
    query = (
        select(
            Naming.run_id,
            Naming.journey_id,
            Naming.levels,
            Naming.namer,
            Person.id.label("person_id"),
            Person.pseudonym,
        )
        .join(
            JourneyRow,
            (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
        )
        .join(Person, Person.id == JourneyRow.person_id)
        .order_by(Naming.journey_id, Naming.run_id, Naming.id)
    )
    found: dict[tuple[str, int], Correction] = {}
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    for journey_id, of_journey in groupby(rows, key=lambda row: row.journey_id):
        known: set[tuple[str, ...]] = set()
        for _, of_run in groupby(of_journey, key=lambda row: row.run_id):
            before: list[str] = []
            for row in of_run:
                if row.namer == PERSON_NAMER and tuple(row.levels) not in known:
                    known.add(tuple(row.levels))
                    for level, name in enumerate(row.levels, start=1):
                        if before and before[level - 1] != name:
                            found[journey_id, level] = Correction(
                                row.run_id, row.person_id, row.pseudonym, journey_id, level, name
                            )
                before = list(row.levels)
    return list(found.values())


def correction_pairs(store: Store) -> list[Pair]:
    """People's own names with the titles of their journeys, redacted as for any namer.

    What participants of studies said counts only with their consent that it may serve others: a
    tuned namer names everybody's journeys.
    """
    return [*_pairs(store), *_study_pairs(store)]


def _study_pairs(store: Store) -> Iterator[Pair]:
    for study in store.studies.list():
        for example, evidence in store.examples.shared(study.id):
            for level in example.levels:
                yield Pair(evidence.titles, example.names[level - 1], level, (example.owner,))


def _pairs(store: Store) -> Iterator[Pair]:
    ordered = sorted(corrections(store.engine), key=lambda one: (one.run_id, one.person_id))
    for (run_id, person_id), own in groupby(ordered, key=lambda one: (one.run_id, one.person_id)):
        timeline = store.logs.timeline(person_id)
        result = store.results.user(run_id, person_id, timeline)
        journeys = {journey.id: journey for journey in result.journeys}
        for one in own:
            journey = journeys.get(one.journey_id)
            name = sendable(one.name)
            if journey is None or not any(map(str.isalpha, name)):
                continue  # an edit emptied the journey since
            evidence = build_evidence(timeline, result, journey)
            yield Pair(evidence.titles, name, one.level, (one.pseudonym,))
