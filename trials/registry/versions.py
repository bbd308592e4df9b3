"""A version of a trial's plan enters the registry: its row, and the texts that it names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from data.text import unstorable
from designs.protocol import CheckedProtocol
from trials.errors import TrialRefused
from trials.registry import queries, tables
from trials.registry.kept_texts import keep_texts
from trials.registry.tables.columns import now
from trials.registry.unit_of_work import UnitOfWork


def storable_path(protocol_path: str | Path, remedy: str) -> Path:
    """Where a protocol lies, from the root.

    Raises:
        TrialRefused: The registry cannot remember it.
    """
    path = Path(protocol_path).absolute()
    if unstorable(str(path)):
        raise TrialRefused(
            "the name of the file, or of a folder above it, is not UTF-8",
            where=str(path),
            rule="the registry remembers where a protocol lies, to notice an edit after the lock",
            remedy=remedy,
        )
    return path


def add_version(work: UnitOfWork, found: CheckedProtocol, path: Path) -> tuple[int, int]:
    """Add the next version of a trial's plan; its number, and how many of its texts were not kept before."""
    version = queries.next_number(work.session, tables.ProtocolVersion, found.id)
    work.add(
        tables.ProtocolVersion(
            trial_id=found.id,
            version=version,
            digest=found.digest,
            canonical=found.canonical,
            path=str(path),
            registered_at=now(),
            registered_by=work.actor.name,
        )
    )
    return version, keep_named(work, found, path)


def keep_named(work: UnitOfWork, found: CheckedProtocol, path: Path) -> int:
    """Keep the texts that a protocol names and that are not kept yet; how many."""
    return keep_texts(work, found.id, frozenset(found.texts.values()), path, map(PurePosixPath, found.texts))
