"""What people changed about their journeys: kept by events, undone last first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, insert, select, update

from journeys.editing import Edit, EditKind
from journeys.errors import StoreError
from journeys.journey import UserJourneys
from journeys.store.engine import now, still_there
from journeys.store.replacing import put_back, replace_journeys
from journeys.store.schema import EditRow
from journeys.timeline import Timeline


@dataclass(frozen=True)
class EditRecord:
    """One change that stands.

    Attributes:
        events, anchor: ids of the events, as in :class:`~journeys.editing.Edit`.
        run_id: the run that the person looked at.
        words: what was done, e.g. ``"merged “Bread” into “Sourdough baking”"``; plain text.
        moved: event id -> id of the journey that it left, ``''`` if it was in none, and its
            membership there.
        created_at: microseconds since 1970-01-01 UTC.
    """

    id: int
    kind: EditKind
    events: tuple[int, ...]
    anchor: tuple[int, ...]
    run_id: int
    words: str
    moved: dict[int, tuple[str, float]]
    created_at: int


class EditStore:
    """Save, read and undo edits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        run_id: int,
        person_id: int,
        timeline: Timeline,
        edit: Edit,
        result: UserJourneys,
        words: str,
    ) -> int:
        """Keep an edit and what it makes of a run's journeys, in one transaction; gives its id.

        Args:
            timeline: of the person, with the column ``event_id``; ``edit`` and ``result`` are
                told by its positions.
            words: what was done, for :attr:`EditRecord.words`.

        Raises:
            StoreError: the person or their result in the run is gone.
        """
        ids = timeline.frame["event_id"].to_numpy()
        with still_there("This person"), self._engine.begin() as connection:
            before = replace_journeys(connection, run_id, person_id, ids, result)
            edit_id: int = connection.execute(
                insert(EditRow).returning(EditRow.id),
                {
                    "person_id": person_id,
                    "kind": edit.kind,
                    "events": ids[list(edit.events)].tolist(),
                    "anchor": ids[list(edit.anchor)].tolist(),
                    "before": before | {"words": words},
                    "created_at": now(),
                },
            ).scalar_one()
        return edit_id

    def of(self, person_id: int) -> Sequence[EditRecord]:
        """A person's edits that stand, oldest first."""
        query = (
            select(EditRow.__table__)
            .where(EditRow.person_id == person_id, EditRow.undone_at.is_(None))
            .order_by(EditRow.id)
        )
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query)]

    def newest(self, person_id: int) -> EditRecord | None:
        """The edit that an undo would take back; None where there is none."""
        query = (
            select(EditRow.__table__)
            .where(EditRow.person_id == person_id, EditRow.undone_at.is_(None))
            .order_by(EditRow.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _record(row) if row else None

    def on(self, person_id: int, timeline: Timeline) -> Sequence[Edit]:
        """A person's edits by position in their timeline, oldest first.

        An edit loses what the timeline no longer has; without events, or without an anchor that
        it once had, it means nothing any more and is left out.
        """
        ids = timeline.frame["event_id"].tolist()
        position = {event_id: at for at, event_id in enumerate(ids)}
        edits = []
        for record in self.of(person_id):
            events = tuple(position[e] for e in record.events if e in position)
            anchor = tuple(position[e] for e in record.anchor if e in position)
            if events and (anchor or not record.anchor):
                edits.append(Edit(record.kind, events, anchor))
        return edits

    def undo(self, edit_id: int) -> None:
        """Take an edit back, and restore its run exactly as it was before.

        Raises:
            StoreError: it is not the person's newest edit, or its run is gone.
        """
        with self._engine.begin() as connection:
            row = self._newest(connection, edit_id)
            put_back(connection, row.person_id, row.before)
            self._mark(connection, edit_id)

    def undo_in(self, edit_id: int, run_id: int, timeline: Timeline, result: UserJourneys) -> None:
        """Take an edit back that was made in another run, and store what that makes of this one.

        Args:
            result: this run's journeys without the edit.

        Raises:
            StoreError: it is not the person's newest edit, or this run is gone.
        """
        ids = timeline.frame["event_id"].to_numpy()
        with self._engine.begin() as connection:
            row = self._newest(connection, edit_id)
            replace_journeys(connection, run_id, row.person_id, ids, result)
            self._mark(connection, edit_id)

    @staticmethod
    def _newest(connection: Any, edit_id: int) -> Any:
        person = select(EditRow.person_id).where(EditRow.id == edit_id).scalar_subquery()
        row = connection.execute(
            select(EditRow.__table__)
            .where(EditRow.person_id == person, EditRow.undone_at.is_(None))
            .order_by(EditRow.id.desc())
            .limit(1)
        ).first()
        if row is None or row.id != edit_id:
            raise StoreError("Only the last change can be undone, and this is no longer it.")
        return row

    @staticmethod
    def _mark(connection: Any, edit_id: int) -> None:
        # What was replaced is told by the snapshot, which is not needed any more.
        connection.execute(
            update(EditRow).where(EditRow.id == edit_id).values(undone_at=now(), before={})
        )


def _record(row: Any) -> EditRecord:
    return EditRecord(
        id=row.id,
        kind=row.kind,
        events=tuple(row.events),
        anchor=tuple(row.anchor),
        run_id=row.before["run_id"],
        words=row.before["words"],
        moved={
            event: (journey, membership) for event, journey, membership in row.before["assignments"]
        },
        created_at=row.created_at,
    )
