"""Verify: replay the draw from what is stored, hash everything again, and walk the audit chain. Nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from data.errors import Refused
from designs.assignment import allocation_digest, commitment
from designs.assignment.certificate import differences, read_certificate
from trials.access import Actor
from trials.errors import RegistryRefused
from trials.randomiser.assignment import assign_wave
from trials.registry import Registry, queries
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, edited, plan_of
from trials.registry.proof.integrity import chain_faults, row_faults, snapshots_named
from trials.registry.records import AllocationRecord, DrawRecord, WaveRecord
from trials.registry.tables.columns import canonical, digest_of


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was verified; ``faults`` is empty where it holds."""

    name: str
    faults: tuple[str, ...]
    said: str

    @property
    def holds(self) -> bool:
        return not self.faults


def verify(registry: Registry, actor: Actor, trial_id: str) -> tuple[Proof, ...]:
    """Everything about a trial that can be proved from what is stored.

    Raises:
        TrialRefused: There is no such trial.
    """
    with registry.inspect(actor, "verify", trial_id) as session:
        queries.require_trial(session, trial_id)
        read = [
            _proof("audit_chain", "the audit chain is whole", lambda: _chain(session, registry)),
            _proof("registry_rows", "every row says what was written", lambda: row_faults(session, trial_id)),
            _proof("protocol", "the plan is the one locked", lambda: _protocol(session, trial_id)),
            _proof("seed", "the seed is the one committed to", lambda: _seed(session, trial_id)),
            _proof("evaluation", "every evaluation is the one stored", lambda: _evaluations(session, trial_id)),
        ]
        named = snapshots_named(session, trial_id)
        stored = _stored(session, trial_id)
    draw = stored.draw
    if draw is None:
        return (*read, Proof("draw", (), "nothing has been drawn yet"))
    # Files are hashed and the draw repeated after the read is over: on SQLite a reader that holds on stalls writers.
    return (
        *read,
        _proof("snapshots", "every file is the one named", lambda: _snapshots(registry, named)),
        _proof("customers", "everybody is allocated or left out, once", lambda: _customers(registry, stored)),
        _proof("replay", "the draw gives the same arms", lambda: _replay(registry, draw, stored)),
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """What a replay needs."""

    draw: DrawRecord | None
    waves: tuple[WaveRecord, ...]
    allocations: tuple[AllocationRecord, ...]
    certificates: tuple[dict[str, Any], ...]
    plans: dict[int, Plan]  # by version: each wave is repeated under the one it was allocated under


def _stored(session: Session, trial_id: str) -> _Stored:
    allocations = queries.allocations_of(session, trial_id)
    versions = {allocation.protocol_version for allocation in allocations}
    return _Stored(
        queries.draw_of(session, trial_id),
        queries.waves_of(session, trial_id),
        allocations,
        queries.certificates_of(session, trial_id),
        {version: plan_of(session, trial_id, version) for version in versions},
    )


def _proof(name: str, said: str, look: Callable[[], list[str] | Iterator[str]]) -> Proof:
    """Look; what cannot even be looked at is a fault of its own, not the end of the others."""
    try:
        return Proof(name, tuple(look()), said)
    except (Refused, OSError, pa.ArrowException, KeyError, ValueError) as error:
        return Proof(name, (f"cannot be verified: {error}",), said)


def _chain(session: Session, registry: Registry) -> list[str]:
    try:
        return chain_faults(session, registry.head)
    except RegistryRefused as refusal:
        return [str(refusal)]


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


def _customers(registry: Registry, stored: _Stored) -> Iterator[str]:
    before: pa.ChunkedArray | None = None
    for wave in stored.waves:
        units, excluded, population = (
            registry.snapshots.read_changed(digest, [LEDGER_ID]).column(LEDGER_ID)
            for digest in (wave.units_digest, wave.excluded_digest, wave.population.digest)
        )
        both = pa.chunked_array([*units.chunks, *excluded.chunks], pa.string())
        if len(both) != len(population) or not both.sort().equals(population.sort()):
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


def _replay(registry: Registry, draw: DrawRecord, stored: _Stored) -> Iterator[str]:
    # A frozen wave that is still to be allocated comes last and has no allocation yet.
    waves = zip(stored.waves, stored.allocations, stored.certificates, strict=False)
    for wave, allocation, certificate in waves:
        plan = stored.plans[allocation.protocol_version]
        yield from _replay_of(registry, plan, draw, wave, allocation, canonical(certificate))


def _replay_of(
    registry: Registry, plan: Plan, draw: DrawRecord, wave: WaveRecord, allocation: AllocationRecord, kept: str
) -> Iterator[str]:
    certified = read_certificate(kept)
    assigned = assign_wave(
        plan.protocol,
        registry.snapshots.opened(wave.units_digest),
        wave=wave.number,
        seed=draw.seed,
        demonstration=draw.demonstration,
        protocol_digest=plan.digest,
        population_digest=wave.population.digest,
        algorithm=certified.algorithm,
    )
    if assigned.assignment.digest != allocation.digest:
        yield "the replay gives another allocation digest"
    if assigned.assignment.counts.by_arm != allocation.counts:
        yield "the replay gives other counts by arm"
    yield from differences(certified, read_certificate(canonical(assigned.certificate)))
    stored = registry.snapshots.read_changed(allocation.snapshot_digest)  # an edit is told from another by what it says
    if allocation_digest(stored.column(LEDGER_ID), stored.column("arm")) != allocation.digest:
        yield "allocation file: its arms do not give the allocation digest"
        return
    replayed = pa.Table.from_batches(assigned.rows, assigned.schema)
    if stored.column_names != replayed.column_names:
        yield "allocation file: its columns are not those of the replay"
        return
    for name in replayed.column_names:
        if not pc.all(pc.equal(stored.column(name), replayed.column(name)), min_count=0).as_py():
            yield f"allocation file: its column {name} is not that of the replay"


def _evaluations(session: Session, trial_id: str) -> Iterator[str]:
    for number, digest, document in queries.evaluation_digests(session, trial_id):
        if digest_of(document) != digest:
            yield f"evaluation {number}: its document does not give its digest"
