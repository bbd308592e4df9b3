"""Jobs: long stages at work in processes of their own, one running of each stage of a trial."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("result_digest", sa.String(length=64), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.String(length=27), nullable=True),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.CheckConstraint("stage in ('randomise', 'evaluate')", name=op.f("ck_job_stage")),
        sa.CheckConstraint("state in ('running', 'done', 'failed', 'stopped')", name=op.f("ck_job_state")),
        sa.CheckConstraint("progress between 0 and 1", name=op.f("ck_job_progress")),
        sa.CheckConstraint("(state = 'running') = (finished_at is null)", name=op.f("ck_job_finished")),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_job_trial_id_trial")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_job_running", "job", ["trial_id", "stage"], unique=True, sqlite_where=running, postgresql_where=running
    )
