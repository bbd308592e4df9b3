"""What a migration carries over: rows that were as written keep their proof in the new tables, others do not.

A row's digest is over all its columns and its name holds its primary key, so a migration that changes either would
make every row look edited. The event of the migration therefore says anew what the rows are, but only of those that
were proved before it: a migration must not make an edited row good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Table, inspect, select
from sqlalchemy.orm import Session

from trials.registry.proof.integrity import written_digests
from trials.registry.proof.rows import named, plain, row_digest, row_key
from trials.registry.proof.stored import recorded_tables
from trials.registry.tables import Row
from trials.registry.tables.columns import digest_of


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table as the database had it: its columns and its primary key, by name."""

    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """The rows of the tables that a migration changes, as far as the audit chain proves them."""

    shapes: dict[str, _Shape]
    proved: frozenset[str]  # names of rows


@dataclass(frozen=True, slots=True)
class Carried:
    """What the event of a migration says.

    Attributes:
        rows: The digest of each row that was proved, under its name in the new tables.
        replaced: The new name of each whose name has changed, by its old one.
    """

    rows: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)


def look_before(session: Session) -> Before:
    """What is proved of the tables that are not yet as this program has them."""
    inspector = inspect(session.connection())
    present = set(inspector.get_table_names())
    shapes: dict[str, _Shape] = {}
    for table in recorded_tables().values():
        if table.name in present:
            columns = tuple(column["name"] for column in inspector.get_columns(table.name))
            shape = _Shape(columns, tuple(inspector.get_pk_constraint(table.name)["constrained_columns"]))
            if set(shape.columns) != set(table.columns.keys()) or shape.key != tuple(table.primary_key.columns.keys()):
                shapes[table.name] = shape
    if not shapes:
        return Before({}, frozenset())
    written = written_digests(session)
    names = {
        name
        for table, shape in shapes.items()
        for name, digest in _digests(session, table, shape)
        if written.get(name) == digest
    }
    return Before(shapes, frozenset(names))


def _digests(session: Session, name: str, shape: _Shape) -> Iterator[tuple[str, str]]:
    """Each row's name and digest in the shape that a table had; of its columns, those that it still has."""
    table: Table = Row.metadata.tables[name]
    columns = [table.columns[column] for column in shape.columns if column in table.columns]
    for row in session.execute(select(*columns)):
        values = {column: plain(value) for column, value in row._mapping.items()}
        yield named(name, [values[column] for column in shape.key]), digest_of(values)


def carry_over(session: Session, before: Before) -> Carried:
    """Say anew what the rows are that were proved before the tables changed."""
    carried = Carried()
    for mapper in Row.registry.mappers:
        shape = before.shapes.get(mapper.class_.__tablename__)
        if shape is None:
            continue
        for row in session.scalars(select(mapper.class_)):
            old = named(row.__tablename__, [getattr(row, column) for column in shape.key])
            if old in before.proved:
                carried.rows[row_key(row)] = row_digest(row)
                if row_key(row) != old:
                    carried.replaced[old] = row_key(row)
    return carried
