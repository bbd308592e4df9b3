"""Designs: drafts in revisions with their texts, and what people put on record about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "design",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.String(length=27), nullable=False),
        sa.Column("begun_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design")),
    )
    op.create_table(
        "design_entry",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=63), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_design_entry")),
    )
    op.create_table(
        "design_text",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.String(length=27), nullable=False),
        sa.Column("kept_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["design.id"], name=op.f("fk_design_text_trial_id_design")),
        sa.PrimaryKeyConstraint("trial_id", "digest", name=op.f("pk_design_text")),
    )
    op.create_table(
        "design_revision",
        sa.Column("trial_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_from", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("saved_at", sa.String(length=27), nullable=False),
        sa.Column("saved_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["design.id"], name=op.f("fk_design_revision_trial_id_design")),
        sa.PrimaryKeyConstraint("trial_id", "number", name=op.f("pk_design_revision")),
    )
