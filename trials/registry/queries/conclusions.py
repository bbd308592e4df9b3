"""Questions about evaluations and decisions."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.records import DecisionRecord, EvaluationRecord


def evaluation_of(session: Session, trial_id: str) -> EvaluationRecord | None:
    """The latest evaluation, whole; None before the first."""
    row = session.scalars(_newest_evaluation(trial_id)).first()
    return None if row is None else _evaluation(row)


def latest_evaluation(session: Session, trial_id: str) -> EvaluationRecord:
    """The latest evaluation of a trial that has one, whole."""
    return _evaluation(session.scalars(_newest_evaluation(trial_id)).one())


def _newest_evaluation(trial_id: str) -> Select[tables.StoredEvaluation]:
    query = select(tables.StoredEvaluation).where(tables.StoredEvaluation.trial_id == trial_id)
    return query.order_by(tables.StoredEvaluation.number.desc()).limit(1)


def _evaluation(row: tables.StoredEvaluation) -> EvaluationRecord:
    return EvaluationRecord(
        id=row.number,
        evaluated_at=row.evaluated_at,
        evaluated_by=row.evaluated_by,
        digest=row.digest,
        protocol_digest=row.protocol_digest,
        data_digest=row.data_digest,
        document=row.document,
        code_digest=row.code_digest,
        outcomes_version=row.outcomes_version,
        as_at=row.as_at,
    )


def decisions_of(session: Session, trial_id: str) -> tuple[DecisionRecord, ...]:
    query = select(tables.Decision).where(tables.Decision.trial_id == trial_id).order_by(tables.Decision.number)
    return tuple(
        DecisionRecord(
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            choice="accept" if row.choice == "accept" else "override",
            verdict_code=row.verdict_code,
            action=row.action,
            reason=row.reason,
            conditions=row.conditions,
            review_on=row.review_on,
        )
        for row in session.scalars(query)
    )
