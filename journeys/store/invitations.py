"""Invitations: a person's place in a study, and the link that opens it.

A :class:`Participant` is what a valid link gives. It carries the hash of the link, and every query
of :mod:`journeys.store.participation` asks for that hash again, so one that was put together
otherwise, or whose link was revoked or replaced in the meantime, reaches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    bindparam,
    func,
    insert,
    select,
    update,
)

from journeys.errors import AccessDenied, StoreError
from journeys.privacy import Keys
from journeys.store.engine import now, still_there
from journeys.store.invited import Invitation, InvitedStore, Progress, Waiting
from journeys.store.schema import Person
from journeys.store.studies import CLOSED, DRAFT, OPEN, read_study
from journeys.store.study_schema import (
    InvitationRow,
    StudyRow,
    StudyRunRow,
    StudyVersionRow,
)
from journeys.study.assignment import assign, participant_seed
from journeys.study.design import StudyDesign
from journeys.study.tokens import NOT_VALID, new_token, token_hash

_DAY = 86_400_000_000  # microseconds

__all__ = [
    "CLOSED", "DRAFT", "OPEN", "Invitation", "InvitationStore", "Link", "Participant", "Progress",
    "Waiting",
]  # fmt: skip


@dataclass(frozen=True)
class Participant:
    """Who came through a valid link: the key to :mod:`journeys.store.participation`.

    Attributes:
        number: place in the scheme of assignment, from 0, in the order of consent; before
            consent, among the invited.
        conditions: keys, in the order in which this participant meets them.
        runs: condition key -> discovery.
        seed: of this participant's draws.
        open: the study takes answers.
    """

    invitation_id: int
    study_id: int
    version: int
    person_id: int
    design: StudyDesign
    design_hash: str
    number: int
    conditions: tuple[str, ...]
    runs: Mapping[str, int]
    seed: int
    expires_at: int
    open: bool
    token_hash: bytes = field(repr=False)


@dataclass(frozen=True)
class Link:
    """A link as it is handed out: the only time that its token is seen."""

    invitation_id: int
    pseudonym: str
    token: str = field(repr=False)
    expires_at: int = 0


#: Who holds a link: put together once, since every script run of a participant asks it.
_ENTER = (
    select(InvitationRow.__table__, StudyRow.state, StudyVersionRow.design_hash)
    .join(StudyRow, StudyRow.id == InvitationRow.study_id)
    .join(
        StudyVersionRow,
        (StudyVersionRow.study_id == InvitationRow.study_id)
        & (StudyVersionRow.version == InvitationRow.version),
    )
    .where(
        InvitationRow.token_hash == bindparam("hash", type_=LargeBinary),
        InvitationRow.revoked_at.is_(None),
        InvitationRow.expires_at > bindparam("at", type_=BigInteger),
        StudyRow.state != DRAFT,
    )
)
_RUNS = select(StudyRunRow.condition, StudyRunRow.run_id).where(
    StudyRunRow.study_id == bindparam("study", type_=Integer),
    StudyRunRow.version == bindparam("version", type_=Integer),
)


class InvitationStore(InvitedStore):
    """Invite, revoke, renew and list; and let in who holds a link."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        super().__init__(engine)
        self._key = keys.invitation
        # A design that anybody was invited under never changes, so it is read once.
        self._designs: dict[str, StudyDesign] = {}

    def invite(
        self, study_id: int, person_ids: Sequence[int], *, expires_days: int | None = None
    ) -> Sequence[Link]:
        """Invite people of the study's log under its newest design; gives their links, once.

        Who has an invitation already is passed over; :meth:`renew` gives them another link.

        Args:
            expires_days: days that the links work; the design's where None.

        Raises:
            StoreError: the study or a person is gone, or a person is of another log.
        """
        links = []
        with still_there("A person"), self._engine.begin() as connection:
            # The write comes first, so that two who invite at once wait for each other.
            connection.execute(
                update(StudyRow).where(StudyRow.id == study_id).values(state=StudyRow.state)
            )
            study = read_study(connection, study_id)
            found = connection.execute(
                select(Person.id, Person.pseudonym).where(Person.log_id == study.log_id)
            )
            people = {row.id: row.pseudonym for row in found}
            invited = set(
                connection.scalars(
                    select(InvitationRow.person_id).where(InvitationRow.study_id == study_id)
                )
            )
            last = connection.scalar(
                select(func.max(InvitationRow.number)).where(
                    InvitationRow.study_id == study_id, InvitationRow.version == study.version
                )
            )
            at = now()
            expires = at + _DAY * (expires_days or study.design.expires_days)
            number = -1 if last is None else last
            for person_id in dict.fromkeys(person_ids):
                if person_id not in people:
                    raise StoreError("One of these people is not in the study's log.")
                if person_id in invited:
                    continue
                number += 1
                token = new_token()
                invitation_id: int = connection.execute(
                    insert(InvitationRow).returning(InvitationRow.id),
                    {
                        "study_id": study_id,
                        "version": study.version,
                        "person_id": person_id,
                        "number": number,
                        "conditions": list(assign(study.design, number)),
                        "seed": participant_seed(study.design, number),
                        "token_hash": token_hash(self._key, token),
                        "created_at": at,
                        "expires_at": expires,
                    },
                ).scalar_one()
                links.append(Link(invitation_id, people[person_id], token, expires))
        return links

    def renew(self, invitation_id: int, *, expires_days: int | None = None) -> Link:
        """Another link in place of a lost, expired or revoked one; answers stay.

        Raises:
            StoreError: the invitation is gone.
        """
        token, at = new_token(), now()
        with self._engine.begin() as connection:
            connection.execute(
                update(InvitationRow)
                .where(InvitationRow.id == invitation_id)
                .values(token_hash=token_hash(self._key, token), revoked_at=None)
            )
            row = connection.execute(
                select(InvitationRow.study_id, InvitationRow.version, Person.pseudonym)
                .join(Person, Person.id == InvitationRow.person_id)
                .where(InvitationRow.id == invitation_id)
            ).first()
            if row is None:
                raise StoreError("This invitation is no longer there; it may have been erased.")
            design = read_study(connection, row.study_id, row.version).design
            expires = at + _DAY * (expires_days or design.expires_days)
            connection.execute(
                update(InvitationRow)
                .where(InvitationRow.id == invitation_id)
                .values(expires_at=expires)
            )
        return Link(invitation_id, row.pseudonym, token, expires)

    def revoke(self, invitation_id: int) -> None:
        """Let a link open nothing any more; answers stay.

        Raises:
            StoreError: the invitation is gone.
        """
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(InvitationRow)
                .where(InvitationRow.id == invitation_id)
                .values(revoked_at=func.coalesce(InvitationRow.revoked_at, now()))
            ).rowcount
        if not changed:
            raise StoreError("This invitation is no longer there; it may have been erased.")

    def enter(self, token: str) -> Participant:
        """Let in who holds a link.

        Raises:
            AccessDenied: there is no such link, it was revoked or has expired, or the study was
                not opened yet. The message is the same for all of them.
        """
        hashed, at = token_hash(self._key, token), now()
        with self._engine.connect() as connection:
            row = connection.execute(_ENTER, {"hash": hashed, "at": at}).first()
            if row is None:
                raise AccessDenied(NOT_VALID)
            if row.design_hash not in self._designs:
                found = read_study(connection, row.study_id, row.version)
                self._designs[row.design_hash] = found.design
            of_version = {"study": row.study_id, "version": row.version}
            runs = {run.condition: run.run_id for run in connection.execute(_RUNS, of_version)}
        if row.first_used_at is None:
            with self._engine.begin() as connection:
                connection.execute(
                    update(InvitationRow)
                    .where(InvitationRow.id == row.id, InvitationRow.first_used_at.is_(None))
                    .values(first_used_at=at)
                )
        return Participant(
            invitation_id=row.id,
            study_id=row.study_id,
            version=row.version,
            person_id=row.person_id,
            design=self._designs[row.design_hash],
            design_hash=row.design_hash,
            number=row.number if row.arrival is None else row.arrival,
            conditions=tuple(row.conditions),
            runs=runs,
            seed=row.seed,
            expires_at=row.expires_at,
            open=row.state == OPEN,
            token_hash=hashed,
        )


def take_place(connection: Connection, invitation_id: int) -> None:
    """Give who consented the next place in the scheme of assignment, unless they have one.

    Conditions and seed follow from the place (:mod:`journeys.study.assignment`); those that were
    set when the invitation was made stand until then. Nothing was drawn from them before consent.
    """
    row = connection.execute(
        select(InvitationRow.study_id, InvitationRow.version).where(
            InvitationRow.id == invitation_id, InvitationRow.arrival.is_(None)
        )
    ).first()
    if row is None:
        return
    # The write comes first, so that two who consent at once wait for each other.
    connection.execute(
        update(StudyRow).where(StudyRow.id == row.study_id).values(state=StudyRow.state)
    )
    last = connection.scalar(
        select(func.max(InvitationRow.arrival)).where(
            InvitationRow.study_id == row.study_id, InvitationRow.version == row.version
        )
    )
    place = 0 if last is None else last + 1
    design = read_study(connection, row.study_id, row.version).design
    connection.execute(
        update(InvitationRow)
        .where(InvitationRow.id == invitation_id, InvitationRow.arrival.is_(None))
        .values(
            arrival=place,
            conditions=list(assign(design, place)),
            seed=participant_seed(design, place),
        )
    )
