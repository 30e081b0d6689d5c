"""Edits, and what is known of a journey's stability, boundary and family"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Columns are added and dropped by plain ALTER TABLE, which SQLite knows since 3.35. Alembic's
# batch mode would copy the table and drop the old one, and the foreign keys that point to it
# would take every name and rating along.


def upgrade() -> None:
    op.create_table(
        "edit",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("anchor", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_edit_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit")),
    )
    op.create_index(op.f("ix_edit_person_id"), "edit", ["person_id"])
    op.add_column("journey", sa.Column("stability", sa.Float(), nullable=True))
    op.add_column(
        "journey", sa.Column("boundary", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column(
        "journey", sa.Column("family", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column(
        "journey", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("user_result", sa.Column("stability", sa.Float(), nullable=True))


def downgrade() -> None:
    # The older version shows every journey that is there, so those emptied by an edit go.
    journey = sa.table("journey", sa.column("active", sa.Boolean))
    op.execute(sa.delete(journey).where(sa.not_(journey.c.active)))
    op.drop_column("user_result", "stability")
    for name in ("active", "family", "boundary", "stability"):
        op.drop_column("journey", name)
    op.drop_index(op.f("ix_edit_person_id"), table_name="edit")
    op.drop_table("edit")
