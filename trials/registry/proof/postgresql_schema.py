"""What PostgreSQL's catalogue says of the registry's tables, beside what this program makes of them.

Every question is put with nothing but the catalogue itself in sight, each name with its schema: a table, an operator or
a function of the same name elsewhere answers none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql

from trials.registry.proof.conditions import said_by
from trials.registry.proof.parts import Part, Parts, own_tables, tables_changed

_TYPES = {"VARCHAR": "character varying", "FLOAT": "double precision"}
_RULES = {"p": "primary key", "u": "UNIQUE", "f": "foreign key", "c": "CHECK"}
_KEY = re.compile(r'"([a-z_]\w*)"', re.ASCII)
_TUNING = re.compile(r" WITH \([^)]*\)")  # of an index: how full its pages are

_SCHEMA = """
    SELECT CAST(n.oid AS pg_catalog.int8), pg_catalog.quote_ident(n.nspname), pg_catalog.current_setting('search_path')
    FROM pg_catalog.pg_namespace n WHERE n.oid = coalesce(
        (SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_version')),
        (SELECT s.oid FROM pg_catalog.pg_namespace s WHERE s.nspname = pg_catalog.current_schema()))"""
_IN_FRONT = """
    SELECT t.name, pg_catalog.quote_ident(n.nspname)
    FROM pg_catalog.unnest(CAST(:names AS pg_catalog.text[])) AS t(name)
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t.name)
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.oid <> CAST(:here AS pg_catalog.oid)"""
# Tables that an extension in this schema brought are an administrator's; one of another schema has none here.
_TABLES = """
    SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'f', 'p')
    AND c.relnamespace = CAST(:here AS pg_catalog.oid) AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass) AND d.objid = c.oid AND d.deptype = 'e'
        AND d.refclassid = CAST('pg_catalog.pg_extension' AS pg_catalog.regclass) AND e.extnamespace = c.relnamespace
        AND c.relname <> ALL (CAST(:names AS pg_catalog.text[])))"""
_COLUMNS = """
    SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_catalog.pg_get_expr(b.adbin, b.adrelid), a.attgenerated, a.attidentity,
        CASE WHEN a.attcollation <> t.typcollation THEN l.collname END, a.attinhcount
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef b ON b.adrelid = a.attrelid AND b.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = CAST(:here AS pg_catalog.oid) AND c.relkind IN ('r', 'f', 'p')
    AND a.attnum > 0 AND NOT a.attisdropped"""
# That a column may not be empty is a rule by name from PostgreSQL 18 on; the columns say so themselves.
_CONSTRAINTS = """
    SELECT c.relname, o.contype, o.conname, pg_catalog.pg_get_constraintdef(o.oid), (
        SELECT pg_catalog.array_agg(pg_catalog.concat(
            r.relname, ' ', n.nspname, '.', f.proname, ' ', g.tgenabled, g.tgdeferrable))
        FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class r ON r.oid = g.tgrelid
        JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
        WHERE g.tgconstraint = o.oid)
    FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
    WHERE c.relnamespace = CAST(:here AS pg_catalog.oid) AND c.relkind IN ('r', 'f', 'p') AND o.contype <> 'n'"""
_INDEXES = """
    SELECT c.relname, x.relname, i.indisunique, pg_catalog.pg_get_indexdef(i.indexrelid),
        i.indisvalid AND i.indisready AND i.indislive AND i.indimmediate, EXISTS (
            SELECT 1 FROM pg_catalog.unnest(i.indclass) AS k(oid) JOIN pg_catalog.pg_opclass p ON p.oid = k.oid
            JOIN pg_catalog.pg_namespace n ON n.oid = p.opcnamespace WHERE n.nspname <> 'pg_catalog')
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    WHERE c.relnamespace = CAST(:here AS pg_catalog.oid) AND c.relkind IN ('r', 'f', 'p')"""


@contextmanager
def catalogue_alone(connection: Connection) -> Iterator[dict[str, Any]]:
    """Let nothing but PostgreSQL's catalogue be seen; with it, which schema is the registry's.

    That is ``here``, its number, ``schema``, as SQL writes it, and ``names``, the registry's tables.
    """
    found = connection.execute(text(_SCHEMA)).first()
    here, schema, path = found or (0, "", connection.execute(text("SHOW search_path")).scalar())
    connection.exec_driver_sql("SET LOCAL search_path = pg_catalog, pg_temp")
    yield {"here": here, "schema": schema, "names": [table.name for table in own_tables()]}
    connection.execute(text("SELECT pg_catalog.set_config('search_path', :path, true)"), {"path": path})


def tables_in_front(connection: Connection) -> Iterator[str]:
    """Tables of the registry's names that are read in the place of its own, in words."""
    found = connection.execute(text(_SCHEMA)).first()
    if found is not None:
        asked = {"here": found[0], "names": [table.name for table in own_tables()]}
        for name, schema in connection.execute(text(_IN_FRONT), asked):
            yield f"table {name}: another one, of schema {schema}, is read in its place"


