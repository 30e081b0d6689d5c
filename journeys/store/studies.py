"""Studies: their designs in versions, the discoveries they rest on, and their state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from journeys.errors import StoreError
from journeys.store.engine import now, still_there
from journeys.store.erase import delete_unused_completions, shrink
from journeys.store.example_names import forget_examples
from journeys.store.schema import Run
from journeys.store.study_schema import (
    ConsentRow,
    InvitationRow,
    PreferredLevelRow,
    StudyRow,
    StudyRunRow,
    StudyVersionRow,
)
from journeys.study.design import StudyDesign
from journeys.study.design_file import design_hash, from_dict, to_dict

DRAFT, OPEN, CLOSED = "draft", "open", "closed"


@dataclass(frozen=True)
class Study:
    """A study with its newest design.

    Attributes:
        state: "draft", "open" or "closed"; participants can answer only while it is open.
        version: of the design, from 1.
        runs: condition key -> id of the discovery whose journeys it shows; a key is missing when
            its discovery was deleted.
        created_at: microseconds since 1970-01-01 UTC.
    """

    id: int
    log_id: int
    state: str
    version: int
    design: StudyDesign
    design_hash: str
    runs: Mapping[str, int]
    created_at: int

    @property
    def missing_runs(self) -> tuple[str, ...]:
        """Keys of the conditions without a discovery."""
        return tuple(c.key for c in self.design.conditions if c.key not in self.runs)


@dataclass(frozen=True)
class DesignVersion:
    """One version of a study's design."""

    version: int
    design: StudyDesign
    design_hash: str
    created_at: int


@dataclass(frozen=True)
class PreferredLevel:
    """The level (1 to 5, a fraction) that a person prefers, its posterior standard deviation, and
    the number of answers behind it."""

    level: float
    spread: float
    answers: int

    @property
    def default(self) -> int:
        """The whole level at which the person's names are shown at first."""
        return min(5, max(1, int(self.level + 0.5)))


class StudyStore:
    """Make, read, change, open, close and delete studies: the researcher's side."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, log_id: int, design: StudyDesign, runs: Mapping[str, int]) -> int:
        """A new study, as a draft; returns its id.

        Args:
            runs: condition key -> id of a discovery over this log.

        Raises:
            StoreError: the log is gone, or a run is not one of it.
        """
        with still_there("This log"), self._engine.begin() as connection:
            study_id: int = connection.execute(
                insert(StudyRow).returning(StudyRow.id),
                {"log_id": log_id, "state": DRAFT, "created_at": now()},
            ).scalar_one()
            _add_version(connection, study_id, 1, design)
            _set_runs(connection, study_id, 1, log_id, design, runs)
        return study_id

    def list(self, log_id: int | None = None) -> Sequence[Study]:
        """Studies, newest first; of one log or of all."""
        query = select(StudyRow.id).order_by(StudyRow.id.desc())
        if log_id is not None:
            query = query.where(StudyRow.log_id == log_id)
        with self._engine.connect() as connection:
            return [read_study(connection, id_) for id_ in connection.scalars(query).all()]

    def get(self, study_id: int) -> Study:
        """One study.

        Raises:
            StoreError: there is no such study.
        """
        with self._engine.connect() as connection:
            return read_study(connection, study_id)

    def versions(self, study_id: int) -> Sequence[DesignVersion]:
        """Every version of a study's design, oldest first."""
        query = (
            select(StudyVersionRow.__table__)
            .where(StudyVersionRow.study_id == study_id)
            .order_by(StudyVersionRow.version)
        )
        with self._engine.connect() as connection:
            return [
                DesignVersion(row.version, from_dict(row.design), row.design_hash, row.created_at)
                for row in connection.execute(query)
            ]

    def edit(
        self, study_id: int, design: StudyDesign, runs: Mapping[str, int] | None = None
    ) -> int:
        """Change the design; returns the version that has it.

        A version that anybody was invited under is never changed: the new design becomes another
        one, for those who are invited from now on. ``runs`` stays as it is where it is None.

        Raises:
            StoreError: the study is gone, closed, or a run is not one of its log.
        """
        with still_there("This study"), self._engine.begin() as connection:
            # The write comes first, so that nobody is invited in between.
            connection.execute(
                update(StudyRow).where(StudyRow.id == study_id).values(state=StudyRow.state)
            )
            study = read_study(connection, study_id)
            if study.state == CLOSED:
                raise StoreError("This study is closed. Open it again before you change it.")
            wanted = study.runs if runs is None else runs
            if study.design_hash == design_hash(design) and dict(wanted) == dict(study.runs):
                return study.version
            invited = connection.scalar(
                select(func.count())
                .select_from(InvitationRow)
                .where(InvitationRow.study_id == study_id, InvitationRow.version == study.version)
            )
            version = study.version
            if invited:
                version += 1
                _add_version(connection, study_id, version, design)
            else:
                connection.execute(
                    update(StudyVersionRow)
                    .where(StudyVersionRow.study_id == study_id, StudyVersionRow.version == version)
                    .values(
                        design=to_dict(design), design_hash=design_hash(design), created_at=now()
                    )
                )
            _set_runs(connection, study_id, version, study.log_id, design, wanted)
        return version

    def open(self, study_id: int) -> None:
        """Let participants answer.

        Raises:
            StoreError: the study is gone, or a condition has no discovery.
        """
        study = self.get(study_id)
        if study.missing_runs:
            raise StoreError(
                f"Condition {', '.join(study.missing_runs)} has no discovery to show. Choose one "
                "before you open the study."
            )
        self._set_state(study_id, OPEN)

    def close(self, study_id: int) -> None:
        """Take no more answers; participants can still take their copy, and erase.

        Raises:
            StoreError: the study is gone.
        """
        self._set_state(study_id, CLOSED)

    def delete(self, study_id: int) -> None:
        """Erase a study with every answer in it, leaving nothing in the database's file.

        Names that its participants' words were examples for go, too.

        Raises:
            StoreError: another process kept the file from being cleaned.
        """
        with self._engine.begin() as connection:
            invited = select(InvitationRow.id).where(InvitationRow.study_id == study_id)
            if forget_examples(connection, connection.scalars(invited).all()):
                delete_unused_completions(connection)
            connection.execute(delete(StudyRow).where(StudyRow.id == study_id))
        shrink(self._engine)

    def preferred_level(self, person_id: int) -> PreferredLevel | None:
        """What was learned of a person in a study, the last one; None where nothing was.

        Of studies only that the person has not withdrawn from.
        """
        stands = (
            select(ConsentRow.id)
            .join(InvitationRow, InvitationRow.id == ConsentRow.invitation_id)
            .where(
                InvitationRow.study_id == PreferredLevelRow.study_id,
                InvitationRow.person_id == PreferredLevelRow.person_id,
                ConsentRow.withdrawn_at.is_(None),
            )
            .exists()
        )
        query = (
            select(PreferredLevelRow.__table__)
            .where(PreferredLevelRow.person_id == person_id, stands)
            .order_by(PreferredLevelRow.updated_at.desc(), PreferredLevelRow.study_id.desc())
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else PreferredLevel(row.level, row.spread, row.answers)

    def _set_state(self, study_id: int, state: str) -> None:
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(StudyRow).where(StudyRow.id == study_id).values(state=state)
            ).rowcount
        if not changed:
            raise _gone(study_id)


