"""What happened before a customer's day 0 or after the outcome's day: no outcome of the approach, counted apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import narwhals as nw

from analysis.evaluate.tallies import tally_shares
from analysis.frame import ARM_COLUMN, DAY_ZERO_COLUMN, AnalysisFrame, open_to_every_arm, strata_of
from analysis.results import Check
from analysis.wording.naming import outcome_label
from designs.protocol import Protocol
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome
from trials.field.happened import dated
from trials.frames.alike import alike

_BEFORE = "_before:"  # before an outcome's id: whether it happened before day 0
_AFTER = "_after:"


def in_their_days(rows: nw.LazyFrame[Any], protocol: Protocol) -> nw.LazyFrame[Any]:
    """Outcomes that carry their day, as they stand from day 0 to the end of the outcome's day.

    What happened before or after did not happen then: the value is no, or 0. That is the same for every arm, for day 0
    is. Columns of their own say of whom that is so; each is null where the outcome is not known.

    Args:
        rows: with the outcomes as they were loaded, and day 0.
        protocol: whose outcomes they are.
    """
    for outcome in dated(protocol):
        column, day, zero = column_of(outcome), nw.col(str(outcome.happened_on)), nw.col(DAY_ZERO_COLUMN)
        yes_or_no = rows.collect_schema()[column] == nw.Boolean
        event = nw.col(column) if yes_or_no else nw.col(column) != 0
        before = event & (day < zero)
        last = None if outcome.day is None else zero.dt.offset_by(f"{outcome.day}d")
        after = event & nw.lit(False) if last is None else event & (day > last)
        rows = rows.with_columns(before.alias(_BEFORE + outcome.id), after.alias(_AFTER + outcome.id))
        outside = nw.col(_BEFORE + outcome.id) | nw.col(_AFTER + outcome.id)
        none = nw.lit(False) if yes_or_no else nw.lit(0)
        rows = rows.with_columns(nw.when(outside).then(none).otherwise(nw.col(column)).alias(column))
    return rows


def outside(outcome: Outcome) -> nw.Expr:
    """How many customers had the outcome, and not in its days."""
    flags = (nw.col(prefix + outcome.id).cast(nw.Int64).sum().fill_null(0) for prefix in (_BEFORE, _AFTER))
    return sum(flags, start=nw.lit(0))


def days_checked(frame: AnalysisFrame, protocol: Protocol) -> tuple[Check, ...]:
    """Of each outcome that carries its day: how much of it was before and after its days, by arm.

    No approach changes what happened before it: arms that differ there, as surely and by as much as retention may not,
    were not filled alike, and block.
    """
    return tuple(_checked(frame, protocol, outcome) for outcome in dated(protocol))


def _checked(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome) -> Check:
    counted = {key: nw.col(key + outcome.id).cast(nw.Int64).sum().alias(key) for key in (_BEFORE, _AFTER)}
    table = frame.engine.collect(frame.rows.group_by(ARM_COLUMN).agg(*counted.values())).to_pylist()
    by_arm = {row[ARM_COLUMN]: {key: int(row[key] or 0) for key in counted} for row in table}
    of = {key: {arm.id: by_arm.get(arm.id, {}).get(key, 0) for arm in protocol.arms} for key in counted}
    name = outcome_label(outcome)
    detail = f"“{name}” before day 0: {_listed(protocol, of[_BEFORE])}"
    if outcome.day is not None:
        detail += f"; after day {outcome.day}: {_listed(protocol, of[_AFTER])}"
    detail += ". It counts as not happened."
    if not any(customers for counts in of.values() for customers in counts.values()):
        detail = f"“{name}” happened in its days wherever it did."
    figures: dict[str, float | int | str | None] = {}
    for word, key in (("before", _BEFORE), ("after", _AFTER)):
        figures |= {f"{word}_{arm}": n for arm, n in of[key].items()}
    check = _filled_alike(frame, protocol, outcome)
    if check.passed is False:
        detail = f"{check.detail} {detail}"
    passed = check.passed is not False
    return replace(check, passed=passed, detail=detail, figures={**check.figures, **figures}, subject=outcome.id)


def _listed(protocol: Protocol, customers: dict[str, int]) -> str:
    return ", ".join(f"{protocol.labels[arm]} {n:,}" for arm, n in customers.items())


def _filled_alike(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome) -> Check:
    early = {outcome.id: nw.when(nw.col(_BEFORE + outcome.id)).then(nw.lit(1))}
    among = open_to_every_arm(frame, protocol)
    counts = tally_shares(among, early, strata_of(frame, protocol), protocol.cluster)[outcome.id]
    return alike(counts, protocol, kind="in_its_days", what=f"had “{outcome_label(outcome)}” before day 0")
