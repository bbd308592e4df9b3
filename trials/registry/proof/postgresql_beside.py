"""What stands beside the registry's tables in PostgreSQL, and acts on their rows, hides them or sends them elsewhere.

Every name is qualified with its schema, and the questions are put where nothing but the catalogue is in sight: see
:mod:`trials.registry.proof.postgresql_schema`. What an extension brought is an administrator's, where it lies in the
schema of that extension and does not touch the registry's tables; ``ALTER EXTENSION … ADD`` makes nothing legitimate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

# Whether an object lies in the schema of an extension that owns it: {catalogue} is its catalogue and {of} its number.
_BROUGHT = """EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = CAST('pg_catalog.{catalogue}' AS pg_catalog.regclass) AND d.objid = {of} AND d.deptype = 'e'
        AND d.refclassid = CAST('pg_catalog.pg_extension' AS pg_catalog.regclass) AND e.extnamespace = @here)"""
# A function or an operator of the name of one of the catalogue's, for the same kinds of value, is taken before it.
_BUILT_IN = """(SELECT pg_catalog.array_agg(t.oid) FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = 'pg_catalog' AND t.typtype IN ('b', 'p') AND t.typcategory NOT IN ('A', 'U'))"""

# What stands for what in the questions below.
_SHORT_BROUGHT = re.compile(r"@brought\((\w+), ([\w.]+)\)")
_SHORT = {
    "@own": _BUILT_IN,
    "@here": "CAST(:here AS pg_catalog.oid)",
    "@names": "CAST(:names AS pg_catalog.text[])",
}

# Each question with what is said of an answer; its parts are {0} and {1}.
_OF_TABLES: dict[str, str] = {
    "trigger {0} on table {1}: not the registry's": """
        SELECT t.tgname, c.relname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = @here AND c.relname = ANY (@names) AND NOT (t.tgisinternal AND EXISTS (
            SELECT 1 FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class k ON k.oid = o.conrelid
            WHERE o.oid = t.tgconstraint AND o.contype = 'f' AND k.relnamespace = @here))""",
    "trigger of a foreign key on table {1}: put to sleep": """
        SELECT t.tgname, c.relname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relnamespace = @here""",
    "rule {0} on table {1}: not the registry's": """
        SELECT r.rulename, c.relname FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = @here AND (c.relkind = 'r' OR r.rulename <> '_RETURN')""",
    "policy {0} on table {1}: it hides rows": """
        SELECT p.polname, c.relname FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = @here""",
    "table {1}: row security hides rows of it": """
        SELECT '', relname FROM pg_catalog.pg_class
        WHERE (relrowsecurity OR relforcerowsecurity) AND relnamespace = @here""",
    "table {1}: another table, {0}, inherits from it, and its rows are shown here": """
        SELECT h.relname, c.relname FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class h ON h.oid = i.inhrelid JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
        WHERE c.relkind IN ('r', 'p', 'f') AND c.relnamespace = @here""",
    "table {1}: it is a part of another table, {0}": """
        SELECT h.relname, c.relname FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class h ON h.oid = i.inhparent JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE c.relkind IN ('r', 'p', 'f') AND c.relnamespace = @here""",
    "table {1}: it is no plain table": """
        SELECT '', c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
        WHERE c.relnamespace = @here AND (c.relkind IN ('f', 'p') OR c.relname = ANY (@names) AND (
            c.relkind <> 'r' OR c.reloftype <> 0 OR m.amname <> 'heap'))""",
    "table {1}: it is not kept after a crash": """
        SELECT '', relname FROM pg_catalog.pg_class
        WHERE relkind IN ('r', 'p', 'S') AND relpersistence <> 'p' AND relnamespace = @here""",
    "table {1}: it belongs to {0}, the registry's other tables to somebody else": """
        SELECT pg_catalog.pg_get_userbyid(c.relowner), c.relname FROM pg_catalog.pg_class c
        WHERE c.relkind = 'r' AND c.relname = ANY (@names) AND c.relnamespace = @here AND c.relowner <> (
            SELECT o.relowner FROM pg_catalog.pg_class o WHERE o.relnamespace = @here
            AND o.relname = ANY (@names) AND o.relkind = 'r'
            GROUP BY o.relowner ORDER BY pg_catalog.count(*) DESC, o.relowner LIMIT 1)""",
    "table {1}: {0} may read or change it; only its owner and the registry's own account may": """
        SELECT DISTINCT coalesce(r.rolname, 'everybody'), c.relname
        FROM pg_catalog.pg_class c CROSS JOIN LATERAL (
            SELECT g.grantee FROM pg_catalog.aclexplode(c.relacl) AS g
            UNION ALL SELECT g.grantee FROM pg_catalog.pg_attribute a
            CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) AS g WHERE a.attrelid = c.oid) AS g
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
        WHERE c.relname = ANY (@names) AND c.relnamespace = @here AND g.grantee <> c.relowner
        AND r.rolname IS DISTINCT FROM current_user""",
    "rule {0} of table {1}: it is not asked of every row": """
        SELECT o.conname, c.relname FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
        WHERE NOT o.convalidated AND c.relnamespace = @here""",
    "table {1}: extension {0} took it, and would take it away": """
        SELECT e.extname, coalesce(k.relname, c.relname) FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid JOIN pg_catalog.pg_class c ON c.oid = d.objid
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
        LEFT JOIN pg_catalog.pg_class k ON k.oid = i.indrelid
        WHERE d.classid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
        AND d.refclassid = CAST('pg_catalog.pg_extension' AS pg_catalog.regclass)
        AND coalesce(k.relname, c.relname) = ANY (@names) AND c.relnamespace = @here""",
    "table {1}: a subscription writes to it": """
        SELECT '', c.relname FROM pg_catalog.pg_subscription_rel s JOIN pg_catalog.pg_class c ON c.oid = s.srrelid
        WHERE c.relnamespace = @here""",
    "{0}: it reads or uses table {1}": """
        SELECT DISTINCT CASE d.classid WHEN CAST('pg_catalog.pg_rewrite' AS pg_catalog.regclass) THEN (
                SELECT pg_catalog.pg_describe_object(1259, w.ev_class, 0)
                FROM pg_catalog.pg_rewrite w WHERE w.oid = d.objid)
            ELSE pg_catalog.pg_describe_object(d.classid, d.objid, 0) END, c.relname
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
        WHERE d.refclassid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
        AND c.relname = ANY (@names) AND c.relnamespace = @here AND (
            d.classid IN (CAST('pg_catalog.pg_rewrite' AS pg_catalog.regclass),
                          CAST('pg_catalog.pg_proc' AS pg_catalog.regclass),
                          CAST('pg_catalog.pg_publication_rel' AS pg_catalog.regclass))
            OR d.classid = CAST('pg_catalog.pg_constraint' AS pg_catalog.regclass) AND d.objid NOT IN (
                SELECT o.oid FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class k ON k.oid = o.conrelid
                WHERE k.relname = ANY (@names) AND k.relnamespace = @here))""",
}
_OF_THE_SCHEMA: dict[str, str] = {
    "view {0}: not the registry's": """
        SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace = @here
        AND NOT @brought(pg_class, c.oid)""",
    "sequence {0}: not the registry's": """
        SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind = 'S' AND c.relnamespace = @here
        AND NOT @brought(pg_class, c.oid)""",
    "function {0}: not the registry's": """
        SELECT p.proname FROM pg_catalog.pg_proc p WHERE p.pronamespace = @here
        AND NOT @brought(pg_proc, p.oid)""",
    "operator {0}: not the registry's": """
        SELECT o.oprname FROM pg_catalog.pg_operator o WHERE o.oprnamespace = @here
        AND NOT @brought(pg_operator, o.oid)""",
    "operator class {0}: not the registry's": """
        SELECT o.opcname FROM pg_catalog.pg_opclass o WHERE o.opcnamespace = @here
        AND NOT @brought(pg_opclass, o.oid)""",
    "type {0}: not the registry's": """
        SELECT t.typname FROM pg_catalog.pg_type t WHERE t.typnamespace = @here AND t.typrelid = 0
        AND t.typtype IN ('b', 'd', 'e', 'r') AND t.typcategory <> 'A'
        AND NOT @brought(pg_type, t.oid)""",
    "collation {0}: not the registry's": """
        SELECT l.collname FROM pg_catalog.pg_collation l WHERE l.collnamespace = @here
        AND NOT @brought(pg_collation, l.oid)""",
    "conversion {0}: not the registry's": """
        SELECT v.conname FROM pg_catalog.pg_conversion v WHERE v.connamespace = @here
        AND NOT @brought(pg_conversion, v.oid)""",
    "function {0}: it is taken for the database's own": """
        SELECT p.proname FROM pg_catalog.pg_proc p WHERE p.pronamespace = @here AND p.pronargs > 0
        AND CAST(CAST(p.proargtypes AS pg_catalog.oid[]) AS pg_catalog.oid[]) <@ @own
        AND @brought(pg_proc, p.oid) AND EXISTS (
            SELECT 1 FROM pg_catalog.pg_proc q JOIN pg_catalog.pg_namespace n ON n.oid = q.pronamespace
            WHERE n.nspname = 'pg_catalog' AND q.proname = p.proname AND q.pronargs = p.pronargs)""",
    "operator {0}: it is taken for the database's own": """
        SELECT o.oprname FROM pg_catalog.pg_operator o WHERE o.oprnamespace = @here
        AND ARRAY[o.oprright] <@ @own AND (o.oprleft = 0 OR ARRAY[o.oprleft] <@ @own)
        AND @brought(pg_operator, o.oid) AND EXISTS (
            SELECT 1 FROM pg_catalog.pg_operator q JOIN pg_catalog.pg_namespace n ON n.oid = q.oprnamespace
            WHERE n.nspname = 'pg_catalog' AND q.oprname = o.oprname)""",
}
# An event trigger of an extension is an administrator's only where no SQL of a user's stands behind it.
_OF_THE_DATABASE: dict[str, str] = {
    "trigger {0} on events of the database: not the registry's": """
        SELECT t.evtname FROM pg_catalog.pg_event_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
        JOIN pg_catalog.pg_language l ON l.oid = p.prolang
        WHERE t.evtenabled <> 'D' AND NOT (l.lanname = 'c' AND EXISTS (
            SELECT 1 FROM pg_catalog.pg_depend d
            WHERE d.classid = CAST('pg_catalog.pg_event_trigger' AS pg_catalog.regclass) AND d.objid = t.oid
            AND d.deptype = 'e'))""",
    "publication {0}: it sends rows of every table elsewhere": """
        SELECT pubname FROM pg_catalog.pg_publication WHERE puballtables""",
    "operator {0}: it was put beside the database's own": """
        SELECT o.oprname FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
        WHERE n.nspname = 'pg_catalog' AND CAST(o.oid AS pg_catalog.int8) >= 16384
        AND CAST(o.oprleft AS pg_catalog.int8) < 16384 AND CAST(o.oprright AS pg_catalog.int8) < 16384""",
    "cast from {0} to {1}: not the database's own": """
        SELECT CAST(CAST(castsource AS pg_catalog.regtype) AS pg_catalog.text),
               CAST(CAST(casttarget AS pg_catalog.regtype) AS pg_catalog.text)
        FROM pg_catalog.pg_cast WHERE CAST(oid AS pg_catalog.int8) >= 16384 AND castcontext <> 'e'
        AND CAST(castsource AS pg_catalog.int8) < 16384 AND CAST(casttarget AS pg_catalog.int8) < 16384""",
    "setting {0}: it lets rows past the rules of the tables, or shows other tables": """
        SELECT s FROM pg_catalog.pg_db_role_setting d CROSS JOIN LATERAL pg_catalog.unnest(d.setconfig) AS s
        WHERE (d.setdatabase = 0 OR d.setdatabase = (
            SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
        AND (d.setrole = 0 OR d.setrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user))
        AND pg_catalog.split_part(s, '=', 1) IN (
            'session_replication_role', 'search_path', 'row_security', 'zero_damaged_pages', 'ignore_checksum_failure',
            'session_preload_libraries', 'local_preload_libraries', 'ignore_system_indexes')""",
}
_PUBLISHED_SCHEMA = """
    SELECT p.pubname FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid
    WHERE s.pnnspid = @here"""
_NOT_ENFORCED = """
    SELECT o.conname, c.relname FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
    WHERE NOT o.conenforced AND c.relnamespace = @here"""


def _whole(query: str) -> str:
    """A question with what its shorthand stands for."""
    brought = _SHORT_BROUGHT.sub(lambda short: _BROUGHT.format(catalogue=short[1], of=short[2]), query)
    for short, words in _SHORT.items():
        brought = brought.replace(short, words)
    return brought


def beside_faults(connection: Connection, where: Mapping[str, Any]) -> Iterator[str]:
    """What acts on the registry's tables, hides their rows or shows them elsewhere, in words.

    Args:
        connection: Which sees the catalogue alone.
        where: The number of the registry's schema, ``here``, and the names of its tables.
    """
    queries = _OF_TABLES | _OF_THE_SCHEMA | _OF_THE_DATABASE
    version = connection.execute(text("SELECT pg_catalog.current_setting('server_version_num')")).scalar_one()
    if int(version) >= 150000:
        queries["publication {0}: it sends rows of every table elsewhere, all of this schema"] = _PUBLISHED_SCHEMA
    if int(version) >= 180000:
        queries["rule {0} of table {1}: put to sleep"] = _NOT_ENFORCED
    for words, query in queries.items():
        whole = _whole(query)
        asked = {name: where[name] for name in ("here", "names") if f":{name}" in whole}
        yield from sorted(words.format(*row) for row in connection.execute(text(whole), asked))
    role = connection.execute(text("SELECT pg_catalog.current_setting('session_replication_role')")).scalar_one()
    if role != "origin":
        yield f"session_replication_role is {role}: rows pass the rules of the tables"
