"""Connections to the registry's database: one behaviour from SQLite and PostgreSQL.

Writers take their place in a queue before they read anything: ``BEGIN IMMEDIATE`` on SQLite, an advisory lock on
PostgreSQL. That keeps them from meeting; what makes a second allocation impossible is the UNIQUE keys, not this queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from data.text import unstorable
from trials.errors import RegistryRefused

DATABASE_ERROR = SQLAlchemyError  # whatever goes wrong in asking a database, also that a row is not there
BUSY_SECONDS = 30
SQLITE_SYNCHRONOUS_FULL = 2
WRITER = "otm_writer"
REBUILDER = "otm_rebuilder"
_ADVISORY_LOCK = 0x4F544D  # "OTM"
# What SQLite and PostgreSQL say when the queue did not move in time.
_BUSY = ("database is locked", "lock timeout", "canceling statement due to lock timeout")


def database_url(home: Path, url: str | None) -> URL:
    """The address of the registry: what is set, else a SQLite file in ``home``.

    Raises:
        RegistryRefused: The address is neither PostgreSQL's nor a SQLite file's.
    """
    if url is None:
        return URL.create("sqlite", database=str(home / "registry.sqlite"))
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unknown_address() from error
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise _unknown_address()


def _unknown_address() -> RegistryRefused:
    return RegistryRefused(
        "this is not the address of a database that can hold a registry",
        where="OTM_DATABASE_URL",
        rule="postgresql://user:password@host:port/database, or sqlite:///file; not set: a SQLite file in OTM_HOME",
    )


def open_engine(url: URL) -> Engine:
    """An engine whose transactions are readers' unless they ask to write (:func:`writers`)."""
    # Parameters hold seeds and canonical protocols; an error message must not.
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        _prepare_sqlite(engine)
    else:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        _prepare_postgresql(engine)
    event.listen(engine, "before_cursor_execute", _refuse_unstorable)
    return engine


def _refuse_unstorable(
    _connection: Connection, _cursor: object, _statement: str, parameters: Any, _context: object, executemany: bool
) -> None:
    """Refuse text that PostgreSQL or UTF-8 cannot hold, on either database: typed words, file names and trials' ids."""
    for row in parameters if executemany else (parameters,):
        for value in row.values() if isinstance(row, Mapping) else row or ():
            reason = unstorable(value) if isinstance(value, str) else None
            if reason is not None:
                raise _text_refusal(reason)


def _text_refusal(reason: str) -> RegistryRefused:
    return RegistryRefused(
        f"a text holds {reason}",
        rule="text that is typed or named is Unicode, without NUL",
        remedy="type it again without that character; nothing was changed",
    )


def writers(engine: Engine) -> Engine:
    """The same database, for transactions that write."""
    return engine.execution_options(**{WRITER: True})


def rebuilders(engine: Engine) -> Engine:
    """The same database, for transactions that change its tables: SQLite makes them anew, its foreign keys off."""
    return engine.execution_options(**{WRITER: True, REBUILDER: True})


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: object) -> None:
        # The driver must not open transactions of its own: `begin` below decides which kind.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        # Truncating the journal, with FULL, is synced; unlinking it is not, and a journal that came back after a
        # power loss would undo a commit that was acknowledged.
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = FULL")
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        (keys,) = connection.execute("PRAGMA foreign_keys").fetchone()
        if level != SQLITE_SYNCHRONOUS_FULL or keys != 1:
            raise RegistryRefused("this SQLite does not keep synchronous = FULL and foreign keys", where="registry")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        writes = options.get(WRITER, False)
        # Inside a transaction this pragma does nothing; and no connection is used for a second one.
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {'OFF' if options.get(REBUILDER, False) else 'ON'}")
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(WRITER, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return
        connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def read_again(session: Session) -> None:
    """Let a session read that an error of the database left unusable."""
    session.rollback()


@contextmanager
def storage_refusals(where: str) -> Iterator[None]:
    """Turn a busy queue, a full disk, a lost connection or half a character into a refusal that says what to do."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _storage_refusal(error, where) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # a broken key or a wrong statement is not the storage's fault
            raise
        raise _storage_refusal(error, where) from error  # a damaged file
    except UnicodeEncodeError as error:  # a digest is made of it before the database sees it
        reason = unstorable(error.object)
        if reason is None:
            raise
        raise _text_refusal(reason) from error


def _storage_refusal(error: DBAPIError, where: str) -> RegistryRefused:
    lines = str(error.orig).splitlines() or ["no reason given"]
    if any(busy in lines[0] for busy in _BUSY):
        return RegistryRefused(
            "another process has been writing for too long",
            where=where,
            rule=f"a writer waits {BUSY_SECONDS} seconds for its turn",
            remedy="try again when it has finished; nothing was changed",
        )
    return RegistryRefused(
        f"the registry could not be read or written ({lines[0]})",
        where=where,
        remedy="check the disk and the database, then give the same command again: it is safe to repeat",
    )
