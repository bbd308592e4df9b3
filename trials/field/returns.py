"""What a returned file is held against, and the row that it leaves in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from data.intake import Intake, Rejection
from data.snapshots import SnapshotStore
from trials.access import Actor, UseCase
from trials.errors import TrialRefused
from trials.field.matching import Matched, Register
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, unchanged_plan
from trials.registry.records import AllocationRecord, FileAccount, PopulationRecord, RejectionRecord, WaveRecord
from trials.registry.tables.columns import now


@dataclass(frozen=True, slots=True)
class Fielded:
    """A trial that was allocated, as the registry has it."""

    plan: Plan
    population: PopulationRecord
    waves: tuple[WaveRecord, ...]
    allocations: tuple[AllocationRecord, ...]
    latest_load: str  # the snapshot last loaded under the population's name


def fielded(session: Session, trial_id: str, use_case: UseCase) -> Fielded:
    """A trial from which files can come back, as one use case needs it.

    Raises:
        TrialRefused: The protocol's file was edited, or something that the use case needs is not so.
    """
    plan = unchanged_plan(session, trial_id)
    require(queries.standing_of(session, trial_id), use_case)
    allocations = queries.allocations_of(session, trial_id)
    population = queries.locked_population(session, trial_id)
    latest = queries.latest_population(session, population.name) or population
    waves = queries.waves_of(session, trial_id)[: len(allocations)]
    return Fielded(plan, population, waves, allocations, latest.digest)


def key_of(registry: Registry, trial: Fielded) -> bytes:
    """The key of a trial's ledger ids: the registry's, or the declared one of synthetic customers."""
    return SYNTHETIC_KEY if trial.population.synthetic else registry.key()


def register_of(snapshots: SnapshotStore, trial: Fielded) -> Register:
    """Everybody that the registry knows of, for one trial."""
    allocated = [
        pq.read_table(snapshots.path(a.snapshot_digest), columns=[LEDGER_ID, "arm"]) for a in trial.allocations
    ]
    customers = pa.concat_tables(allocated)
    return Register(
        ids=customers.column(LEDGER_ID),
        arms=customers.column("arm"),
        arm_ids=tuple(arm.id for arm in trial.plan.protocol.arms),
        left_out=_ids(snapshots, [wave.excluded_digest for wave in trial.waves]),
        later=_ids(snapshots, [trial.latest_load]),
    )


def _ids(snapshots: SnapshotStore, digests: Sequence[str]) -> pa.ChunkedArray:
    parts = [pq.read_table(snapshots.path(digest), columns=[LEDGER_ID]) for digest in digests]
    return pa.concat_tables(parts).column(LEDGER_ID)


def refuse_nobody(matched: Matched, trial_id: str, intake: Intake) -> None:
    """Refuse a file of which not one row is a customer's.

    Raises:
        TrialRefused: Nobody matched.
    """
    if matched.table.num_rows == 0:
        raise TrialRefused(
            "no row of the file belongs to a customer of this trial",
            where=intake.source,
            rule="a file is joined by the customers' own id, written exactly as in the population file",
            remedy=f"check that this is the file of {trial_id}, and that its ids have kept their form",
        )


def returned_row(
    session: Session,
    trial_id: str,
    kind: str,
    intake: Intake,
    matched: Matched,
    *,
    rejected: int,
    digest: str,
    rejections_digest: str | None,
    matured: bool | None,
    actor: Actor,
) -> tables.ReturnedFile:
    """The registry's row for one returned file."""
    return tables.ReturnedFile(
        trial_id=trial_id,
        kind=kind,
        version=queries.next_number(session, tables.ReturnedFile, trial_id, tables.ReturnedFile.kind == kind),
        digest=digest,
        file_name=intake.source,
        file_digest=intake.digest,
        rows_read=intake.read,
        loaded=matched.table.num_rows,
        rejected=rejected,
        rejections_digest=rejections_digest,
        matched=[asdict(arm) for arm in matched.by_arm],
        matured=matured,
        loaded_at=now(),
        loaded_by=actor.name,
    )


def account_of(
    name: str, intake: Intake, matched: Matched, rejections: Sequence[Rejection], digest: str
) -> FileAccount:
    """A returned file as it was taken."""
    return FileAccount(
        name=name,
        read=intake.read,
        loaded=matched.table.num_rows,
        rejected=len({rejection.row for rejection in rejections}),
        rejections=tuple(RejectionRecord(r.row, r.field, r.reason) for r in rejections),
        digest=digest,
        file_digest=intake.digest,
        warnings=intake.warnings,
        matched=matched.by_arm,
    )
