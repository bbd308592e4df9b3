"""Rows as the database has them, before anything is made of them: the digest of each, and which are not as written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from sqlalchemy import Boolean, Column, Connection, Table, inspect, text

from trials.errors import RegistryRefused
from trials.registry.proof.rows import named, row_digest, row_key
from trials.registry.tables import AuditRow, Design, PopulationVersion, Row, Trial, UnrecordedRow
from trials.registry.tables.columns import Document, canonical

_LARGE = 4_096  # characters: an evaluation's document has a hundred times as many
Written = Mapping[str, Mapping[str, Mapping[str, str]]]  # table → whose → name of the row → digest; see by_table


@cache
def recorded_tables() -> dict[str, Table]:
    """Every table whose rows the audit chain proves, by name, a table after those that it names."""
    unproved = {table.__tablename__ for table in UnrecordedRow.__subclasses__()} | {AuditRow.__tablename__}
    return {table.name: table for table in Row.metadata.sorted_tables if table.name not in unproved}


def owner_column(table: Table) -> Column[Any] | None:
    """The column that says whose a row is, a trial's or a population's; None for a row of neither.

    It comes first in the primary key.
    """
    if table.name == PopulationVersion.__tablename__:
        return table.columns["name"]
    if table.name in (Trial.__tablename__, Design.__tablename__):
        return table.columns["id"]
    return table.columns.get("trial_id")


def owner_of(name: str) -> tuple[str, str]:
    """A row's table and whose it is, by the row's name; "" where it is nobody's."""
    table, _, keys = name.partition("/")
    known = recorded_tables().get(table)
    if known is None or owner_column(known) is None:
        return table, ""
    # A population may be called what it likes, and its load has a number; a trial's id has no stroke in it.
    parted = keys.rpartition("/")[0] if table == PopulationVersion.__tablename__ else keys.partition("/")[0]
    return table, parted


