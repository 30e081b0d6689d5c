"""The tables. Times are integers, microseconds since 1970-01-01 UTC, on every database.

log ─┬─ person ─┬─ event
     │          └─ edit
     └─ run ─┬─ user_result
             ├─ naming_job
             ├─ journey ─┬─ naming
             │           ├─ name_label
             │           └─ rating
             └─ assignment
beside them: vector (+ embedding_model), completion, map: caches keyed by keyed hash; setting,
worker; look: who saw which raw data (:mod:`journeys.store.audit_schema`).
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
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: An autoincrementing key that is 64 bits wide on PostgreSQL and a rowid on SQLite.
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class Log(Base):
    """An imported activity log."""

    __tablename__ = "log"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    is_sample: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[int] = mapped_column(BigInteger)
    n_events: Mapped[int]
    n_users: Mapped[int]
    n_duplicates: Mapped[int]
    n_rejected: Mapped[int]
    first_time: Mapped[int] = mapped_column(BigInteger)
    last_time: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any]]
    """format, mapping, notes, sha256, rejected_by_reason, appended, provenance (one an import)."""


class Person(Base):
    """One user of one log, known by a pseudonym only."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("log_id", "pseudonym"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("log.id", ondelete="CASCADE"))
    pseudonym: Mapped[str] = mapped_column(String(40))
    n_events: Mapped[int]


class EventRow(Base):
    """One thing a person did at a time."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "person_id", "timestamp"), Index(None, "text_key"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    timestamp: Mapped[int] = mapped_column(BigInteger)
    item_id: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(80))
    text_key: Mapped[bytes] = mapped_column(LargeBinary(16))


class RejectedRow(Base):
    """A record of the file that could not be read."""

    __tablename__ = "rejected_row"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("log.id", ondelete="CASCADE"), index=True)
    row: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(Text)


class Run(Base):
    """One discovery over one log with one configuration."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("log.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(12))
    """queued, running, done, failed or cancelled."""
    kind: Mapped[str] = mapped_column(String(12), default="discovery")
    """discovery, or names: see :class:`NamingJob`."""
    stage: Mapped[str] = mapped_column(String(12), default="")
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    stage_started_at: Mapped[int | None] = mapped_column(BigInteger)
    stage_started_done: Mapped[int] = mapped_column(BigInteger, default=0)
    """How much of the stage was already there when it began: a resumed run's rate leaves it out."""
    config: Mapped[dict[str, Any]]
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    lease: Mapped[str | None] = mapped_column(String(40))
    """Token of the worker that holds the run."""
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)
    message: Mapped[str] = mapped_column(Text, default="")


class NamingJob(Base):
    """What a run of the kind "names" is about: one person's journeys in another run.

    They are named by another namer; the names that count stay.
    """

    __tablename__ = "naming_job"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    of_run: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)


class UserResult(Base):
    """What a run found for a person; its presence means the person is done."""

    __tablename__ = "user_result"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    n_events: Mapped[int]
    n_unassigned: Mapped[int]
    n_journeys: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    map_key: Mapped[str | None] = mapped_column(String(64))
    stability: Mapped[float | None] = mapped_column(Float)


