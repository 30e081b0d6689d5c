"""Who saw which raw data"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=320), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("visit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
        sa.UniqueConstraint(
            "who", "way", "place", "log_id", "person", "visit", name=op.f("uq_look_visit")
        ),
    )
    op.create_index(op.f("ix_look_last_at"), "look", ["last_at"], unique=False)
    op.create_index(op.f("ix_look_person"), "look", ["person"], unique=False)


def downgrade() -> None:
    op.drop_table("look")
