"""What is concluded: evaluations, and the decisions taken on them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, Name, Number, Prose, Row, TrialKey


class StoredEvaluation(Row):
    __tablename__ = "evaluation"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    number: Mapped[Number]
    digest: Mapped[Digest]
    protocol_digest: Mapped[Digest]
    data_digest: Mapped[Digest]
    code_digest: Mapped[Digest]
    outcomes_version: Mapped[int]
    contacts_version: Mapped[int | None]
    as_at: Mapped[date | None]
    due_on: Mapped[date | None]
    repeats: Mapped[int | None]  # the evaluation whose look it takes again
    verdict_code: Mapped[Name]
    verdict_arm: Mapped[str | None] = mapped_column(String(255))
    verdict_segment: Mapped[str | None] = mapped_column(Text)
    verdict_sentence: Mapped[Prose]
    document: Mapped[Json]
    evaluated_at: Mapped[At]
    evaluated_by: Mapped[Name]


class CorrectionRequest(Row):
    """One person asks that a later evaluation take the finding's place, whose files turned out wrong."""

    __tablename__ = "correction_request"
    __table_args__ = (
        ForeignKeyConstraint(["trial_id", "replaced"], ["evaluation.trial_id", "evaluation.number"]),
        ForeignKeyConstraint(["trial_id", "replacing"], ["evaluation.trial_id", "evaluation.number"]),
        UniqueConstraint("trial_id", "number", "requested_by"),
        CheckConstraint("replacing > replaced", name="later"),
    )

    trial_id: Mapped[TrialKey]
    number: Mapped[Number]
    replaced: Mapped[int]
    replacing: Mapped[int]
    reason: Mapped[Prose]
    requested_at: Mapped[At]
    requested_by: Mapped[Name]


class CorrectionConfirmation(Row):
    """The second person's row; the database itself refuses the first person here."""

    __tablename__ = "correction_confirmation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["trial_id", "number", "requested_by"],
            ["correction_request.trial_id", "correction_request.number", "correction_request.requested_by"],
            name="fk_correction_confirmation_request",
        ),
        CheckConstraint("confirmed_by <> requested_by", name="two_people"),
    )

    trial_id: Mapped[TrialKey]
    number: Mapped[Number]
    requested_by: Mapped[Name]
    confirmed_at: Mapped[At]
    confirmed_by: Mapped[Name]
    evaluations: Mapped[int | None]  # made before; null of one confirmed before this was kept


class Decision(Row):
    __tablename__ = "decision"
    __table_args__ = (
        ForeignKeyConstraint(["trial_id", "evaluation_number"], ["evaluation.trial_id", "evaluation.number"]),
        CheckConstraint("choice in ('accept', 'override')", name="choice"),
    )

    trial_id: Mapped[TrialKey]
    number: Mapped[Number]
    evaluation_number: Mapped[int]
    choice: Mapped[str] = mapped_column(String(16))
    verdict_code: Mapped[Name]
    action: Mapped[Prose]
    reason: Mapped[Prose]
    conditions: Mapped[str | None] = mapped_column(Text)
    review_on: Mapped[date]
    decided_at: Mapped[At]
    decided_by: Mapped[Name]
