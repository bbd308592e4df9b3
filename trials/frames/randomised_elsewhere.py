"""The analysis frame of a trial that was randomised elsewhere: one file, which holds the arms too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import ARM_COLUMN, DAY_ZERO_COLUMN, SATURATION_COLUMN, STRATUM_COLUMN, AnalysisFrame
from analysis.results import Flow
from data.engine import Engine
from data.intake import Intake
from data.intake.files import refuse_all_rejected
from data.pieces import coded
from designs.assignment import strata_as_assigned
from designs.protocol import (
    Protocol,
    ProtocolRefused,
    arms_of_labels,
    known_arms,
    known_saturations,
    saturations_of_labels,
)
from designs.protocol.conditions import surely_left_out
from designs.protocol.eligibility import ELIGIBLE_ARMS, closes_an_arm, with_eligible_arms
from designs.protocol.values import Value
from trials.errors import TrialRefused
from trials.field.reasons import with_reasons
from trials.frames.in_their_days import days_checked, in_their_days
from trials.frames.losses import first_unreadable, rows_taken
from trials.frames.taking_part import closed_to_their_own, who_takes_part

_PLACE = "_place"


def frame_of(engine: Engine, protocol: Protocol, intake: Intake, arm_column: str, as_at: date) -> AnalysisFrame:
    """The rows of a file that take part, each with its arm's id.

    Args:
        engine: where the rows will be.
        protocol: one whose ``randomisation.method`` is ``external``.
        intake: the file, read and checked.
        arm_column: where its arm labels are.
        as_at: the day on which it was cut; what was due by then is known where the protocol dates the allocation.

    Raises:
        ProtocolRefused: somebody who takes part has an arm's label that the protocol does not declare.
        TrialRefused: nobody is left to analyse.
    """
    table = with_reasons(_with_arms(protocol, intake, arm_column), intake.unreadable)
    rows: nw.LazyFrame[Any] = engine.scan(table)
    rows, excluded, known = who_takes_part(engine, protocol, rows)
    if table.column(ARM_COLUMN).null_count:
        _refuse_unknown(engine, protocol, intake, rows, ARM_COLUMN, arm_column, arms_of_labels)
    allocated = intake.loaded - sum(exclusion.customers for exclusion in excluded)
    if allocated == 0:
        raise TrialRefused(
            "nobody is left to analyse",
            where=intake.source,
            rule="; ".join(f"{exclusion.reason}: {exclusion.customers:,}" for exclusion in excluded) or None,
            remedy="check where and exclude in the protocol against the file",
        )
    _refuse_without_saturation(engine, protocol, intake, rows)
    if protocol.randomisation.merge:
        taking_part = engine.collect(rows)
        counted = pc.value_counts(taking_part.column(ARM_COLUMN)).to_pylist()
        arms = {row["values"]: int(row["counts"]) for row in counted}
        rows = engine.scan(
            taking_part.append_column(STRATUM_COLUMN, strata_as_assigned(protocol, taking_part, arms=arms))
        )
    closed = closes_an_arm(protocol)
    if closed:
        # Carried out now: every pass that follows reads the column, and none works it out again.
        rows = engine.scan(engine.collect(with_eligible_arms(rows, protocol)))
        known = (*known, *closed_to_their_own(engine, protocol, rows))
    dated = protocol.randomisation.allocation_date
    if dated is not None:
        rows = rows.with_columns(nw.lit(dated, nw.Date).alias(DAY_ZERO_COLUMN))
        rows = in_their_days(rows, protocol)
    frame = AnalysisFrame(
        engine=engine,
        rows=rows,
        flow=Flow(
            intake.read,
            intake.rejected,
            excluded,
            allocated,
            allocated,
            repeats_unknown=protocol.population.unit == "row",
        ),
        checks=(rows_taken(allocated, intake.read, intake.rejections), *known),
        data_digest=intake.digest,
        synthetic=False,
        laid_strata=(ELIGIBLE_ARMS,) if closed else (),
        as_at=None if dated is None else as_at,
        unreadable=first_unreadable(intake.unreadable),
    )
    return replace(frame, checks=(*frame.checks, *days_checked(frame, protocol)))


def without_armless(engine: Engine, protocol: Protocol, intake: Intake, arm_column: str) -> Intake:
    """The file without the rows of which nobody knows the arm: they are lost, for they belong nowhere.

    Who takes part is asked first: a customer whom the plan leaves out whatever their arm stays, to be counted there.

    Raises:
        DataRefused: no row is left.
    """
    arms = intake.table.column(arm_column)
    if not arms.null_count:
        return intake
    absent = np.flatnonzero(arms.is_null().to_numpy())
    without = intake.table.take(pa.array(absent)).append_column(_PLACE, pa.array(absent))
    rows, left_out = engine.scan(without), surely_left_out(protocol)
    taking_part = rows.filter(~reduce(or_, left_out)) if left_out else rows
    lost = np.sort(engine.collect(taking_part.select(_PLACE))[_PLACE].to_numpy())
    unread = next((cells for cells in intake.unreadable if cells.field == arm_column), None)
    why = {} if unread is None else dict(zip(unread.positions.tolist(), unread.reasons.to_pylist(), strict=True))
    settled = intake.without(lost, [why.get(at, f"{arm_column} is missing") for at in lost.tolist()], arm_column)
    if not settled.loaded:
        refuse_all_rejected(settled.rejections, settled.read, settled.source)
    return settled


def _with_arms(protocol: Protocol, intake: Intake, arm_column: str) -> pa.Table:
    """The file's rows with each customer's arm by its id; null where no arm has the label."""
    ids = _ids_of_labels(protocol, intake, arm_column, known_arms)
    # A dictionary: engines group by its few entries faster than by a million texts.
    return _with_saturations(protocol, intake).append_column(ARM_COLUMN, ids)


def _with_saturations(protocol: Protocol, intake: Intake) -> pa.Table:
    """The file's rows, each with the id of its cluster's saturation where a column of the file holds it."""
    column = protocol.randomisation.saturation_column
    if column is None:
        return intake.table
    ids = _ids_of_labels(protocol, intake, column, known_saturations)
    return intake.table.append_column(SATURATION_COLUMN, ids.dictionary_decode())


def _ids_of_labels(
    protocol: Protocol,
    intake: Intake,
    column: str,
    meaning: Callable[[Protocol, Iterable[Value]], dict[Value, str]],
) -> pa.DictionaryArray:
    """What each label of a column stands for, row by row; null where it stands for nothing."""
    labels = coded(intake.table.column(column))
    named = labels.dictionary.to_pylist()
    meant = meaning(protocol, named)
    ids = pa.array([meant.get(label) for label in named], pa.string())
    if ids.null_count:
        return ids.take(labels.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(labels.indices, ids)


def _refuse_unknown(
    engine: Engine,
    protocol: Protocol,
    intake: Intake,
    rows: nw.LazyFrame[Any],
    ids: str,
    column: str,
    meaning: Callable[[Protocol, Iterable[Value]], dict[Value, str]],
) -> None:
    """Turn the file away where a label of those who take part stands for nothing."""
    unknown = rows.filter(nw.col(ids).is_null() & ~nw.col(column).is_null()).select(column).unique()
    labels = sorted(engine.collect(unknown)[column].to_pylist())
    try:
        meaning(protocol, labels)
    except ProtocolRefused as refusal:
        raise ProtocolRefused(refusal.errors, where=f"{intake.source}, column {column}") from refusal


def _refuse_without_saturation(engine: Engine, protocol: Protocol, intake: Intake, rows: nw.LazyFrame[Any]) -> None:
    column = protocol.randomisation.saturation_column
    if column is None:
        return
    _refuse_unknown(engine, protocol, intake, rows, SATURATION_COLUMN, column, saturations_of_labels)
    absent = nw.col(SATURATION_COLUMN).is_null().cast(nw.Int64).sum().alias("n")
    without = int(engine.collect(rows.select(absent))["n"][0].as_py() or 0)
    if without:
        raise TrialRefused(
            f"{without:,} rows have no saturation",
            where=f"{intake.source}, column {column}",
            rule="every customer's cluster was assigned a saturation",
            remedy="complete the column, or take those rows out with where and say why",
        )
