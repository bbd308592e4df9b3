"""Every load says what became of what was there before, and can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for column in (
        sa.Column("mode", sa.String(length=16), nullable=True),
        sa.Column("whole_digest", sa.String(length=64), nullable=True),
        sa.Column("whole_as_at", sa.Date(), nullable=True),
        sa.Column("customers", sa.Integer(), nullable=True),
        sa.Column("observed", sa.Integer(), nullable=True),
        sa.Column("withdraws", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
    ):
        op.add_column("returned_file", column)
    # Until now outcomes replaced what was there, and contacts were read together.
    op.execute(
        "UPDATE returned_file SET mode ="
        " CASE WHEN version = 1 THEN 'first' WHEN kind = 'contacts' THEN 'add' ELSE 'replace' END"
    )
    with op.batch_alter_table("returned_file") as batch:
        batch.alter_column("mode", existing_type=sa.String(length=16), nullable=False)
        batch.create_check_constraint(
            op.f("ck_returned_file_mode"), "mode in ('first', 'add', 'correct', 'replace', 'withdraw')"
        )
        batch.create_check_constraint(
            op.f("ck_returned_file_withdrawal"),
            "(mode = 'withdraw') = (withdraws is not null and reason is not null)",
        )
