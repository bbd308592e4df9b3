"""Who of a file takes part by the conditions of the plan, and of whom that is not known."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw

from analysis.frame import ARM_COLUMN
from analysis.integrity import checks
from analysis.integrity.checks import ArmShare
from analysis.results import Check, Exclusion
from data.engine import Engine
from designs.protocol import Protocol
from designs.protocol.conditions import exclusions

_EXCLUDED = "_excluded"
_UNKNOWN = "_unknown"


def who_takes_part(
    engine: Engine, protocol: Protocol, rows: nw.LazyFrame[Any]
) -> tuple[nw.LazyFrame[Any], tuple[Exclusion, ...], tuple[Check, ...]]:
    """Rows that take part, how many do not for each reason, and whether that is known of the same share of every arm.

    A row counts under the first reason that is true of it. Who lacks the value that ``where`` asks for is left out,
    since nobody knows whether the condition holds; a loss like any other, so it must be alike in every arm. A condition
    that asks whether a value is missing knows it of everybody.
    """
    declared = exclusions(protocol)
    if not declared:
        return rows, (), ()
    first: nw.Expr = nw.lit(len(declared), nw.Int32)
    for position in reversed(range(len(declared))):
        first = nw.when(declared[position][1]).then(nw.lit(position, nw.Int32)).otherwise(first)
    marked = rows.with_columns(first.alias(_EXCLUDED))
    unknown = [
        (nw.col(_EXCLUDED) == position) & nw.col(condition.column).is_null()
        for position, condition in enumerate(protocol.population.where)
        if condition.missing is None
    ]
    marked = marked.with_columns((reduce(or_, unknown) if unknown else nw.lit(False)).alias(_UNKNOWN))
    counted = engine.collect(marked.group_by(ARM_COLUMN, _EXCLUDED, _UNKNOWN).agg(nw.len().alias("n"))).to_pylist()
    by_reason: dict[str, int] = {}
    for position, (reason, _) in enumerate(declared):
        customers = sum(int(row["n"]) for row in counted if row[_EXCLUDED] == position)
        by_reason[reason] = by_reason.get(reason, 0) + customers
    left_out = tuple(Exclusion(reason, count) for reason, count in by_reason.items() if count)
    left = marked.filter(nw.col(_EXCLUDED) == len(declared)).drop(_EXCLUDED, _UNKNOWN)
    return left, left_out, _known(protocol, counted)


def _known(protocol: Protocol, counted: list[dict[str, Any]]) -> tuple[Check, ...]:
    """Nothing to check where it is known of everybody."""
    if not any(row[_UNKNOWN] for row in counted):
        return ()
    shares = [
        ArmShare(
            arm.id,
            sum(int(row["n"]) for row in counted if row[ARM_COLUMN] == arm.id),
            sum(int(row["n"]) for row in counted if row[ARM_COLUMN] == arm.id and not row[_UNKNOWN]),
            arm.label,
        )
        for arm in protocol.arms
    ]
    made = checks.retention(
        shares,
        protocol.comparison.id,
        kind="conditions_known",
        what="have the values that the conditions of the plan ask for",
        least_difference=protocol.retention_margin,
    )
    return (made,)