class JourneyRow(Base):
    """A journey that a run found."""

    __tablename__ = "journey"
    __table_args__ = (Index(None, "person_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    rank: Mapped[int]
    score: Mapped[float] = mapped_column(Float)
    stage: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(12))
    confidence: Mapped[float] = mapped_column(Float)
    n_events: Mapped[int]
    active_months: Mapped[int]
    first_seen: Mapped[int] = mapped_column(BigInteger)
    last_seen: Mapped[int] = mapped_column(BigInteger)
    keyphrases: Mapped[list[Any]]
    central: Mapped[list[Any]]
    """Ids of the most central events."""
    boundary: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the events that belong least surely."""
    stability: Mapped[float | None] = mapped_column(Float)
    family: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    """False for a journey that an edit emptied: its names and ratings wait for an undo."""


class EditRow(Base):
    """What a person changed about their journeys; it holds for every run of their log."""

    __tablename__ = "edit"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    events: Mapped[list[Any]]
    """Ids of the events that the edit is about."""
    anchor: Mapped[list[Any]]
    """Ids of the events whose journey is meant."""
    before: Mapped[dict[str, Any]]
    """What the edit changed, as it was; see :mod:`journeys.store.edits`."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)


class Assignment(Base):
    """The journey of an event in a run; '' when unassigned."""

    __tablename__ = "assignment"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    journey_id: Mapped[str] = mapped_column(String(40))
    membership: Mapped[float] = mapped_column(Float)


class Naming(Base):
    """Five names that a namer or a person gave a journey.

    The newest row counts, those by hand (a person's own, or chosen by one) before the others;
    alternatives never do.
    """

    __tablename__ = "naming"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "journey_id"], ["journey.run_id", "journey.id"], ondelete="CASCADE"
        ),
        Index(None, "run_id", "journey_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int]
    journey_id: Mapped[str] = mapped_column(String(40))
    levels: Mapped[list[Any]]
    namer: Mapped[str] = mapped_column(String(200))
    provisional: Mapped[bool] = mapped_column(Boolean)
    fallback: Mapped[list[Any]]
    completion_keys: Mapped[list[Any]]
    basis: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the names rest on: ``cited`` and ``shown`` item ids, the id of the ``prompts``, and
    the ids of the ``examples`` that were people's corrections."""
    alternative: Mapped[bool] = mapped_column(Boolean, default=False)
    """Given to be compared with the names that count."""
    chosen: Mapped[bool] = mapped_column(Boolean, default=False)
    """A person chose these names of a namer, so no later naming replaces them."""
    created_at: Mapped[int] = mapped_column(BigInteger)


class PromptSetRow(Base):
    """Prompts that a researcher wrote. A version is never changed; an edit makes another one."""

    __tablename__ = "prompt_set"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Name and hash of the files."""
    purpose: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    files: Mapped[dict[str, Any]]
    based_on: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[int] = mapped_column(BigInteger)


class NameLabel(Base):
    """What a person, or a language model as judge, thinks of a name, not knowing who gave it."""

    __tablename__ = "name_label"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "journey_id"], ["journey.run_id", "journey.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("run_id", "journey_id", "level", "name", "rater"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int]
    journey_id: Mapped[str] = mapped_column(String(40))
    level: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    namer: Mapped[str] = mapped_column(String(200))
    rater: Mapped[str] = mapped_column(String(200))
    """``person:...`` or ``judge:...``."""
    fit: Mapped[int]
    """1 (wrong) to 5 (just so)."""
    specificity: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[int] = mapped_column(BigInteger)


class Rating(Base):
    """A person's answer about a journey. One a rater and journey; changed in place."""

    __tablename__ = "rating"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "journey_id"], ["journey.run_id", "journey.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("run_id", "journey_id", "rater"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int]
    journey_id: Mapped[str] = mapped_column(String(40))
    rater: Mapped[str] = mapped_column(String(40))
    identification: Mapped[int | None]
    specificity: Mapped[str | None] = mapped_column(String(12))
    own_words: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[int]
    name_shown: Mapped[str] = mapped_column(Text)
    namer: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class EmbeddingModel(Base):
    """An embedder whose vectors are cached."""

    __tablename__ = "embedding_model"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300), unique=True)


class VectorRow(Base):
    """A text's embedding, by keyed hash of the text; half-precision bytes."""

    __tablename__ = "vector"

    model_id: Mapped[int] = mapped_column(
        ForeignKey("embedding_model.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class CompletionRow(Base):
    """A language model's answer, by keyed hash of model and prompt."""

    __tablename__ = "completion"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    created_at: Mapped[int] = mapped_column(BigInteger)


class MapRow(Base):
    """A drawn map, by keyed hash of the vectors in it; float32 (n, 2) bytes."""

    __tablename__ = "map"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    points: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Setting(Base):
    """A choice of the researcher. Never a key or password."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[dict[str, Any]]


class Worker(Base):
    """A process that carries out runs."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    pid: Mapped[int]
    host: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[int] = mapped_column(BigInteger)
    heartbeat_at: Mapped[int] = mapped_column(BigInteger)
