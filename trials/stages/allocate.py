"""Randomise: one seed, one draw, whatever crashes in between.

First the units are frozen and the seed is committed to, in one transaction; only then is anything allocated. A crash
leaves either nothing or a seed with its units, and whoever runs it again allocates those units with that seed.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from secrets import token_hex
from typing import Any

from sqlalchemy.orm import Session

from data.engine import Engine, open_engine
from data.identifiers import MOST_CUSTOMERS
from data.private import scratch_in
from designs.assignment import commitment, draw_seed
from trials.access import Actor
from trials.errors import TrialRefused
from trials.life import require
from trials.progress import Progress, in_silence
from trials.randomiser.assignment import AssignedWave, assign_frozen
from trials.randomiser.eligibility import Eligible, assigned_before, eligible, refuse_more_than_planned
from trials.randomiser.index_dates import first_index_date, last_index_date, refuse_issue_gone_by
from trials.registry import Registry, queries, tables
from trials.registry.identities.contact_ledger import Entry, entries, excluded_by_ledger
from trials.registry.plan import Plan, plan_of, refuse_edited_file
from trials.registry.records import AllocationRecord, DrawRecord, PopulationRecord, WaveRecord
from trials.registry.tables.columns import now

# Other trials may be drawn while this one's units are being worked out; then they are worked out again, and after so
# many times with everybody else waiting.
PATIENCE = 3


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the registry holds for a trial that is about to be allocated."""

    plan: Plan
    population: PopulationRecord
    draw: DrawRecord | None
    allocated: tuple[WaveRecord, ...]
    frozen: WaveRecord | None  # committed to, and still to be allocated
    ledger: tuple[Entry, ...]

    @property
    def number(self) -> int:
        """Of the wave that is next; a trial without waves has one."""
        return len(self.allocated) + 1


@dataclass(frozen=True, slots=True)
class _Units:
    """Those to be allocated and those left out, with the digests of their snapshots."""

    found: Eligible
    digest: str
    excluded_digest: str


def randomise(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    demonstration_seed: str | None = None,
    progress: Progress = in_silence,
) -> AllocationRecord:
    """Assign a locked trial's customers to its arms, once; where waves are declared, the next wave of them.

    A later wave assigns the latest load of the population, less those assigned before, under the trial's one seed.

    Args:
        registry: Where the trial is.
        actor: Who draws.
        trial_id: The trial.
        demonstration_seed: A declared seed, for synthetic customers only; the certificate says so.
        progress: Told before each step.

    Raises:
        TrialRefused: The trial is not locked, was randomised already, is void, its file was edited, or the first day
            on which its real customers were to be contacted has gone by.
        DesignRefused: A stratum or cluster cannot be assigned.
    """
    progress("freezing who takes part", 0, 3)
    draw, wave, plan = _frozen(registry, actor, trial_id, demonstration_seed)
    progress("assigning customers to arms", 1, 3)
    assigned = assign_frozen(registry.snapshots, plan, draw, wave)
    snapshot_digest = registry.snapshots.write(assigned.rows, schema=assigned.schema)
    progress("recording the allocation", 2, 3)
    return _record(registry, actor, plan, wave, assigned, snapshot_digest)


def _frozen(
    registry: Registry, actor: Actor, trial_id: str, demonstration_seed: str | None
) -> tuple[DrawRecord, WaveRecord, Plan]:
    """The committed seed and the frozen units: those of an interrupted run, or new ones."""
    for attempt in range(PATIENCE + 2):
        today = now().date()
        with registry.inspect(actor, "randomise", trial_id) as session:
            refuse_edited_file(session, trial_id)
            basis = _basis_of(session, trial_id, today)
        if basis.draw is not None:
            _refuse_other_seed(trial_id, basis.draw, demonstration_seed)
            if basis.frozen is not None:
                return basis.draw, basis.frozen, basis.plan
        _refuse_undeclared(basis.population, demonstration_seed)
        if basis.number == 1:  # a later wave may be late: its day 0 is then the day of its draw
            refuse_issue_gone_by(basis.plan.protocol, today, synthetic=basis.population.synthetic)
        units = _units(registry, basis, today) if attempt < PATIENCE else None
        _freeze(registry, actor, basis, today, demonstration_seed, units)
    raise TrialRefused("the units could not be frozen", where=trial_id, remedy="give the same command again")


def _units(registry: Registry, basis: _Basis, today: date) -> _Units:
    """Who is to be allocated as things stand, and the files that say so."""
    with scratch_in(registry.scratch_room) as scratch:
        found = _eligible(registry, open_engine(registry.settings.engine, scratch=scratch), basis, today)
    together = found.units.num_rows + sum(wave.units for wave in basis.allocated)
    if together > MOST_CUSTOMERS:
        raise TrialRefused(
            f"the waves of the trial would hold {together:,} customers",
            where=basis.plan.trial,
            rule=f"at most {MOST_CUSTOMERS:,} customers in one trial",
            remedy="load fewer for this wave, or register a trial of its own for them",
        )
    return _Units(found, registry.snapshots.write(found.units), registry.snapshots.write(found.excluded))


def _freeze(
    registry: Registry,
    actor: Actor,
    basis: _Basis,
    today: date,
    demonstration_seed: str | None,
    units: _Units | None,
) -> None:
    """Commit to a seed for the units; nothing where the registry has moved on since they were worked out.

    Without units they are worked out here, while everybody else waits: then nothing can move on.
    """
    trial_id = basis.plan.trial
    with registry.write(actor, "randomise", trial_id) as work:
        current = _basis_of(work.session, trial_id, today)
        if current.frozen is not None or (units is not None and current != basis):
            return
        units = units or _units(registry, current, today)
        if current.number == 1:
            refuse_more_than_planned(current.plan.protocol, units.found.units.num_rows)
        said: dict[str, Any] = {}
        if current.draw is None:
            draw = _draw_row(trial_id, actor, demonstration_seed or draw_seed(), demonstration_seed is not None)
            work.add(draw)
            said = {"commitment": draw.commitment, "demonstration": draw.demonstration}
        wave = _wave_row(current, actor, units)
        work.add(wave)
        said |= {
            "wave": wave.number,
            "units": wave.units,
            "units_digest": wave.units_digest,
            "exclusions": wave.exclusions,
        }
        work.commit(said, action="commit_seed" if current.draw is None else "freeze_wave")