def by_table(written: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """The digest of each row by its name, sorted by table and by whose it is."""
    ordered: dict[str, dict[str, dict[str, str]]] = {}
    for name, digest in written.items():
        table, owner = owner_of(name)
        ordered.setdefault(table, {}).setdefault(owner, {})[name] = digest
    return ordered


def faults_of(
    connection: Connection, table: Table, written: Written, owner: str | None = None, but: frozenset[str] = frozenset()
) -> list[str]:
    """What is wrong with a table's rows, in words: all of them, or one owner's.

    Args:
        connection: Where the rows are.
        table: One that the chain proves.
        written: What it has of each.
        owner: Whose rows; not given, all.
        but: Rows that are being written in this transaction, by name.
    """
    of_table = written.get(table.name, {})
    owners = of_table if owner is None else [owner]
    expected = {name: digest for owner in owners for name, digest in of_table.get(owner, {}).items()}
    whose = owner_column(table)
    where = {} if owner is None or whose is None else {whose.name: owner}
    found = _compared(stored_digests(connection, table, where), expected, but)
    # A registry that waits for a migration may name its rows by another key.
    if found and (key := _key_there(connection, table)) != table.primary_key.columns.keys():
        return _compared(stored_digests(connection, table, where, key), expected, but)
    return found


def _compared(stored: Iterator[tuple[str, str]], expected: Mapping[str, str], but: frozenset[str]) -> list[str]:
    faults, seen = list[str](), set[str]()
    for name, digest in stored:
        seen.add(name)
        if name not in expected and name not in but:
            faults.append(f"row {name}: no use case wrote it")
        elif name in expected and digest != expected[name]:
            faults.append(f"row {name}: edited since it was written")
    return faults + [f"row {name}: deleted" for name in sorted(expected.keys() - seen)]


def _key_there(connection: Connection, table: Table) -> list[str]:
    return list(inspect(connection).get_pk_constraint(table.name)["constrained_columns"])


def stored_digests(
    connection: Connection, table: Table, where: Mapping[str, Any], key: Sequence[str] | None = None
) -> Iterator[tuple[str, str]]:
    """The name and the digest of each row whose columns have these values; of every row, where none is given."""
    limits = " AND ".join(f"{column} = :{column}" for column in where)
    quoted = connection.dialect.identifier_preparer.format_table(table)
    rows = connection.execute(text(f"SELECT * FROM {quoted}" + (f" WHERE {limits}" if where else "")), where)  # noqa: S608
    # A column that this program does not know is no part of what was written: verify names it.
    columns = [(place, table.columns[name]) for place, name in enumerate(rows.keys()) if name in table.columns]
    columns.sort(key=lambda column: column[1].name)
    places = {column.name: place for place, column in columns}
    names = [places[name] for name in (table.primary_key.columns.keys() if key is None else key)]
    parts = [(place, canonical(column.name) + ":", _kind(column)) for place, column in columns]
    for row in rows:
        said = (part for place, name, kind in parts for part in (name, _text(kind, row[place]), ","))
        yield named(table.name, [row[place] for place in names]), _digest_of_object(said)


def _digest_of_object(said: Iterator[str]) -> str:
    """SHA-256 of an object in canonical form, from its parts, every third a comma; a large part is not copied."""
    digest, small = hashlib.sha256(b"{"), list[str]()
    for part in said:
        if len(part) > _LARGE:
            digest.update("".join(small).encode())
            digest.update(part.encode())
            small = []
        else:
            small.append(part)
    digest.update(("".join(small)[:-1] + "}").encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it was written: its table, its key and its digest, which is None where it was taken away."""

    table: Table
    where: Mapping[str, Any]
    name: str
    digest: str | None


def as_written(rows: Iterable[Row]) -> tuple[Stored, ...]:
    """What rows are, to be looked at again; of a row that is there twice, what it is in the end."""
    written = [
        Stored(
            cast(Table, row.__table__),
            {column.name: getattr(row, column.name) for column in row.__table__.primary_key},
            row_key(row),
            row_digest(row),
        )
        for row in rows
    ]
    return tuple({row.name: row for row in written}.values())


def require_stored(connection: Connection, written: Iterable[Stored], *, committed: bool = False) -> None:
    """See that rows which were written are there as they were written, before that is called recorded.

    What waits for the commit is done before: a trigger that is put off would change a row after it was looked at.

    Args:
        connection: Where they were written.
        written: Of :func:`as_written`.
        committed: Whether they are looked at again after the commit.

    Raises:
        RegistryRefused: One is not: something beside the registry's tables acts on what is written.
    """
    if connection.dialect.name == "postgresql" and not committed:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for row in written:
        expected = {} if row.digest is None else {row.name: row.digest}
        if dict(stored_digests(connection, row.table, row.where)) != expected:
            raise not_as_written(row.table.name, committed=committed)


def not_as_written(table: str, *, committed: bool = False) -> RegistryRefused:
    """The refusal to call a row recorded that is not there as it was written."""
    changed = "it is not as it was written any more" if committed else "is not there as it was written"
    return RegistryRefused(
        f"a row of table {table} was written, and {changed}",
        where="registry",
        rule="nothing else acts on what is written" + ("" if committed else "; nothing was changed"),
        remedy="run otm verify --all to see what stands in the database beside the registry's tables"
        + (", then restore a backup" if committed else ""),
    )


def _kind(column: Column[Any]) -> type:
    return next((kind for kind in (Document, Boolean) if isinstance(column.type, kind)), object)


def _text(kind: type, value: Any) -> str:
    """A column's value as canonical JSON; a document stands in the database as that already."""
    if value is None:
        return "null"
    if kind is Document and isinstance(value, str):
        return value
    if kind is Boolean and value in (0, 1):
        return "true" if value else "false"
    if isinstance(value, bytes | memoryview):  # SQLite keeps whatever it is given, and no column of ours is bytes
        return "bytes"
    return canonical(value.isoformat() if isinstance(value, date) else value)


def event_text(row: Any) -> str:
    """The canonical JSON of an event as its row has it: what its hash is made of."""
    return (
        f'{{"action":{canonical(row.action)},"actor":{canonical(row.actor)},"at":{canonical(row.at)},'
        f'"detail":{row.detail},"previous_hash":{canonical(row.previous_hash)},"role":{canonical(row.role)},'
        f'"sequence":{row.sequence},"trial":{canonical(row.trial_id)}}}'
    )
