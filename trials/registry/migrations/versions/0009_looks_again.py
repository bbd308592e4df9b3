"""A look can be taken again on corrected files, and a correction says how many evaluations there were before it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("evaluation", sa.Column("repeats", sa.Integer(), nullable=True))
    op.add_column("correction_confirmation", sa.Column("evaluations", sa.Integer(), nullable=True))
