"""A made file: what is true of each customer, how each cell is written, and what may become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any, Literal

Role = Literal["analyse", "population", "contacts", "outcomes"]
Kind = Literal[
    "id", "number", "count", "boolean", "text", "any number", "any text", "date", "unused", "coded", "mark", "event",
    "event day",
]  # fmt: skip
State = Literal["good", "blank", "spoilt"]
NUMBERS = ("number", "count", "any number")


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that is an error of a spreadsheet."""

    code: str


@dataclass(slots=True)
class Cell:
    """What is true, how it is written, and whether it must be read (``good``), is missing, or is written badly.

    Attributes:
        truth: A number, a text, a truth value or a day; None where nothing is known.
        written: What the file holds: text, or a value of a typed format; None for an empty cell.
        state: Whether the cell must be read as its truth, is a blank, or need not be readable.
    """

    truth: Any
    written: Any
    state: State = "good"

    def spoil(self, written: Any) -> None:
        self.written, self.state = written, "spoilt"


@dataclass(slots=True)
class Column:
    """One column of a file: its name and kind, and the cells of its customers in order."""

    name: str
    kind: Kind
    cells: list[Cell]
    essential: bool = False  # a cell that cannot be read costs its row
    marked: bool = False  # written in another way as a whole, so that it may be refused
    readings: dict[str, Callable[[Any], Any]] = field(default_factory=dict)  # by name, where not its own: what is true

    def read_as(self) -> Iterator[tuple[str, list[Cell]]]:
        """The column under each name that it is read by, with what is true by that reading."""
        if not self.readings:
            yield self.name, self.cells
        for name, true in self.readings.items():
            yield name, [Cell(None if of.truth is None else true(of.truth), of.written, of.state) for of in self.cells]


@dataclass(slots=True)
class Junk:
    """A row that is no customer, and stands before the customer of its place."""

    place: int
    values: list[Any]
    why: str


@dataclass(slots=True)
class Made:
    """A file, made.

    Attributes:
        seed: That makes it again.
        role: What it is a file of.
        ending: Of its name, which need not say what it is.
        format: In which it is written.
        columns: In their order.
        junk: Rows that are nobody.
        above: Rows above the header.
        refusals: Patterns: a refusal that has one of these words is a right one.
        warnings: Patterns of which each must be in a warning or a refusal.
        must_be_refused: Whether it may not be loaded at all.
        dialect: How it is written: separator, line ends, quotes, encoding and so on.
        names: Of what was done to it.
        changes: What did it.
    """

    seed: int
    role: Role
    ending: str
    format: str
    columns: list[Column]
    chance: Random
    junk: list[Junk] = field(default_factory=list)
    above: list[list[Any]] = field(default_factory=list)
    no_header: bool = False
    lost: dict[int, str] = field(default_factory=dict)  # customers whose rows may be rejected, and why
    must_lose: set[int] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    must_be_refused: bool = False
    dialect: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    @property
    def customers(self) -> int:
        return len(self.columns[0].cells)

    @property
    def typed(self) -> bool:
        return self.format in ("parquet", "dta")

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def of_kind(self, *kinds: str) -> list[Column]:
        return [column for column in self.columns if column.kind in kinds]

    @property
    def id_column(self) -> Column | None:
        return next(iter(self.of_kind("id")), None)

    def rows(self) -> list[tuple[int | None, list[Any]]]:
        """Data rows in the order of the file: the number of the customer, or None for nobody's, and what is written."""
        before: dict[int, list[Junk]] = {}
        for junk in self.junk:
            before.setdefault(junk.place, []).append(junk)
        rows: list[tuple[int | None, list[Any]]] = []
        for place in range(self.customers + 1):
            rows += [(None, junk.values) for junk in before.get(place, [])]
            if place < self.customers:
                rows.append((place, [column.cells[place].written for column in self.columns]))
        return rows

    def some(self, most: float, least: int = 1) -> list[int]:
        """Some customers, at most such a share of them."""
        count = min(max(least, int(self.customers * self.chance.random() * most)), self.customers)
        return sorted(self.chance.sample(range(self.customers), count))


def as_text(value: Any) -> str:
    """A value as a CSV file has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, ErrorCell):
        return value.code
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def cells(truths: Iterable[Any]) -> list[Cell]:
    return [Cell(truth, truth, "blank" if truth is None else "good") for truth in truths]
