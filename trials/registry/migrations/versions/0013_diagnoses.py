"""Diagnoses: what simulating a plan came to, and the jobs that simulate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_STAGES = "stage in ('load_population', 'lock', 'lock_outside', 'randomise', 'issue', 'evaluate', 'diagnose')"


def upgrade() -> None:
    op.create_table(
        "diagnosis",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("made_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["design.id"], name=op.f("fk_diagnosis_trial_id_design")),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_diagnosis")),
    )
    with op.batch_alter_table("job") as batch:
        batch.drop_constraint(op.f("ck_job_stage"), type_="check")
        batch.create_check_constraint(op.f("ck_job_stage"), _STAGES)
