"""Which revision of the tables a database holds, and the way up to this one."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from trials.errors import RegistryRefused
from trials.registry.tables import Row

# The migrations in migrations/versions, in order. Kept here so that opening a registry need not load Alembic.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")
NEWEST = REVISIONS[-1]
_NUMBERED = re.compile("[0-9]{4}")


def revision_of(connection: Connection) -> str | None:
    """The revision a database is at; None for one without our tables.

    Raises:
        RegistryRefused: Our tables are there, and not one revision.
    """
    names = set(inspect(connection).get_table_names())
    ours = bool(names & set(Row.metadata.tables))
    found = _written(connection) if "alembic_version" in names else []
    if len(found) == 1:
        return str(found[0])
    if ours or found:
        told = "tables of a registry and no revision" if not found else f"{len(found)} revisions at once"
        raise RegistryRefused(
            f"the database has {told}",
            where="registry",
            remedy="point OTM_DATABASE_URL at an empty database, or restore a backup",
        )
    return None


def _written(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def require_current(connection: Connection) -> bool:
    """True where the tables are this program's; False where there are none yet.

    Raises:
        RegistryRefused: The tables are of another revision.
    """
    revision = revision_of(connection)
    if revision is not None and revision != NEWEST:
        raise other_revision(revision)
    return revision is not None


def require_at_most_current(connection: Connection) -> str | None:
    """The revision of tables that are this program's or can be brought up to it; None where there are none yet.

    Raises:
        RegistryRefused: The tables are a newer program's, or of a revision that no program wrote.
    """
    revision = revision_of(connection)
    if revision is not None and revision not in REVISIONS:
        raise other_revision(revision)
    return revision


def other_revision(revision: str) -> RegistryRefused:
    """The refusal of a registry that is not of this program's revision: what to do hangs on whether it is older."""
    if revision in REVISIONS:
        problem = f"the registry is at revision {revision}, this program needs {NEWEST}"
        remedy = "run otm backup, then run otm migrate; or run the program that wrote it"
    elif _NUMBERED.fullmatch(revision) and revision > NEWEST:
        problem = f"the registry is at revision {revision}, newer than this program's {NEWEST}"
        remedy = "run the newer program, or restore a backup that this one made; otm migrate never leads back"
    else:
        problem = f"the registry is at revision {revision[:40]!r}, which no version of this program wrote"
        remedy = "see that OTM_HOME and OTM_DATABASE_URL name the registry that you mean, or restore a backup"
    return RegistryRefused(problem, where="registry", remedy=remedy)


def bring_up(connection: Connection, to: str = NEWEST) -> None:
    """Run every migration that is still to come up to a revision, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic reads % as interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    _refuse_dangling(connection)


def _refuse_dangling(connection: Connection) -> None:
    """SQLite rebuilds tables with its foreign keys off, and looks at them all afterwards."""
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if dangling is not None:
            raise RegistryRefused(
                f"a row of table {dangling[0]} names a row that is not there",
                where="registry",
                rule="a registry is migrated as a whole or not at all; nothing was changed",
                remedy="run otm verify with the program that wrote it, or restore a backup",
            )
