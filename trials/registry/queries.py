"""Every query about one trial: a session in, frozen records out.

Nothing here writes, and no ORM object leaves. What may be seen by whom is decided by the two callers: the reader that
screens hold, and the unit of work that stages hold.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trials.errors import TrialRefused
from trials.registry import tables
from trials.registry.records import (
    AllocationRecord,
    AuditEvent,
    DecisionRecord,
    DrawRecord,
    EvaluationRecord,
    ExclusionRecord,
    IssueRecord,
    LockRecord,
    MatchRecord,
    PopulationRecord,
    ProtocolRecord,
    ReleaseRecord,
    ReturnedFileRecord,
    VoidRecord,
    WaveRecord,
)


def require_trial(session: Session, trial_id: str) -> tables.Trial:
    """The trial's row.

    Raises:
        TrialRefused: There is no such trial.
    """
    trial = session.get(tables.Trial, trial_id)
    if trial is None:
        raise TrialRefused(
            f"there is no trial {trial_id!r}",
            rule="a trial is known by the id in its protocol",
            remedy="see otm trials",
        )
    return trial


def protocol_in_force(session: Session, trial_id: str) -> ProtocolRecord:
    """The locked version, or the latest of a draft."""
    require_trial(session, trial_id)
    lock = session.get(tables.TrialLock, trial_id)
    versions = select(tables.ProtocolVersion).where(tables.ProtocolVersion.trial_id == trial_id)
    if lock is not None:
        versions = versions.where(tables.ProtocolVersion.version == lock.protocol_version)
    row = session.scalars(versions.order_by(tables.ProtocolVersion.version.desc()).limit(1)).one()
    return ProtocolRecord(row.version, row.digest, row.canonical, row.path)


def latest_population(session: Session, name: str) -> PopulationRecord | None:
    """The last load under a name."""
    query = select(tables.PopulationVersion).where(tables.PopulationVersion.name == name)
    row = session.scalars(query.order_by(tables.PopulationVersion.version.desc()).limit(1)).first()
    return None if row is None else _population(row)


def population_of_digest(session: Session, name: str, digest: str) -> PopulationRecord | None:
    """The load under a name that gave a snapshot."""
    table = tables.PopulationVersion
    row = session.scalars(select(table).where(table.name == name, table.digest == digest)).first()
    return None if row is None else _population(row)


def next_population_version(session: Session, name: str) -> int:
    """1 + the number of loads that a name has."""
    latest = latest_population(session, name)
    return 1 if latest is None else latest.version + 1


def locked_population(session: Session, trial_id: str) -> PopulationRecord | None:
    """The load that the lock froze."""
    lock = session.get(tables.TrialLock, trial_id)
    if lock is None:
        return None
    return _population(session.get_one(tables.PopulationVersion, (lock.population_name, lock.population_version)))


def lock_of(session: Session, trial_id: str) -> LockRecord | None:
    row = session.get(tables.TrialLock, trial_id)
    if row is None:
        return None
    population = session.get_one(tables.PopulationVersion, (row.population_name, row.population_version))
    return LockRecord(
        protocol_digest=row.protocol_digest,
        population_digest=population.digest,
        eligible=row.eligible,
        exclusions=_exclusions(row.exclusions),
        findings=tuple(row.findings),
        locked_at=row.locked_at,
        locked_by=row.locked_by,
    )


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


def waves_of(session: Session, trial_id: str) -> tuple[WaveRecord, ...]:
    """Every intake whose units are frozen, in order."""
    query = select(tables.Wave).where(tables.Wave.trial_id == trial_id).order_by(tables.Wave.number)
    return tuple(
        WaveRecord(
            number=row.number,
            population=_population(
                session.get_one(tables.PopulationVersion, (row.population_name, row.population_version))
            ),
            units=row.units,
            units_digest=row.units_digest,
            excluded_digest=row.excluded_digest,
            exclusions=_exclusions(row.exclusions),
        )
        for row in session.scalars(query)
    )


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
            population_digest=waves[row.wave].population.digest,
            algorithm=row.algorithm,
            seed_commitment=draw.commitment,
            seed_released=released,
            demonstration_seed=draw.demonstration,
            counts=dict(row.counts),
            allocated_at=row.allocated_at,
            allocated_by=row.allocated_by,
            voided=voided,
            exclusions=waves[row.wave].exclusions,
            index_date=row.index_date,
            seed=draw.seed if released else None,
            wave=row.wave,
        )
        for row in session.scalars(query)
    )


def certificates_of(session: Session, trial_id: str) -> tuple[dict[str, Any], ...]:
    """The certificate of each wave, as it was written at the draw."""
    query = select(tables.Allocation).where(tables.Allocation.trial_id == trial_id).order_by(tables.Allocation.wave)
    return tuple(dict(row.certificate) for row in session.scalars(query))


def issues_of(session: Session, trial_id: str) -> tuple[IssueRecord, ...]:
    query = select(tables.IssueList).where(tables.IssueList.trial_id == trial_id).order_by(tables.IssueList.number)
    return tuple(
        IssueRecord(row.number, row.arm, row.channel, row.customers, row.file_digest, row.issued_at, row.issued_by)
        for row in session.scalars(query)
    )


def returned_of(session: Session, trial_id: str) -> tuple[ReturnedFileRecord, ...]:
    """Every file that came back, in the order it came."""
    table = tables.ReturnedFile
    query = select(table).where(table.trial_id == trial_id).order_by(table.kind, table.version)
    return tuple(
        ReturnedFileRecord(
            kind="contacts" if row.kind == "contacts" else "outcomes",
            version=row.version,
            digest=row.digest,
            file_name=row.file_name,
            file_digest=row.file_digest,
            rows_read=row.rows_read,
            loaded=row.loaded,
            rejected=row.rejected,
            matched=tuple(MatchRecord(**arm) for arm in row.matched),
            matured=row.matured,
            loaded_at=row.loaded_at,
            loaded_by=row.loaded_by,
        )
        for row in session.scalars(query)
    )


def evaluation_of(session: Session, trial_id: str) -> EvaluationRecord | None:
    """The latest evaluation, whole."""
    query = select(tables.StoredEvaluation).where(tables.StoredEvaluation.trial_id == trial_id)
    row = session.scalars(query.order_by(tables.StoredEvaluation.number.desc()).limit(1)).first()
    if row is None:
        return None
    return EvaluationRecord(
        id=row.number,
        evaluated_at=row.evaluated_at,
        evaluated_by=row.evaluated_by,
        digest=row.digest,
        protocol_digest=row.protocol_digest,
        data_digest=row.data_digest,
        document=row.document,
        code_digest=row.code_digest,
        outcomes_version=row.outcomes_version,
    )


def decisions_of(session: Session, trial_id: str) -> tuple[DecisionRecord, ...]:
    query = select(tables.Decision).where(tables.Decision.trial_id == trial_id).order_by(tables.Decision.number)
    return tuple(
        DecisionRecord(
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            choice="accept" if row.choice == "accept" else "override",
            verdict_code=row.verdict_code,
            action=row.action,
            reason=row.reason,
            conditions=row.conditions,
            review_on=row.review_on,
        )
        for row in session.scalars(query)
    )


def void_of(session: Session, trial_id: str) -> VoidRecord | None:
    request = session.get(tables.VoidRequest, trial_id)
    if request is None:
        return None
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


def last_event(session: Session) -> tuple[int, str] | None:
    """Sequence and hash of the end of the audit chain."""
    query = select(tables.AuditRow.sequence, tables.AuditRow.hash).order_by(tables.AuditRow.sequence.desc()).limit(1)
    row = session.execute(query).first()
    return None if row is None else (row.sequence, row.hash)


def event_hashes(session: Session, after: int) -> dict[int, str]:
    """Sequence → hash of every event after one."""
    query = select(tables.AuditRow.sequence, tables.AuditRow.hash).where(tables.AuditRow.sequence > after)
    return {row.sequence: row.hash for row in session.execute(query)}


def audit_events(session: Session, trial_id: str | None = None) -> tuple[AuditEvent, ...]:
    """The chain in order, or one trial's part of it."""
    query = select(tables.AuditRow).order_by(tables.AuditRow.sequence)
    if trial_id is not None:
        query = query.where(tables.AuditRow.trial_id == trial_id)
    return tuple(
        AuditEvent(
            row.sequence, row.at, row.actor, row.role, row.action, row.trial_id, row.detail, row.previous_hash, row.hash
        )
        for row in session.scalars(query)
    )


def next_number(session: Session, table: type[Any], trial_id: str, *conditions: Any) -> int:
    """1 + the highest number (or version) that a trial's rows of one table have."""
    column = table.version if hasattr(table, "version") else table.number
    highest = session.scalar(select(func.max(column)).where(table.trial_id == trial_id, *conditions))
    return 1 if highest is None else int(highest) + 1


def _population(row: tables.PopulationVersion) -> PopulationRecord:
    return PopulationRecord(
        name=row.name,
        version=row.version,
        digest=row.digest,
        file_name=row.file_name,
        file_digest=row.file_digest,
        rows_read=row.rows_read,
        loaded=row.loaded,
        rejected=row.rejected,
        synthetic=row.synthetic,
        loaded_at=row.loaded_at,
        loaded_by=row.loaded_by,
        kinds=dict(row.kinds),
        findings=tuple(row.findings),
    )


def _exclusions(stored: list[dict[str, Any]]) -> tuple[ExclusionRecord, ...]:
    return tuple(ExclusionRecord(entry["reason"], entry["customers"]) for entry in stored)
