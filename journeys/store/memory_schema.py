"""The tables of the memory. Times are integers, microseconds since 1970-01-01 UTC.

log ── memory ── memory_person ─┬─ memory_partition ── memory_note
                                └─ memory_event (event)

A person's events are each in one partition or, with the number 0, in the cache. All of it hangs
on the person, and goes with them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from journeys.store.schema import Base, BigKey

#: Number of the cache among the partitions, which are counted from 1.
CACHE = 0


class MemoryRow(Base):
    """A log's memory under one policy of partitioning."""

    __tablename__ = "memory"
    __table_args__ = (UniqueConstraint("log_id", "policy_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("log.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id", ondelete="SET NULL"), index=True
    )
    """The discovery whose journeys partitions and notes refer to."""
    policy: Mapped[dict[str, Any]]
    policy_key: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[int] = mapped_column(BigInteger)


class MemoryPersonRow(Base):
    """How far the memory of a person is."""

    __tablename__ = "memory_person"

    memory_id: Mapped[int] = mapped_column(
        ForeignKey("memory.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    n_events: Mapped[int]
    """Events taken, in partitions and in the cache."""
    n_partitions: Mapped[int]
    last_at: Mapped[int | None] = mapped_column(BigInteger)
    """The time of the newest event in any partition."""
    last_event: Mapped[int] = mapped_column(BigInteger)
    """The greatest event id taken. What a person adds has greater ids than what they have."""


class MemoryEventRow(Base):
    """Where an event is: the number of its partition, or 0 for the cache."""

    __tablename__ = "memory_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["memory_id", "person_id"],
            ["memory_person.memory_id", "memory_person.person_id"],
            ondelete="CASCADE",
        ),
        Index(None, "memory_id", "person_id", "partition"),
    )

    memory_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    person_id: Mapped[int]
    partition: Mapped[int]


class MemoryPartitionRow(Base):
    """A closed partition. It is never changed."""

    __tablename__ = "memory_partition"
    __table_args__ = (
        ForeignKeyConstraint(
            ["memory_id", "person_id"],
            ["memory_person.memory_id", "memory_person.person_id"],
            ondelete="CASCADE",
        ),
    )

    memory_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n_events: Mapped[int]
    n_late: Mapped[int]
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[int] = mapped_column(BigInteger)


class MemoryNoteRow(Base):
    """What was said of a partition: its summary, or the shift since the one before.

    A row is never changed; what is told anew is another version.
    """

    __tablename__ = "memory_note"
    __table_args__ = (
        ForeignKeyConstraint(
            ["memory_id", "person_id", "number"],
            [
                "memory_partition.memory_id",
                "memory_partition.person_id",
                "memory_partition.number",
            ],
            ondelete="CASCADE",
        ),
        UniqueConstraint("memory_id", "person_id", "number", "kind", "version"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    memory_id: Mapped[int]
    person_id: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    """summary or shift."""
    version: Mapped[int]
    teller: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]]
    calls: Mapped[int]
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
    completion_key: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
