"""Questions about what came back from the field."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from trials.errors import RegistryRefused
from trials.registry import tables
from trials.registry.records import CoverageRecord, MatchRecord, ReturnedFileRecord, ReturnedKind, ReturnedMode


def returned_of(session: Session, trial_id: str) -> tuple[ReturnedFileRecord, ...]:
    """Every file that came back, in the order in which they came.

    Raises:
        RegistryRefused: A file is of a kind that this version does not know.
    """
    table = tables.ReturnedFile
    query = select(table).where(table.trial_id == trial_id).order_by(table.loaded_at, table.kind, table.version)
    return tuple(
        ReturnedFileRecord(
            kind=_kind(row.kind),
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
            as_at=row.as_at or row.loaded_at.date(),
            rejections_digest=row.rejections_digest,
            mode=_mode(row.mode),
            whole_digest=row.whole_digest,
            whole_as_at=row.whole_as_at,
            coverage=None if row.customers is None else CoverageRecord(row.customers, row.observed),
            withdraws=row.withdraws,
            reason=row.reason,
        )
        for row in session.scalars(query)
    )


def _kind(name: str) -> ReturnedKind:
    kinds: tuple[ReturnedKind, ...] = get_args(ReturnedKind)
    for kind in kinds:
        if kind == name:
            return kind
    raise _unknown(f"is of the kind {name!r}", kinds)


def _mode(name: str) -> ReturnedMode:
    modes: tuple[ReturnedMode, ...] = get_args(ReturnedMode)
    for mode in modes:
        if mode == name:
            return mode
    raise _unknown(f"was loaded in the mode {name!r}", modes)


def _unknown(what: str, known: tuple[str, ...]) -> RegistryRefused:
    return RegistryRefused(
        f"a returned file {what}",
        where="returned_file",
        rule=f"this version knows {', '.join(known)}",
        remedy="use the version that wrote it, or a later one",
    )
