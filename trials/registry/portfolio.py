"""The portfolio: a line a trial, from its standing and the latest of what it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import InstrumentedAttribute, Session

from analysis.document import from_document
from analysis.results import Segment
from analysis.wording.naming import approach, doing_nothing
from designs.likeness import traits_of
from designs.protocol import Protocol
from designs.protocol.models import Clock
from designs.protocol.words import column_words
from trials.concealment import SMALL
from trials.findings import Correction, Made, Place, places, shown
from trials.life import Standing, as_told, may_be_released, next_step, state_of
from trials.registry import tables
from trials.registry.amended import amended_trials
from trials.registry.queries import locked_outside, population_name, standings
from trials.registry.records import AmendmentRecord, DecisionLine, TrialSummary

# The document can be large: of it a list reads only the segment, and only where the verdict names one.
_EVALUATION = (
    tables.StoredEvaluation.trial_id,
    tables.StoredEvaluation.number,
    tables.StoredEvaluation.digest,
    tables.StoredEvaluation.as_at,
    tables.StoredEvaluation.repeats,
    tables.StoredEvaluation.verdict_code,
    tables.StoredEvaluation.verdict_arm,
    case((tables.StoredEvaluation.verdict_segment.is_not(None), tables.StoredEvaluation.document)).label("document"),
    tables.StoredEvaluation.verdict_sentence,
    tables.StoredEvaluation.evaluated_at,
)

_DECISION = (
    tables.Decision.trial_id,
    tables.Decision.decided_at,
    tables.Decision.choice,
    tables.Decision.verdict_code,
    tables.Decision.evaluation_number,
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What trials have, by trial; the latest where there can be several, and of evaluations the one that is shown."""

    registered_at: dict[str, datetime]
    locks: dict[str, tables.TrialLock]
    allocations: dict[str, list[tables.Allocation]]
    evaluations: dict[str, Any]  # rows of _EVALUATION
    places: dict[str, Place]  # what each of them is
    decisions: dict[str, Any]  # the latest of each
    synthetic: dict[str, bool]
    outside: dict[str, str]  # why each of them is locked outside its route
    amendments: dict[str, tuple[AmendmentRecord, ...]]  # of the plans that have any


def portfolio(session: Session, only: str | None = None, *, sees_arms: bool = True) -> tuple[TrialSummary, ...]:
    """One summary a trial, by id; ``only`` limits it to one trial, and then no other trial's rows are read.

    Whoever does not see arms is told a state and a next step that depend on nobody's.
    """
    trials = tuple(standings(session, only))
    rows = _rows(session, trials, only)
    return tuple(_summary(standing, protocol, rows, sees_arms) for standing, protocol in trials)


def _rows(session: Session, trials: Sequence[tuple[Standing, Protocol]], only: str | None) -> _Rows:
    locked = select(tables.TrialLock).where(*_limit(tables.TrialLock.trial_id, only))
    locks = {lock.trial_id: lock for lock in session.scalars(locked.order_by(tables.TrialLock.protocol_version))}
    allocations: dict[str, list[tables.Allocation]] = {}
    allocated = select(tables.Allocation).where(*_limit(tables.Allocation.trial_id, only))
    for allocation in session.scalars(allocated.order_by(tables.Allocation.wave)):
        allocations.setdefault(allocation.trial_id, []).append(allocation)
    evaluated = select(*_EVALUATION).where(*_limit(tables.StoredEvaluation.trial_id, only))
    decided = select(*_DECISION).where(*_limit(tables.Decision.trial_id, only)).order_by(tables.Decision.number)
    registered = select(tables.Trial.id, tables.Trial.registered_at).where(*_limit(tables.Trial.id, only))
    evaluations, of = _shown(session, session.execute(evaluated.order_by(tables.StoredEvaluation.number)), only)
    return _Rows(
        registered_at={row.id: row.registered_at for row in session.execute(registered)},
        locks=locks,
        allocations=allocations,
        evaluations=evaluations,
        places=of,
        decisions={row.trial_id: row for row in session.execute(decided)},
        synthetic=_synthetic(session, trials, locks, only),
        outside=locked_outside(session, {trial.trial: plan for trial, plan in trials if trial.locked}),
        amendments=amended_trials(session, (trial.trial for trial, _ in trials if trial.locked)),
    )


def _shown(session: Session, rows: Iterable[Any], only: str | None) -> tuple[dict[str, Any], dict[str, Place]]:
    """The evaluation of each trial that is shown, its finding or else the latest, and what it is."""
    request, confirmation = tables.CorrectionRequest, tables.CorrectionConfirmation
    query = select(request.trial_id, request.replaced, request.replacing, confirmation.evaluations).join(
        confirmation, and_(confirmation.trial_id == request.trial_id, confirmation.number == request.number)
    )
    corrections: dict[str, list[Correction]] = {}
    for row in session.execute(query.where(*_limit(request.trial_id, only)).order_by(request.number)):
        correction = Correction(row.replaced, row.replacing, row.evaluations)
        corrections.setdefault(row.trial_id, []).append(correction)
    by_trial: dict[str, list[Any]] = {}
    for row in rows:
        by_trial.setdefault(row.trial_id, []).append(row)
    evaluations, of_shown = {}, {}
    for trial, own in by_trial.items():
        made = (Made(row.number, row.verdict_code, row.repeats) for row in own)
        of = places(made, corrections.get(trial, ()))
        number = shown(of)
        evaluations[trial] = next(row for row in own if row.number == number)
        of_shown[trial] = of[evaluations[trial].number]
    return evaluations, of_shown


