"""The texts of letters, kept in the registry: which a protocol names, which are kept, and how one is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from designs.protocol import Protocol, texts_beside
from trials.errors import RegistryRefused
from trials.registry import queries, tables
from trials.registry.records import TextRecord
from trials.registry.tables.columns import now
from trials.registry.unit_of_work import UnitOfWork


def texts_of(session: Session, trial_id: str) -> tuple[TextRecord, ...]:
    """Every text of a trial that is kept, by name.

    Raises:
        RegistryRefused: One does not give its digest any more.
    """
    table = tables.LetterText
    rows = session.scalars(select(table).where(table.trial_id == trial_id).order_by(table.name, table.digest))
    return tuple(_text(row) for row in rows)


def _text(row: tables.LetterText) -> TextRecord:
    try:
        content = base64.b64decode(row.content, validate=True)
    except ValueError:
        content = b""
    if hashlib.sha256(content).hexdigest() != row.digest:
        raise RegistryRefused(
            f"the text {row.name} was edited: it does not give its digest",
            where=row.trial_id,
            rule="a text is kept as it was registered",
            remedy="run otm verify to see what else was edited, then restore a backup",
        )
    return TextRecord(row.name, row.digest, content)


def named_by(protocol: Protocol) -> frozenset[str]:
    """The digests of the texts that a protocol in its canonical form names."""
    texts = (arm.text for arm in protocol.arms if arm.text is not None)
    return frozenset(digest for text in texts for digest in text.paths)


def keep_texts(
    work: UnitOfWork,
    trial_id: str,
    named: frozenset[str],
    protocol_path: Path,
    names: Iterable[PurePosixPath] | None = None,
) -> int:
    """Keep those of the texts that are not kept yet and lie beside the protocol as it names them; how many.

    Args:
        work: The transaction.
        trial_id: The trial.
        named: The digests of the texts.
        protocol_path: Where the protocol's file lies.
        names: The paths of the texts as the file gives them, where it has been read; else it is read for them.
    """
    missing = [digest for digest in sorted(named) if work.session.get(tables.LetterText, (trial_id, digest)) is None]
    if not missing:
        return 0
    beside = texts_beside(protocol_path, names)
    kept = [digest for digest in missing if digest in beside]
    for digest in kept:
        name, content = beside[digest]
        text = base64.b64encode(content).decode("ascii")
        work.add(
            tables.LetterText(
                trial_id=trial_id, digest=digest, name=name, content=text, kept_at=now(), kept_by=work.actor.name
            )
        )
    return len(kept)


def keep_texts_of_all(work: UnitOfWork) -> int:
    """The same for every version of every protocol, where their files still lie: what a migration takes in."""
    versions = work.session.scalars(select(tables.ProtocolVersion)).all()
    return sum(
        keep_texts(work, row.trial_id, named_by(queries.stored_protocol(row.canonical)), Path(row.path))
        for row in versions
    )
