"""Names beside those that count, names chosen by hand, and the jobs that ask for them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("alternative", "chosen"):
        op.add_column(
            "naming", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.add_column(
        "run",
        sa.Column(
            "kind", sa.String(length=12), nullable=False, server_default=sa.text("'discovery'")
        ),
    )
    op.create_table(
        "naming_job",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("of_run", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_naming_job_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["of_run"], ["run.id"], name=op.f("fk_naming_job_of_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_naming_job_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_naming_job")),
    )
    op.create_index(op.f("ix_naming_job_of_run"), "naming_job", ["of_run"])
    op.create_index(op.f("ix_naming_job_person_id"), "naming_job", ["person_id"])


def downgrade() -> None:
    # The older version would take the newest names for those that count, and a job for a run.
    naming = sa.table("naming", sa.column("alternative", sa.Boolean))
    op.execute(sa.delete(naming).where(naming.c.alternative))
    run = sa.table("run", sa.column("kind", sa.String))
    op.execute(sa.delete(run).where(run.c.kind != "discovery"))
    op.drop_table("naming_job")
    op.drop_column("run", "kind")
    op.drop_column("naming", "chosen")
    op.drop_column("naming", "alternative")
