"""The portfolio: every trial's state, which follows from the rows it has, and who acts next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from analysis.deciding.sentences import approach
from analysis.document import from_document
from analysis.results import Segment
from designs.protocol.models import Arm
from trials.registry import tables
from trials.registry.records import TrialState, TrialSummary

_NEXT: dict[TrialState, tuple[str, str]] = {
    "draft": ("Load the population, then lock the plan", "designer"),
    "locked": ("Randomise", "randomiser"),
    "allocated": ("Issue the lists", "randomiser"),
    "in_field": ("Load the outcomes when they are due", "analyst"),
    "data_cut": ("Evaluate", "analyst"),
    "analysed": ("Record a decision", "manager"),
    "void": ("Nothing: the draw is void and its record is kept", "nobody"),
}


@dataclass(frozen=True, slots=True)
class _Rows:
    """What one trial has; the latest where there can be several."""

    trial: tables.Trial
    protocol: tables.ProtocolVersion
    population: tables.PopulationVersion | None
    lock: tables.TrialLock | None
    draw: tables.Draw | None
    allocations: tuple[tables.Allocation, ...]
    issue: tables.IssueList | None
    outcomes: tables.ReturnedFile | None
    evaluation: Any  # a row of the columns named in _EVALUATION
    decision: tables.Decision | None
    void_request: tables.VoidRequest | None
    void: tables.VoidConfirmation | None


# The document can be large: of it a list reads only the segment, and only where the verdict names one.
_EVALUATION = (
    tables.StoredEvaluation.trial_id,
    tables.StoredEvaluation.number,
    tables.StoredEvaluation.outcomes_version,
    tables.StoredEvaluation.verdict_code,
    tables.StoredEvaluation.verdict_arm,
    case((tables.StoredEvaluation.verdict_segment.is_not(None), tables.StoredEvaluation.document)).label("document"),
    tables.StoredEvaluation.verdict_sentence,
    tables.StoredEvaluation.evaluated_at,
)


def portfolio(session: Session, only: str | None = None) -> tuple[TrialSummary, ...]:
    """One summary a trial, by id; ``only`` limits it to one trial."""
    return tuple(_summary(rows) for rows in _gathered(session, only))


def _gathered(session: Session, only: str | None) -> Iterable[_Rows]:
    trials = select(tables.Trial).order_by(tables.Trial.id)
    if only is not None:
        trials = trials.where(tables.Trial.id == only)
    locks = _by_trial(session.scalars(select(tables.TrialLock)))
    protocols = _protocols(session, locks)
    loads = list(session.scalars(select(tables.PopulationVersion).order_by(tables.PopulationVersion.version)))
    latest_load = {load.name: load for load in loads}
    by_version = {(load.name, load.version): load for load in loads}
    draws = _by_trial(session.scalars(select(tables.Draw)))
    allocations: dict[str, list[tables.Allocation]] = {}
    for allocation in session.scalars(select(tables.Allocation).order_by(tables.Allocation.wave)):
        allocations.setdefault(allocation.trial_id, []).append(allocation)
    issues = _by_trial(session.scalars(select(tables.IssueList).order_by(tables.IssueList.number)))
    outcomes = _by_trial(
        session.scalars(
            select(tables.ReturnedFile)
            .where(tables.ReturnedFile.kind == "outcomes")
            .order_by(tables.ReturnedFile.version)
        )
    )
    evaluations = _by_trial(session.execute(select(*_EVALUATION).order_by(tables.StoredEvaluation.number)))
    decisions = _by_trial(session.scalars(select(tables.Decision).order_by(tables.Decision.number)))
    requests = _by_trial(session.scalars(select(tables.VoidRequest)))
    voids = _by_trial(session.scalars(select(tables.VoidConfirmation)))
    for trial in session.scalars(trials):
        lock = locks.get(trial.id)
        protocol = protocols[trial.id]
        yield _Rows(
            trial=trial,
            protocol=protocol,
            population=(
                by_version[lock.population_name, lock.population_version]
                if lock is not None
                else latest_load.get(population_name(json.loads(protocol.canonical)))
            ),
            lock=lock,
            draw=draws.get(trial.id),
            allocations=tuple(allocations.get(trial.id, ())),
            issue=issues.get(trial.id),
            outcomes=outcomes.get(trial.id),
            evaluation=evaluations.get(trial.id),
            decision=decisions.get(trial.id),
            void_request=requests.get(trial.id),
            void=voids.get(trial.id),
        )


def _by_trial(rows: Iterable[Any]) -> dict[str, Any]:
    """The last row of each trial."""
    return {row.trial_id: row for row in rows}


def _protocols(session: Session, locks: dict[str, tables.TrialLock]) -> dict[str, tables.ProtocolVersion]:
    in_force: dict[str, tables.ProtocolVersion] = {}
    for row in session.scalars(select(tables.ProtocolVersion).order_by(tables.ProtocolVersion.version)):
        lock = locks.get(row.trial_id)
        if lock is None or row.version == lock.protocol_version:
            in_force[row.trial_id] = row
    return in_force


def population_name(protocol: dict[str, Any]) -> str:
    """The name a protocol's population is loaded under: its own, or the trial's id where it has none."""
    return str(protocol["population"].get("name") or protocol["id"])


def _state(rows: _Rows) -> TrialState:
    if rows.void is not None:
        return "void"
    if rows.decision is not None:
        return "decided"
    if rows.outcomes is not None:
        fresh = rows.evaluation is not None and rows.evaluation.outcomes_version == rows.outcomes.version
        return "analysed" if fresh else "data_cut"
    if rows.issue is not None:
        return "in_field"
    if rows.allocations:
        return "allocated"
    return "draft" if rows.lock is None else "locked"


def _next(rows: _Rows, state: TrialState) -> tuple[str, str]:
    if rows.void_request is not None and rows.void is None:
        return "Confirm the void that was asked for", f"someone other than {rows.void_request.requested_by}"
    if state == "locked" and rows.draw is not None:
        return "Randomise again: the seed is drawn, the allocation was interrupted", "randomiser"
    if state == "draft" and json.loads(rows.protocol.canonical)["randomisation"]["method"] == "external":
        return "Analyse its file with otm analyse: it was randomised elsewhere", "analyst"
    if rows.decision is not None and state == "decided":
        return f"Review the decision on {rows.decision.review_on:%-d %B %Y}", "manager"
    return _NEXT[state]


def _summary(rows: _Rows) -> TrialSummary:
    protocol = json.loads(rows.protocol.canonical)
    state = _state(rows)
    action, actor = _next(rows, state)
    arms = protocol["arms"]
    evaluation = rows.evaluation
    return TrialSummary(
        id=rows.trial.id,
        title=protocol["title"],
        state=state,
        customers=_customers(rows),
        arms=tuple(arm["label"] for arm in arms),
        channels=tuple(sorted({arm["channel"] for arm in arms if arm.get("channel")})),
        segments=tuple(subgroup["column"] for subgroup in protocol["analysis"].get("subgroups") or ()),
        verdict_code=None if evaluation is None else evaluation.verdict_code,
        verdict_arm=None if evaluation is None else evaluation.verdict_arm,
        verdict_segment=_segment(evaluation),
        verdict_sentence=None if evaluation is None else evaluation.verdict_sentence,
        next_action=action,
        next_actor=actor,
        created_on=rows.trial.registered_at.date(),
        allocated_on=_day(rows.allocations[0].allocated_at if rows.allocations else None),
        evaluated_on=_day(None if evaluation is None else evaluation.evaluated_at),
        decided_on=_day(None if rows.decision is None else rows.decision.decided_at),
        synthetic=rows.population is not None and rows.population.synthetic,
        verdict_approach=None if evaluation is None else _spoken(arms, evaluation.verdict_arm),
    )


def _spoken(arms: list[dict[str, Any]], arm_id: str | None) -> str | None:
    arm = next((arm for arm in arms if arm["id"] == arm_id), None)
    if arm is None:
        return None
    return approach(Arm(id=arm["id"], kind=arm["kind"], label=arm["label"], channel=arm.get("channel")))


def _segment(evaluation: Any) -> Segment | None:
    if evaluation is None or evaluation.document is None:
        return None
    return from_document(evaluation.document).verdict.segment


def _customers(rows: _Rows) -> int | None:
    if rows.allocations:
        return sum(sum(allocation.counts.values()) for allocation in rows.allocations)
    return None if rows.lock is None else rows.lock.eligible


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
