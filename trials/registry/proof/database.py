"""Whether the database is the registry's tables and nothing else: what stands beside them can change what is written.

A trigger, a rule or a view acts on rows behind the service's back; a rule of a table that was taken away or put to
sleep lets in what the registry never wrote. What each database can say of itself is asked here; the rules themselves
are asked of the rows again, on either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKeyConstraint,
    Inspector,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import IdentifierPreparer

from trials.registry.tables import Row

REVISION_TABLE = "alembic_version"

# What PostgreSQL can say of itself, each with what it is called; all of the schema that holds the registry.
_POSTGRESQL: dict[str, str] = {
    "trigger {0} on table {1}: not the registry's": """
        SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace = :here""",
    "trigger of a foreign key on table {1}: put to sleep": """
        SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relnamespace = :here""",
    "trigger {0} on events of the database: not the registry's": """
        SELECT evtname, evtevent FROM pg_event_trigger t WHERE evtenabled <> 'D'
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = CAST('pg_event_trigger' AS regclass)
                        AND d.objid = t.oid AND d.deptype = 'e')""",
    "rule {0} on table {1}: not the registry's": """
        SELECT r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE r.rulename <> '_RETURN' AND c.relnamespace = :here""",
    "policy {0} on table {1}: it hides rows": """
        SELECT p.polname, c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = :here""",
    "table {1}: row security hides rows of it": """
        SELECT '', relname FROM pg_class
        WHERE relrowsecurity AND relnamespace = :here""",
    "table {1}: another table, {0}, inherits from it, and its rows are shown here": """
        SELECT CAST(CAST(i.inhrelid AS regclass) AS text), c.relname FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhparent
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = :here""",
    "view {1}: not the registry's": """
        SELECT '', relname FROM pg_class c
        WHERE relkind IN ('v', 'm') AND c.oid NOT IN (
            SELECT objid FROM pg_depend WHERE classid = CAST('pg_class' AS regclass) AND deptype = 'e')
        AND relnamespace = :here""",
    "table {1}: it is no plain table": """
        SELECT '', relname FROM pg_class WHERE relkind IN ('f', 'p') AND relispartition IS FALSE
        AND relnamespace = :here""",
    "rule {0} of table {1}: it is not asked of every row": """
        SELECT o.conname, c.relname FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
        WHERE NOT o.convalidated AND c.relnamespace = :here""",
    "index {0} of table {1}: it is not valid": """
        SELECT x.relname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_class x ON x.oid = i.indexrelid
        WHERE NOT (i.indisvalid AND i.indisready) AND c.relnamespace = :here""",
    "setting {0}: it lets rows past the rules of the tables, or shows other tables": """
        SELECT s, '' FROM pg_db_role_setting d, unnest(d.setconfig) AS s
        WHERE (d.setdatabase = 0 OR d.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND (d.setrole = 0 OR d.setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user))
        AND split_part(s, '=', 1) IN ('session_replication_role', 'search_path', 'row_security',
                                      'zero_damaged_pages', 'ignore_checksum_failure')""",
}


def database_faults(session: Session) -> Iterator[str]:
    """What the database holds that is not the registry's, what it lacks, and what of it is damaged, in words."""
    connection = session.connection()
    yield from _of_sqlite(connection) if connection.dialect.name == "sqlite" else _of_postgresql(connection)
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    known = Row.metadata.tables
    for name in sorted(present - set(known) - {REVISION_TABLE} - _of_extensions(connection)):
        yield f"table {name}: not the registry's"
    for name in sorted(set(known) - present):
        yield f"table {name}: gone"
    for table in Row.metadata.sorted_tables:
        if table.name in present:
            changed = list(_changed(inspector, table))
            yield from changed
            if not changed:
                yield from _broken(connection, table)


