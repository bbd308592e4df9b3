"""Who of a file takes part by the conditions of the plan, and of whom that is not known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw

from analysis.evaluate.tallies import shares_of_rows
from analysis.frame import ARM_COLUMN
from analysis.integrity import checks
from analysis.integrity.checks import ArmShare
from analysis.integrity.shares_by_stratum import shares_differ
from analysis.results import Check, CheckKind, Exclusion
from data.engine import Engine
from designs.protocol import Protocol
from designs.protocol.conditions import exclusions, left_out_by_arm_or_else
from designs.protocol.eligibility import could_get
from trials.frames.alike import alike

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
    return left, left_out, (*_known(protocol, counted), *_left_out_alike(engine, protocol, rows))


def _left_out_alike(engine: Engine, protocol: Protocol, rows: nw.LazyFrame[Any]) -> tuple[Check, ...]:
    """Whether the plan leaves out the same share of every arm; nothing to say where it does.

    By what was declared before anybody was assigned no arm can lose more than another. A condition on the column of the
    arms itself chooses arms, and leaves out nobody of those that it keeps.
    """
    of_arms, others = left_out_by_arm_or_else(protocol)
    if not others:
        return ()
    rows = rows.filter(~nw.col(ARM_COLUMN).is_null())  # a label that no arm has is one that the plan leaves out
    among = rows.filter(~reduce(or_, of_arms)) if of_arms else rows
    kept = {_EXCLUDED: nw.when(~reduce(or_, others)).then(nw.lit(1))}
    made = _alike(engine, protocol, among, kept, "left_out", "are not left out by where or exclude")
    return (made,) if made.passed is False else ()


def closed_to_their_own(engine: Engine, protocol: Protocol, rows: nw.LazyFrame[Any]) -> tuple[Check, ...]:
    """Whether customers are in an arm that was closed to them, who then leave its comparison; nothing where few are.

    Args:
        rows: with the arms that each customer could get.
    """
    open_ = [(nw.col(ARM_COLUMN) == arm.id) & could_get(arm.id) for arm in protocol.arms]
    kept = {_EXCLUDED: nw.when(reduce(or_, open_)).then(nw.lit(1))}
    made = _alike(engine, protocol, rows, kept, "left_out", "are in an arm that was open to them")
    return (made,) if made.passed is False else ()


def _alike(
    engine: Engine, protocol: Protocol, rows: nw.LazyFrame[Any], kept: Mapping[str, nw.Expr], kind: CheckKind, what: str
) -> Check:
    """By the rule of retention, within strata where shares differ by them."""
    counts = shares_of_rows(engine, rows, kept, protocol.randomisation.strata, protocol.cluster)[_EXCLUDED]
    if not shares_differ(counts.arm, counts.stratum, counts.customers):
        counts = shares_of_rows(engine, rows, kept, (), protocol.cluster)[_EXCLUDED]
    return alike(counts, protocol, kind=kind, what=what)


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
