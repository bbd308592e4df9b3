"""The registry's rows as one document, and back: the same from SQLite and PostgreSQL, into either.

Tables are taken as the database has them, so that a registry that waits for a migration can be backed up before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, MetaData, Table, insert, inspect, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from trials.errors import RegistryRefused
from trials.registry.storage.revisions import NEWEST, REVISIONS, revision_of
from trials.registry.tables import Row
from trials.registry.tables.base import require_fit
from trials.registry.tables.columns import Instant, instant_text, parse_instant


def dump(session: Session) -> dict[str, Any]:
    """Every row of every table, in order of primary key, as JSON values; with the revision of the tables."""
    connection = session.connection()
    return {
        "revision": revision_of(connection),
        "tables": {table.name: _rows(session, table) for table in _tables(connection)},
    }


def _tables(connection: Connection) -> list[Table]:
    """The registry's tables with the columns and keys that the database has, a table after those that it names."""
    present = MetaData()
    names = sorted(set(inspect(connection).get_table_names()) & set(Row.metadata.tables))
    present.reflect(connection, only=names)
    for table in present.sorted_tables:
        for column in table.columns:
            model = Row.metadata.tables[table.name].columns.get(column.name)
            if model is not None:  # the database knows text; the models know which text is an instant or a document
                column.type = model.type
    return present.sorted_tables


def _rows(session: Session, table: Table) -> list[dict[str, Any]]:
    rows = session.execute(select(table).order_by(*table.primary_key.columns))
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def require_known_revision(document: Mapping[str, Any]) -> str:
    """The revision of a dump that this program can load.

    Raises:
        RegistryRefused: It is of a newer program, or of none.
    """
    revision = document.get("revision")
    if revision not in REVISIONS:
        raise RegistryRefused(
            f"the backup is of revision {revision!r}, this program needs {NEWEST}",
            rule=f"a backup of revision {REVISIONS[0]} to {NEWEST} is restored, and brought up to {NEWEST}",
            remedy="restore it with the program that made it",
        )
    return str(revision)


def load(session: Session, document: Mapping[str, Any]) -> None:
    """Put a dump's rows into empty tables of its revision.

    Raises:
        RegistryRefused: The dump is of other tables or columns, or a row does not fit.
    """
    tables = _tables(session.connection())
    given = document["tables"]
    unknown = sorted(set(given) ^ {table.name for table in tables})
    if unknown:
        raise RegistryRefused(f"the backup and this program differ in table {unknown[0]!r}")
    for table in tables:
        columns = set(table.columns.keys())
        try:
            if any(set(row) != columns for row in given[table.name]):
                raise RegistryRefused(f"the backup and this program differ in a column of table {table.name!r}")
            for row in given[table.name]:
                require_fit(table, row)
            rows = [_typed(table, row) for row in given[table.name]]
            if rows:
                session.execute(insert(table), rows)
        except (IntegrityError, DataError, ValueError, TypeError) as error:
            raise RegistryRefused(
                f"a row of the backup does not fit into table {table.name!r}", remedy="use another backup"
            ) from error


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: _value(column.type, row[column.name]) for column in table.columns}


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return parse_instant(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
