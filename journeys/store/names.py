"""Names beside those that count: what other namers gave, what stood before, and choosing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import aliased

from journeys.journey import Names
from journeys.store.engine import now, still_there
from journeys.store.example_names import examples_stand
from journeys.store.history import BY_HAND, COUNTS
from journeys.store.rows import NamingRecord, naming_row, read_naming
from journeys.store.schema import JourneyRow, Naming


class NameStore:
    """Compare, choose and look back; :class:`~journeys.store.results.ResultStore` has the rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_alternative(self, run_id: int, journey_id: str, names: Names) -> None:
        """Keep what another namer would call a journey; the names that count stay.

        The same names of the same namer are kept once, and those made with an example that may
        not serve any more not at all.

        Raises:
            StoreError: there is no such journey in the run.
        """
        of_namer = (
            select(Naming.__table__)
            .where(
                Naming.run_id == run_id,
                Naming.journey_id == journey_id,
                Naming.namer == names.namer,
                Naming.alternative,
            )
            .order_by(Naming.id.desc())
        )
        with still_there("This journey"), self._engine.begin() as connection:
            known = (read_naming(row).names for row in connection.execute(of_namer))
            if names not in known:
                row = naming_row(run_id, journey_id, names, now(), alternative=True)
                connection.execute(insert(Naming), row)
                if not examples_stand(connection, run_id, journey_id, names.examples):
                    connection.rollback()

    def choose(self, run_id: int, journey_id: str, names: Names) -> None:
        """Let these names count, whoever gave them, until a person chooses or gives others.

        :meth:`~journeys.store.results.ResultStore.undo_names` takes it back.

        Raises:
            StoreError: there is no such journey in the run.
        """
        settled = replace(names, provisional=False)
        with still_there("This journey"), self._engine.begin() as connection:
            row = naming_row(run_id, journey_id, settled, now(), chosen=True)
            connection.execute(insert(Naming), row)

    def of_person(self, run_id: int, person_id: int) -> dict[str, Sequence[NamingRecord]]:
        """Every naming of a person's journeys in a run, alternatives included, oldest first."""
        query = (
            select(Naming.__table__)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
            )
            .where(Naming.run_id == run_id, JourneyRow.person_id == person_id)
            .order_by(Naming.id)
        )
        found: dict[str, list[NamingRecord]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.journey_id, []).append(read_naming(row))
        return dict(found)

    def of_earlier_runs(self, run_id: int, person_id: int) -> dict[str, Names]:
        """Journey id -> the names that counted in the newest earlier run that has the journey.

        Names by hand are not among them: they are taken over when the journey is saved.
        """
        query = (
            select(Naming.__table__)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
            )
            .where(
                JourneyRow.person_id == person_id,
                Naming.run_id < run_id,
                ~Naming.alternative,
                ~Naming.provisional,
                ~BY_HAND,
            )
            .order_by(Naming.run_id, Naming.id)
        )
        with self._engine.connect() as connection:
            return {row.journey_id: read_naming(row).names for row in connection.execute(query)}

    def over_time(self, run_id: int, journey_id: str) -> Sequence[NamingRecord]:
        """Every naming of a journey in this run and in earlier ones of its log that have it.

        The one that counts comes first, then the others, newest first. What a later run took
        over from an earlier one is told once, for the earlier.
        """
        shown, named = aliased(JourneyRow), aliased(JourneyRow)
        query = (
            select(Naming.__table__)
            .join(named, (named.run_id == Naming.run_id) & (named.id == Naming.journey_id))
            .join(shown, (shown.person_id == named.person_id) & (shown.id == named.id))
            .where(shown.run_id == run_id, shown.id == journey_id, Naming.run_id <= run_id)
            .order_by(Naming.run_id, *COUNTS)
        )
        with self._engine.connect() as connection:
            records = [read_naming(row) for row in connection.execute(query)]
        counting = [r for r in records if r.run_id == run_id and not r.alternative]
        told: dict[tuple[Names, int], NamingRecord] = {}
        for record in records:
            told.setdefault((record.names, record.created_at), record)
        current = counting[-1] if counting else None
        others = [
            record
            for which, record in told.items()
            if not current or which != (current.names, current.created_at)
        ]
        others.sort(key=lambda record: record.created_at, reverse=True)
        return [current, *others] if current else others
