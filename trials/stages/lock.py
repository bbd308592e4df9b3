"""Lock: from here on the plan and its population are fixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pyarrow.compute as pc
from sqlalchemy.orm import Session

from data.engine import open_engine
from data.private import scratch_in
from designs.assignment.findings.draw import check_population
from designs.protocol import check_allocation_date, check_columns, population_contract
from designs.protocol.day_zero import day_of_draw
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.mailable import IssueColumns, issue_columns
from trials.life import require
from trials.randomiser.eligibility import Eligible, eligible, refuse_more_than_planned
from trials.randomiser.index_dates import (
    plans_a_day_that_is_past,
    refuse_invented_time,
    refuse_issue_gone_by,
    refuse_undated,
)
from trials.registry import Registry, queries, tables
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, edited, plan_of
from trials.registry.records import LockRecord, PopulationRecord
from trials.registry.tables.columns import now


@dataclass(frozen=True, slots=True)
class Lockable:
    """What a lock fixes, before it does: the lock as it would be recorded, and what the issue lists can hold."""

    record: LockRecord
    lists: tuple[IssueColumns, ...]


def check_lock(registry: Registry, actor: Actor, trial_id: str) -> Lockable:
    """All that a lock would say, and refuse, with no effect.

    Raises:
        TrialRefused: As :func:`lock`.
        ProtocolRefused: As :func:`lock`.
    """
    return _lockable(registry, actor, trial_id)[2]


def lock(
    registry: Registry, actor: Actor, trial_id: str, *, before: Callable[[Lockable], None] | None = None
) -> LockRecord:
    """Fix a trial's plan and the latest load of its population.

    Args:
        registry: Where the trial is.
        actor: Who locks.
        trial_id: The trial.
        before: Is told what will be fixed before it is.

    Raises:
        TrialRefused: The trial is locked already, its file was edited since it was registered, its population is not
            loaded or was loaded under other declarations, nobody is left to allocate, its first issue day has gone
            by, its first wave has more customers than are planned, or the draw would be refused.
        ProtocolRefused: The population lacks a column, or one was measured after today.
    """
    plan, population, lockable = _lockable(registry, actor, trial_id)
    if before is not None:
        before(lockable)
    record = lockable.record
    with registry.write(actor, "lock", trial_id) as work:
        if _ready(work.session, trial_id) != (plan, population):
            raise TrialRefused(
                "the plan or its population changed while it was being locked", where=trial_id, remedy="lock again"
            )
        work.add(_row(plan, population, record))
        work.commit(
            {
                "protocol_digest": plan.digest,
                "population": population.name,
                "population_version": population.version,
                "population_digest": population.digest,
                "eligible": record.eligible,
            }
        )
    return record


def _lockable(registry: Registry, actor: Actor, trial_id: str) -> tuple[Plan, PopulationRecord, Lockable]:
    with registry.inspect(actor, "lock", trial_id) as session:
        plan, population = _ready(session, trial_id)
    _refuse_unfit(plan, population)
    with scratch_in(registry.scratch_room) as scratch:
        engine = open_engine(registry.settings.engine, scratch=scratch)
        found = eligible(engine, registry.snapshots.opened(population.digest), plan.protocol)
    refuse_more_than_planned(plan.protocol, found.units.num_rows)
    record = LockRecord(
        protocol_version=plan.version,
        protocol_digest=plan.digest,
        population_digest=population.digest,
        eligible=found.units.num_rows,
        exclusions=found.exclusions,
        findings=(*population.findings, *_findings(registry, plan, population, found)),
        locked_at=now(),
        locked_by=actor.name,
        population=population,
    )
    return plan, population, Lockable(record, issue_columns(plan.protocol, population.kinds))


def _findings(registry: Registry, plan: Plan, population: PopulationRecord, found: Eligible) -> list[str]:
    """What this population would do to the draw: warnings to keep, or a refusal that names all that blocks.

    Raises:
        TrialRefused: The draw would be refused, or a batch has no date.
    """
    rows = registry.snapshots.read(population.digest)
    rows = rows.filter(pc.is_in(rows.column(LEDGER_ID), value_set=found.units.column(LEDGER_ID)))
    refuse_undated(plan.protocol, rows)
    findings = check_population(plan.protocol, rows.rename_columns({LEDGER_ID: plan.protocol.population.unit}))
    blocking = [str(finding) for finding in findings if finding.severity == "blocks"]
    if blocking:
        raise TrialRefused(
            f"the population cannot be assigned as declared: {' '.join(blocking)}",
            where=plan.trial,
            rule="what the draw would refuse is settled before the lock",
        )
    past = None if population.synthetic else plans_a_day_that_is_past(plan.protocol, now().date())
    return [*([past] if past else []), *(str(finding) for finding in findings)]


def _row(plan: Plan, population: PopulationRecord, record: LockRecord) -> tables.TrialLock:
    return tables.TrialLock(
        trial_id=plan.trial,
        protocol_version=plan.version,
        protocol_digest=record.protocol_digest,
        population_name=population.name,
        population_version=population.version,
        eligible=record.eligible,
        exclusions=[asdict(exclusion) for exclusion in record.exclusions],
        findings=list(record.findings),
        locked_at=record.locked_at,
        locked_by=record.locked_by,
    )


def _ready(session: Session, trial_id: str) -> tuple[Plan, PopulationRecord]:
    require(queries.standing_of(session, trial_id), "lock")
    plan = plan_of(session, trial_id)
    if plan.population is None:
        raise TrialRefused(
            f"no population is loaded under the name {queries.population_name(plan.protocol)!r}",
            where=trial_id,
            rule="the population is frozen before the plan is locked",
            remedy=f"otm population load FILE --protocol {plan.path.name}",
        )
    return plan, plan.population


def _refuse_unfit(plan: Plan, population: PopulationRecord) -> None:
    _refuse_edit_since_registration(plan)
    check_columns(plan.protocol, [plan.protocol.population.unit, *population.kinds])
    refuse_invented_time(plan.protocol, synthetic=population.synthetic)
    refuse_issue_gone_by(plan.protocol, now().date(), synthetic=population.synthetic)
    check_allocation_date(plan.protocol, day_of_draw(plan.protocol, now().date()))
    for column in population_contract(plan.protocol).columns:
        loaded = population.kinds.get(column.name)
        if loaded is not None and loaded != column.kind:
            raise TrialRefused(
                f"column {column.name!r} was loaded as {loaded} and is now used as {column.kind}",
                where=population.name,
                remedy="load the population again under the protocol as it stands",
            )


def _refuse_edit_since_registration(plan: Plan) -> None:
    if edited(plan):
        raise TrialRefused(
            "the protocol was edited after it was registered",
            where=str(plan.path),
            rule="what is locked is what was registered",
            remedy=f"otm register {plan.path.name}, then lock",
        )
