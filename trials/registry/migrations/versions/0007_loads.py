"""Every load of a population is a version, also of rows that were loaded before."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("population_version") as batch:
        batch.drop_constraint(op.f("uq_population_version_name_digest"), type_="unique")
