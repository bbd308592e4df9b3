"""A trial that was allocated, and every customer that the registry knows of for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
from sqlalchemy.orm import Session

from data.snapshots import SnapshotStore
from trials.access import UseCase
from trials.life import require
from trials.registry import Registry, queries
from trials.registry.amended import amendment_records
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, plan_allocated_under, plan_of, refuse_edited_file
from trials.registry.records import AllocationRecord, AmendmentRecord, IssueRecord, PopulationRecord, WaveRecord


@dataclass(frozen=True, slots=True)
class AllocatedTrial:
    """A trial that was allocated, as the registry has it."""

    plan: Plan
    population: PopulationRecord
    waves: tuple[WaveRecord, ...]
    allocations: tuple[AllocationRecord, ...]
    latest_load: str  # the snapshot last loaded under the population's name
    lists: tuple[IssueRecord, ...]  # every issue list of the registry, other trials' too
    amendments: tuple[AmendmentRecord, ...] = ()  # of the plan since its lock, as far as they are in force
    amended: Plan | None = None  # the plan as amended after the draw; None where it was not


@dataclass(frozen=True, slots=True)
class KnownCustomers:
    """Whom the registry knows, by ledger id.

    Args:
        ids: Everybody allocated.
        arms: Their arms.
        arm_ids: The protocol's arms, in its order.
        left_out: Those left out before the draw.
        later: Those in a later load of the population.
    """

    ids: pa.ChunkedArray
    arms: pa.ChunkedArray
    arm_ids: tuple[str, ...]
    left_out: pa.ChunkedArray
    later: pa.ChunkedArray


def allocated_trial(session: Session, trial_id: str, use_case: UseCase) -> AllocatedTrial:
    """A trial from which files can come back, as one use case needs it.

    Raises:
        TrialRefused: The protocol's file was edited, or something that the use case needs is not so.
    """
    refuse_edited_file(session, trial_id)
    require(queries.standing_of(session, trial_id), use_case)
    return as_allocated(session, trial_id)


def as_allocated(session: Session, trial_id: str) -> AllocatedTrial:
    """A trial of which something was allocated, to be read and no more."""
    plan = plan_allocated_under(session, trial_id)
    allocations = queries.allocations_of(session, trial_id)
    population = queries.locked_population(session, trial_id, plan.version)
    latest = queries.latest_population(session, population.name) or population
    waves = queries.waves_of(session, trial_id)[: len(allocations)]
    lists = queries.lists_issued(session)
    return with_amendments(session, AllocatedTrial(plan, population, waves, allocations, latest.digest, lists))


def with_amendments(session: Session, trial: AllocatedTrial, *, until: datetime | None = None) -> AllocatedTrial:
    """A trial with the amendments of its plan that are in force, or were at a time.

    Args:
        session: Where they are.
        trial: The trial.
        until: The time; not given, now.
    """
    in_force = tuple(
        record
        for record in amendment_records(session, trial.plan.trial)
        if record.confirmed_at is not None and (until is None or record.confirmed_at <= until)
    )
    after_draw = [record.version for record in in_force if record.stage == "drawn" and record.effect == "unplanned"]
    amended = plan_of(session, trial.plan.trial, in_force[-1].version) if after_draw else None
    return replace(trial, amendments=in_force, amended=amended)


def ledger_key_of(registry: Registry, trial: AllocatedTrial) -> bytes:
    """The key of a trial's ledger ids: the registry's, or the declared one of synthetic customers."""
    return SYNTHETIC_KEY if trial.population.synthetic else registry.key()


def known_customers(snapshots: SnapshotStore, trial: AllocatedTrial) -> KnownCustomers:
    """Everybody that the registry knows of, for one trial."""
    allocated = pa.concat_tables(
        snapshots.read(allocation.snapshot_digest, [LEDGER_ID, "arm"]) for allocation in trial.allocations
    )
    return KnownCustomers(
        ids=allocated.column(LEDGER_ID),
        arms=allocated.column("arm"),
        arm_ids=tuple(arm.id for arm in trial.plan.protocol.arms),
        left_out=_ids(snapshots, [wave.excluded_digest for wave in trial.waves]),
        later=_ids(snapshots, [trial.latest_load]),
    )


def _ids(snapshots: SnapshotStore, digests: Sequence[str]) -> pa.ChunkedArray:
    return pa.concat_tables(snapshots.read(digest, [LEDGER_ID]) for digest in digests).column(LEDGER_ID)
