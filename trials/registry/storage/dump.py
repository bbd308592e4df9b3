"""The registry's rows as one document, and back: the same from SQLite and PostgreSQL, into either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Table, insert, select
from sqlalchemy.orm import Session

from trials.errors import RegistryRefused
from trials.registry.storage.revisions import NEWEST
from trials.registry.tables import Row
from trials.registry.tables.columns import Instant, instant_text, parse_instant


def dump(session: Session) -> dict[str, Any]:
    """Every row of every table, in order of primary key, as JSON values."""
    return {
        "revision": NEWEST,
        "tables": {table.name: _rows(session, table) for table in Row.metadata.sorted_tables},
    }


def _rows(session: Session, table: Table) -> list[dict[str, Any]]:
    rows = session.execute(select(table).order_by(*table.primary_key.columns))
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def load(session: Session, document: Mapping[str, Any]) -> None:
    """Put a dump's rows into empty tables.

    Raises:
        RegistryRefused: The dump is of another revision, or of other tables.
    """
    if document.get("revision") != NEWEST:
        raise RegistryRefused(
            f"the backup is of revision {document.get('revision')!r}, this program needs {NEWEST}",
            remedy="restore it with the program that made it, then run otm migrate with this one",
        )
    tables = document["tables"]
    unknown = sorted(set(tables) ^ set(Row.metadata.tables))
    if unknown:
        raise RegistryRefused(f"the backup and this program differ in table {unknown[0]!r}")
    for table in Row.metadata.sorted_tables:
        rows = [_typed(table, row) for row in tables[table.name]]
        if rows:
            session.execute(insert(table), rows)


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: _value(column.type, row[column.name]) for column in table.columns}


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return parse_instant(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