def read_study(connection: Connection, study_id: int, version: int | None = None) -> Study:
    """A study with one version of its design, the newest unless another is asked for.

    Raises:
        StoreError: there is no such study or version.
    """
    query = (
        select(
            StudyRow.log_id,
            StudyRow.state,
            StudyRow.created_at,
            StudyVersionRow.version,
            StudyVersionRow.design,
            StudyVersionRow.design_hash,
        )
        .join(StudyVersionRow, StudyVersionRow.study_id == StudyRow.id)
        .where(StudyRow.id == study_id)
        .order_by(StudyVersionRow.version.desc())
        .limit(1)
    )
    if version is not None:
        query = query.where(StudyVersionRow.version == version)
    row = connection.execute(query).first()
    if row is None:
        raise _gone(study_id)
    runs = connection.execute(
        select(StudyRunRow.condition, StudyRunRow.run_id).where(
            StudyRunRow.study_id == study_id, StudyRunRow.version == row.version
        )
    )
    return Study(
        study_id,
        row.log_id,
        row.state,
        row.version,
        from_dict(row.design),
        row.design_hash,
        {run.condition: run.run_id for run in runs},
        row.created_at,
    )


def _gone(study_id: int) -> StoreError:
    return StoreError(f"There is no study {study_id}; it may have been deleted.")


def _add_version(connection: Connection, study_id: int, version: int, design: StudyDesign) -> None:
    connection.execute(
        insert(StudyVersionRow),
        {
            "study_id": study_id,
            "version": version,
            "design": to_dict(design),
            "design_hash": design_hash(design),
            "created_at": now(),
        },
    )


def _set_runs(
    connection: Connection,
    study_id: int,
    version: int,
    log_id: int,
    design: StudyDesign,
    runs: Mapping[str, int],
) -> None:
    keys = {condition.key for condition in design.conditions}
    kept = {key: run for key, run in runs.items() if key in keys}
    of_log = set(connection.scalars(select(Run.id).where(Run.log_id == log_id)))
    wrong = sorted(set(kept.values()) - of_log)
    if wrong:
        raise StoreError(f"Run {wrong[0]} is not a discovery over the study's log.")
    of_version = {"study_id": study_id, "version": version}
    connection.execute(delete(StudyRunRow).filter_by(**of_version))
    if kept:
        connection.execute(
            insert(StudyRunRow),
            [of_version | {"condition": key, "run_id": run} for key, run in kept.items()],
        )
