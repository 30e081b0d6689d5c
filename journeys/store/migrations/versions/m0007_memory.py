"""The memory: partitions of each person's events, and what was told of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memory",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("policy_key", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["log_id"], ["log.id"], name=op.f("fk_memory_log_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_memory_run_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory")),
        sa.UniqueConstraint("log_id", "policy_key", name=op.f("uq_memory_log_id_policy_key")),
    )
    op.create_index(op.f("ix_memory_run_id"), "memory", ["run_id"], unique=False)
    op.create_table(
        "memory_person",
        sa.Column("memory_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("n_events", sa.Integer(), nullable=False),
        sa.Column("n_partitions", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_id"],
            ["memory.id"],
            name=op.f("fk_memory_person_memory_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_memory_person_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("memory_id", "person_id", name=op.f("pk_memory_person")),
    )
    op.create_index(
        op.f("ix_memory_person_person_id"), "memory_person", ["person_id"], unique=False
    )
    op.create_table(
        "memory_event",
        sa.Column("memory_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_memory_event_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["memory_id", "person_id"],
            ["memory_person.memory_id", "memory_person.person_id"],
            name=op.f("fk_memory_event_memory_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("memory_id", "event_id", name=op.f("pk_memory_event")),
    )
    op.create_index(op.f("ix_memory_event_event_id"), "memory_event", ["event_id"], unique=False)
    op.create_index(
        op.f("ix_memory_event_memory_id_person_id_partition"),
        "memory_event",
        ["memory_id", "person_id", "partition"],
        unique=False,
    )
    op.create_table(
        "memory_partition",
        sa.Column("memory_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n_events", sa.Integer(), nullable=False),
        sa.Column("n_late", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_id", "person_id"],
            ["memory_person.memory_id", "memory_person.person_id"],
            name=op.f("fk_memory_partition_memory_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "memory_id", "person_id", "number", name=op.f("pk_memory_partition")
        ),
    )
    op.create_table(
        "memory_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("memory_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("teller", sa.String(length=200), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("completion_key", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_id", "person_id", "number"],
            ["memory_partition.memory_id", "memory_partition.person_id", "memory_partition.number"],
            name=op.f("fk_memory_note_memory_id_person_id_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_note")),
        sa.UniqueConstraint(
            "memory_id",
            "person_id",
            "number",
            "kind",
            "version",
            name=op.f("uq_memory_note_memory_id_person_id_number_kind_version"),
        ),
    )


def downgrade() -> None:
    for name in ("memory_note", "memory_partition", "memory_event", "memory_person", "memory"):
        op.drop_table(name)
