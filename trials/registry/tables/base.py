"""What every table is made of: the declarative base, and the kinds of column."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

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


class UnrecordedRow(Row):
    """The base of rows that are in hand and no record of anything: they are overwritten, and in no audit event."""

    __abstract__ = True
