"""What a participant may read and write: their own, and nothing else.

Every method takes the :class:`~journeys.store.invitations.Participant` that a valid link gave, and
every statement asks again for that link (:mod:`journeys.store.access`). There is no method that
takes a person, an invitation or a study by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, update

from journeys.errors import AccessDenied
from journeys.journey import UserJourneys
from journeys.naming.tuning.installed import withdraw
from journeys.privacy import Keys
from journeys.store.access import (
    CONSENTED,
    Saving,
    holds_link,
    literals,
    may_answer,
    require_consent,
    require_link,
)
from journeys.store.answering import AnswerStore
from journeys.store.engine import now
from journeys.store.erase import Erased, delete_unused_completions, erase_person
from journeys.store.example_names import forget_examples
from journeys.store.invitations import Participant, take_place
from journeys.store.logs import LogStore
from journeys.store.names import NameStore
from journeys.store.receipts import Receipts
from journeys.store.results import ResultStore
from journeys.store.schema import Person
from journeys.store.study_rows import read_consent
from journeys.store.study_schema import (
    ConsentRow,
    InvitationRow,
    PreferredLevelRow,
    StudyStepRow,
)
from journeys.store.upserting import upsert
from journeys.study.answers import (
    STEPS,
    Consent,
    Step,
)
from journeys.study.design_file import text_hash
from journeys.study.showing import under_condition
from journeys.timeline import Timeline


class ParticipationStore(AnswerStore):
    """A participant's consent, journeys, answers, corrections, copy and erasure.

    Every method raises AccessDenied where the link does not work any more; those that save also
    where the study is closed or no consent stands.
    """

    def __init__(
        self,
        engine: Engine,
        keys: Keys,
        tuned: Path | None = None,
        receipts: Receipts | None = None,
    ) -> None:
        super().__init__(engine)
        self._tuned = tuned
        self._receipts = receipts
        self._logs = LogStore(engine, keys)
        self._results = ResultStore(engine)
        self._names = NameStore(engine)
        self._note_step = Saving(
            engine, StudyStepRow, ("step", "at"), key=("invitation_id", "step"), consent=False
        )

    # Consent

    def consent(self, participant: Participant) -> Consent | None:
        """The consent that stands, or None."""
        query = (
            select(ConsentRow.__table__)
            .join(InvitationRow, InvitationRow.id == ConsentRow.invitation_id)
            .where(holds_link(participant), ConsentRow.withdrawn_at.is_(None))
            .order_by(ConsentRow.id.desc())
        )
        with self._engine.connect() as connection:
            require_link(connection, participant)
            row = connection.execute(query).first()
        return None if row is None else read_consent(row)

    def give_consent(self, participant: Participant, *, as_examples: bool = False) -> None:
        """Note that the participant agrees to the design's consent text, now.

        A second time while consent stands changes nothing. The first consent gives the
        participant their place in the scheme of assignment, and with it their conditions and
        their seed: balance is then over those who take part and not over those who were invited.
        Read the participant again afterwards.

        Args:
            as_examples: their corrections may be shown to a model as examples when it names the
                journeys of others; counts only where the design asks for it.
        """
        design = participant.design
        source = select(
            InvitationRow.id,
            *literals(
                ConsentRow,
                {
                    "text_version": design.consent_version,
                    "text_hash": text_hash(design.consent_text),
                    "as_examples": as_examples and design.corrections_as_examples,
                    "given_at": now(),
                },
            ),
        ).where(holds_link(participant), ~CONSENTED)
        with self._engine.begin() as connection:
            connection.execute(
                insert(ConsentRow).from_select(
                    ["invitation_id", "text_version", "text_hash", "as_examples", "given_at"],
                    source,
                )
            )
            require_link(connection, participant)
            take_place(connection, participant.invitation_id)

    def withdraw(self, participant: Participant) -> None:
        """Take consent back: nothing more is saved, and no analysis counts what was.

        What they said serves no namer as an example from now on. Names that it helped to make are
        dropped, and namers that were tuned on it withdrawn.
        """
        if self._tuned:
            withdraw(self._tuned, {self._pseudonym(participant)})
        with self._engine.begin() as connection:
            connection.execute(
                update(ConsentRow)
                .where(
                    ConsentRow.invitation_id.in_(
                        select(InvitationRow.id).where(holds_link(participant))
                    ),
                    ConsentRow.withdrawn_at.is_(None),
                )
                .values(withdrawn_at=now())
            )
            require_link(connection, participant)
            if forget_examples(connection, [participant.invitation_id]):
                delete_unused_completions(connection)

    def _pseudonym(self, participant: Participant) -> str:
        with self._engine.connect() as connection:
            require_link(connection, participant)
            query = select(Person.pseudonym).where(Person.id == participant.person_id)
            return connection.execute(query).scalar_one()

    # What they look at

    def timeline(self, participant: Participant, condition: str | None = None) -> Timeline:
        """The participant's own events; with a condition, those that its discovery saw.

        Raises:
            AccessDenied: also where no consent stands.
        """
        with self._engine.connect() as connection:
            require_consent(connection, participant)
        run = None if condition is None else participant.runs.get(condition)
        return self._logs.timeline(participant.person_id, run)

    def journeys(self, participant: Participant, condition: str) -> UserJourneys:
        """The participant's own journeys with the names of a condition.

        Journeys that the condition's namer has not named are left out; without a discovery there
        are none.

        Raises:
            AccessDenied: also where no consent stands, or the condition is not one of theirs.
        """
        if condition not in participant.conditions:
            raise AccessDenied("This is not part of what you were invited to.")
        timeline = self.timeline(participant, condition)
        run = participant.runs.get(condition)
        person = participant.person_id
        found = self._results.user(-1 if run is None else run, person, timeline)
        if run is None:
            return found
        wanted = participant.design.condition(condition)
        return under_condition(found, wanted, self._names.of_person(run, person))

    # Where they are

    def reach(self, participant: Participant, step: Step) -> None:
        """Note that the participant reached a step; only the first time counts."""
        if step not in STEPS:
            raise ValueError(f"step must be one of {STEPS}, not {step!r}")
        self._note_step(participant, {"step": step, "at": now()})

    def steps(self, participant: Participant) -> dict[str, int]:
        """step -> when it was reached first."""
        rows = self._own(participant, StudyStepRow, StudyStepRow.at)
        return {row.step: row.at for row in rows}

    def finish(self, participant: Participant) -> None:
        """Note that the participant is done; answers can still be changed."""
        self.reach(participant, "done")
        with self._engine.begin() as connection:
            connection.execute(
                update(InvitationRow)
                .where(may_answer(participant), InvitationRow.finished_at.is_(None))
                .values(finished_at=now())
            )

    def prior(self, participant: Participant) -> dict[str, Any] | None:
        """What :meth:`keep_prior` kept; None where nothing was."""
        query = select(InvitationRow.prior).where(holds_link(participant))
        with self._engine.connect() as connection:
            require_link(connection, participant)
            kept: dict[str, Any] | None = connection.scalar(query)
        return kept

    def keep_prior(self, participant: Participant, prior: Mapping[str, Any]) -> None:
        """Keep what the group had taught when this participant began to rate; once, for good.

        Args:
            prior: of :func:`journeys.study.levels.group_start`.
        """
        with self._engine.begin() as connection:
            connection.execute(
                update(InvitationRow)
                .where(may_answer(participant), InvitationRow.prior.is_(None))
                .values(prior=dict(prior))
            )
            require_consent(connection, participant)

    def keep_level(
        self, participant: Participant, level: float, spread: float, answers: int
    ) -> None:
        """Keep the level (1 to 5) that the participant was found to prefer, as their default.

        Args:
            spread: posterior standard deviation.
            answers: how many are behind it.
        """
        if not (1 <= level <= 5 and spread >= 0 and answers >= 0):
            raise ValueError(f"no such level: {level} ± {spread} of {answers}")
        values = {
            "person_id": participant.person_id,
            "study_id": participant.study_id,
            "level": level,
            "spread": spread,
            "answers": answers,
            "updated_at": now(),
        }
        source = select(*literals(PreferredLevelRow, values)).where(
            select(InvitationRow.id).where(may_answer(participant)).exists()
        )
        statement = upsert(self._engine, PreferredLevelRow).from_select(list(values), source)
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["person_id", "study_id"],
                    set_={name: statement.excluded[name] for name in list(values)[2:]},
                )
            )

    # Their rights

    def copy(self, participant: Participant) -> dict[str, object]:
        """Everything that the study holds of the participant, for themselves; JSON values."""
        consent = self.consent(participant)
        return {
            "study": participant.design.title,
            "design": participant.design_hash,
            "consent": None if consent is None else asdict(consent),
            "stated": list(self.stated(participant)),
            "matches": {str(at): match for at, match in self.matches(participant).items()},
            "before": self.items(participant, "before"),
            "answers": [asdict(record) for record in self.answers(participant)],
            "corrections": [asdict(c) for c in self.corrections(participant)],
            "after": self.items(participant, "after"),
            "steps": self.steps(participant),
        }

    def erase(self, participant: Participant) -> Erased:
        """Erase the participant: their log, journeys, answers, this invitation, everything.

        Namers that were tuned on what they called their journeys are withdrawn.

        Raises:
            StoreError: as :func:`journeys.store.erase.erase_person`.
        """
        with self._engine.connect() as connection:
            require_link(connection, participant)
        return erase_person(
            self._engine, participant.person_id, tuned=self._tuned, receipts=self._receipts
        )