def schema_faults(connection: Connection, where: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What differs from the tables as this program makes them, in words, each with its table.

    Args:
        connection: Which sees the catalogue alone.
        where: Of :func:`catalogue_alone`.
    """

    def rows(query: str) -> Iterator[Any]:
        return iter(connection.execute(text(query), where if ":names" in query else {"here": where["here"]}))

    there: dict[str, Parts] = {name: {} for (name,) in rows(_TABLES)}
    texts = {table.name: _texts(table) for table in own_tables()}
    for table, name, kind, required, *others in rows(_COLUMNS):
        if table in there:
            there[table]["column", name] = _column(kind, bool(required), others)
    for table, kind, name, said, triggers in rows(_CONSTRAINTS):
        if table in there:
            part = _rule(said.replace(f" REFERENCES {where['schema']}.", " REFERENCES "), texts.get(table, frozenset()))
            there[table][_RULES.get(kind, "rule"), name] = part
            if kind == "f":
                watch = ", ".join(sorted(triggers or ()))
                there[table]["watch over foreign key", name] = Part(watch, watch)
    for table, name, unique, said, works, by_others in rows(_INDEXES):
        if table in there:
            flaws = "" if works else "it is not valid"
            flaws += ", compared by rules of another's" if by_others else ""
            columns = said.partition(" USING ")[2]
            there[table]["index", name] = _index(unique, columns, texts.get(table, frozenset()), flaws)
    yield from tables_changed(there, _as_made())


@cache
def _as_made() -> dict[str, Parts]:
    return {table.name: _parts(table) for table in own_tables()}


def _texts(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns if _type(column.type).startswith(("text", "character")))


def _type(of: Any) -> str:
    name, bracket, length = str(of.compile(postgresql.dialect())).partition("(")  # type: ignore[no-untyped-call]
    return _TYPES.get(name, name.lower()) + bracket + length


def _parts(table: Table) -> Parts:
    words = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    texts = _texts(table)
    parts: Parts = {("column", c.name): _column(_type(c.type), not c.nullable, ()) for c in table.columns}
    for constraint in table.constraints:
        name = str(words.format_constraint(constraint)).strip('"')
        if isinstance(constraint, CheckConstraint):
            parts["CHECK", name] = _rule(f"CHECK ({constraint.sqltext})", texts)
        elif isinstance(constraint, ForeignKeyConstraint):
            columns, other = ", ".join(constraint.columns.keys()), constraint.referred_table.name
            named = ", ".join(element.column.name for element in constraint.elements)
            parts["foreign key", name] = _rule(f"FOREIGN KEY ({columns}) REFERENCES {other}({named})", texts)
            watch = _watch(table.name, other)
            parts["watch over foreign key", name] = Part(watch, watch)
        elif isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            columns = ", ".join(constraint.columns.keys())
            what = "primary key" if isinstance(constraint, PrimaryKeyConstraint) else "UNIQUE"
            parts[what, name] = _rule(f"{what.upper()} ({columns})", texts)
            parts["index", name] = _index(True, f"btree ({columns})", texts, "")
    for index in table.indexes:
        parts["index", str(index.name)] = _index(bool(index.unique), _declared(index), texts, "")
    return parts


def _declared(index: Index) -> str:
    condition = index.dialect_options["postgresql"]["where"]
    columns = f"btree ({', '.join(index.columns.keys())})"
    return columns if condition is None else f"{columns} WHERE ({condition})"


def _watch(table: str, other: str) -> str:
    """The four triggers that keep a foreign key."""
    on = [(table, "RI_FKey_check_ins"), (table, "RI_FKey_check_upd")]
    on += [(other, "RI_FKey_noaction_del"), (other, "RI_FKey_noaction_upd")]
    return ", ".join(sorted(f"{of} pg_catalog.{function} Of" for of, function in on))


def _column(kind: str, required: bool, others: Any) -> Part:
    default, generated, identity, collation, inherited = others or (None, "", "", None, 0)
    said = kind + (" NOT NULL" if required else "")
    said += f" DEFAULT {default}" if default is not None else ""
    said += " GENERATED" if generated or identity else ""
    said += f" COLLATE {collation}" if collation else ""
    said += " INHERITED" if inherited else ""
    return Part(said, said)


def _rule(said: str, texts: frozenset[str]) -> Part:
    plain = _KEY.sub(r"\1", said)
    condition = re.fullmatch(r"CHECK \((.*)\)", said, re.DOTALL)
    meaning = None if condition is None else said_by(condition[1], texts)
    return Part(plain if meaning is None else meaning, plain)


def _index(unique: bool, said: str, texts: frozenset[str], flaws: str) -> Part:
    columns, _, condition = _TUNING.sub("", _KEY.sub(r"\1", said)).partition(" WHERE ")
    meaning = (said_by(condition, texts) or condition) if condition else None
    words = ("UNIQUE " if unique else "") + columns + (f" WHERE {condition}" if condition else "") + flaws
    return Part((unique, columns, meaning, flaws), words)
