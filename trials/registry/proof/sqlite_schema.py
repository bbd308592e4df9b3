"""What a SQLite file says that it holds, beside what this program puts into one.

SQLite keeps the text that made each thing and obeys that text, whatever kind and name stand beside it: so the text is
read, part by part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from trials.registry.proof.conditions import said_by
from trials.registry.proof.parts import Part, Parts, own_tables, tables_changed

Tokens = tuple[str, ...]

# What is no letter or space to SQLite is none here: it takes a space that cannot be broken for a part of a name.
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^]]*\]|\w+|[^\s\w]""", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# In quotes these are no words of the language: NOT NULL would be the end of a type's name.
_WORDS = frozenset(
    (
        "and", "between", "check", "constraint", "foreign", "in", "is", "key", "not", "null", "on", "or", "primary",
        "references", "unique", "where",
    )
)  # fmt: skip
_RULES = {"primary": "primary key", "unique": "UNIQUE", "foreign": "foreign key", "check": "CHECK"}
# SQLite's own, by which it finds the way to the same rows.
_STATISTICS = {"sqlite_stat1": ("tbl", "idx", "stat"), "sqlite_stat4": ("tbl", "idx", "neq", "nlt", "ndlt", "sample")}


def schema_faults(connection: Connection) -> Iterator[tuple[str, str]]:
    """What differs from the tables as this program makes them, in words, each with its table; "" with none of them."""
    # Bytes are obeyed as text is.
    columns = ", ".join(f"CAST({name} AS TEXT)" for name in ("type", "name", "tbl_name", "sql"))
    rows = connection.exec_driver_sql(f"SELECT {columns} FROM main.sqlite_master ORDER BY rowid").all()  # noqa: S608
    there: dict[str, Parts] = {}
    indexes: list[tuple[str, str, Part]] = []
    for kind, name, of, sql in rows:
        tokens = tokens_of(sql)
        is_table = tokens[:4] == ("create", "table", str(name).lower(), "(") and (kind, of) == ("table", name)
        if is_table and name not in there:
            if _STATISTICS.get(name) != tuple(word for word in tokens[4:-1] if word != ","):
                there[name] = _table_parts(tokens, _texts(name))
        elif kind == "index" and sql is None and re.fullmatch(rf"sqlite_autoindex_{re.escape(str(of))}_\d+", str(name)):
            continue  # of a key of that table, which is looked at there
        elif kind == "index" and _index_name(tokens) == str(name).lower():
            indexes.append((str(of), name, _index_part(tokens)))
        else:
            yield "", _strange(kind, name, of, tokens)
    for of, name, part in indexes:
        there.setdefault(of, {})[("index", name)] = part
    yield from tables_changed(there, _as_made())


def tokens_of(sql: str | None) -> Tokens:
    """The tokens of a text: words without case, names without their quotes, a text in quotes as it is."""
    return tuple(_plain(token) for token in _TOKEN.findall(sql or ""))


def _plain(token: str) -> str:
    if token[0] in '"`[' and len(token) > 1:
        name = token[1:-1]
        return name.lower() if _NAME.fullmatch(name) and name.lower() not in _WORDS else token
    return token if token[0] == "'" else token.lower()


@cache
def _as_made() -> dict[str, Parts]:
    dialect = sqlite.dialect()
    made = dict[str, Parts]()
    for table in own_tables():
        parts = _table_parts(tokens_of(str(CreateTable(table).compile(dialect=dialect))), _texts(table.name))
        for index in table.indexes:
            tokens = tokens_of(str(CreateIndex(index).compile(dialect=dialect)))
            parts["index", str(index.name)] = _index_part(tokens)
        made[table.name] = parts
    return made


def _texts(name: str) -> Collection[str]:
    table: Table | None = next((table for table in own_tables() if table.name == name), None)
    return () if table is None else table.columns.keys()


def _table_parts(tokens: Tokens, texts: Collection[str]) -> Parts:
    """The parts of a table by what made it: CREATE TABLE, its name, what is in brackets, and what follows them."""
    items, rest = _items(tokens[3:])
    parts: Parts = {("definition", "behind its columns"): Part(rest, " ".join(rest))}
    for item in items:
        if item[:1] == ("constraint",) and len(item) > 3 and item[2] in _RULES:
            key, said = (_RULES[item[2]], item[1]), item[2:]
        elif item and item[0] in _RULES:
            key, said = (_RULES[item[0]], "without a name"), item
        else:
            key, said = ("column", item[0] if item else ""), item[1:]
        if key in parts:  # it is said twice
            said = (*said, "and", parts[key].words)
        parts[key] = Part(_meaning(said, texts), _words(said))
    return parts


def _items(tokens: Sequence[str]) -> tuple[list[Tokens], Tokens]:
    """What stands between the commas of the first pair of brackets, and what follows the pair."""
    items, depth, begun = list[Tokens](), 0, 1
    for place, sign in enumerate(tokens):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 or (depth == 1 and sign == ","):
            items.append(tuple(tokens[begun:place]))
            begun = place + 1
        if depth == 0:
            return items, tuple(tokens[begun:])
    return [*items, tuple(tokens[begun:])], ()


def _meaning(said: Tokens, texts: Collection[str]) -> object:
    """What a part says: a condition whatever brackets it stands in, everything else to the letter."""
    if said[:2] == ("check", "(") and _items(said[1:])[1] == ():
        return said_by(" ".join(said[2:-1]), texts) or said
    return said


def _index_name(tokens: Tokens) -> str | None:
    for head in (("create", "index"), ("create", "unique", "index")):
        if tokens[: len(head)] == head and tokens[len(head) + 1 : len(head) + 2] == ("on",):
            return tokens[len(head)]
    return None


def _index_part(tokens: Tokens) -> Part:
    return Part(tokens, _words(tokens[1:]))


def _words(tokens: Sequence[str]) -> str:
    return (
        " ".join(tokens).replace(" ( ", "(").replace(" )", ")").replace(" , ", ", ").replace(" not null", " NOT NULL")
    )


def _strange(kind: str, name: str, of: str, tokens: Tokens) -> str:
    if tokens[:2] == ("create", "virtual"):
        return f"table {name}: it is no plain table"
    made = tokens[1] if tokens[:1] == ("create",) and len(tokens) > 1 else str(kind)
    called = made if kind in ("table", "index") and made in ("trigger", "view") else kind
    on = f" on table {of}" if str(called).lower() == "trigger" else ""
    return f"{called} {name}{on}: not the registry's"
