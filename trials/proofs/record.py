"""Proofs of the record itself: the chain and its head, every row, the database around them, the files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from trials.proofs.proof import Proof, Remark, prove
from trials.registry import Registry, queries
from trials.registry.proof.database import database_faults
from trials.registry.proof.files import key_faults, not_the_services, open_to_others
from trials.registry.proof.head_copy import copy_faults
from trials.registry.proof.integrity import chain_faults, head_faults, row_faults, trials_written

CHAIN = "the audit chain is whole, and its head outside has seen all of it"
ROWS = "every row says what was written, and nothing else acts on them"


def chain_proof(session: Session, registry: Registry, copy: Mapping[int, str] | None = None) -> Proof:
    """The audit chain against itself, its head, and a copy of that which was kept elsewhere."""
    return prove(
        "audit_chain",
        CHAIN,
        lambda: chain_faults(session, registry.head),
        lambda: head_faults(session, registry.head, copy),
        lambda: [] if copy is None else copy_faults(session, copy),
        lambda: (
            [] if copy is None else [Remark(f"compared with a copy that has seen {len(copy)} events to {max(copy)}")]
        ),
        session=session,
    )


def trials_proof(session: Session) -> Proof:
    """Every trial that was registered is there."""
    return prove("trials", "every trial that the audit chain names is there", lambda: _gone(session), session=session)


def _gone(session: Session) -> Iterator[str]:
    for trial in trials_written(session):
        if not queries.is_registered(session, trial):
            yield f"trial {trial}: deleted; the audit chain names it"


def rows_proof(session: Session, registry: Registry, trial_id: str | None) -> Proof:
    """The rows that one trial stands on, or all; the database that holds them; the key and who may read what."""
    return prove(
        "registry_rows",
        ROWS,
        lambda: row_faults(session, trial_id),
        lambda: database_faults(session),
        lambda: key_faults(session, registry.key_path),
        lambda: open_to_others(registry.home, _database(registry)),
        lambda: map(Remark, not_the_services(registry.home, _database(registry))),
        session=session,
    )


def _database(registry: Registry) -> Iterator[Path]:
    if registry.url.get_backend_name() == "sqlite":
        yield from (Path(f"{registry.url.database}{of}") for of in ("", "-wal", "-shm", "-journal"))
