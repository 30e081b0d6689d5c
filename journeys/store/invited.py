"""How far the invitations of a study are: in numbers, and a page of them at a time.

A study may have thousands. Their numbers are counted by the database, and lists come in parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, case, func, select

from journeys.store.engine import now
from journeys.store.schema import Person, UserResult
from journeys.store.study_schema import ConsentRow, CorrectionRow, InvitationRow, StudyAnswerRow


@dataclass(frozen=True)
class Invitation:
    """How far an invitation is, without anything of its content.

    Attributes:
        state: "invited", "opened", "consented", "done", "withdrawn", "revoked" or "expired".
        answered: number of trials answered.
    """

    id: int
    pseudonym: str
    version: int
    number: int
    state: str
    answered: int
    created_at: int
    expires_at: int
    first_used_at: int | None
    finished_at: int | None


@dataclass(frozen=True)
class Progress:
    """A study's invitations in numbers.

    Attributes:
        opened: who used their link, whatever became of them.
        states: how many are in each state; those that nobody is in lack.
    """

    invited: int
    opened: int
    states: Mapping[str, int]


@dataclass(frozen=True)
class Waiting:
    """Somebody who has journeys and is not invited."""

    person_id: int
    pseudonym: str
    n_journeys: int


_STANDING = (
    select(ConsentRow.id)
    .where(ConsentRow.invitation_id == InvitationRow.id, ConsentRow.withdrawn_at.is_(None))
    .exists()
)
_EVER = select(ConsentRow.id).where(ConsentRow.invitation_id == InvitationRow.id).exists()


def _state(at: int) -> Any:
    """On ``invitation``: the one word for how far it is; what ended it comes first."""
    return case(
        (InvitationRow.revoked_at.is_not(None), "revoked"),
        (_EVER & ~_STANDING, "withdrawn"),
        (InvitationRow.finished_at.is_not(None), "done"),
        (InvitationRow.expires_at <= at, "expired"),
        (_STANDING, "consented"),
        (InvitationRow.first_used_at.is_not(None), "opened"),
        else_="invited",
    )


class InvitedStore:
    """Who is invited to a study and who could be: the researcher's side, to be built upon."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(
        self, study_id: int, *, beginning: str = "", limit: int | None = None, offset: int = 0
    ) -> Sequence[Invitation]:
        """How far each invitation of a study is, in the order in which they were made.

        Args:
            beginning: of the pseudonyms that are looked for.
        """
        answered = (
            select(func.count())
            .select_from(StudyAnswerRow)
            .where(StudyAnswerRow.invitation_id == InvitationRow.id)
            .scalar_subquery()
        )
        query = (
            select(
                InvitationRow.id,
                Person.pseudonym,
                InvitationRow.version,
                InvitationRow.number,
                _state(now()),
                answered,
                InvitationRow.created_at,
                InvitationRow.expires_at,
                InvitationRow.first_used_at,
                InvitationRow.finished_at,
            )
            .join(Person, Person.id == InvitationRow.person_id)
            .where(InvitationRow.study_id == study_id)
            .order_by(InvitationRow.id)
            .limit(limit)
            .offset(offset)
        )
        if beginning:
            query = query.where(Person.pseudonym.startswith(beginning, autoescape=True))
        with self._engine.connect() as connection:
            return [Invitation(*row) for row in connection.execute(query)]

    def progress(self, study_id: int) -> Progress:
        """How far they are, in numbers."""
        each = (
            select(_state(now()).label("state"), InvitationRow.first_used_at)
            .where(InvitationRow.study_id == study_id)
            .subquery()
        )
        query = select(each.c.state, func.count(), func.count(each.c.first_used_at)).group_by(
            each.c.state
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return Progress(
            sum(row[1] for row in rows),
            sum(row[2] for row in rows),
            {row.state: row[1] for row in rows},
        )

    def waiting(
        self, study_id: int, run_ids: Sequence[int], *, beginning: str = "", limit: int
    ) -> Sequence[Waiting]:
        """People with journeys in these discoveries who are not invited, most journeys first."""
        most = func.max(UserResult.n_journeys)
        query = (
            _not_invited(study_id, run_ids)
            .add_columns(Person.pseudonym, most)
            .group_by(UserResult.person_id, Person.pseudonym)
            .order_by(most.desc(), Person.pseudonym)
            .limit(limit)
        )
        if beginning:
            query = query.where(Person.pseudonym.startswith(beginning, autoescape=True))
        with self._engine.connect() as connection:
            return [Waiting(*row) for row in connection.execute(query)]

    def waiting_ids(self, study_id: int, run_ids: Sequence[int]) -> Sequence[int]:
        """The ids of all of them."""
        query = _not_invited(study_id, run_ids).distinct().order_by(UserResult.person_id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def waiting_number(self, study_id: int, run_ids: Sequence[int]) -> int:
        """How many they are."""
        with self._engine.connect() as connection:
            return _number(connection, _not_invited(study_id, run_ids).distinct())

    def remarks(self, study_id: int, limit: int) -> Sequence[tuple[str, str]]:
        """(pseudonym, words): what participants say is wrong with their logs, the newest first.

        Of those whose consent stands.
        """
        query = (
            select(Person.pseudonym, CorrectionRow.words)
            .join(InvitationRow, InvitationRow.id == CorrectionRow.invitation_id)
            .join(Person, Person.id == InvitationRow.person_id)
            .where(InvitationRow.study_id == study_id, CorrectionRow.kind == "log", _STANDING)
            .order_by(CorrectionRow.id.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [(row.pseudonym, row.words) for row in connection.execute(query)]


def _not_invited(study_id: int, run_ids: Sequence[int]) -> Any:
    invited = select(InvitationRow.id).where(
        InvitationRow.study_id == study_id, InvitationRow.person_id == UserResult.person_id
    )
    return (
        select(UserResult.person_id)
        .join(Person, Person.id == UserResult.person_id)
        .where(UserResult.run_id.in_(run_ids), UserResult.n_journeys > 0, ~invited.exists())
    )


def _number(connection: Connection, query: Any) -> int:
    return connection.scalar(select(func.count()).select_from(query.subquery())) or 0
