"""What one row says, as a digest: the audit chain keeps it from the moment that the row was written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect

from trials.registry.tables import Row
from trials.registry.tables.columns import digest_of, instant_text


def row_key(row: Row) -> str:
    """A row's table and primary key, as the audit chain names it."""
    keys = (getattr(row, column.name) for column in row.__table__.primary_key)
    return "/".join([row.__tablename__, *map(str, keys)])


def row_digest(row: Row) -> str:
    """SHA-256 of everything a row says."""
    return digest_of(row_values(row))


def row_values(row: Row) -> dict[str, Any]:
    """A row's columns as JSON values."""
    return {attribute.key: _plain(getattr(row, attribute.key)) for attribute in inspect(row).mapper.column_attrs}


def _plain(value: Any) -> Any:
    if hasattr(value, "hour"):
        return instant_text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
