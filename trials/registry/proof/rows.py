"""What one row says, as a digest: the audit chain keeps it from the moment that the row was written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect

from trials.registry.tables import Row
from trials.registry.tables.columns import digest_of, instant_text


def row_key(row: Row) -> str:
    """A row's table and primary key, as the audit chain names it."""
    return named(row.__tablename__, [getattr(row, column.name) for column in row.__table__.primary_key])


def named(table: str, keys: Sequence[Any]) -> str:
    """The name of a row from its table and the values of its primary key."""
    return "/".join([table, *map(str, keys)])


def row_digest(row: Row) -> str:
    """SHA-256 of everything a row says."""
    columns = inspect(row).mapper.column_attrs
    return digest_of({column.key: plain(getattr(row, column.key)) for column in columns})


def plain(value: Any) -> Any:
    """A column's value as a JSON value."""
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value
