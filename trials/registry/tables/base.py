"""What every table is made of: the declarative base, and the kinds of column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import Connection, MetaData, String, Table, Text, event
from sqlalchemy.orm import DeclarativeBase, Mapper, mapped_column

from trials.errors import RegistryRefused
from trials.registry.tables.columns import Document, Instant

Digest = Annotated[str, mapped_column(String(64))]
OptionalDigest = Annotated[str | None, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(255))]
Prose = Annotated[str, mapped_column(Text)]
At = Annotated[datetime, mapped_column(Instant)]
Json = Annotated[Any, mapped_column(Document)]
TrialKey = Annotated[str, mapped_column(String(63), primary_key=True)]
Number = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]


class Row(DeclarativeBase):
    """The declarative base; every constraint has a name, so that a migration can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def require_fit(table: Table, values: Mapping[str, Any]) -> None:
    """Refuse a text that is longer than its column: PostgreSQL would not take it, and SQLite would not mind.

    Raises:
        RegistryRefused: A text is too long; nothing was changed.
    """
    for column in table.columns:
        value, most = values.get(column.name), getattr(column.type, "length", None)
        if most is not None and isinstance(value, str) and len(value) > most:
            raise RegistryRefused(
                f"the {column.name.replace('_', ' ')} has {len(value):,} characters",
                where=table.name.replace("_", " "),
                rule=f"it has at most {most}, on either database",
                remedy="give it a shorter one; nothing was changed",
            )


@event.listens_for(Row, "before_insert", propagate=True)
@event.listens_for(Row, "before_update", propagate=True)
def _require_fit(mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
    table = mapper.local_table
    require_fit(table, {column.name: getattr(row, column.name) for column in table.columns})  # type: ignore[arg-type]


class UnrecordedRow(Row):
    """The base of rows that are in hand and no record of anything: they are overwritten, and in no audit event."""

    __abstract__ = True
