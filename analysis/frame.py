"""What an analysis gets to see: one row per allocated customer, and how the rows came to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw

from analysis.results import Check, Flow, UnreadableCell
from data.engine import Engine
from designs.protocol.eligibility import could_get
from designs.protocol.models import Protocol

ARM_COLUMN = "_arm"
WAVE_COLUMN = "_wave"
DAY_ZERO_COLUMN = "_day_zero"
STRATUM_COLUMN = "_stratum"
REASON_PREFIX = "_unreadable:"  # before a column's name: why a customer's cell of it could not be read, null where read
SATURATION_COLUMN = "_saturation"
CONDITIONAL_COLUMN = "_conditional_probability"


@dataclass(frozen=True, slots=True)
class AnalysisFrame:
    """The rows of one trial, lazily, on the engine that holds them.

    Attributes:
        engine: Where the rows are, and what carries a lazy frame out.
        rows: One row per allocated customer. ``ARM_COLUMN`` holds the arm's id as text and is never null; every
            other column has its own name. A null is a missing value. Where the protocol closes an arm to somebody,
            ``ELIGIBLE_ARMS`` holds the arms that each customer could get. Where the protocol merges small strata,
            ``STRATUM_COLUMN`` holds the stratum that each customer was assigned in. In a saturation trial
            ``SATURATION_COLUMN`` holds the id of the cluster's saturation and, where it was drawn here,
            ``CONDITIONAL_COLUMN`` the probability of the customer's arm given that.
        flow: Every customer accounted for, from the file to the analysis.
        checks: Checks made while the rows were put together.
        data_digest: SHA-256 of the data, lower-case hexadecimal.
        synthetic: Whether the customers are invented.
        laid_strata: Strata that the protocol does not declare: ``WAVE_COLUMN`` where customers came in waves, and
            ``ELIGIBLE_ARMS`` where an arm is closed to somebody.
        as_at: The day on which the outcomes were cut; None where nobody knows what was due. Where it is known,
            ``DAY_ZERO_COLUMN`` holds the day 0 of each customer.
        still_to_come: Day 0 of customers who are still to be allocated, in later waves.
        unreadable: Cells that are missing because they could not be read, the first of them. Columns named by
            ``REASON_PREFIX`` hold the reason of each, where there is any.
    """

    engine: Engine
    rows: nw.LazyFrame[Any]
    flow: Flow
    checks: tuple[Check, ...]
    data_digest: str
    synthetic: bool
    laid_strata: tuple[str, ...] = ()
    as_at: date | None = None
    still_to_come: tuple[date, ...] = ()
    unreadable: tuple[UnreadableCell, ...] = ()


def strata_of(frame: AnalysisFrame, protocol: Protocol) -> tuple[str, ...]:
    """The columns that together are the stratum as assigned, the only one that an analysis knows.

    The declared strata, or the one column that says how small ones were merged; and the wave and the arms that a
    customer could get, where these differ.
    """
    scheme = protocol.randomisation
    return (*((STRATUM_COLUMN,) if scheme.merge else scheme.strata), *frame.laid_strata)


def open_to(frame: AnalysisFrame, protocol: Protocol, arms: Iterable[str]) -> AnalysisFrame:
    """The customers who could have got each of these arms. The frame itself where none of them is closed to anybody."""
    tests = [could_get(arm) for arm in arms if protocol.arm(arm).not_for]
    return replace(frame, rows=frame.rows.filter(*tests)) if tests else frame


def open_to_every_arm(frame: AnalysisFrame, protocol: Protocol) -> AnalysisFrame:
    """The customers to whom no arm is closed: the only ones whose arms are alike. The frame itself where all are."""
    return open_to(frame, protocol, [arm.id for arm in protocol.arms])
