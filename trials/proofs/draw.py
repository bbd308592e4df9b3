"""Proofs of a draw: the plan and the seed are those committed to, and the draw gives the same arms again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from sqlalchemy.orm import Session

from data.errors import Refused
from data.threads import each
from designs.assignment import allocation_digest, commitment
from designs.assignment.certificate import Certificate, differences, read_certificate
from trials.access import same_person
from trials.proofs.customers import CustomersOfFiles, customers_faults
from trials.proofs.job_lists import job_lists_faults
from trials.proofs.proof import Proof, prove
from trials.proofs.same_customers import NOBODY
from trials.proofs.same_rows import same_rows
from trials.randomiser.assignment import AssignedWave, assign_frozen
from trials.registry import Registry, queries
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, edited_since, plan_of
from trials.registry.proof.integrity import snapshots_named
from trials.registry.records import AllocationRecord, DrawRecord, JobLists, WaveRecord
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


def draw_proofs(registry: Registry, stored: Stored, lists: Callable[[], tuple[JobLists, ...]]) -> tuple[Proof, ...]:
    """The files and the replay: after the read is over, for on SQLite a reader that holds on stalls writers.

    Args:
        registry: The registry.
        stored: What was read.
        lists: Reads which issue lists jobs wrote into the registry's folder.
    """
    draw = stored.draw
    if draw is None:
        return (Proof("draw", (), "nothing has been drawn yet"),)
    files = CustomersOfFiles(registry.snapshots)
    snapshots = prove(
        "snapshots",
        "every file is the one named",
        lambda: _snapshots(registry, stored.named),
        lambda: job_lists_faults(registry, lists),
    )
    # Before the customers: whoever repeats the draw reads the units, so that they need not be read again.
    replay = prove("replay", "the draw gives the same arms", lambda: _replay(registry, draw, stored, files))
    customers = prove(
        "customers",
        "everybody is allocated or left out, once",
        lambda: customers_faults(registry.snapshots, stored.waves, files),
    )
    return snapshots, customers, replay


def _protocol(session: Session, trial_id: str) -> Iterator[str]:
    in_force = plan_of(session, trial_id)
    for version in queries.locked_versions(session, trial_id) or (in_force.version,):
        stored, lock = queries.protocol_of(session, trial_id, version), queries.lock_of(session, trial_id, version)
        if hashlib.sha256(stored.canonical.encode()).hexdigest() != stored.digest:
            yield f"version {version}: the canonical protocol in the registry does not give its digest"
        if lock is not None and lock.protocol_digest != stored.digest:
            yield f"version {version}: the lock is of another protocol"
    yield from _amendments(session, trial_id)
    if in_force.lock is not None and edited_since(session, in_force):
        yield f"{in_force.path}: the protocol file was edited after the lock"


def _amendments(session: Session, trial_id: str) -> Iterator[str]:
    """What the record of amendments says against the versions and locks that they are of."""
    for amendment in queries.amendments_of(session, trial_id):
        proposal, confirmed, where = amendment.proposal, amendment.confirmed, f"amendment {amendment.number}"
        if queries.protocol_of(session, trial_id, proposal.version).digest != proposal.plan:
            yield f"{where}: it is of another plan than version {proposal.version}"
        lock = queries.lock_of(session, trial_id, proposal.version)
        if (lock is None) != (confirmed is None):
            yield f"{where}: {'confirmed, and not locked' if lock is None else 'locked, and not confirmed'}"
        if confirmed is not None and same_person(confirmed.by, amendment.proposed.by):
            yield f"{where}: proposed and confirmed by one person"


def _snapshots(registry: Registry, named: dict[str, str]) -> Iterator[str]:
    def look(digest: str) -> Refused | None:
        try:
            registry.snapshots.verify(digest)
        except Refused as refusal:
            return refusal
        return None

    for what, refusal in zip(named.values(), each(look, named), strict=True):
        if refusal is not None:
            yield f"{what}: {refusal}"


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


def _replay(registry: Registry, draw: DrawRecord, stored: Stored, files: CustomersOfFiles) -> Iterator[str]:
    # A frozen wave that is still to be allocated comes last and has no allocation yet.
    waves = zip(stored.waves, stored.allocations, stored.certificates, strict=False)
    for wave, allocation, certificate in waves:
        certified = read_certificate(canonical(certificate))
        drawn_again = partial(
            assign_frozen,
            registry.snapshots,
            stored.plans[allocation.protocol_version],
            draw,
            wave,
            algorithm=certified.algorithm,
        )
        assigned = drawn_again()
        yield from _said_otherwise(assigned, allocation, certified)
        if not _same_allocation(registry, wave, allocation, assigned, files):
            yield from _what_differs(registry, allocation, drawn_again())


def _said_otherwise(assigned: AssignedWave, allocation: AllocationRecord, certified: Certificate) -> Iterator[str]:
    """Where the record of a wave says something else than its replay."""
    if assigned.assignment.digest != allocation.digest:
        yield "the replay gives another allocation digest"
    if assigned.assignment.counts.by_arm != allocation.counts:
        yield "the replay gives other counts by arm"
    yield from differences(certified, read_certificate(canonical(assigned.certificate)))


def _same_allocation(
    registry: Registry,
    wave: WaveRecord,
    allocation: AllocationRecord,
    assigned: AssignedWave,
    files: CustomersOfFiles,
) -> bool:
    """Whether the allocation's file holds the rows of the replay; and whose they are is noted of the units' file."""
    stored = registry.snapshots.groups_changed(allocation.snapshot_digest)
    same, units = same_rows(assigned.rows, assigned.schema, stored, files.mixed)
    if None not in units:
        files.note(wave.units_digest, sum((mixed for mixed in units if mixed is not None), NOBODY))
    return same


def _what_differs(registry: Registry, allocation: AllocationRecord, assigned: AssignedWave) -> Iterator[str]:
    """An edit of the allocation's file is told from another by what it says."""
    stored = registry.snapshots.read_changed(allocation.snapshot_digest)
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
