"""What in the database acts on rows by itself, and could swallow a write or hide what is read: nothing may.

Every use of the registry looks here first, but for :mod:`trials.stages.verify`, which names it with all else. A write
is read back besides, before its commit and after it.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from trials.errors import RegistryRefused
from trials.registry.proof.parts import own_tables
from trials.registry.proof.sqlite_schema import tokens_of

_ON_SQLITE = """
    SELECT name, tbl_name, CAST(sql AS TEXT) FROM main.sqlite_master
    WHERE CAST(sql AS TEXT) LIKE '%trigger%' OR CAST(sql AS TEXT) LIKE '%conflict%' ORDER BY name"""
# One question; each cast is there so that no operator of another schema fits better than the catalogue's own.
_ON_POSTGRESQL = """
    WITH ours AS (
        SELECT c.oid, c.relname, c.relkind, c.relrowsecurity
        FROM pg_catalog.unnest(CAST(:names AS pg_catalog.text[])) AS t(name)
        JOIN pg_catalog.pg_class c ON c.oid = CAST(pg_catalog.to_regclass(t.name) AS pg_catalog.oid))
    SELECT 'trigger', t.tgname, c.relname FROM pg_catalog.pg_trigger t JOIN ours c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal OR t.tgenabled <> 'O' OR NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_constraint o JOIN ours k ON k.oid = o.conrelid
        WHERE o.oid = t.tgconstraint AND o.contype = 'f')
    UNION ALL SELECT 'rule', r.rulename, c.relname FROM pg_catalog.pg_rewrite r JOIN ours c ON c.oid = r.ev_class
    UNION ALL SELECT 'what is no plain table', c.relname, c.relname FROM ours c WHERE c.relkind <> 'r'
    UNION ALL SELECT 'row security', c.relname, c.relname FROM ours c WHERE c.relrowsecurity
    UNION ALL SELECT 'setting session_replication_role', 'replica', 'draw'
    WHERE pg_catalog.current_setting('session_replication_role') <> CAST('origin' AS pg_catalog.text)
    LIMIT 1"""


def refuse_acting(connection: Connection) -> None:
    """Refuse to work where something else acts on the registry's rows.

    Raises:
        RegistryRefused: There is a trigger, a rule or row security, a foreign key that sleeps, or a table in which a
            row takes the place of another.
    """
    found = _on_sqlite(connection) if connection.dialect.name == "sqlite" else _on_postgresql(connection)
    if found is not None:
        what, name, table = found
        raise RegistryRefused(
            f"{what} {name} acts on rows of table {table}"
            if name != table
            else f"{what} acts on rows of table {table}",
            where="registry",
            rule="nothing but this program acts on the registry's rows; nothing was read or changed",
            remedy="run otm verify --all to see what else stands in the database, and take it away or restore a backup",
        )


def _on_sqlite(connection: Connection) -> tuple[str, str, str] | None:
    for name, table, sql in connection.exec_driver_sql(_ON_SQLITE):
        tokens = tokens_of(sql)
        if "trigger" in tokens[1:3]:
            return "trigger", name, table
        if "conflict" in tokens:
            return "ON CONFLICT", table, table
    return None


def _on_postgresql(connection: Connection) -> tuple[str, str, str] | None:
    row = connection.execute(text(_ON_POSTGRESQL), {"names": [table.name for table in own_tables()]}).first()
    return None if row is None else (row[0], row[1], row[2])
