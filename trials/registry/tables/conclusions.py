"""What is concluded: evaluations, and the decisions taken on them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, Text
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
    verdict_code: Mapped[Name]
    verdict_arm: Mapped[str | None] = mapped_column(String(255))
    verdict_segment: Mapped[str | None] = mapped_column(Text)
    verdict_sentence: Mapped[Prose]
    document: Mapped[Json]
    evaluated_at: Mapped[At]
    evaluated_by: Mapped[Name]


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
