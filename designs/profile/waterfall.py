"""From everybody in a population to those who take part: each reason in its order, and sums that hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pyarrow as pa

from data.schema import Kind
from designs.errors import DesignRefused
from designs.protocol.columns import conditions
from designs.protocol.conditions import exclusions
from designs.protocol.errors import path_text
from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """Customers whom one reason takes out, and how many are left behind it."""

    reason: str
    customers: int
    left: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How a population comes down to those who take part.

    Attributes:
        customers: Everybody in it.
        steps: Every reason of the plan, in the order in which they apply; also those that take nobody out.
        eligible: Those who are left.
    """

    customers: int
    steps: tuple[Step, ...]
    eligible: int


def waterfall(protocol: Protocol, table: Any) -> Waterfall:
    """How many customers each reason takes out: each customer counts under the first that is true of them.

    Args:
        protocol: What it says of the population; it may be partly filled otherwise.
        table: An Arrow table of the population with the columns that ``where`` and ``exclude`` ask for.

    Returns:
        Steps whose customers, with those who are eligible, sum to everybody. Two reasons of the same words are one.

    Raises:
        DesignRefused: The population has no column that a reason asks for.
    """
    steps, rows = [], nw.from_native(table, eager_only=True)
    for reason, test in _tests(protocol, table):
        before = len(rows)
        rows = rows.filter(~test)
        steps.append(Step(reason, before - len(rows), len(rows)))
    return Waterfall(len(table), _of_the_same_words_once(steps), len(rows))


def who_takes_part(protocol: Protocol, table: Any) -> Any:
    """The rows of those whom no reason takes out, in their order."""
    rows = nw.from_native(table, eager_only=True)
    for _, test in _tests(protocol, table):
        rows = rows.filter(~test)
    return rows.to_native()


def _tests(protocol: Protocol, table: Any) -> Sequence[tuple[str, nw.Expr]]:
    """The reasons, asked of columns as they are in the table: a plan that is still written may think otherwise."""
    kinds: dict[str, Kind] = {}
    for path, condition in conditions(protocol):
        if path[0] != "population":
            continue
        if condition.column not in table.column_names:
            problem = f"the population has no column {condition.column!r}"
            rule_text = "a rule asks for columns that the population has"
            raise DesignRefused(problem, where=path_text(path), rule=rule_text)
        kind = _kind_of(table.schema.field(condition.column).type)
        if kind is not None:
            kinds[condition.column] = kind
    return exclusions(protocol, kinds)


def _kind_of(stored: pa.DataType) -> Kind | None:
    kind = stored.value_type if pa.types.is_dictionary(stored) else stored
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return "number" if pa.types.is_integer(kind) or pa.types.is_floating(kind) else None


def _of_the_same_words_once(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Reasons in the order of their first mention; what each leaves follows from what all before it took out."""
    taken: dict[str, int] = {}
    for step in steps:
        taken[step.reason] = taken.get(step.reason, 0) + step.customers
    left = steps[0].customers + steps[0].left if steps else 0
    merged = []
    for reason, customers in taken.items():
        left -= customers
        merged.append(Step(reason, customers, left))
    return tuple(merged)
