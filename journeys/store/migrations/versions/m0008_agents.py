"""The agents' learner: what it knows of each user, versions of shared weights, and keys"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_user",
        sa.Column("pseudonym", sa.String(length=40), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name=op.f("pk_agent_user")),
    )
    op.create_index(op.f("ix_agent_user_updated_at"), "agent_user", ["updated_at"], unique=False)
    op.create_table(
        "agent_model",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("judged", sa.JSON(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_agent_model")),
    )
    op.create_table(
        "agent_model_person",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pseudonym", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"],
            ["agent_model.number"],
            name=op.f("fk_agent_model_person_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pseudonym"],
            ["agent_user.pseudonym"],
            name=op.f("fk_agent_model_person_pseudonym"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", "pseudonym", name=op.f("pk_agent_model_person")),
    )
    op.create_index(
        op.f("ix_agent_model_person_pseudonym"), "agent_model_person", ["pseudonym"], unique=False
    )
    op.create_table(
        "agent_in_use",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_in_use")),
    )
    op.create_table(
        "agent_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hashed", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("prefix", sa.String(length=200), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("user_per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_key")),
        sa.UniqueConstraint("hashed", name=op.f("uq_agent_key_hashed")),
    )


def downgrade() -> None:
    for name in ("agent_key", "agent_in_use", "agent_model_person", "agent_model", "agent_user"):
        op.drop_table(name)
