"""The day on which outcomes were cut, of each file of outcomes and of the evaluation that read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Nobody said it of what is there: a file then counts as cut on the day of its load.
    op.add_column("returned_file", sa.Column("as_at", sa.Date(), nullable=True))
    op.add_column("evaluation", sa.Column("as_at", sa.Date(), nullable=True))