def _of_sqlite(connection: Connection) -> Iterator[str]:
    objects = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
    for kind, name, table, sql in objects:
        if kind not in ("table", "index"):  # SQLite obeys a trigger by any spelling of its kind
            yield f"{kind} {name}{f' on table {table}' if kind.lower() == 'trigger' else ''}: not the registry's"
        elif kind == "table" and "virtual" in (sql or "").lower().split()[:2]:
            yield f"table {name}: it is no plain table"
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check").all():
        if said != "ok":
            yield f"the file is damaged: {said}"


def _of_extensions(connection: Connection) -> set[str]:
    """Tables that an extension of PostgreSQL brought: an administrator's, and the database says whose they are."""
    if connection.dialect.name == "sqlite":
        return set()
    query = text(
        "SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid "
        "WHERE d.classid = CAST('pg_class' AS regclass) AND d.deptype = 'e'"
    )
    return set(connection.execute(query).scalars())


def _of_postgresql(connection: Connection) -> Iterator[str]:
    schema = "SELECT CAST(oid AS bigint) FROM pg_namespace WHERE nspname = current_schema()"
    here = {"here": connection.execute(text(schema)).scalar()}
    enforced = text("SELECT 1 FROM pg_attribute WHERE attrelid = 'pg_constraint'::regclass AND attname = 'conenforced'")
    queries = dict(_POSTGRESQL)
    if connection.execute(enforced).first():  # from PostgreSQL 18 on
        queries["rule {0} of table {1}: put to sleep"] = (
            "SELECT o.conname, c.relname FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid "
            "WHERE NOT o.conenforced AND c.relnamespace = :here"
        )
    for words, query in queries.items():
        for row in connection.execute(text(query), here if ":here" in query else {}):
            yield words.format(*row)
    (role,) = connection.exec_driver_sql("SHOW session_replication_role").one()
    if role != "origin":
        yield f"session_replication_role is {role}: rows pass the rules of the tables"


def _changed(inspector: Inspector, table: Table) -> Iterator[str]:
    """How a table differs from the one that this program makes."""
    of = f"table {table.name}"
    yield from _columns_changed(inspector, table, of)
    if inspector.get_pk_constraint(table.name)["constrained_columns"] != list(table.primary_key.columns.keys()):
        yield f"{of}: its primary key is another"
    yield from _differ(of, "UNIQUE", _unique(inspector, table), _declared(table, UniqueConstraint))
    yield from _differ(of, "foreign key", _foreign(inspector, table), _declared(table, ForeignKeyConstraint))
    yield from _checks_changed(inspector, table, of)
    yield from _indexes_changed(inspector, table, of)


def _columns_changed(inspector: Inspector, table: Table, of: str) -> Iterator[str]:
    found = {column["name"]: column for column in inspector.get_columns(table.name)}
    for name in sorted(found.keys() ^ table.columns.keys()):
        yield f"{of}: column {name} {'is not its own' if name in found else 'is gone'}"
    for name in sorted(found.keys() & table.columns.keys()):
        if found[name].get("computed") or found[name].get("identity"):
            yield f"{of}: the database itself fills column {name}"
        if bool(found[name]["nullable"]) != bool(table.columns[name].nullable):
            yield f"{of}: column {name} {'may be' if found[name]['nullable'] else 'may not be'} empty"


def _checks_changed(inspector: Inspector, table: Table, of: str) -> Iterator[str]:
    checks = {str(check["name"]): check["sqltext"] for check in inspector.get_check_constraints(table.name)}
    declared = {str(c.name): str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)}
    yield from _differ(of, "CHECK", set(checks), set(declared))
    if inspector.dialect.name == "sqlite":  # PostgreSQL writes them in its own words
        for name in sorted(checks.keys() & declared.keys()):
            if _squeezed(checks[name]) != _squeezed(declared[name]):
                yield f"{of}: its CHECK {name} says something else"


