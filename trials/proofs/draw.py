"""Proofs of a draw: the plan and the seed are those committed to, and the draw gives the same arms again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from data.errors import Refused
from designs.assignment import allocation_digest, commitment
from designs.assignment.certificate import differences, read_certificate
from trials.proofs.proof import Proof, prove
from trials.proofs.same_customers import same_customers
from trials.randomiser.assignment import assign_frozen
from trials.registry import Registry, queries
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, edited, plan_of
from trials.registry.proof.integrity import snapshots_named
from trials.registry.records import AllocationRecord, DrawRecord, WaveRecord
from trials.registry.tables.columns import canonical


@dataclass(frozen=True, slots=True)
class Stored:
    """What a replay needs.

    Attributes:
        named: Every snapshot, digest and what it is.
        plans: By version: each wave is repeated under the one that it was allocated under.
    """

    draw: DrawRecord | None
    waves: tuple[WaveRecord, ...]
    allocations: tuple[AllocationRecord, ...]
    certificates: tuple[dict[str, Any], ...]
    plans: dict[int, Plan]
    named: dict[str, str]


def stored_draw(session: Session, trial_id: str) -> Stored:
    """What a replay needs, read in one transaction."""
    allocations = queries.allocations_of(session, trial_id)
    versions = {allocation.protocol_version for allocation in allocations}
    return Stored(
        queries.draw_of(session, trial_id),
        queries.waves_of(session, trial_id),
        allocations,
        queries.certificates_of(session, trial_id),
        {version: plan_of(session, trial_id, version) for version in versions},
        snapshots_named(session, trial_id),
    )


def plan_proofs(session: Session, trial_id: str) -> tuple[Proof, ...]:
    """The plan and the seed, from the rows alone."""
    return (
        prove("protocol", "the plan is the one locked", lambda: _protocol(session, trial_id), session=session),
        prove("seed", "the seed is the one committed to", lambda: _seed(session, trial_id), session=session),
    )


def draw_proofs(registry: Registry, stored: Stored) -> tuple[Proof, ...]:
    """The files and the replay: after the read is over, for on SQLite a reader that holds on stalls writers."""
    draw = stored.draw
    if draw is None:
        return (Proof("draw", (), "nothing has been drawn yet"),)
    return (
        prove("snapshots", "every file is the one named", lambda: _snapshots(registry, stored.named)),
        prove("customers", "everybody is allocated or left out, once", lambda: _customers(registry, stored)),
        prove("replay", "the draw gives the same arms", lambda: _replay(registry, draw, stored)),
    )


def _protocol(session: Session, trial_id: str) -> Iterator[str]:
    in_force = plan_of(session, trial_id)
    for version in queries.locked_versions(session, trial_id) or (in_force.version,):
        stored, lock = queries.protocol_of(session, trial_id, version), queries.lock_of(session, trial_id, version)
        if hashlib.sha256(stored.canonical.encode()).hexdigest() != stored.digest:
            yield f"version {version}: the canonical protocol in the registry does not give its digest"
        if lock is not None and lock.protocol_digest != stored.digest:
            yield f"version {version}: the lock is of another protocol"
    if in_force.lock is not None and edited(in_force):
        yield f"{in_force.path}: the protocol file was edited after the lock"


def _snapshots(registry: Registry, named: dict[str, str]) -> Iterator[str]:
    for digest, what in named.items():
        try:
            registry.snapshots.verify(digest)
        except Refused as refusal:
            yield f"{what}: {refusal}"


def _customers(registry: Registry, stored: Stored) -> Iterator[str]:
    before: pa.ChunkedArray | None = None
    for wave in stored.waves:
        units, excluded, population = (
            registry.snapshots.read_changed(digest, [LEDGER_ID]).column(LEDGER_ID)
            for digest in (wave.units_digest, wave.excluded_digest, wave.population.digest)
        )
        if not same_customers((units, excluded), (population,)):
            yield f"wave {wave.number}: those allocated and those left out are not the population"
        again = pc.sum(pc.is_in(units, value_set=before)).as_py() if before is not None else 0
        if again:
            yield f"wave {wave.number}: {again:,} customers were allocated in an earlier wave too"
        before = units if before is None else pa.chunked_array([*before.chunks, *units.chunks], pa.string())


def _seed(session: Session, trial_id: str) -> Iterator[str]:
    draw = queries.draw_of(session, trial_id)
    if draw is None:
        return
    made = commitment(draw.seed)
    logged = [
        event.detail["commitment"]
        for event in queries.audit_events(session, trial_id)
        if event.action == "commit_seed" and "commitment" in event.detail
    ]
    certified = [certificate["seed_commitment"] for certificate in queries.certificates_of(session, trial_id)]
    if made != draw.commitment:
        yield "the seed was swapped: it does not give the commitment stored beside it"
    if logged[:1] != [made]:
        yield "the seed was swapped: it does not give the commitment logged before the draw"
    if any(commitment_certified != made for commitment_certified in certified):
        yield "the seed was swapped: it does not give the certificate's commitment"


def _replay(registry: Registry, draw: DrawRecord, stored: Stored) -> Iterator[str]:
    # A frozen wave that is still to be allocated comes last and has no allocation yet.
    waves = zip(stored.waves, stored.allocations, stored.certificates, strict=False)
    for wave, allocation, certificate in waves:
        plan = stored.plans[allocation.protocol_version]
        yield from _replay_of(registry, plan, draw, wave, allocation, canonical(certificate))


def _replay_of(
    registry: Registry, plan: Plan, draw: DrawRecord, wave: WaveRecord, allocation: AllocationRecord, kept: str
) -> Iterator[str]:
    certified = read_certificate(kept)
    assigned = assign_frozen(registry.snapshots, plan, draw, wave, algorithm=certified.algorithm)
    if assigned.assignment.digest != allocation.digest:
        yield "the replay gives another allocation digest"
    if assigned.assignment.counts.by_arm != allocation.counts:
        yield "the replay gives other counts by arm"
    yield from differences(certified, read_certificate(canonical(assigned.certificate)))
    stored = registry.snapshots.read_changed(allocation.snapshot_digest)  # an edit is told from another by what it says
    replayed = pa.Table.from_batches(assigned.rows, assigned.schema)
    named_alike = stored.column_names == replayed.column_names
    differing = [name for name in replayed.column_names if named_alike and not _alike(stored, replayed, name)]
    if named_alike and not differing:
        return
    if allocation_digest(stored.column(LEDGER_ID), stored.column("arm")) != allocation.digest:
        yield "allocation file: its arms do not give the allocation digest"
    elif not named_alike:
        yield "allocation file: its columns are not those of the replay"
    else:
        yield from (f"allocation file: its column {name} is not that of the replay" for name in differing)


def _alike(stored: pa.Table, replayed: pa.Table, name: str) -> bool:
    """Whether two columns say the same, a value that is missing too."""
    column = stored.column(name)
    return bool(column.equals(replayed.column(name).cast(column.type)))
