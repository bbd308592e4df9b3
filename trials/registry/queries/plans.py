"""Questions about what is planned."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from designs.protocol import Protocol, parse_canonical
from trials.errors import RegistryRefused, TrialRefused
from trials.registry import tables
from trials.registry.records import EnteredRecord, ExclusionRecord, LockRecord, PopulationRecord, ProtocolRecord


def is_registered(session: Session, trial_id: str) -> bool:
    """Whether there is a trial of this id, in whatever state."""
    return session.get(tables.Trial, trial_id) is not None


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


def protocol_of(session: Session, trial_id: str, version: int | None = None) -> ProtocolRecord:
    """One version of a trial's protocol; not given, the one in force: the last locked, or the latest of a draft.

    Raises:
        TrialRefused: There is no such trial.
    """
    require_trial(session, trial_id)
    if version is None:
        lock = _lock(session, trial_id)
        version = lock.protocol_version if lock is not None else _latest_version(session, trial_id)
    row = session.get_one(tables.ProtocolVersion, (trial_id, version or 0))
    return ProtocolRecord(row.version, row.digest, row.canonical, row.path)


def stored_protocol(canonical: str) -> Protocol:
    """A protocol back from the canonical form that the registry holds.

    Raises:
        RegistryRefused: It is none any more.
    """
    try:
        return parse_canonical(canonical)
    except ValueError as error:
        raise RegistryRefused(
            "the protocol of a trial cannot be read, or is gone",
            where="registry",
            rule="a protocol that was registered is never changed",
            remedy="run otm verify to see what was edited, then restore a backup",
        ) from error


def _latest_version(session: Session, trial_id: str) -> int | None:
    table = tables.ProtocolVersion
    return session.scalars(select(func.max(table.version)).where(table.trial_id == trial_id)).one()


def _lock(session: Session, trial_id: str, version: int | None = None) -> tables.TrialLock | None:
    table = tables.TrialLock
    query = select(table).where(table.trial_id == trial_id)
    if version is not None:
        query = query.where(table.protocol_version == version)
    return session.scalars(query.order_by(table.protocol_version.desc()).limit(1)).first()


def versions_registered(session: Session, trial_id: str) -> tuple[EnteredRecord, ...]:
    """Every version of a trial's plan, in order."""
    table = tables.ProtocolVersion
    query = select(table.version, table.registered_at, table.registered_by).where(table.trial_id == trial_id)
    return tuple(EnteredRecord(*row) for row in session.execute(query.order_by(table.version)))


def populations_loaded(session: Session, name: str) -> tuple[EnteredRecord, ...]:
    """Every load under a name, in order."""
    table = tables.PopulationVersion
    query = select(table.version, table.loaded_at, table.loaded_by).where(table.name == name)
    return tuple(EnteredRecord(*row) for row in session.execute(query.order_by(table.version)))


def population_name(protocol: Protocol) -> str:
    """The name a protocol's population is loaded under: its own, or the trial's id where it has none."""
    return protocol.population.name or protocol.id


def latest_population(session: Session, name: str) -> PopulationRecord | None:
    """The last load under a name."""
    query = select(tables.PopulationVersion).where(tables.PopulationVersion.name == name)
    row = session.scalars(query.order_by(tables.PopulationVersion.version.desc()).limit(1)).first()
    return None if row is None else population_record(row)


def next_population_version(session: Session, name: str) -> int:
    """1 + the number of loads that a name has."""
    latest = latest_population(session, name)
    return 1 if latest is None else latest.version + 1


def locked_population(session: Session, trial_id: str, version: int) -> PopulationRecord:
    """The load that the lock of one version froze."""
    lock = session.get_one(tables.TrialLock, (trial_id, version))
    return population_record(session.get_one(tables.PopulationVersion, (lock.population_name, lock.population_version)))


def lock_of(session: Session, trial_id: str, version: int | None = None) -> LockRecord | None:
    """The lock of one version; not given, the last one. None where there is none."""
    row = _lock(session, trial_id, version)
    if row is None:
        return None
    population = locked_population(session, trial_id, row.protocol_version)
    return LockRecord(
        protocol_version=row.protocol_version,
        protocol_digest=row.protocol_digest,
        population_digest=population.digest,
        eligible=row.eligible,
        exclusions=exclusion_records(row.exclusions),
        findings=tuple(row.findings),
        locked_at=row.locked_at,
        locked_by=row.locked_by,
        population=population,
    )


def locked_versions(session: Session, trial_id: str) -> tuple[int, ...]:
    """Every version of a trial's protocol that was locked, in order."""
    table = tables.TrialLock
    query = select(table.protocol_version).where(table.trial_id == trial_id)
    return tuple(session.scalars(query.order_by(table.protocol_version)))


def population_record(row: tables.PopulationVersion) -> PopulationRecord:
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


def exclusion_records(stored: list[dict[str, Any]]) -> tuple[ExclusionRecord, ...]:
    return tuple(ExclusionRecord(entry["reason"], entry["customers"]) for entry in stored)