def _basis_of(session: Session, trial_id: str, today: date) -> _Basis:
    standing = queries.standing_of(session, trial_id)
    require(standing, "randomise")
    waves, allocated = queries.waves_of(session, trial_id), standing.waves_allocated
    frozen = next(iter(waves[allocated:]), None)
    # Units that an interrupted run froze are allocated under the plan that froze them, whatever was locked since.
    plan = plan_of(session, trial_id, None if frozen is None else frozen.protocol_version)
    return _Basis(
        plan=plan,
        population=_population(session, plan, wave=allocated + 1),
        draw=queries.draw_of(session, trial_id),
        allocated=waves[:allocated],
        frozen=frozen,
        ledger=entries(session, today=today, except_for=trial_id),
    )


def _population(session: Session, plan: Plan, *, wave: int) -> PopulationRecord:
    """What a wave is allocated from: the locked load, and for later waves the latest."""
    name = queries.population_name(plan.protocol)
    population = plan.population if wave == 1 else queries.latest_population(session, name)
    if population is None:
        raise TrialRefused(f"no population is loaded under the name {name!r}", where=plan.trial)
    if plan.population is not None and population.synthetic != plan.population.synthetic:
        raise TrialRefused("the waves of one trial are all synthetic, or none is", where=name)
    return population


def _refuse_other_seed(trial_id: str, draw: DrawRecord, demonstration_seed: str | None) -> None:
    if demonstration_seed is not None and demonstration_seed != draw.seed:
        raise TrialRefused(
            "another seed is committed to", where=trial_id, rule="every retry uses the seed first committed"
        )


def _refuse_undeclared(population: PopulationRecord, demonstration_seed: str | None) -> None:
    if demonstration_seed is None:
        return
    if not population.synthetic:
        raise TrialRefused(
            "a demonstration seed is for synthetic customers",
            where=population.name,
            rule="a real trial's seed comes from the operating system, after its population is frozen",
            remedy="randomise without a demonstration seed, or load the population as synthetic",
        )
    if not re.fullmatch(r"[0-9a-f]{64}", demonstration_seed):
        raise TrialRefused("the demonstration seed is not 64 lower-case hexadecimal characters")


def _eligible(registry: Registry, engine: Engine, basis: _Basis, today: date) -> Eligible:
    protocol = basis.plan.protocol
    number, synthetic = basis.number, basis.population.synthetic
    days = (
        first_index_date(protocol, number, today, synthetic=synthetic),
        last_index_date(protocol, number, today, synthetic=synthetic),
    )
    excluded = excluded_by_ledger(engine, registry.snapshots, basis.ledger, protocol, days)
    before = [registry.snapshots.opened(wave.units_digest) for wave in basis.allocated]
    population = registry.snapshots.opened(basis.population.digest)
    return eligible(engine, population, protocol, (*assigned_before(population, protocol, before), *excluded))


def _draw_row(trial_id: str, actor: Actor, seed: str, demonstration: bool) -> tables.Draw:
    return tables.Draw(
        trial_id=trial_id,
        seed=seed,
        commitment=commitment(seed),
        demonstration=demonstration,
        committed_at=now(),
        committed_by=actor.name,
    )


def _wave_row(basis: _Basis, actor: Actor, units: _Units) -> tables.Wave:
    return tables.Wave(
        trial_id=basis.plan.trial,
        number=basis.number,
        protocol_version=basis.plan.version,
        population_name=basis.population.name,
        population_version=basis.population.version,
        units=units.found.units.num_rows,
        units_digest=units.digest,
        excluded_digest=units.excluded_digest,
        exclusions=[asdict(exclusion) for exclusion in units.found.exclusions],
        frozen_at=now(),
        frozen_by=actor.name,
    )


def _record(
    registry: Registry, actor: Actor, plan: Plan, wave: WaveRecord, assigned: AssignedWave, snapshot_digest: str
) -> AllocationRecord:
    assignment, drawn_at = assigned.assignment, now()
    synthetic = wave.population.synthetic
    with registry.write(actor, "randomise", plan.trial) as work:
        # Another process may have been first: it allocated the same units with the same seed.
        require(queries.standing_of(work.session, plan.trial), "randomise", wave=wave.number)
        work.add(
            tables.Allocation(
                trial_id=plan.trial,
                wave=wave.number,
                protocol_version=wave.protocol_version,
                digest=assignment.digest,
                snapshot_digest=snapshot_digest,
                algorithm=assignment.algorithm,
                counts=assignment.counts.by_arm,
                certificate=assigned.certificate,
                index_date=last_index_date(plan.protocol, wave.number, drawn_at.date(), synthetic=synthetic),
                allocated_at=drawn_at,
                allocated_by=actor.name,
            )
        )
        record = queries.allocations_of(work.session, plan.trial)[-1]
        work.commit(
            {
                "allocation_digest": assignment.digest,
                "snapshot_digest": snapshot_digest,
                "algorithm": assignment.algorithm,
                "counts": assignment.counts.by_arm,
                "salt": token_hex(16),  # whoever tries the arms of few does not know them by the event's hash
            },
            action="allocate",
        )
    return record
