"""Questions about what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.queries.plans import exclusion_records, population_record
from trials.registry.records import AllocationRecord, DrawRecord, IssueRecord, ReleaseRecord, VoidRecord, WaveRecord


def draw_of(session: Session, trial_id: str) -> DrawRecord | None:
    """The committed seed. Never hand this to a screen."""
    row = session.get(tables.Draw, trial_id)
    if row is None:
        return None
    return DrawRecord(
        commitment=row.commitment,
        demonstration=row.demonstration,
        committed_at=row.committed_at,
        committed_by=row.committed_by,
        seed=row.seed,
    )


def last_drawn_at(session: Session, trial_id: str) -> datetime | None:
    """When the latest wave of a trial was drawn; None before its first."""
    table = tables.Allocation
    return session.scalar(select(func.max(table.allocated_at)).where(table.trial_id == trial_id))


def waves_of(session: Session, trial_id: str) -> tuple[WaveRecord, ...]:
    """Every intake whose units are frozen, in order."""
    query = select(tables.Wave).where(tables.Wave.trial_id == trial_id).order_by(tables.Wave.number)
    return tuple(
        WaveRecord(
            number=row.number,
            protocol_version=row.protocol_version,
            population=population_record(
                session.get_one(tables.PopulationVersion, (row.population_name, row.population_version))
            ),
            units=row.units,
            units_digest=row.units_digest,
            excluded_digest=row.excluded_digest,
            exclusions=exclusion_records(row.exclusions),
        )
        for row in session.scalars(query)
    )


def _wave(waves: Mapping[int, WaveRecord], allocation: tables.Allocation) -> WaveRecord:
    if allocation.wave not in waves:
        raise NoResultFound(f"wave {allocation.wave} of {allocation.trial_id}")
    return waves[allocation.wave]


def allocations_of(session: Session, trial_id: str) -> tuple[AllocationRecord, ...]:
    """The allocation of each wave as anyone may see it: counts, digests, and the seed only once it is released."""
    draw = session.get(tables.Draw, trial_id)
    if draw is None:
        return ()
    released = session.get(tables.Release, trial_id) is not None
    voided = session.get(tables.VoidConfirmation, trial_id) is not None
    waves = {wave.number: wave for wave in waves_of(session, trial_id)}
    query = select(tables.Allocation).where(tables.Allocation.trial_id == trial_id).order_by(tables.Allocation.wave)
    return tuple(
        AllocationRecord(
            digest=row.digest,
            snapshot_digest=row.snapshot_digest,
            population_digest=_wave(waves, row).population.digest,
            algorithm=row.algorithm,
            seed_commitment=draw.commitment,
            seed_released=released,
            demonstration_seed=draw.demonstration,
            counts=dict(row.counts),
            allocated_at=row.allocated_at,
            allocated_by=row.allocated_by,
            voided=voided,
            exclusions=_wave(waves, row).exclusions,
            index_date=row.index_date,
            seed=draw.seed if released else None,
            wave=row.wave,
            protocol_version=row.protocol_version,
        )
        for row in session.scalars(query)
    )


def certificates_of(session: Session, trial_id: str) -> tuple[dict[str, Any], ...]:
    """The certificate of each wave, as it was written at the draw."""
    query = select(tables.Allocation).where(tables.Allocation.trial_id == trial_id).order_by(tables.Allocation.wave)
    return tuple(dict(row.certificate) for row in session.scalars(query))


def issues_of(session: Session, trial_id: str) -> tuple[IssueRecord, ...]:
    table = tables.IssueList
    return _issues(session, select(table).where(table.trial_id == trial_id).order_by(table.number))


def lists_issued(session: Session) -> tuple[IssueRecord, ...]:
    """Every issue list of every trial, those of each in order."""
    table = tables.IssueList
    return _issues(session, select(table).order_by(table.trial_id, table.number))


def _issues(session: Session, query: Select[tables.IssueList]) -> tuple[IssueRecord, ...]:
    return tuple(
        IssueRecord(
            trial=row.trial_id,
            number=row.number,
            arm=row.arm,
            channel=row.channel,
            customers=row.customers,
            file_digest=row.file_digest,
            issued_at=row.issued_at,
            issued_by=row.issued_by,
            manifest=dict(row.manifest),
        )
        for row in session.scalars(query)
    )


def manifests_of(session: Session, trial_id: str, arm: str) -> tuple[dict[str, Any], ...]:
    """The manifest of every list of an arm, in order."""
    table = tables.IssueList
    query = select(table.manifest).where(table.trial_id == trial_id, table.arm == arm).order_by(table.number)
    return tuple(session.scalars(query))


def waves_of_list(manifest: Mapping[str, Any]) -> tuple[int, ...]:
    """The waves whose customers a list holds; a list of an earlier program was of all that had been allocated."""
    return tuple(manifest.get("waves", range(1, len(manifest["allocation_digests"]) + 1)))


def customers_left(session: Session, only: str | None = None) -> dict[str, dict[str, int]]:
    """How many customers of each arm are on no list, by trial, of the trials of which a list was issued.

    Every arm is there, one that gets no list too. A list is of all the customers of its arm in its waves, or in one
    batch of them, and nobody comes to be on a second one but by a list that is marked as issued again.
    """
    lists, drawn = tables.IssueList, tables.Allocation
    issued = select(lists.trial_id, lists.arm, lists.customers, lists.manifest)
    allocated = select(drawn.trial_id, drawn.wave, drawn.counts).where(_has_lists())
    if only is not None:
        issued, allocated = issued.where(lists.trial_id == only), allocated.where(drawn.trial_id == only)
    whole: set[tuple[str, str, int]] = set()  # waves that are on a list of all batches
    left: dict[str, dict[str, int]] = {}
    of_batches = []
    for row in session.execute(issued):
        if row.manifest.get("batch") is None:
            whole |= {(row.trial_id, row.arm, wave) for wave in waves_of_list(row.manifest)}
        elif not row.manifest["reissue"]:
            of_batches.append(row)
    for row in session.execute(allocated):
        counts = left.setdefault(row.trial_id, {})
        for arm, customers in row.counts.items():
            on_none = 0 if (row.trial_id, arm, row.wave) in whole else customers
            counts[arm] = counts.get(arm, 0) + on_none
    for row in of_batches:
        left[row.trial_id][row.arm] -= row.customers
    return left


def _has_lists() -> ColumnElement[bool]:
    return select(tables.IssueList.number).where(tables.IssueList.trial_id == tables.Allocation.trial_id).exists()


def void_of(session: Session, trial_id: str) -> VoidRecord | None:
    """The void that was asked for, confirmed or not; None where nobody asked."""
    return None if session.get(tables.VoidRequest, trial_id) is None else void_asked_for(session, trial_id)


def void_asked_for(session: Session, trial_id: str) -> VoidRecord:
    """The void of a trial for which one was asked."""
    request = session.get_one(tables.VoidRequest, trial_id)
    confirmation = session.get(tables.VoidConfirmation, trial_id)
    return VoidRecord(
        reason=request.reason,
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        confirmed_by=None if confirmation is None else confirmation.confirmed_by,
        confirmed_at=None if confirmation is None else confirmation.confirmed_at,
    )


def release_of(session: Session, trial_id: str) -> ReleaseRecord | None:
    row = session.get(tables.Release, trial_id)
    return None if row is None else ReleaseRecord(row.reason, row.released_by, row.released_at)
