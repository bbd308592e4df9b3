"""The first tables: trials, protocols, populations, locks, draws, allocations, what came back, decisions, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=255), nullable=False),
        sa.Column("trial_id", sa.String(length=63), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_event_previous_hash")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "population_version",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("loaded", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("rejections_digest", sa.String(length=64), nullable=True),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("loaded_at", sa.String(length=27), nullable=False),
        sa.Column("loaded_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("rows_read = loaded + rejected", name=op.f("ck_population_version_every_row_accounted_for")),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_population_version")),
        sa.UniqueConstraint("name", "digest", name=op.f("uq_population_version_name_digest")),
    )
    op.create_table(
        "trial",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("registered_at", sa.String(length=27), nullable=False),
        sa.Column("registered_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
    )
    op.create_table(
        "protocol_version",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.String(length=27), nullable=False),
        sa.Column("registered_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_protocol_version_trial_id_trial")),
        sa.PrimaryKeyConstraint("trial_id", "version", name=op.f("pk_protocol_version")),
    )
    op.create_table(
        "trial_lock",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("protocol_version", sa.Integer(), nullable=False),
        sa.Column("protocol_digest", sa.String(length=64), nullable=False),
        sa.Column("population_name", sa.String(length=255), nullable=False),
        sa.Column("population_version", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("exclusions", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("locked_at", sa.String(length=27), nullable=False),
        sa.Column("locked_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["population_name", "population_version"],
            ["population_version.name", "population_version.version"],
            name=op.f("fk_trial_lock_population_name_population_version_population_version"),
        ),
        sa.ForeignKeyConstraint(
            ["trial_id", "protocol_version"],
            ["protocol_version.trial_id", "protocol_version.version"],
            name=op.f("fk_trial_lock_trial_id_protocol_version_protocol_version"),
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_trial_lock_trial_id_trial")),
        sa.PrimaryKeyConstraint("trial_id", name=op.f("pk_trial_lock")),
    )
    op.create_table(
        "draw",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("committed_at", sa.String(length=27), nullable=False),
        sa.Column("committed_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["trial_lock.trial_id"], name=op.f("fk_draw_trial_id_trial_lock")),
        sa.PrimaryKeyConstraint("trial_id", name=op.f("pk_draw")),
        sa.UniqueConstraint("commitment", name=op.f("uq_draw_commitment")),
    )
    op.create_table(
        "evaluation",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("protocol_digest", sa.String(length=64), nullable=False),
        sa.Column("data_digest", sa.String(length=64), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("outcomes_version", sa.Integer(), nullable=False),
        sa.Column("contacts_version", sa.Integer(), nullable=True),
        sa.Column("verdict_code", sa.String(length=255), nullable=False),
        sa.Column("verdict_arm", sa.String(length=255), nullable=True),
        sa.Column("verdict_segment", sa.Text(), nullable=True),
        sa.Column("verdict_sentence", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("evaluated_at", sa.String(length=27), nullable=False),
        sa.Column("evaluated_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_evaluation_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_evaluation")),
    )
    op.create_table(
        "issue_list",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.String(length=27), nullable=False),
        sa.Column("issued_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_issue_list_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_issue_list")),
    )
    op.create_table(
        "release",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_at", sa.String(length=27), nullable=False),
        sa.Column("released_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_release_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", name=op.f("pk_release")),
    )
    op.create_table(
        "returned_file",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("loaded", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("rejections_digest", sa.String(length=64), nullable=True),
        sa.Column("matched", sa.Text(), nullable=False),
        sa.Column("matured", sa.Boolean(), nullable=True),
        sa.Column("loaded_at", sa.String(length=27), nullable=False),
        sa.Column("loaded_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("kind in ('contacts', 'outcomes')", name=op.f("ck_returned_file_kind")),
        sa.CheckConstraint("rows_read = loaded + rejected", name=op.f("ck_returned_file_every_row_accounted_for")),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_returned_file_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", "kind", "version", name=op.f("pk_returned_file")),
    )
    op.create_table(
        "void_request",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.String(length=27), nullable=False),
        sa.Column("requested_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_void_request_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", name=op.f("pk_void_request")),
        sa.UniqueConstraint("trial_id", "requested_by", name=op.f("uq_void_request_trial_id_requested_by")),
    )
    op.create_table(
        "wave",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("population_name", sa.String(length=255), nullable=False),
        sa.Column("population_version", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("units_digest", sa.String(length=64), nullable=False),
        sa.Column("excluded_digest", sa.String(length=64), nullable=False),
        sa.Column("exclusions", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.String(length=27), nullable=False),
        sa.Column("frozen_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["population_name", "population_version"],
            ["population_version.name", "population_version.version"],
            name=op.f("fk_wave_population_name_population_version_population_version"),
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_wave_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_wave")),
    )
    op.create_table(
        "allocation",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("wave", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("snapshot_digest", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=255), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("index_date", sa.Date(), nullable=False),
        sa.Column("allocated_at", sa.String(length=27), nullable=False),
        sa.Column("allocated_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id", "wave"], ["wave.trial_id", "wave.number"], name=op.f("fk_allocation_trial_id_wave_wave")
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["draw.trial_id"], name=op.f("fk_allocation_trial_id_draw")),
        sa.PrimaryKeyConstraint("trial_id", "wave", name=op.f("pk_allocation")),
    )
    op.create_table(
        "decision",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("evaluation_number", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=16), nullable=False),
        sa.Column("verdict_code", sa.String(length=255), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.String(length=27), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("choice in ('accept', 'override')", name=op.f("ck_decision_choice")),
        sa.ForeignKeyConstraint(
            ["trial_id", "evaluation_number"],
            ["evaluation.trial_id", "evaluation.number"],
            name=op.f("fk_decision_trial_id_evaluation_number_evaluation"),
        ),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_decision")),
    )
    op.create_table(
        "void_confirmation",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("requested_by", sa.String(length=255), nullable=False),
        sa.Column("confirmed_at", sa.String(length=27), nullable=False),
        sa.Column("confirmed_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("confirmed_by <> requested_by", name=op.f("ck_void_confirmation_two_people")),
        sa.ForeignKeyConstraint(
            ["trial_id", "requested_by"],
            ["void_request.trial_id", "void_request.requested_by"],
            name=op.f("fk_void_confirmation_trial_id_requested_by_void_request"),
        ),
        sa.PrimaryKeyConstraint("trial_id", name=op.f("pk_void_confirmation")),
    )
