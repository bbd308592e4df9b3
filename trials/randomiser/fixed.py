"""What a lock fixes: a plan with one load of its population, or why the two cannot be drawn together."""

from __future__ import annotations

from dataclasses import asdict, replace

import pyarrow.compute as pc

from data.engine import open_engine
from data.private import scratch_in
from designs.assignment.findings.draw import check_population
from designs.assignment.findings.flags import welsh_in_english
from designs.profile import unmatched
from designs.protocol import Protocol, check_allocation_date, check_columns, outcomes_contract, population_contract
from designs.protocol.day_zero import day_of_draw
from trials.access import Actor
from trials.errors import TrialRefused
from trials.randomiser.batches import refuse_over_capacity
from trials.randomiser.eligibility import Eligible, eligible, refuse_more_than_planned
from trials.randomiser.index_dates import (
    plans_a_day_that_is_past,
    refuse_invented_time,
    refuse_issue_gone_by,
    refuse_undated,
)
from trials.registry import Registry, tables
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan
from trials.registry.records import LockRecord, PopulationRecord
from trials.registry.tables.columns import now


def fixed(registry: Registry, actor: Actor, plan: Plan, population: PopulationRecord) -> LockRecord:
    """The lock of a plan with a load of its population, as it would be recorded.

    Raises:
        TrialRefused: The population was loaded under other declarations, nobody is left to allocate, its first issue
            day has gone by, its first wave has more customers than are planned, they would bring more contact in a day
            than can be taken, or the draw would be refused.
        ProtocolRefused: The population lacks a column, or one was measured after today.
    """
    _refuse_unfit(plan, population)
    with scratch_in(registry.scratch_room) as scratch:
        engine = open_engine(registry.settings.engine, scratch=scratch)
        found = eligible(engine, registry.snapshots.opened(population.digest), plan.protocol)
    refuse_more_than_planned(plan.protocol, found.units.num_rows)
    refuse_over_capacity(plan.protocol, found.units)
    return LockRecord(
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


def refuse_other_reading(plan: Plan, amended: Plan, population: PopulationRecord) -> None:
    """Refuse an amendment after the draw that would read a column of the plan otherwise, or one that was not kept.

    Raises:
        TrialRefused: It drops a column that was planned, or reads one otherwise.
        ProtocolRefused: The population that was locked lacks a column.
    """
    check_columns(amended.protocol, [amended.protocol.population.unit, *population.kinds])
    _refuse_other_kinds(amended.protocol, population)
    for contract in (population_contract, outcomes_contract):
        # That a column has levels is asked of a file, and changes no value; the population's file was taken already.
        unlevelled = contract is population_contract
        then, read = (
            {column.name: replace(column, levels=None) if unlevelled else column for column in contract(of).columns}
            for of in (plan.protocol, amended.protocol)
        )
        for name, column in then.items():
            if read.get(name) != column:
                what = "is not read any more" if name not in read else "would be read otherwise"
                raise TrialRefused(
                    f"column {name!r} {what}",
                    where=plan.trial,
                    rule="what was planned stays, and what is amended after the draw stands beside it",
                    remedy="keep what the plan has of this column, and use another one besides",
                )


def lock_row(trial_id: str, record: LockRecord) -> tables.TrialLock:
    """What is stored of a lock."""
    return tables.TrialLock(
        trial_id=trial_id,
        protocol_version=record.protocol_version,
        protocol_digest=record.protocol_digest,
        population_name=record.population.name,
        population_version=record.population.version,
        eligible=record.eligible,
        exclusions=[asdict(exclusion) for exclusion in record.exclusions],
        findings=list(record.findings),
        locked_at=record.locked_at,
        locked_by=record.locked_by,
    )


def _findings(registry: Registry, plan: Plan, population: PopulationRecord, found: Eligible) -> list[str]:
    """What this population would do to the draw: warnings to keep, or a refusal that names all that blocks.

    Raises:
        TrialRefused: The draw would be refused, or a batch has no date.
    """
    rows = registry.snapshots.read(population.digest)
    nobody_has = unmatched(plan.protocol, rows)
    rows = rows.filter(pc.is_in(rows.column(LEDGER_ID), value_set=found.units.column(LEDGER_ID)))
    refuse_undated(plan.protocol, rows)
    findings = check_population(plan.protocol, rows.rename_columns({LEDGER_ID: plan.protocol.population.unit}))
    found_at_load = welsh_in_english(plan.protocol, population.findings)
    blocking = dict.fromkeys([*(str(finding) for finding in findings if finding.severity == "blocks"), *found_at_load])
    if blocking:
        raise TrialRefused(
            f"the population cannot be assigned as declared: {' '.join(blocking)}",
            where=plan.trial,
            rule="what the draw would refuse is settled before the lock",
        )
    past = None if population.synthetic else plans_a_day_that_is_past(plan.protocol, now().date())
    return [*([past] if past else []), *map(str, nobody_has), *(str(finding) for finding in findings)]


def _refuse_unfit(plan: Plan, population: PopulationRecord) -> None:
    check_columns(plan.protocol, [plan.protocol.population.unit, *population.kinds])
    refuse_invented_time(plan.protocol, synthetic=population.synthetic)
    refuse_issue_gone_by(plan.protocol, now().date(), synthetic=population.synthetic)
    check_allocation_date(plan.protocol, day_of_draw(plan.protocol, now().date()))
    _refuse_other_kinds(plan.protocol, population)


def _refuse_other_kinds(protocol: Protocol, population: PopulationRecord) -> None:
    for column in population_contract(protocol).columns:
        loaded = population.kinds.get(column.name)
        if loaded is not None and loaded != column.kind:
            raise TrialRefused(
                f"column {column.name!r} was loaded as {loaded} and is now used as {column.kind}",
                where=population.name,
                remedy="load the population again under the protocol as it stands",
            )
