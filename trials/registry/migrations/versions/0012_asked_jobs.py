"""Jobs of the population, the lock and the lists, with what each was asked for; of a design too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_STAGES = "stage in ('load_population', 'lock', 'lock_outside', 'randomise', 'issue', 'evaluate')"


def upgrade() -> None:
    with op.batch_alter_table("job") as batch:
        batch.drop_constraint(op.f("fk_job_trial_id_trial"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_job_stage"), type_="check")
        batch.add_column(sa.Column("request", sa.Text(), nullable=True))
        batch.create_check_constraint(op.f("ck_job_stage"), _STAGES)
