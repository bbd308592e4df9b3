"""What a file must hold: plain values that a stage derives from a protocol.

Intake knows columns and kinds, never arms, outcomes or trials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "boolean", "date", "instant", "any"]
Duplicates = Literal["refuse", "reject"]
LevelRule = Literal["where_text", "category", "stratum", "label"]
BadCellRule = Literal["reject_row", "missing"]

_WORDS = ("na", "n/a", "nan", "null", "none", "nil", "n.k.", "n/k", "nk", "unknown", "not known", "missing")
# How people write that they do not know, where a column cannot hold it as a value of its own.
NOT_KNOWN = frozenset(
    [
        ".",
        "..",
        "...",
        "-",
        "--",
        "?",
        "*",
        "[x]",
        "[c]",
        "NaN",
        *_WORDS,
        *map(str.upper, _WORDS),
        *map(str.title, _WORDS),
    ]
)


Code = bool | int | float | str
PLAIN_NUMBER = r"^[+-]?(0|[1-9]\d*)(\.\d*)?$"  # no zeros in front, which are part of a code


def is_number(code: Code) -> bool:
    """Whether a code is met by numbers too.

    Examples:
        >>> [is_number(code) for code in (1, "-9", "1.0", "01", "P", True)]
        [True, True, True, False, False, False]
    """
    return not isinstance(code, bool) and (isinstance(code, (int, float)) or bool(re.match(PLAIN_NUMBER, code.strip())))


@dataclass(frozen=True, slots=True)
class Codes:
    """What the codes of a column mean, as declared.

    Args:
        missing: Codes that say that the value is not known.
        true, false: Codes of a column of truth values; with them nothing else is true or false there.
    """

    missing: tuple[Code, ...] = ()
    true: tuple[Code, ...] = ()
    false: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """One declared column.

    Args:
        name: What it is called in the table that is made; the header, exactly, where there is no ``source``.
        kind: ``text`` is kept as written; ``number`` is read strictly as a finite double; ``boolean`` takes
            0, 1, true and false; ``date`` takes 2026-02-02 and the typed dates of Excel, Parquet and Stata, never a
            serial number; ``instant`` takes a time with its offset from UTC (2026-02-02T09:30:00Z); ``any`` is left
            as the reader found it.
        required: Whether a file without this column is refused. Values may be missing either way.
        minimum, maximum: Bounds of a number, both included.
        whole: Whether a number must be a whole one.
        numeric: Whether a column of kind ``any`` that is mostly numbers is one of numbers, so that its other cells
            cannot be read; else it is text as soon as one cell is no number.
        levels: Whether its values are the levels of a category, which must be far fewer than there are customers: only
            ``where_text``, ``category`` whatever they are, or a ``stratum``, which dates and small blocks may be. A
            ``label`` (of a cluster, or compared by a condition) may be everybody's own. None where they are no labels.
        bad_cells: What a cell that cannot be read means here; None where the file's own rule holds.
        marks_are_words: Whether ``NA``, ``nan`` and the like, in a column of kind ``any`` that turns out to be text,
            are words as others are (a sector may be called that); else they are missing values there too.
        missing_marks: Texts that stand for a missing value in a column of text; numbers and truth values have marks
            of their own (NA, null and the like).
        codes: What its codes mean, where that is declared.
        source: The header of the column that it is read from, where that is not its name: one column may be read in
            several ways, by the codes of each.
    """

    name: str
    kind: Kind = "any"
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    numeric: bool = False
    levels: LevelRule | None = None
    bad_cells: BadCellRule | None = None
    marks_are_words: bool = False
    missing_marks: frozenset[str] = frozenset()
    codes: Codes | None = None
    source: str | None = None

    @property
    def header(self) -> str:
        """The column of the file that it is read from."""
        return self.source or self.name


@dataclass(frozen=True, slots=True)
class FileContract:
    """All that one file must hold.

    Args:
        id_column: The column that names the customer; ``None`` when every row is a unit of its own.
        columns: The declared columns. The id column needs no entry: it is text and required.
        duplicates: What a repeated id means. ``refuse`` turns the whole file away (a population: nobody can
            say which row is the customer); ``reject`` rejects every row of the repeated id (returned data).
        named_in: Where the caller's own document names each column, so that a refusal can say so.
        bad_cells: What a cell that cannot be read means. ``reject_row``: its row is rejected, which is right before
            customers are assigned. ``missing``: it is a missing value with a reason and the row stays, for after
            assignment nobody may leave.

    Examples:
        >>> contract = FileContract("customer_id", (ColumnContract("principal", "number", minimum=0),))
        >>> contract.kind_of("principal"), contract.kind_of("customer_id"), contract.kind_of("postcode")
        ('number', 'text', 'any')
    """

    id_column: str | None
    columns: tuple[ColumnContract, ...] = ()
    duplicates: Duplicates = "refuse"
    named_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bad_cells: BadCellRule = "reject_row"

    def kind_of(self, name: str) -> Kind:
        """The declared kind of a column; ``any`` where nothing is declared."""
        if name == self.id_column:
            return "text"
        return next((column.kind for column in self.columns if column.name == column.header == name), "any")

    @property
    def names(self) -> frozenset[str]:
        """Every column that the contract speaks of, the id among them; what else a file holds is nobody's concern."""
        return frozenset(column.header for column in self.columns) | ({self.id_column} if self.id_column else set())

    @property
    def coded(self) -> Mapping[str, tuple[Codes, ...]]:
        """The codes of every header for which some are declared."""
        headers = dict.fromkeys(column.header for column in self.columns if column.codes is not None)
        return {
            header: tuple(column.codes for column in self.columns if column.header == header and column.codes)
            for header in headers
        }

    @property
    def required_names(self) -> tuple[str, ...]:
        """Every column without which the file is refused, the id first."""
        first = (self.id_column,) if self.id_column is not None else ()
        needed = dict.fromkeys(column.header for column in self.columns if column.required)
        return first + tuple(name for name in needed if name != self.id_column)
