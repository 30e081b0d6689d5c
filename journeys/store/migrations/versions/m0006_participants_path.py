"""The participant's path: own matches, place by arrival, time to recall, frozen group prior"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ANSWER = sa.table(
    "study_answer",
    sa.column("answers", sa.JSON()),
    sa.column("response_ms", sa.BigInteger()),
    sa.column("recall_ms", sa.BigInteger()),
)


def upgrade() -> None:
    op.create_table(
        "stated_match",
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_stated_match_invitation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_stated_match_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("invitation_id", "position", name=op.f("pk_stated_match")),
    )
    op.create_index(op.f("ix_stated_match_run_id"), "stated_match", ["run_id"], unique=False)
    # Never in a batch, which copies the table: dropping the old one would take every answer along.
    op.add_column("invitation", sa.Column("arrival", sa.Integer(), nullable=True))
    op.add_column("invitation", sa.Column("prior", sa.JSON(), nullable=True))
    op.create_index(
        op.f("ix_invitation_study_id_version_arrival"),
        "invitation",
        ["study_id", "version", "arrival"],
        unique=True,
    )
    # Who consented has met the conditions of their number already.
    op.execute(
        "UPDATE invitation SET arrival = number WHERE EXISTS"
        " (SELECT 1 FROM consent WHERE consent.invitation_id = invitation.id)"
    )
    with op.batch_alter_table("study_answer") as batch:
        batch.add_column(sa.Column("recall_ms", sa.BigInteger(), nullable=True))
        batch.alter_column("response_ms", existing_type=sa.BigInteger(), nullable=True)
    # The clock was stopped by the first answer of a trial, which was the one about recall.
    op.execute(
        _ANSWER.update()
        .where(_ANSWER.c.answers["recalled"].as_string().is_not(None))
        .values(recall_ms=_ANSWER.c.response_ms, response_ms=None)
    )
    with op.batch_alter_table("preferred_level") as batch:
        batch.drop_constraint(batch.f("pk_preferred_level"), type_="primary")
        batch.create_primary_key(batch.f("pk_preferred_level"), ["person_id", "study_id"])


def downgrade() -> None:
    newer = "SELECT 1 FROM preferred_level AS o WHERE o.person_id = preferred_level.person_id"
    op.execute(
        f"DELETE FROM preferred_level WHERE EXISTS ({newer} AND (o.updated_at"  # noqa: S608 - nothing of it comes from outside
        " > preferred_level.updated_at OR (o.updated_at = preferred_level.updated_at"
        " AND o.study_id > preferred_level.study_id)))"
    )
    with op.batch_alter_table("preferred_level") as batch:
        batch.drop_constraint(batch.f("pk_preferred_level"), type_="primary")
        batch.create_primary_key(batch.f("pk_preferred_level"), ["person_id"])
    op.execute(
        _ANSWER.update()
        .where(_ANSWER.c.response_ms.is_(None))
        .values(response_ms=sa.func.coalesce(_ANSWER.c.recall_ms, 0))
    )
    with op.batch_alter_table("study_answer") as batch:
        batch.drop_column("recall_ms")
        batch.alter_column("response_ms", existing_type=sa.BigInteger(), nullable=False)
    op.drop_index(op.f("ix_invitation_study_id_version_arrival"), table_name="invitation")
    op.drop_column("invitation", "prior")
    op.drop_column("invitation", "arrival")
    op.drop_table("stated_match")
