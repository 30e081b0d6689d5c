"""The tables of studies. Times are integers, microseconds since 1970-01-01 UTC.

log ── study ── study_version ─┬─ study_run
                               └─ invitation ─┬─ consent
person ─┬─ (invitation)                       ├─ study_answer
        └─ preferred_level                    ├─ study_items
                                              ├─ stated_journey
                                              ├─ stated_match
                                              ├─ correction
                                              └─ study_step

Everything a participant wrote hangs on their invitation, and that on the person and the study:
erasing either takes it along, by the database's own cascade.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from journeys.store.schema import Base, BigKey


def _of_invitation(*, primary_key: bool = True) -> Mapped[int]:
    return mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), primary_key=primary_key)


class StudyRow(Base):
    """A study over one log."""

    __tablename__ = "study"

    id: Mapped[int] = mapped_column(primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("log.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(8))
    """draft, open or closed."""
    created_at: Mapped[int] = mapped_column(BigInteger)


class StudyVersionRow(Base):
    """A version of a study's design. One that anybody was invited under is never changed."""

    __tablename__ = "study_version"

    study_id: Mapped[int] = mapped_column(
        ForeignKey("study.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    design: Mapped[dict[str, Any]]
    design_hash: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[int] = mapped_column(BigInteger)


class StudyRunRow(Base):
    """The discovery that a condition's journeys come from, in one version of the design."""

    __tablename__ = "study_run"
    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "version"],
            ["study_version.study_id", "study_version.version"],
            ondelete="CASCADE",
        ),
    )

    study_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    condition: Mapped[str] = mapped_column(String(20), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)


class InvitationRow(Base):
    """A person's place in a study. The link's token is not kept, only its keyed hash."""

    __tablename__ = "invitation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "version"],
            ["study_version.study_id", "study_version.version"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("study_id", "person_id"),
        UniqueConstraint("study_id", "version", "number"),
        UniqueConstraint("token_hash"),
        Index(None, "study_id", "version", "arrival", unique=True),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    version: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    number: Mapped[int]
    """Place among the invited, from 0."""
    arrival: Mapped[int | None]
    """Place in the scheme of assignment, from 0: among those who consented. None before that."""
    conditions: Mapped[list[Any]]
    """Keys of the conditions in the order in which this participant meets them."""
    seed: Mapped[int] = mapped_column(BigInteger)
    prior: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the group had taught about preferred levels when this participant began to rate."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    first_used_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class ConsentRow(Base):
    """That a participant agreed, to which text, when, and when they took it back."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitation.id", ondelete="CASCADE"), index=True
    )
    text_version: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(32))
    as_examples: Mapped[bool] = mapped_column(Boolean)
    """Corrections may be shown to a model as examples when it names others' journeys."""
    given_at: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)


class StudyAnswerRow(Base):
    """What was shown in one trial, and what the participant answered."""

    __tablename__ = "study_answer"

    invitation_id: Mapped[int] = _of_invitation()
    trial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8))
    """journey, repeat or foil."""
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    journey_id: Mapped[str] = mapped_column(String(40))
    condition: Mapped[str] = mapped_column(String(20))
    level: Mapped[int]
    name_shown: Mapped[str] = mapped_column(Text)
    namer: Mapped[str] = mapped_column(String(200))
    prompts: Mapped[str] = mapped_column(String(120))
    answers: Mapped[dict[str, Any]]
    recall_ms: Mapped[int | None] = mapped_column(BigInteger)
    """From showing the items to the answer whether they are remembered."""
    response_ms: Mapped[int | None] = mapped_column(BigInteger)
    """From showing the name to its identification; None before that was answered."""
    first_saved_at: Mapped[int] = mapped_column(BigInteger)
    saved_at: Mapped[int] = mapped_column(BigInteger)


class StudyItemsRow(Base):
    """Answers about trust and perceived risk, before or after."""

    __tablename__ = "study_items"

    invitation_id: Mapped[int] = _of_invitation()
    moment: Mapped[str] = mapped_column(String(8), primary_key=True)
    answers: Mapped[dict[str, Any]]
    response_ms: Mapped[int] = mapped_column(BigInteger)
    saved_at: Mapped[int] = mapped_column(BigInteger)


class StatedJourneyRow(Base):
    """A journey that a participant named in their own words before any was shown."""

    __tablename__ = "stated_journey"

    invitation_id: Mapped[int] = _of_invitation()
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[int] = mapped_column(BigInteger)


class StatedMatchRow(Base):
    """Which of the found journeys a participant takes a stated one for; no journey for none."""

    __tablename__ = "stated_match"

    invitation_id: Mapped[int] = _of_invitation()
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    journey_id: Mapped[str] = mapped_column(String(40))
    saved_at: Mapped[int] = mapped_column(BigInteger)


class CorrectionRow(Base):
    """Items that do not belong, journeys that are one, or a journey that is missing."""

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("invitation_id", "key"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    invitation_id: Mapped[int] = _of_invitation(primary_key=False)
    key: Mapped[str] = mapped_column(String(64))
    """Made from what the correction is about, so that it is kept once."""
    kind: Mapped[str] = mapped_column(String(8))
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    journey_id: Mapped[str] = mapped_column(String(40))
    other_id: Mapped[str] = mapped_column(String(40))
    events: Mapped[list[Any]]
    words: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[int] = mapped_column(BigInteger)


class StudyStepRow(Base):
    """The first time that a participant reached a step of the path."""

    __tablename__ = "study_step"

    invitation_id: Mapped[int] = _of_invitation()
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)


class PreferredLevelRow(Base):
    """The level of specificity that a person was found to prefer in a study."""

    __tablename__ = "preferred_level"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    study_id: Mapped[int] = mapped_column(
        ForeignKey("study.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    level: Mapped[float] = mapped_column(Float)
    spread: Mapped[float] = mapped_column(Float)
    answers: Mapped[int]
    updated_at: Mapped[int] = mapped_column(BigInteger)
