"""Values that a plan's conditions name and no customer has: most often one that is spelt otherwise in the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from data.intake.look_alikes import as_drawn, shown_exactly
from designs.protocol.columns import conditions
from designs.protocol.errors import path_text
from designs.protocol.models import Condition, Protocol
from designs.protocol.values import Value, as_number, same_value

_MOST_SHOWN: Final = 5
_FEW: Final = 25
"""A column of at most so many values is one of groups, whose values may be named; those of others may be customers'."""
_MOST_COMPARED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A value that a condition names and no customer of a file has.

    Attributes:
        where: The path of the condition.
        column: Its column.
        value: What it names.
        nearest: Values that the file has instead, the nearest first: those that differ in what the eye hardly sees,
            or else those of a column of few values.
    """

    where: str
    column: str
    value: Value
    nearest: tuple[str, ...]

    def __str__(self) -> str:
        named = shown_exactly(self.value) if isinstance(self.value, str) else str(self.value)
        has = f"; the file has {', '.join(map(shown_exactly, self.nearest))}" if self.nearest else ""
        return (
            f"{self.where}: no customer has {named} in the column {self.column}{has}. "
            "A condition asks for a value exactly as it is written."
        )


def unmatched(protocol: Protocol, table: Any) -> tuple[Unmatched, ...]:
    """Every value that a condition of a plan names, of a column that a population has, and that none of its rows has.

    Bounds and blanks are no matter of spelling, and are not asked about.

    Args:
        protocol: What it says of the population and of whom an arm is not for; it may be partly filled otherwise.
        table: An Arrow table of the population, everybody in it; columns that it lacks are left out.
    """
    levels: dict[str, list[str]] = {}
    found = []
    for path, condition in conditions(protocol):
        name = condition.column
        if name not in table.column_names:
            continue
        if name not in levels:
            levels[name] = _levels(table.column(name))
        for value in _named(condition):
            if not any(_is(value, level, table.schema.field(name).type) for level in levels[name]):
                found.append(Unmatched(path_text(path), name, value, _nearest(value, levels[name])))
    return tuple(found)


def _named(condition: Condition) -> Iterator[Value]:
    for value in (condition.equals, condition.not_equals, *(condition.one_of or ())):
        if value is not None:
            yield value


def _levels(column: pa.ChunkedArray) -> list[str]:
    """Every value of a column as text, the most frequent first."""
    counts = pc.value_counts(column.drop_null().cast(pa.string()))
    return [entry["values"] for entry in sorted(counts.to_pylist(), key=lambda entry: -entry["counts"])]


def _is(value: Value, level: str, stored: pa.DataType) -> bool:
    """As :func:`designs.protocol.conditions.expression` has it."""
    kind = stored.value_type if pa.types.is_dictionary(stored) else stored
    if pa.types.is_boolean(kind):
        return as_number(value) == (level == "true")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return as_number(value) == float(level)
    return same_value(value, level)


def _nearest(value: Value, levels: list[str]) -> tuple[str, ...]:
    alike = as_drawn(str(value))
    same = [level for level in levels[:_MOST_COMPARED] if as_drawn(level) == alike]
    if same or len(levels) > _FEW:
        return tuple(same[:_MOST_SHOWN])
    drawn = {as_drawn(level): level for level in reversed(levels)}
    close = [drawn[each] for each in difflib.get_close_matches(alike, list(drawn), _MOST_SHOWN)]
    return tuple(close or levels[:_MOST_SHOWN])