def _indexes_changed(inspector: Inspector, table: Table, of: str) -> Iterator[str]:
    backing = {unique["name"] for unique in inspector.get_unique_constraints(table.name)}
    found = inspector.get_indexes(table.name)
    indexes = {str(index["name"]): index for index in found if index["name"] not in backing}
    own = {str(index.name): index for index in table.indexes}
    yield from _differ(of, "index", set(indexes), set(own))
    for name in sorted(indexes.keys() & own.keys()):
        there = (list(indexes[name]["column_names"]), bool(indexes[name]["unique"]))
        if there != (list(own[name].columns.keys()), bool(own[name].unique)):
            yield f"{of}: its index {name} is another"


def _unique(inspector: Inspector, table: Table) -> set[Any]:
    return {tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table.name)}


def _foreign(inspector: Inspector, table: Table) -> set[Any]:
    return {
        (tuple(key["constrained_columns"]), key["referred_table"], tuple(key["referred_columns"]))
        for key in inspector.get_foreign_keys(table.name)
    }


def _declared(table: Table, kind: type[UniqueConstraint | ForeignKeyConstraint]) -> set[Any]:
    found: set[Any] = set()
    for constraint in table.constraints:
        if not isinstance(constraint, kind):
            continue
        columns = tuple(constraint.columns.keys())
        if isinstance(constraint, ForeignKeyConstraint):
            referred = tuple(element.column.name for element in constraint.elements)
            found.add((columns, constraint.referred_table.name, referred))
        else:
            found.add(columns)
    return found


def _differ(of: str, what: str, there: set[Any], declared: set[Any]) -> Iterator[str]:
    for key in sorted(declared - there, key=str):
        yield f"{of}: its {what} {_words(key)} is gone"
    for key in sorted(there - declared, key=str):
        yield f"{of}: {what} {_words(key)} is not the registry's"


def _words(key: Any) -> str:
    if isinstance(key, str):
        return key
    return ", ".join(str(part if isinstance(part, str) else _words(part)) for part in key)


def _squeezed(sql: str) -> str:
    return "".join(sql.split()).strip("()").lower()


def _broken(connection: Connection, table: Table) -> Iterator[str]:
    """Rows that the table's own rules forbid: they came in while a rule slept, or past the database."""
    asked: dict[str, str] = {}
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        query = _forbidden(table, constraint, connection.dialect.identifier_preparer)
        if query is not None:
            asked[str(constraint.name)] = f"({query})"
    answers = connection.execute(text(f"SELECT {', '.join(asked.values())}")).one() if asked else ()
    for rule, rows in zip(asked, answers, strict=True):
        if rows:
            yield f"table {table.name}: rows break its rule {rule}: {rows}"


def _forbidden(table: Table, constraint: Any, words: IdentifierPreparer) -> str | None:
    """How many rows break a rule, as a query; None for what is no rule of rows.

    In SQL's own words, of this program's own tables: SQLAlchemy takes a millisecond to find them, once each.
    """
    of = words.format_table(table)
    rows = f"SELECT count(*) FROM {of}"  # noqa: S608
    if isinstance(constraint, CheckConstraint):
        return f"{rows} WHERE NOT ({constraint.sqltext})"
    names = [words.quote(column.name) for column in constraint.columns]
    whole = " AND ".join(f"{name} IS NOT NULL" for name in names)
    if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint):
        twice = f"{rows} WHERE {whole} GROUP BY {', '.join(names)} HAVING count(*) > 1"
        return f"SELECT count(*) FROM ({twice}) AS twice"  # noqa: S608
    if isinstance(constraint, ForeignKeyConstraint):
        pairs = [(words.quote(key.column.name), words.quote(key.parent.name)) for key in constraint.elements]
        same = " AND ".join(f"other.{its} = {of}.{mine}" for its, mine in pairs)
        other = f"SELECT 1 FROM {words.format_table(constraint.referred_table)} AS other WHERE {same}"  # noqa: S608
        return f"{rows} WHERE {whole} AND NOT EXISTS ({other})"
    return None
