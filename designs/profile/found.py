"""What a file of customers holds, column by column, before anybody says what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.schema import Kind


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """One column of a file.

    Attributes:
        name: Its header.
        kind: What its values are.
        known: Rows with a value.
        values: How many different values they have.
        own: Whether every row has a value of its own, as a column of ids has.
    """

    name: str
    kind: Kind
    known: int
    values: int
    own: bool


def found_columns(table: Any) -> tuple[FoundColumn, ...]:
    """The columns of an Arrow table, in its order.

    Examples:
        >>> table = pa.table({"customer_id": ["A1", "A2", "A3"], "debt": [32.5, None, 40.0]})
        >>> [(column.name, column.kind, column.known, column.own) for column in found_columns(table)]
        [('customer_id', 'text', 3, True), ('debt', 'number', 2, False)]
    """
    return tuple(_found(name, table.column(name)) for name in table.column_names)


def _found(name: str, column: Any) -> FoundColumn:
    known = len(column) - column.null_count
    values = int(pc.count_distinct(column, mode="only_valid").as_py())
    return FoundColumn(name, _kind(column.type), known, values, values == len(column))


def _kind(stored: pa.DataType) -> Kind:
    kind = stored.value_type if pa.types.is_dictionary(stored) else stored
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "date" if pa.types.is_date(kind) else "text"
