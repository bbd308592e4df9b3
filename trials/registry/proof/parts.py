"""The parts of the registry's tables as this program makes them, and what of them is another in a database.

A part is a column, a key, a condition or an index. Everything that a database says of one is compared: what happens at
a conflict or after a deletion, how texts are told apart, of which rows an index is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Column, MetaData, String, Table

from trials.registry.tables import Row

REVISION_TABLE = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
REVISION_TABLE.primary_key.name = "alembic_version_pkc"


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a table says: what is compared, and how a person reads it."""

    said: object
    words: str = field(compare=False)


# A part that stands for another of its name: where that is told, this says nothing more.
_STANDS_FOR = {"watch over foreign key": ("foreign key",), "index": ("primary key", "UNIQUE")}

Parts = dict[tuple[str, str], Part]  # what it is and its name → what it says


def own_tables() -> list[Table]:
    """Every table that the migrations make, a table after those that it names; the revision's last."""
    return [*Row.metadata.sorted_tables, REVISION_TABLE]


def tables_changed(there: Mapping[str, Parts], made: Mapping[str, Parts]) -> Iterator[tuple[str, str]]:
    """Each difference with the name of its table, in words.

    Args:
        there: Of every table of the database.
        made: Of every table, as this program makes it.
    """
    for table in sorted(there.keys() - made.keys()):
        yield table, f"table {table}: not the registry's"
    for table in sorted(made.keys() - there.keys()):
        yield table, f"table {table}: gone"
    for table in sorted(made.keys() & there.keys()):
        yield from ((table, f"table {table}: {words}") for words in _parts_changed(there[table], made[table]))


def _parts_changed(there: Parts, made: Parts) -> Iterator[str]:
    changed = {key for key in there.keys() | made.keys() if there.get(key) != made.get(key)}
    for what, name in sorted(changed):
        is_there, should_be = there.get((what, name)), made.get((what, name))
        if changed & {(other, name) for other in _STANDS_FOR.get(what, ())}:
            continue
        if is_there is None:
            yield f"column {name} is gone" if what == "column" else f"its {what} {name} is gone"
        elif should_be is None:
            yield f"column {name} is not its own" if what == "column" else f"{what} {name} is not the registry's"
        else:
            yield _other(what, name, is_there.words, should_be.words)


def _other(what: str, name: str, there: str, made: str) -> str:
    if what == "column" and made == f"{there} NOT NULL":
        return f"column {name} may be empty"
    if what == "column" and there == f"{made} NOT NULL":
        return f"column {name} may not be empty"
    return f"its {what} {name} says something else: {there or 'nothing'}; as it is made: {made or 'nothing'}"
