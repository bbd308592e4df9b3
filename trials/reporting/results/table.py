"""A table: a caption, its column headings, and rows of figures and words.

A cell is text, or a figure that still knows what it is: words are made of it last, so that whoever hands a table on can
first see how many customers stand behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.wording.numbers import count, level
from designs.literals import Measure


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure: customers counted, or the mean of an outcome in one arm; ``None`` where there is none."""

    value: float | None
    kind: Literal["customers"] | Measure

    def __str__(self) -> str:
        if self.kind == "customers":
            return count(self.value)
        return "none" if self.value is None else level(self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Table:
    """``numeric`` holds the places of the columns that are figures; the first column names its row."""

    caption: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str | Cell, ...], ...]
    numeric: frozenset[int] = frozenset()

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Every row in words."""
        return tuple(tuple(map(str, row)) for row in self.cells)