def _limit(trial: InstrumentedAttribute[str], only: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if only is None else (trial == only,)


def _synthetic(
    session: Session,
    trials: Iterable[tuple[Standing, Protocol]],
    locks: dict[str, tables.TrialLock],
    only: str | None,
) -> dict[str, bool]:
    """Whether each trial's customers are invented: in the load that was locked, or in the latest of a draft."""
    table = tables.PopulationVersion
    names = {standing.trial: population_name(protocol) for standing, protocol in trials}
    names |= {trial: lock.population_name for trial, lock in locks.items()}
    loads = select(table.name, table.version, table.synthetic)
    if only is not None:
        loads = loads.where(table.name.in_(set(names.values())))
    by_version: dict[tuple[str, int], bool] = {}
    latest: dict[str, bool] = {}
    for row in session.execute(loads.order_by(table.version)):
        by_version[row.name, row.version] = row.synthetic
        latest[row.name] = row.synthetic
    return {
        trial: _of_load(by_version, name, locks[trial]) if trial in locks else latest.get(name, False)
        for trial, name in names.items()
    }


def _of_load(by_version: Mapping[tuple[str, int], bool], name: str, lock: tables.TrialLock) -> bool:
    if (name, lock.population_version) not in by_version:
        raise NoResultFound(f"load {lock.population_version} of {name}")
    return by_version[name, lock.population_version]


def _summary(standing: Standing, protocol: Protocol, rows: _Rows, sees_arms: bool) -> TrialSummary:
    trial = standing.trial
    evaluation = rows.evaluations.get(trial)
    verdict = None if standing.void else evaluation  # nothing can be concluded from a void draw
    verdict_arm = None if verdict is None else verdict.verdict_arm
    where = _where_to_scale(verdict)
    decision = _decision(standing, rows.decisions.get(trial))
    approaches = {arm.id: approach(arm) for arm in protocol.arms}
    allocations = rows.allocations.get(trial, ())
    customers = _customers(allocations, rows.locks.get(trial))
    created, allocated, evaluated = _days(
        protocol.clock if rows.synthetic[trial] else None,
        rows.registered_at[trial],
        allocations[0].allocated_at if allocations else None,
        None if evaluation is None else evaluation.evaluated_at,
    )
    if not (sees_arms or standing.released):
        standing = as_told(standing, few=(customers or 0) < SMALL)
    return TrialSummary(
        id=trial,
        title=protocol.title,
        state=state_of(standing),
        customers=customers,
        arms=tuple(arm.label for arm in protocol.arms),
        channels=tuple(sorted({arm.channel for arm in protocol.arms if arm.channel})),
        segments=tuple(subgroup.column for subgroup in protocol.analysis.subgroups),
        verdict_code=None if verdict is None else verdict.verdict_code,
        verdict_arm=verdict_arm,
        verdict_segment=where[0][1] if where else None,
        verdict_sentence=None if verdict is None else verdict.verdict_sentence,
        next=next_step(standing),
        created_on=created,
        allocated_on=allocated,
        evaluated_on=evaluated,
        decided_on=None if decision is None or decision.outdated else decision.decided_on,
        synthetic=rows.synthetic[trial],
        outside=rows.outside.get(trial),
        amendments=rows.amendments.get(trial, ()),
        verdict_approach=approaches.get(verdict_arm) if verdict_arm else None,
        verdict_where=tuple((approaches.get(arm, arm), segment) for arm, segment in where),
        words=column_words(protocol),
        comparison=doing_nothing(protocol),
        about=traits_of(protocol),
        release_due=may_be_released(standing),
        evaluation=None if evaluation is None else evaluation.number,
        evaluation_digest=None if evaluation is None else evaluation.digest,
        evaluation_role=None if evaluation is None else rows.places[trial].role,
        evaluation_count=None if evaluation is None else rows.places[trial].count,
        as_at=None if evaluation is None else evaluation.as_at,
        decision=decision,
    )


def _days(
    clock: Clock | None, registered: datetime, allocated: datetime | None, evaluated: datetime | None
) -> tuple[date, date | None, date | None]:
    """When a trial was registered, drawn and evaluated; of invented customers, the days of their invented time."""
    if clock is None:
        return registered.date(), _day(allocated), _day(evaluated)
    drawn, cut = min(registered.date(), clock.drawn_on), clock.cut_on or _day(evaluated)
    return drawn, None if allocated is None else clock.drawn_on, None if evaluated is None else cut


def _decision(standing: Standing, row: Any) -> DecisionLine | None:
    if row is None:
        return None
    return DecisionLine(
        decided_on=row.decided_at.date(),
        choice=row.choice,
        verdict_code=row.verdict_code,
        evaluation=row.evaluation_number,
        outdated=standing.decision_outdated,
    )


def _where_to_scale(evaluation: Any) -> tuple[tuple[str, Segment], ...]:
    """Each arm's id with a segment to which the verdict scales it, the verdict's own first.

    Read from the document as it is stored: making results of each whole would cost a list of trials a second and more.
    """
    if evaluation is None or evaluation.document is None:
        return ()
    verdict = evaluation.document["verdict"]
    if "segment_column" in verdict:
        own = Segment(verdict["segment_column"], verdict["segment_level"])
    else:  # as schema 1 has it, in words
        upgraded = from_document(evaluation.document).verdict.segment
        assert upgraded is not None  # a segment is stored beside the document
        own = upgraded
    first = (verdict["arm"], own)
    named = [
        (finding["arm"], Segment(**finding["segment"]))
        for finding in verdict.get("segments", ())
        if finding.get("scaled")
    ]
    return (first, *(pair for pair in named if pair != first))


def _customers(allocations: Iterable[tables.Allocation], lock: tables.TrialLock | None) -> int | None:
    if allocations:
        return sum(sum(allocation.counts.values()) for allocation in allocations)
    return None if lock is None else lock.eligible


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
