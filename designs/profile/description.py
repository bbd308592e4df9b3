"""What customers are like, column by column, in figures that are about no few of them.

A level of fewer than ten customers is not counted by itself, nor one whose count could be had by subtraction; and a
quantile is told only where ten customers or more lie on either side of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from designs.protocol.columns import AFTER_ALLOCATION, uses
from designs.protocol.models import Protocol
from designs.protocol.words import ColumnWords, column_words

SMALLEST: Final = 10
MOST_LEVELS: Final = 25
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_NOT_DESCRIBED = AFTER_ALLOCATION | {"id", "arm", "saturation", "cluster", "pair", "errors"}


@dataclass(frozen=True, slots=True)
class LevelCount:
    """Customers of one level; None of them is counted where they are too few to be told apart.

    Attributes:
        level: As the file has it; None for a blank.
        words: What it is called.
        customers: How many have it, or None.
        share: Of all customers described, from 0 to 1, or None.
    """

    level: str | None
    words: str
    customers: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Categories:
    """A column of levels.

    Attributes:
        column: Its name.
        label: What it is called.
        levels: The commonest first, then those that are not counted by themselves.
        others: Customers of all levels that are not counted by themselves, and of those beyond the commonest 25.
    """

    column: str
    label: str
    levels: tuple[LevelCount, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers, in its own unit.

    Attributes:
        column: Its name.
        label: What it is called.
        known: Customers of whom it is known; None where they, or the others, are too few to be told apart.
        mean: Over those of whom it is known; None where they are too few.
        quantiles: Each of 5, 25, 50, 75 and 95 in 100 as a share, with its value, or None.
    """

    column: str
    label: str
    known: int | None
    mean: float | None
    quantiles: tuple[tuple[float, float | None], ...]


ColumnProfile = Categories | Numbers


@dataclass(frozen=True, slots=True)
class Profile:
    """What ``customers`` are like in the columns that the plan uses or declares, in its order."""

    customers: int
    columns: tuple[ColumnProfile, ...]


def describe_customers(protocol: Protocol, table: Any) -> Profile:
    """A profile of customers.

    Args:
        protocol: Which columns to describe: all that it uses before the draw or declares, but ids.
        table: An Arrow table, one row a customer; of the columns, those that it holds are described.
    """
    words = column_words(protocol)
    used = [use for use in uses(protocol) if use.read_as is None]
    hidden = {use.column for use in used if use.part in _NOT_DESCRIBED}
    names = [name for name in dict.fromkeys(use.column for use in used) if name not in hidden]
    described = [_column(name, table.column(name), words) for name in names if name in table.column_names]
    return Profile(len(table), tuple(described))


def _column(name: str, column: Any, words: ColumnWords) -> ColumnProfile:
    label = words.label(name) or name.replace("_", " ")
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(name, label, column)
    counted = pc.value_counts(column.cast(pa.string())).to_pylist()
    counts = {entry["values"]: int(entry["counts"]) for entry in counted}
    return _categories(name, label, counts, words)


def _numbers(name: str, label: str, column: Any) -> Numbers:
    values = pc.drop_null(column.cast(pa.float64()))
    values = values.filter(pc.is_finite(values))
    known, without = len(values), len(column) - len(values)
    enough = known >= SMALLEST
    # Beside the number of all customers, a few who are known or not known could be counted by subtraction.
    told = known if enough and (without == 0 or without >= SMALLEST) else None
    wanted = [at for at in QUANTILES if known * min(at, 1.0 - at) >= SMALLEST]
    found = dict(zip(wanted, pc.quantile(values, wanted).to_pylist(), strict=True)) if wanted else {}
    mean = float(pc.mean(values).as_py()) if enough else None
    return Numbers(name, label, told, mean, tuple((at, found.get(at)) for at in QUANTILES))


def _categories(name: str, label: str, counts: Mapping[str | None, int], words: ColumnWords) -> Categories:
    total = sum(counts.values())
    ordered = sorted(counts, key=lambda level: (-counts[level], level is None, level or ""))
    shown, together = ordered[:MOST_LEVELS], ordered[MOST_LEVELS:]
    hidden = _not_told_apart([counts[level] for level in shown], sum(counts[level] for level in together))
    levels = [
        LevelCount(level, _called(name, level, words), None, None)
        if at in hidden
        else LevelCount(level, _called(name, level, words), counts[level], counts[level] / total)
        for at, level in enumerate(shown)
    ]
    others = total - sum(level.customers or 0 for level in levels)
    return Categories(name, label, tuple(levels), others)


def _not_told_apart(counts: Sequence[int], beyond: int) -> frozenset[int]:
    """The places of counts, which fall, that are not told: the small ones, and as many above them as hide those.

    Args:
        counts: Of the levels shown.
        beyond: Customers of the levels that are not shown, who are among those not told apart.
    """
    hidden = {at for at, count in enumerate(counts) if count < SMALLEST}
    for at in _from_the_smallest(counts, hidden):
        apart = len(hidden) + (beyond > 0)
        together = sum(counts[place] for place in hidden) + beyond
        if apart == 0 or (together >= SMALLEST and (apart > 1 or beyond >= SMALLEST)):
            break
        hidden.add(at)
    return frozenset(hidden)


def _from_the_smallest(counts: Sequence[int], hidden: set[int]) -> Iterator[int]:
    return iter([at for at in reversed(range(len(counts))) if at not in hidden])


def _called(column: str, level: str | None, words: ColumnWords) -> str:
    if level is None:
        return "not known"
    return words.level(column, level) or level.replace("_", " ")
