"""How values stand in the registry: the same text on SQLite and PostgreSQL, so that a digest of a row is one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from trials.errors import RegistryRefused

# Made once: a registry has thousands of small values to hash before anything of it is shown.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> datetime:
    """The time in UTC, to the microsecond: what the registry keeps."""
    return datetime.now(UTC)


def canonical(document: Any) -> str:
    """One text for one value: keys sorted, no white space, no NaN.

    Examples:
        >>> canonical({"b": 1.5, "a": None})
        '{"a":null,"b":1.5}'
    """
    return _ENCODER.encode(document)


def digest_of(document: Any) -> str:
    """SHA-256 of the canonical text, as 64 lower-case hexadecimal characters."""
    return digest_of_text(canonical(document))


def digest_of_text(text: str) -> str:
    """SHA-256 of a text that is canonical already."""
    return hashlib.sha256(text.encode()).hexdigest()


def instant_text(at: datetime) -> str:
    """A time as it is stored and hashed.

    Examples:
        >>> instant_text(datetime(2026, 2, 2, 9, 30, tzinfo=UTC))
        '2026-02-02T09:30:00.000000Z'
    """
    return at.astimezone(UTC).strftime(_INSTANT)


def parse_instant(text: str) -> datetime:
    """The time back from :func:`instant_text`."""
    return datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)


@contextmanager
def _unreadable(what: str) -> Iterator[None]:
    """What this program wrote it can read; what it cannot read was written by something else."""
    try:
        yield
    except (ValueError, TypeError, RecursionError) as error:
        raise RegistryRefused(
            f"{what} in a row of the registry cannot be read",
            where="registry",
            rule="rows are written by this program alone",
            remedy="run otm verify to see which was edited, then restore a backup",
        ) from error


def parsed(text: str) -> Any:
    """A document back from its text.

    Raises:
        RegistryRefused: It is none.
    """
    with _unreadable("a document"):
        return json.loads(text)


class Instant(TypeDecorator[datetime]):
    """A time in UTC as ISO 8601 text; SQLite would lose the zone of any other form."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        with _unreadable("a time"):
            return None if value is None else parse_instant(value)


class Document(TypeDecorator[Any]):
    """A JSON value as its canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else parsed(value)
