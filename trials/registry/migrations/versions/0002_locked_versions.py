"""A lock is of one version of a protocol, and an allocation names the version that it was drawn under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("wave", sa.Column("protocol_version", sa.Integer(), nullable=True))
    op.add_column("allocation", sa.Column("protocol_version", sa.Integer(), nullable=True))
    # Until now a trial had one lock, so all that it was allocated was allocated under that one.
    op.execute(
        "UPDATE wave SET protocol_version ="
        " (SELECT protocol_version FROM trial_lock WHERE trial_lock.trial_id = wave.trial_id)"
    )
    op.execute(
        "UPDATE allocation SET protocol_version ="
        " (SELECT protocol_version FROM trial_lock WHERE trial_lock.trial_id = allocation.trial_id)"
    )
    with op.batch_alter_table("draw") as batch:
        batch.drop_constraint(op.f("fk_draw_trial_id_trial_lock"), type_="foreignkey")
        batch.create_foreign_key(op.f("fk_draw_trial_id_trial"), "trial", ["trial_id"], ["id"])
    with op.batch_alter_table("trial_lock") as batch:
        batch.drop_constraint(op.f("pk_trial_lock"), type_="primary")
        batch.create_primary_key(op.f("pk_trial_lock"), ["trial_id", "protocol_version"])
    with op.batch_alter_table("wave") as batch:
        batch.alter_column("protocol_version", existing_type=sa.Integer(), nullable=False)
        batch.create_unique_constraint(
            op.f("uq_wave_trial_id_number_protocol_version"), ["trial_id", "number", "protocol_version"]
        )
        batch.create_foreign_key(
            op.f("fk_wave_trial_id_protocol_version_trial_lock"),
            "trial_lock",
            ["trial_id", "protocol_version"],
            ["trial_id", "protocol_version"],
        )
    with op.batch_alter_table("allocation") as batch:
        batch.alter_column("protocol_version", existing_type=sa.Integer(), nullable=False)
        batch.drop_constraint(op.f("fk_allocation_trial_id_wave_wave"), type_="foreignkey")
        batch.create_foreign_key(
            op.f("fk_allocation_trial_id_wave_protocol_version_wave"),
            "wave",
            ["trial_id", "wave", "protocol_version"],
            ["trial_id", "number", "protocol_version"],
        )
