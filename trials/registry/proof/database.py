"""Whether the database is the registry's tables and nothing else: what stands beside them can change what is written.

A trigger, a rule or a view acts on rows behind the service's back; a rule of a table that was taken away, put to sleep
or said in other words lets in what the registry never wrote. All that a database says of its tables is compared with
what this program makes; and the rules themselves are asked of the rows again, on either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import IdentifierPreparer

from trials.registry.proof import postgresql_schema, sqlite_schema
from trials.registry.proof.postgresql_beside import beside_faults
from trials.registry.tables import Row


def database_faults(session: Session) -> Iterator[str]:
    """What the database holds that is not the registry's, what it lacks, and what of it is damaged, in words."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        yield from _damage(connection)
        changed = list(sqlite_schema.schema_faults(connection))
    else:
        yield from postgresql_schema.tables_in_front(connection)
        with postgresql_schema.catalogue_alone(connection) as where:
            beside = list(beside_faults(connection, where))
            changed = list(postgresql_schema.schema_faults(connection, where))
        yield from beside
    yield from (words for _, words in changed)
    spoilt = {table for table, _ in changed}
    for table in Row.metadata.sorted_tables:
        if table.name not in spoilt:
            yield from _broken(connection, table)


def _damage(connection: Connection) -> Iterator[str]:
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check").all():
        if said != "ok":
            yield f"the file is damaged: {said}"


def _broken(connection: Connection, table: Table) -> Iterator[str]:
    """Rows that the table's own rules forbid: they came in while a rule slept, or past the database."""
    asked: dict[str, str] = {}
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        query = _forbidden(table, constraint, connection.dialect.identifier_preparer)
        if query is not None:
            asked[str(constraint.name)] = f"({query})"
    answers = connection.execute(text(f"SELECT {', '.join(asked.values())}")).one() if asked else ()
    for rule, rows in zip(asked, answers, strict=True):
        if rows:
            yield f"table {table.name}: rows break its rule {rule}: {rows}"


def _forbidden(table: Table, constraint: Any, words: IdentifierPreparer) -> str | None:
    """How many rows break a rule, as a query; None for what is no rule of rows.

    In SQL's own words, of this program's own tables: SQLAlchemy takes a millisecond to find them, once each.
    """
    of = words.format_table(table)
    rows = f"SELECT count(*) FROM {of}"  # noqa: S608
    if isinstance(constraint, CheckConstraint):
        return f"{rows} WHERE NOT ({constraint.sqltext})"
    names = [words.quote(column.name) for column in constraint.columns]
    whole = " AND ".join(f"{name} IS NOT NULL" for name in names)
    if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint):
        twice = f"{rows} WHERE {whole} GROUP BY {', '.join(names)} HAVING count(*) > 1"
        return f"SELECT count(*) FROM ({twice}) AS twice"  # noqa: S608
    if isinstance(constraint, ForeignKeyConstraint):
        pairs = [(words.quote(key.column.name), words.quote(key.parent.name)) for key in constraint.elements]
        same = " AND ".join(f"other.{its} = {of}.{mine}" for its, mine in pairs)
        other = f"SELECT 1 FROM {words.format_table(constraint.referred_table)} AS other WHERE {same}"  # noqa: S608
        return f"{rows} WHERE {whole} AND NOT EXISTS ({other})"
    return None
