"""What has happened to trials, gathered by one query: the facts that their state and their next step follow from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from designs.entries import EntryKind
from designs.protocol import Protocol
from trials.errors import TrialRefused
from trials.findings import WITHOUT_VERDICT
from trials.life import Standing
from trials.registry import tables
from trials.registry.queries.draws import customers_left
from trials.registry.queries.plans import latest_population, population_name, stored_protocol

Column = InstrumentedAttribute[Any]


def standing_of(session: Session, trial_id: str) -> Standing:
    """What has happened to one trial.

    Raises:
        TrialRefused: There is no such trial.
    """
    for standing, _ in standings(session, trial_id):
        return standing
    raise TrialRefused(
        f"there is no trial {trial_id!r}", rule="a trial is known by the id in its protocol", remedy="see otm trials"
    )


def standings(session: Session, only: str | None = None) -> Iterator[tuple[Standing, Protocol]]:
    """What has happened to every trial, by id, each with its protocol in force; ``only`` limits it to one trial."""
    left = customers_left(session, only)
    for row in session.execute(_facts(only)):
        protocol = stored_protocol(row.canonical)
        standing = Standing(
            trial=row.id,
            randomised_here=protocol.randomised_here,
            population=row.lock is not None or latest_population(session, population_name(protocol)) is not None,
            locked=row.lock is not None,
            seed_drawn=row.drawn > 0,
            waves_planned=max(1, len(protocol.randomisation.waves)),
            waves_allocated=row.allocated,
            issued=row.issued > 0,
            unissued=tuple(arm.id for arm in protocol.arms if arm.channel and left.get(row.id, {}).get(arm.id, 0) > 0),
            outcomes=row.outcomes,
            evaluated=row.evaluated,
            waits_until=row.due_on if row.judged == 0 else None,
            replaceable=row.replaceable > 0,
            correction_asked_by=row.correction_asked_by,
            finding=row.corrected if row.corrected_code not in (None, *WITHOUT_VERDICT) else row.first_finding,
            decision_fell=_fell(row),
            decided_on=row.decided_on,
            review_on=row.review_on,
            released=row.released > 0,
            amendment_asked_by=row.amendment_asked_by if (row.proposed or 0) > (row.settled or 0) else None,
            void_asked_by=row.void_asked_by,
            void=row.voided > 0,
        )
        yield standing, protocol


def _facts(only: str | None) -> Select[Any]:
    """One row a trial. A locked trial's protocol is the version last locked, a draft's the one last registered."""
    lock = _of_trial(tables.TrialLock.trial_id, func.max(tables.TrialLock.protocol_version))
    registered = _of_trial(tables.ProtocolVersion.trial_id, func.max(tables.ProtocolVersion.version))
    canonical = (
        select(tables.ProtocolVersion.canonical)
        .where(tables.ProtocolVersion.trial_id == tables.Trial.id)
        .where(tables.ProtocolVersion.version == func.coalesce(lock, registered))
        .scalar_subquery()
    )
    evaluation = tables.StoredEvaluation
    query = select(
        tables.Trial.id,
        lock.label("lock"),
        canonical.label("canonical"),
        _count(tables.Draw.trial_id).label("drawn"),
        _count(tables.Allocation.trial_id).label("allocated"),
        _count(tables.IssueList.trial_id).label("issued"),
        _outcomes().label("outcomes"),
        _latest(tables.StoredEvaluation, tables.StoredEvaluation.outcomes_version).label("evaluated"),
        _latest(tables.StoredEvaluation, tables.StoredEvaluation.due_on).label("due_on"),
        _of_trial(evaluation.trial_id, func.count(), _judged()).label("judged"),
        _of_trial(evaluation.trial_id, func.count(), _could_replace()).label("replaceable"),
        _of_trial(evaluation.trial_id, func.min(evaluation.number), *_concluding()).label("first_finding"),
        _corrected(tables.CorrectionRequest.replacing).label("corrected"),
        _corrected(_code_of(tables.CorrectionRequest.replacing)).label("corrected_code"),
        _corrected(tables.CorrectionConfirmation.evaluations).label("corrected_after"),
        _open_correction().label("correction_asked_by"),
        _latest(tables.Decision, tables.Decision.evaluation_number).label("decided_on"),
        _latest(tables.Decision, tables.Decision.review_on).label("review_on"),
        _count(tables.Release.trial_id).label("released"),
        _last_entry("amendment_proposed").label("proposed"),
        _last_entry("amendment_confirmed", "amendment_withdrawn").label("settled"),
        _amends().label("amendment_asked_by"),
        _of_trial(tables.VoidRequest.trial_id, tables.VoidRequest.requested_by).label("void_asked_by"),
        _count(tables.VoidConfirmation.trial_id).label("voided"),
    ).order_by(tables.Trial.id)
    return query if only is None else query.where(tables.Trial.id == only)


def _of_trial(trial: Column, what: Any, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(what).where(trial == tables.Trial.id, *conditions).correlate(tables.Trial).scalar_subquery()


def _outcomes() -> ScalarSelect[Any]:
    """The version of the outcomes that are there; null where there are none, or all of them were withdrawn."""
    file = tables.ReturnedFile
    of_outcomes = select(case((file.customers == 0, None), else_=file.version)).where(
        file.trial_id == tables.Trial.id, file.kind == "outcomes"
    )
    return of_outcomes.order_by(file.version.desc()).limit(1).correlate(tables.Trial).scalar_subquery()


def _fell(row: Any) -> bool:
    """Whether the last correction took away the evaluation that the latest decision rests on."""
    if row.decided_on is None or row.corrected_after is None:
        return False
    return bool(row.decided_on <= row.corrected_after and row.decided_on != row.corrected)


def _concluding() -> tuple[ColumnElement[bool], ...]:
    """With a verdict, and made after the last correction: the first of these is the finding, if that gave none."""
    table = tables.StoredEvaluation
    after = func.coalesce(_corrected(tables.CorrectionConfirmation.evaluations), 0)
    return table.verdict_code.not_in(WITHOUT_VERDICT), table.repeats.is_(None), table.number > after


def _judged() -> ColumnElement[bool]:
    """A finding or an attempt, of those that no correction took away."""
    table = tables.StoredEvaluation
    after = func.coalesce(_corrected(tables.CorrectionConfirmation.evaluations), 0)
    stands = and_(table.repeats.is_(None), table.number > after)
    corrects = table.number == _corrected(tables.CorrectionRequest.replacing)
    return and_(table.verdict_code != "not_due", or_(stands, corrects))


def _could_replace() -> ColumnElement[bool]:
    """A look taken again, or an evaluation that was judged after another one that has a verdict."""
    table, before = tables.StoredEvaluation, aliased(tables.StoredEvaluation)
    earlier = select(before.number).where(
        before.trial_id == table.trial_id,
        before.number < table.number,
        before.repeats.is_(None),
        before.verdict_code.not_in(WITHOUT_VERDICT),
    )
    return or_(table.repeats.is_not(None), and_(table.verdict_code != "not_due", earlier.exists()))


def _code_of(number: Column) -> ScalarSelect[Any]:
    table = aliased(tables.StoredEvaluation)
    query = select(table.verdict_code).where(table.trial_id == tables.Trial.id, table.number == number)
    return query.correlate(tables.Trial, tables.CorrectionRequest).scalar_subquery()


def _corrected(what: Any) -> ScalarSelect[Any]:
    """Something about the correction that two people signed last."""
    request, confirmation = tables.CorrectionRequest, tables.CorrectionConfirmation
    signed = (
        select(what)
        .select_from(request)
        .join(confirmation, and_(confirmation.trial_id == request.trial_id, confirmation.number == request.number))
    )
    latest = signed.where(request.trial_id == tables.Trial.id).order_by(request.number.desc()).limit(1)
    return latest.correlate(tables.Trial).scalar_subquery()


def _open_correction() -> ScalarSelect[Any]:
    """Who asked for a correction that nobody else has confirmed yet."""
    request, confirmation = tables.CorrectionRequest, tables.CorrectionConfirmation
    confirmed = select(confirmation.number).where(
        confirmation.trial_id == request.trial_id, confirmation.number == request.number
    )
    waiting = select(request.requested_by).where(request.trial_id == tables.Trial.id, ~confirmed.exists())
    return waiting.limit(1).correlate(tables.Trial).scalar_subquery()


def _last_entry(*kinds: EntryKind) -> ScalarSelect[Any]:
    table = tables.DesignEntry
    return _of_trial(table.trial_id, func.max(table.number), table.kind.in_(kinds))


def _amends() -> ScalarSelect[Any]:
    """Who proposed the last amendment."""
    table = tables.DesignEntry
    proposed = select(table.recorded_by).where(table.trial_id == tables.Trial.id, table.kind == "amendment_proposed")
    return proposed.order_by(table.number.desc()).limit(1).correlate(tables.Trial).scalar_subquery()


def _count(trial: Column) -> ScalarSelect[Any]:
    return _of_trial(trial, func.count())


def _latest(table: type[tables.StoredEvaluation] | type[tables.Decision], column: Column) -> ScalarSelect[Any]:
    latest = select(column).where(table.trial_id == tables.Trial.id).order_by(table.number.desc()).limit(1)
    return latest.correlate(tables.Trial).scalar_subquery()
