"""Questions about evaluations and decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.document import from_document
from analysis.results import Look
from trials.errors import TrialRefused
from trials.findings import Correction, Made, Place, places, rests_on, shown
from trials.registry import tables
from trials.registry.queries.chain import audit_events
from trials.registry.records import (
    ChangedRecord,
    CorrectionRecord,
    DecisionRecord,
    EvaluationLine,
    EvaluationRecord,
    EvaluationRow,
)


def evaluation_of(session: Session, trial_id: str) -> EvaluationRecord | None:
    """The evaluation that is shown, whole: the finding; before there is one, the latest. None before the first."""
    of = places_of(session, trial_id)
    number = shown(of)
    return None if number is None else _evaluation(session, trial_id, number, of[number])


def evaluation_to_decide_on(session: Session, trial_id: str) -> EvaluationRecord:
    """The finding of a trial, or its latest attempt, whole.

    Raises:
        TrialRefused: It has neither.
    """
    of = places_of(session, trial_id)
    number = rests_on(of)
    if number is None:
        raise TrialRefused("there is no verdict to decide on", where=trial_id, remedy=f"otm evaluate {trial_id}")
    return _evaluation(session, trial_id, number, of[number])


def evaluation_numbered(session: Session, trial_id: str, number: int) -> EvaluationRecord:
    """One evaluation of a trial that has it, whole."""
    return _evaluation(session, trial_id, number, places_of(session, trial_id)[number])


def looks_taken(session: Session, trial_id: str, before: int | None = None) -> dict[int, Look]:
    """Every look that was taken before the end and stands, by the number of its evaluation, in their order.

    One whose data failed a check was not taken. One that was taken again counts when two people put it in the place of
    the one before; then what was looked at later falls with that. What a look has spent stays spent, also where the
    true files fail a check. Not all that there are, but as they stood when an evaluation was made, where its number is
    given as ``before``.
    """
    table = tables.StoredEvaluation
    query = select(table.number, table.repeats, table.document).where(table.trial_id == trial_id)
    if before is not None:
        query = query.where(table.number < before)
    looks: dict[int, Look] = {}
    again: dict[int, Look] = {}
    repeats: dict[int, int] = {}
    for row in session.execute(query.order_by(table.number)):
        look = from_document(row.document).look if row.document.get("look") is not None else None
        if look is None or look.final:
            continue
        if row.repeats is not None:
            repeats[row.number] = row.repeats
            again[row.number] = replace(look, action="go_on") if look.action == "not_taken" else look
        elif look.action != "not_taken":
            looks[row.number] = look
    for correction in _held(session, trial_id):
        if before is not None and correction.after >= before:
            continue
        if repeats.get(correction.replacing) == correction.replaced and correction.replaced in looks:
            number = looks[correction.replaced].number
            looks = {
                evaluation: look
                for evaluation, look in looks.items()
                if look.number < number or evaluation > correction.after
            }
            looks[correction.replacing] = again[correction.replacing]
    return dict(sorted(looks.items(), key=lambda taken: taken[1].number))


def looks_again(session: Session, trial_id: str) -> dict[int, int]:
    """The evaluations that took a look again, each with the one whose look it was."""
    table = tables.StoredEvaluation
    query = select(table.number, table.repeats).where(table.trial_id == trial_id, table.repeats.is_not(None))
    rows = session.execute(query.order_by(table.number))
    return {row.number: row.repeats for row in rows}


def places_of(session: Session, trial_id: str) -> dict[int, Place]:
    """What each evaluation of a trial is, by its number, in order."""
    table = tables.StoredEvaluation
    query = select(table.number, table.verdict_code, table.repeats).where(table.trial_id == trial_id)
    rows = session.execute(query.order_by(table.number))
    return places((Made(row.number, row.verdict_code, row.repeats) for row in rows), _held(session, trial_id))


def _held(session: Session, trial_id: str) -> list[Correction]:
    rows = corrections_of(session, trial_id)
    return [Correction(row.replaced, row.replacing, row.evaluations) for row in rows if row.holds]


def evaluations_of(session: Session, trial_id: str) -> tuple[EvaluationLine, ...]:
    """Every evaluation of a trial, in order, and what it is."""
    of, table = places_of(session, trial_id), tables.StoredEvaluation
    columns = (
        table.number, table.as_at, table.evaluated_at, table.evaluated_by, table.digest, table.verdict_code,
        table.verdict_sentence, table.verdict_arm, table.verdict_segment, table.outcomes_version,
    )  # fmt: skip
    query = select(*columns).where(table.trial_id == trial_id).order_by(table.number)
    return tuple(
        EvaluationLine(role=of[row.number].role, count=of[row.number].count, **row._mapping)
        for row in session.execute(query)
    )


def evaluation_rows(session: Session, trial_id: str) -> Iterator[EvaluationRow]:
    """Every evaluation of a trial as its row has it, in order."""
    table = tables.StoredEvaluation
    columns = (getattr(table, field.name) for field in fields(EvaluationRow))
    for row in session.execute(select(*columns).where(table.trial_id == trial_id).order_by(table.number)):
        yield EvaluationRow(**row._mapping)


def corrections_of(session: Session, trial_id: str) -> tuple[CorrectionRecord, ...]:
    """Every correction that was asked for, confirmed or not, in order."""
    request, confirmation = tables.CorrectionRequest, tables.CorrectionConfirmation
    query = select(request).where(request.trial_id == trial_id).order_by(request.number)
    confirmed = {
        row.number: row for row in session.scalars(select(confirmation).where(confirmation.trial_id == trial_id))
    }
    requests = list(session.scalars(query))
    changed = _changed(session, trial_id) if requests else {}
    return tuple(
        CorrectionRecord(
            number=row.number,
            changed=changed.get((row.replaced, row.replacing)),
            replaced=row.replaced,
            replacing=row.replacing,
            reason=row.reason,
            requested_by=row.requested_by,
            requested_at=row.requested_at,
            confirmed_by=confirmed[row.number].confirmed_by if row.number in confirmed else None,
            confirmed_at=confirmed[row.number].confirmed_at if row.number in confirmed else None,
            evaluations=confirmed[row.number].evaluations if row.number in confirmed else None,
        )
        for row in requests
    )


def _changed(session: Session, trial_id: str) -> dict[tuple[int, int], ChangedRecord]:
    """What each correction changes, by (replaced, replacing), as its event says: a pair is asked for once."""
    asked = [event.detail for event in audit_events(session, trial_id) if event.action == "request_correction"]
    return {
        (detail["old_finding"], detail["new_finding"]): ChangedRecord(**detail["changed"])
        for detail in asked
        if "changed" in detail
    }


def _evaluation(session: Session, trial_id: str, number: int, place: Place) -> EvaluationRecord:
    row = session.get_one(tables.StoredEvaluation, (trial_id, number))
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
        role=place.role,
        count=place.count,
    )


def decisions_of(session: Session, trial_id: str) -> tuple[DecisionRecord, ...]:
    query = select(tables.Decision).where(tables.Decision.trial_id == trial_id).order_by(tables.Decision.number)
    stored = tables.StoredEvaluation
    numbered = select(stored.number, stored.digest).where(stored.trial_id == trial_id)
    digests = {row.number: row.digest for row in session.execute(numbered)}
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
            evaluation=row.evaluation_number,
            evaluation_digest=digests[row.evaluation_number],
        )
        for row in session.scalars(query)
    )
