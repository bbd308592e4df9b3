"""A finding whose files turned out wrong is replaced by a correction that two people sign; when outcomes are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("evaluation", sa.Column("due_on", sa.Date(), nullable=True))
    op.create_table(
        "correction_request",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("replaced", sa.Integer(), nullable=False),
        sa.Column("replacing", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.String(length=27), nullable=False),
        sa.Column("requested_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("replacing > replaced", name=op.f("ck_correction_request_later")),
        sa.ForeignKeyConstraint(
            ["trial_id", "replaced"],
            ["evaluation.trial_id", "evaluation.number"],
            name=op.f("fk_correction_request_trial_id_replaced_evaluation"),
        ),
        sa.ForeignKeyConstraint(
            ["trial_id", "replacing"],
            ["evaluation.trial_id", "evaluation.number"],
            name=op.f("fk_correction_request_trial_id_replacing_evaluation"),
        ),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_correction_request")),
        sa.UniqueConstraint(
            "trial_id", "number", "requested_by", name=op.f("uq_correction_request_trial_id_number_requested_by")
        ),
    )
    op.create_table(
        "correction_confirmation",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("requested_by", sa.String(length=255), nullable=False),
        sa.Column("confirmed_at", sa.String(length=27), nullable=False),
        sa.Column("confirmed_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("confirmed_by <> requested_by", name=op.f("ck_correction_confirmation_two_people")),
        sa.ForeignKeyConstraint(
            ["trial_id", "number", "requested_by"],
            ["correction_request.trial_id", "correction_request.number", "correction_request.requested_by"],
            name=op.f("fk_correction_confirmation_request"),
        ),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_correction_confirmation")),
    )
