"""Connections to the registry's database: one behaviour from SQLite and PostgreSQL.

Writers take their place in a queue before they read anything: ``BEGIN IMMEDIATE`` on SQLite, an advisory lock on
PostgreSQL. That keeps them from meeting; what makes a second allocation impossible is the UNIQUE keys, not this queue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoResultFound,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from data.text import unstorable
from trials.errors import RegistryRefused
from trials.registry.storage.folder import DATABASE

DATABASE_ERROR = SQLAlchemyError  # whatever goes wrong in asking a database, also that a row is not there
BUSY_SECONDS = 30
SQLITE_SYNCHRONOUS_FULL = 2
WRITER = "otm_writer"
REBUILDER = "otm_rebuilder"
_SEARCH_PATH = "otm_search_path"
_USUAL_PATH = '"$user", public'
_ADVISORY_LOCK = 0x4F544D  # "OTM"
# What SQLite and PostgreSQL say when the queue did not move in time.
_BUSY = ("database is locked", "lock timeout", "canceling statement due to lock timeout")
_INSUFFICIENT_PRIVILEGE = "42501"
_GONE = ("no such table", "no such column", "does not exist")
LARGEST_NUMBER = 2**31 - 1  # of PostgreSQL's integers, and so of either database's


def database_url(home: Path, url: str | None) -> URL:
    """The address of the registry: what is set, else a SQLite file in ``home``.

    Raises:
        RegistryRefused: The address is neither PostgreSQL's nor a SQLite file's.
    """
    if url is None:
        return URL.create("sqlite", database=str(home / DATABASE))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number
        raise _unknown_address() from error
    if unstorable(url) is None and parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    # An option of SQLite's could take away its locks, or lead to another file than is looked for.
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:") and not parsed.query:
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
    event.listen(engine, "handle_error", _refuse_unreachable)
    return engine


def _refuse_unreachable(context: ExceptionContext) -> None:
    if context.connection is None:  # it never came to a question
        raise _unreachable(context.original_exception) from context.original_exception


def _refuse_unstorable(
    _connection: Connection, _cursor: object, _statement: str, parameters: Any, _context: object, executemany: bool
) -> None:
    """Refuse what PostgreSQL or UTF-8 cannot hold, on either database: typed words, file names, ids and numbers."""
    for row in parameters if executemany else (parameters,):
        for value in row.values() if isinstance(row, Mapping) else row or ():
            if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
                raise _too_large()
            reason = unstorable(value) if isinstance(value, str) else None
            if reason is not None:
                raise _text_refusal(reason)


def _text_refusal(reason: str) -> RegistryRefused:
    return RegistryRefused(
        f"a text holds {reason}",
        rule="text that is typed or named is Unicode, without NUL",
        remedy="type it again without that character; nothing was changed",
    )


def readers(engine: Engine) -> Engine:
    """The same database, for transactions that read."""
    return engine.execution_options(**{WRITER: False, REBUILDER: False})


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
    @event.listens_for(engine, "connect", insert=True)  # before SQLAlchemy asks anything of its own
    def settle(connection: Any, record: ConnectionPoolEntry) -> None:
        asked = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'search_path' AND source = 'client'"
        found = connection.execute(asked).fetchone()
        record.info[_SEARCH_PATH] = _path(found[0] if found else _USUAL_PATH)
        connection.execute(f"SET search_path = {record.info[_SEARCH_PATH]}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # What a trigger or a function set for the session holds no longer; and rows that a policy would hide stop us.
        ours = f"SET LOCAL search_path = {connection.info[_SEARCH_PATH]}; SET LOCAL row_security = off"
        if not connection.get_execution_options().get(WRITER, False):
            connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; {ours}")
            return
        connection.exec_driver_sql(f"{ours}; SET LOCAL synchronous_commit = on")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_catalog.pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _path(given: str) -> str:
    """Where tables are looked for: in the schemas that the address names, whatever is set for a database or a role.

    PostgreSQL's own catalogue comes first where a path does not name it, so nothing of its names can hide it; temporary
    tables come last.

    Examples:
        >>> _path('"$user", public, pg_catalog')
        '"$user", public, pg_temp'
    """
    parts = [part for part in re.findall(r'"(?:[^"]|"")*"|[^,\s]+', given) if part != '""']
    return (
        ", ".join([part for part in parts if part.strip('"') not in ("pg_catalog", "pg_temp")] or ["public"])
        + ", pg_temp"
    )


def read_again(session: Session) -> None:
    """Let a session read that an error of the database left unusable."""
    session.rollback()


@contextmanager
def storage_refusals(where: str) -> Iterator[None]:
    """Turn what a database cannot do into a refusal that says what to do.

    That is a busy queue, a full disk, a lost connection, an address that leads nowhere, a table or a row that is gone,
    a value that does not fit, half a character.
    """
    try:
        yield
    except IntegrityError:  # what a key forbids is for the stage to say
        raise
    except DBAPIError as error:
        if isinstance(error, ProgrammingError | NotSupportedError) and not _is_gone(error) and not _is_denied(error):
            raise  # a wrong statement is not the storage's fault
        raise _storage_refusal(error, where) from error
    except NoResultFound as error:
        raise RegistryRefused(
            "a row that other rows name is gone",
            where=where,
            rule="no row of a registry is ever removed",
            remedy="run otm verify to see what else is missing, then restore a backup",
        ) from error
    except OverflowError as error:  # SQLite's own limit is 64 bits
        raise _too_large() from error
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
    if isinstance(error, DataError):
        return _too_large()
    if _is_gone(error):
        return RegistryRefused(
            f"a table or a column of the registry is gone ({lines[0]})",
            where=where,
            remedy="restore a backup; nothing was changed",
        )
    return RegistryRefused(
        f"the registry could not be read or written ({lines[0]})",
        where=where,
        remedy="check the disk and the database, then give the same command again: it is safe to repeat",
    )


def _is_gone(error: DBAPIError) -> bool:
    return any(gone in str(error.orig) for gone in _GONE)


def _is_denied(error: DBAPIError) -> bool:
    """Whether a policy would hide rows, or the account has no right: the database's settings are to blame."""
    return getattr(error.orig, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE


def _unreachable(error: BaseException) -> RegistryRefused:
    lines = str(error).splitlines() or [type(error).__name__]
    return RegistryRefused(
        f"the database cannot be reached ({lines[0]})",
        where="registry",
        rule="OTM_DATABASE_URL names a host, port, user, password, database and options that exist",
        remedy="check it, and that the database runs; then give the same command again: it is safe to repeat",
    )


def _too_large() -> RegistryRefused:
    return RegistryRefused(
        "a number or a text is larger than the registry holds",
        rule="a whole number is at most 2,147,483,647, and a name fits its column",
        remedy="look at what was typed; nothing was changed",
    )
