"""What names rest on, prompts that a researcher wrote, and judgements of names"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "naming", sa.Column("basis", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.create_table(
        "prompt_set",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("based_on", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_set")),
    )
    op.create_table(
        "name_label",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("namer", sa.String(length=200), nullable=False),
        sa.Column("rater", sa.String(length=200), nullable=False),
        sa.Column("fit", sa.Integer(), nullable=False),
        sa.Column("specificity", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "journey_id"],
            ["journey.run_id", "journey.id"],
            name=op.f("fk_name_label_run_id_journey_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_label")),
        sa.UniqueConstraint(
            "run_id",
            "journey_id",
            "level",
            "name",
            "rater",
            name=op.f("uq_name_label_run_id_journey_id_level_name_rater"),
        ),
    )


def downgrade() -> None:
    op.drop_table("name_label")
    op.drop_table("prompt_set")
    op.drop_column("naming", "basis")
