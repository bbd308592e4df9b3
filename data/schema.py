"""What a file must hold: plain values that a stage derives from a protocol.

Intake knows columns and kinds, never arms, outcomes or trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "boolean", "date", "instant", "any"]
Duplicates = Literal["refuse", "reject"]


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """One declared column.

    Args:
        name: The header, exactly.
        kind: ``text`` is kept as written; ``number`` is read strictly as a finite double; ``boolean`` takes
            0, 1, true and false; ``date`` takes 2026-02-02 and the typed dates of Excel, Parquet and Stata, never a
            serial number; ``instant`` takes a time with its offset from UTC (2026-02-02T09:30:00Z); ``any`` is left
            as the reader found it.
        required: Whether a file without this column is refused. Values may be missing either way.
        minimum, maximum: Bounds of a number, both included.
    """

    name: str
    kind: Kind = "any"
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class FileContract:
    """All that one file must hold.

    Args:
        id_column: The column that names the customer; ``None`` when every row is a unit of its own.
        columns: The declared columns. The id column needs no entry: it is text and required.
        duplicates: What a repeated id means. ``refuse`` turns the whole file away (a population: nobody can
            say which row is the customer); ``reject`` rejects every row of the repeated id (returned data).
        named_in: Where the caller's own document names each column, so that a refusal can say so.

    Examples:
        >>> contract = FileContract("customer_id", (ColumnContract("principal", "number", minimum=0),))
        >>> contract.kind_of("principal"), contract.kind_of("customer_id"), contract.kind_of("postcode")
        ('number', 'text', 'any')
    """

    id_column: str | None
    columns: tuple[ColumnContract, ...] = ()
    duplicates: Duplicates = "refuse"
    named_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def kind_of(self, name: str) -> Kind:
        """The declared kind of a column; ``any`` where nothing is declared."""
        if name == self.id_column:
            return "text"
        return next((column.kind for column in self.columns if column.name == name), "any")

    @property
    def required_names(self) -> tuple[str, ...]:
        """Every column without which the file is refused, the id first."""
        first = (self.id_column,) if self.id_column is not None else ()
        return first + tuple(c.name for c in self.columns if c.required and c.name != self.id_column)
