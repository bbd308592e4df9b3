"""Does the registry still say what it said? The chain against itself, its head and every row that it named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trials.registry import queries
from trials.registry.proof.audit import broken_links
from trials.registry.proof.chain_head import HEAD_LOST, ChainHead, disagreements, proved_to, span
from trials.registry.proof.stored import by_table, faults_of, recorded_tables
from trials.registry.records import AuditEvent
from trials.registry.tables import AuditRow, Installation, PopulationVersion, ReturnedFile, Row, Trial, UnrecordedRow
from trials.registry.tables.columns import parse_instant


def chain_faults(session: Session, head: ChainHead) -> list[str]:
    """What is wrong with the audit chain, in words: edits, deletions, insertions, swaps, a cut tail, a rewrite."""
    events = queries.audit_events(session)
    faults = broken_links(events)
    return faults + disagreements(head.lines(), {event.sequence: event.hash for event in events})


def head_faults(session: Session, head: ChainHead, copy: Mapping[int, str] | None = None) -> list[str]:
    """What the chain's head outside has lost, in words: the file is gone or empty, or lacks events that the chain has.

    Args:
        session: Where the chain is.
        head: Its head.
        copy: A copy of it that was kept elsewhere: what that has seen is proved although the head lost it.
    """
    chain = queries.event_hashes(session, after=0)
    if not chain:
        return ["the audit chain is empty, and its first event is that of the registry's making"]
    if not head.path.exists():
        return [f"{head.path}: the chain head is gone"]
    seen = head.seen()
    if not seen:
        return [f"{head.path}: the chain head is empty"]
    faults = []
    lost = [sequence for sequence in chain if sequence not in seen]
    if lost:
        faults.append(f"audit events {span(lost)}: the chain head has lost them: {head.path}")
    proved = proved_to(copy or {}, chain)
    for event in queries.audit_events(session):
        first, last = event.detail.get(HEAD_LOST, (1, 0))
        unproved = range(max(first, proved + 1), last + 1)
        if unproved:
            faults.append(
                f"audit event {event.sequence}: the chain head had lost events {span(unproved)} when it was written; "
                "only a copy kept elsewhere can prove them (otm verify --head FILE)"
            )
    return faults


def chain_faults_of_dump(tables: Mapping[str, list[dict[str, Any]]], head: ChainHead) -> list[str]:
    """The same of a dump's tables, which no database holds yet."""
    events = [
        AuditEvent(
            row["sequence"], parse_instant(row["at"]), row["actor"], row["role"], row["action"], row["trial_id"],
            row["detail"], row["previous_hash"], row["hash"],
        )
        for row in tables["audit_event"]
    ]  # fmt: skip
    return broken_links(events) + disagreements(head.lines(), {event.sequence: event.hash for event in events})


def trials_written(session: Session) -> list[str]:
    """Every trial that a use case registered, as the audit chain has it, in order of id; its row may be gone."""
    trials = (name.partition("/") for name in written_digests(session))
    return sorted(trial for table, _, trial in trials if table == Trial.__tablename__)


def trials_known(session: Session) -> list[str]:
    """Every trial that is there or was registered, in order of id."""
    return sorted({*session.scalars(select(Trial.id)), *trials_written(session)})


def row_faults(session: Session, trial_id: str | None) -> list[str]:
    """What is wrong with the rows that one trial stands on, or with any: edited, deleted, written by no use case.

    The digest that each row had when it was written is in the audit chain.
    """
    written = by_table(written_digests(session))
    connection = session.connection()
    faults: list[str] = []
    for _, table in sorted(recorded_tables().items()):
        of_trials = table.name not in (PopulationVersion.__tablename__, Installation.__tablename__)
        faults += faults_of(connection, table, written, trial_id if of_trials else None)
    return faults


def written_digests(session: Session) -> dict[str, str]:
    """The digest that each row had when it was last written, by its name, as the audit chain has it."""
    written: dict[str, str] = {}
    for event in queries.audit_events(session):
        for replaced in event.detail.get("replaced", {}):  # a migration gave the row another name
            written.pop(replaced, None)
        written.update(event.detail.get("rows", {}))
    return written


def _rows(session: Session) -> Iterator[Row]:
    for mapper in sorted(Row.registry.mappers, key=lambda mapper: mapper.class_.__tablename__):
        if mapper.class_ is not AuditRow and not issubclass(mapper.class_, UnrecordedRow):
            yield from session.scalars(select(mapper.class_))


def snapshots_named(session: Session, trial_id: str | None = None) -> dict[str, str]:
    """Every snapshot that rows name, digest → what it is: of one trial, or of all."""
    named: dict[str, str] = {}
    for row in _rows(session):
        if trial_id is not None and not _uses(session, row, trial_id):
            continue
        for column, what in _SNAPSHOTS.get(row.__tablename__, {}).items():
            digest = getattr(row, column)
            if digest is not None:
                named[digest] = f"{row.kind} file" if isinstance(row, ReturnedFile) and not what else what
    return named


def snapshots_described(session: Session) -> dict[str, str]:
    """What each snapshot is and whose, in the words of a refusal: digest → "the allocation of winter-2026"."""
    described: dict[str, str] = {}
    for row in _rows(session):
        for column, what in _SNAPSHOTS.get(row.__tablename__, {}).items():
            digest = getattr(row, column)
            if digest is not None:
                of = f"{row.kind} file" if isinstance(row, ReturnedFile) and not what else what
                whose = row.name if isinstance(row, PopulationVersion) else getattr(row, "trial_id", "")
                described.setdefault(digest, f"the {of} of {whose}")
    return described


def snapshots_of_dump(tables: Mapping[str, list[dict[str, Any]]]) -> set[str]:
    """The digest of every snapshot that the rows of a dump name, which may be of an earlier revision."""
    named = {row.get(column) for name, columns in _SNAPSHOTS.items() for row in tables[name] for column in columns}
    return {digest for digest in named if digest is not None}


_SNAPSHOTS = {
    "population_version": {"digest": "population", "rejections_digest": "population's rejected rows"},
    "wave": {"units_digest": "frozen units", "excluded_digest": "customers left out"},
    "allocation": {"snapshot_digest": "allocation"},
    "returned_file": {"digest": "", "whole_digest": "", "rejections_digest": "rejected rows of a returned file"},
}


def _uses(session: Session, row: Row, trial_id: str) -> bool:
    if isinstance(row, PopulationVersion):
        return any(
            (wave.population.name, wave.population.version) == (row.name, row.version)
            for wave in queries.waves_of(session, trial_id)
        )
    return getattr(row, "trial_id", None) == trial_id
