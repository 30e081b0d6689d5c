"""Labels of names: what people, or a language model as judge, think of a name seen blind.

They are about a person's journeys and are erased with them, by the database's own cascade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import LEVELS, Names
from journeys.naming.rubric import FIT, SPECIFICITY
from journeys.store.engine import now, still_there
from journeys.store.rows import read_names
from journeys.store.schema import JourneyRow, NameLabel, Naming, Person

#: The namer of a foil: the name of another journey, shown to see whether a rater reads the items.
FOIL = "foil"

#: A longer name cannot be labelled; those that pass the checks are far shorter.
MOST_CHARACTERS = 200

_PERSON, _JUDGE = "person:", "judge:"


@dataclass(frozen=True)
class Label:
    """What one rater thinks of one name of a journey at a level.

    Attributes:
        level: 1 to 5.
        namers: everybody who gave the journey this name at this level; (:data:`FOIL`,) for a foil.
        rater: ``person:`` and initials, or ``judge:`` and the judge's id.
        fit: 1 (wrong) to 5 (just so).
        specificity: "broad", "right" or "specific" for the level; '' where fit is 1, since a
            wrong name is neither.

    Raises:
        ValueError: a value is off its scale.
    """

    journey_id: str
    level: int
    name: str
    namers: tuple[str, ...]
    rater: str
    fit: int
    specificity: str

    def __post_init__(self) -> None:
        if not 1 <= self.level <= len(LEVELS):
            raise ValueError(f"level must be 1 to {len(LEVELS)}, not {self.level}")
        if self.fit not in FIT:
            raise ValueError(f"fit must be 1 to 5, not {self.fit}")
        if self.specificity not in SPECIFICITY and (self.specificity or self.fit != FIT[0]):
            raise ValueError(
                f"specificity must be one of {', '.join(SPECIFICITY)}, not {self.specificity!r}"
            )
        if not self.rater.startswith((_PERSON, _JUDGE)):
            raise ValueError(f"a rater is {_PERSON}... or {_JUDGE}..., not {self.rater!r}")

    @property
    def by_person(self) -> bool:
        """A person rated, and no model."""
        return self.rater.startswith(_PERSON)

    @property
    def foil(self) -> bool:
        """The name is that of another journey."""
        return self.namers == (FOIL,)


@dataclass(frozen=True)
class LabelRecord:
    """A label with whose journey it is about."""

    pseudonym: str
    label: Label
    created_at: int


@dataclass(frozen=True)
class Given:
    """A naming that a journey has or had.

    Attributes:
        counts: this is what the journey is called now.
    """

    person_id: int
    journey_id: str
    names: Names
    counts: bool


class LabelStore:
    """Save, read and take back labels."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, run_id: int, label: Label) -> None:
        """Keep a label in place of the rater's earlier one of the same name.

        Raises:
            StoreError: there is no such journey in the run.
        """
        with still_there("This journey"), self._engine.begin() as connection:
            connection.execute(
                delete(NameLabel).where(
                    NameLabel.run_id == run_id,
                    NameLabel.journey_id == label.journey_id,
                    NameLabel.level == label.level,
                    NameLabel.name == label.name,
                    NameLabel.rater == label.rater,
                )
            )
            connection.execute(
                insert(NameLabel),
                {
                    "run_id": run_id,
                    "journey_id": label.journey_id,
                    "level": label.level,
                    "name": label.name,
                    "namer": "|".join(label.namers),
                    "rater": label.rater,
                    "fit": label.fit,
                    "specificity": label.specificity,
                    "created_at": now(),
                },
            )

    def of_run(self, run_id: int, rater: str | None = None) -> Sequence[LabelRecord]:
        """The labels of a run's names, of everybody or of one rater, in order of time."""
        query = (
            select(NameLabel.__table__, Person.pseudonym)
            .join(
                JourneyRow,
                (JourneyRow.run_id == NameLabel.run_id) & (JourneyRow.id == NameLabel.journey_id),
            )
            .join(Person, Person.id == JourneyRow.person_id)
            .where(NameLabel.run_id == run_id)
            .order_by(NameLabel.id)
        )
        if rater is not None:
            query = query.where(NameLabel.rater == rater)
        with self._engine.connect() as connection:
            return [
                LabelRecord(row.pseudonym, _read(row), row.created_at)
                for row in connection.execute(query)
            ]

    def begun(self, run_id: int) -> bool:
        """Anybody has labelled a name of the run."""
        query = select(NameLabel.id).where(NameLabel.run_id == run_id).limit(1)
        with self._engine.connect() as connection:
            return connection.scalar(query) is not None

    def undo(self, run_id: int, rater: str) -> Label | None:
        """Take back a rater's newest label in a run; None where there is none."""
        newest = (
            select(NameLabel.__table__)
            .where(NameLabel.run_id == run_id, NameLabel.rater == rater)
            .order_by(NameLabel.id.desc())
            .limit(1)
        )
        with self._engine.begin() as connection:
            row = connection.execute(newest).first()
            if row is None:
                return None
            connection.execute(delete(NameLabel).where(NameLabel.id == row.id))
            return _read(row)

    def labelled_runs(self) -> Sequence[int]:
        """Runs that have labels by people, the one labelled last first."""
        query = (
            select(NameLabel.run_id)
            .where(NameLabel.rater.startswith(_PERSON))
            .group_by(NameLabel.run_id)
            .order_by(func.max(NameLabel.id).desc())
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def namers(self, run_id: int) -> Sequence[str]:
        """Who gave names in a run, in order of first appearance."""
        first = func.min(Naming.id)
        query = (
            select(Naming.namer)
            .where(Naming.run_id == run_id)
            .group_by(Naming.namer)
            .order_by(first)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def namings(self, run_id: int, *, most: int | None = None, seed: int = 0) -> Sequence[Given]:
        """Every naming of a run's journeys, by person, journey and time.

        Args:
            most: of at most so many journeys, drawn at random; the same for the same seed.
                Journeys' ids are hashes of what is in them, so a stretch of them in order is a
                draw, and the database reads no other rows for it.
            seed: says where the stretch begins.
        """
        query = (
            select(Naming.__table__, JourneyRow.person_id)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
            )
            .where(Naming.run_id == run_id, JourneyRow.active)
            .order_by(JourneyRow.person_id, JourneyRow.rank, Naming.id)
        )
        with self._engine.connect() as connection:
            if most is not None:
                drawn = _stretch(connection, run_id, most, seed)
                query = query.where(JourneyRow.id.in_(drawn))
            rows = connection.execute(query).all()
        # A person's own names stand, also when a model's come later.
        counting: dict[str, tuple[bool, int]] = {}
        for row in rows:
            order = (row.namer == PERSON_NAMER, row.id)
            counting[row.journey_id] = max(counting.get(row.journey_id, order), order)
        return [
            Given(
                row.person_id,
                row.journey_id,
                read_names(row),
                counts=counting[row.journey_id][1] == row.id,
            )
            for row in rows
        ]


def _read(row: Any) -> Label:
    return Label(
        journey_id=row.journey_id,
        level=row.level,
        name=row.name,
        namers=tuple(row.namer.split("|")),
        rater=row.rater,
        fit=row.fit,
        specificity=row.specificity,
    )


def _stretch(connection: Connection, run_id: int, most: int, seed: int) -> list[str]:
    """Ids of at most so many journeys: from a point that the seed gives on, and round."""
    point = blake2b(str(seed).encode(), digest_size=16).hexdigest()
    query = select(JourneyRow.id).where(JourneyRow.run_id == run_id, JourneyRow.active)
    query = query.order_by(JourneyRow.id)
    found = list(connection.scalars(query.where(JourneyRow.id >= point).limit(most)))
    if len(found) < most:
        rest = query.where(JourneyRow.id < point).limit(most - len(found))
        found += connection.scalars(rest)
    return found
