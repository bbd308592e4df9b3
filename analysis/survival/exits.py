"""How each customer's follow-up ended, counted by arm, stratum, cluster and time: all that the estimates start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN, AnalysisFrame, strata_of
from analysis.specification import Levels, level_position
from analysis.survival.kaplan_meier import LifeTable, life_table
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TIED = 1e-9  # times that differ by less than this part of themselves are one time, written in two ways
CUSTOMERS = "_customers"
_LEVEL = "_level"
_BETWEEN = "\x1f"  # no label holds it


@dataclass(frozen=True, slots=True, eq=False)
class ExitCells:
    """Customers counted by arm, stratum, cluster, time and event code; one entry a cell.

    ``assigned`` counts customers with and without the outcome, shape (arms, strata); where it is not given, those of
    the cells are all there are. ``names`` are the strata's.
    """

    arm: Ints
    stratum: Ints
    cluster: Ints
    time: Floats
    code: Ints
    count: Floats
    assigned: Floats | None = None
    names: tuple[str, ...] = ("",)

    def table(self, where: NDArray[np.bool_]) -> LifeTable:
        return life_table(self.time[where], self.code[where], self.count[where])

    def of_arm(self, arm: int) -> ExitCells:
        """The cells of one arm."""
        at = self.arm == arm
        return replace(
            self, arm=self.arm[at], stratum=self.stratum[at], cluster=self.cluster[at], time=self.time[at],
            code=self.code[at], count=self.count[at],
        )  # fmt: skip

    def observed(self, arms: int) -> Floats:
        """Customers with the outcome, shape (arms, strata)."""
        place = self.arm * len(self.names) + self.stratum
        flat = np.bincount(place, self.count, arms * len(self.names))
        return np.asarray(flat, dtype=np.float64).reshape(arms, len(self.names))


def exits_of(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome) -> ExitCells:
    """Count the customers of a frame by how their follow-up ended.

    Raises:
        AnalysisRefused: a time is negative.
    """
    return _cells(counted_exits(frame, protocol, outcome, {}), strata_of(frame, protocol), protocol, outcome)


def exits_by_level(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, by: Levels) -> dict[str, ExitCells]:
    """The same within each level of a subgroup, in one scan. Customers of no level are left out."""
    counted = counted_exits(frame, protocol, outcome, {_LEVEL: level_position(by)})
    return {
        name: _cells(counted.filter(pc.equal(counted[_LEVEL], number)), strata_of(frame, protocol), protocol, outcome)
        for number, name in enumerate(by.names)
    }


def counted_exits(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, more: Mapping[str, nw.Expr]) -> pa.Table:
    """Customers (``CUSTOMERS``) by arm, strata, cluster, time and event as the columns hold them, and by ``more``."""
    cluster = [protocol.cluster] if protocol.cluster else []
    columns = [ARM_COLUMN, *strata_of(frame, protocol), *cluster, str(outcome.time), str(outcome.event)]
    columns = list(dict.fromkeys(columns))
    rows = frame.rows.select(*(nw.col(name) for name in columns), *(key.alias(name) for name, key in more.items()))
    return frame.engine.collect(rows.group_by([*columns, *more]).agg(nw.len().alias(CUSTOMERS)))


def _cells(counted: pa.Table, strata: tuple[str, ...], protocol: Protocol, outcome: Outcome) -> ExitCells:
    time, event = str(outcome.time), str(outcome.event)
    order = {arm.id: number for number, arm in enumerate(protocol.arms)}
    arm = np.array([order[arm] for arm in counted[ARM_COLUMN].to_pylist()], dtype=np.int64)
    count = np.array(counted[CUSTOMERS].to_pylist(), dtype=np.float64)

    def coded(names: tuple[str, ...]) -> tuple[tuple[str, ...], Ints]:
        if not names:
            return ("",), np.zeros(counted.num_rows, dtype=np.int64)
        rows = zip(*(counted[name].to_pylist() for name in names), strict=True)
        distinct, codes = np.unique([_BETWEEN.join(map(str, row)) for row in rows], return_inverse=True)
        return tuple(str(name).replace(_BETWEEN, ", ") for name in distinct) or ("",), codes.astype(np.int64)

    names, stratum = coded(strata)
    _, cluster = coded((protocol.cluster,) if protocol.cluster else ())
    assigned = np.zeros((len(order), len(names)))
    np.add.at(assigned, (arm, stratum), count)
    read = reading(outcome)
    times, codes = counted[time].to_pylist(), counted[event].to_pylist()
    known = np.array([t is not None and c is not None for t, c in zip(times, codes, strict=True)], dtype=bool)
    days = np.array([times[place] for place in np.flatnonzero(known)], dtype=np.float64)
    if days.size and float(days.min()) < 0:
        raise AnalysisRefused("a time to the event is negative", where=time, rule="days from the index date")
    return ExitCells(
        arm=arm[known],
        stratum=stratum[known],
        cluster=cluster[known],
        time=snapped(days, outcome.horizon),
        code=np.array([read(codes[place]) for place in np.flatnonzero(known)], dtype=np.int64),
        count=count[known],
        assigned=assigned,
        names=names,
    )


def reading(outcome: Outcome) -> Callable[[Any], int]:
    """From a value of the event's column to 0 (follow-up ended), 1 (the event) or 2 (a competing event)."""
    if outcome.codes is None:
        return int
    event, competing = ({_as_read(code) for code in codes} for codes in outcome.codes)

    def read(value: Any) -> int:
        value = _as_read(value)
        return 1 if value in event else 2 if value in competing else 0

    return read


def _as_read(value: Any) -> str:
    """A code as text, whether the file holds it as text or as a number: 2 is 2.0 and "2"."""
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return f"{number:g}" if number.is_integer() else str(value)


def snapped(times: Floats, horizon: float | None = None) -> Floats:
    """The times, with those that agree to rounding made one: each group is its smallest, or the horizon.

    Examples:
        >>> import numpy as np
        >>> snapped(np.array([0.1 + 0.2, 0.3, 0.2]), horizon=0.3).tolist()
        [0.3, 0.3, 0.2]
    """
    distinct = np.unique(times if horizon is None else np.append(times, horizon))
    if distinct.size < 2:
        return times
    starts = np.concatenate([[True], np.diff(distinct) > TIED * np.abs(distinct[1:])])
    group = np.cumsum(starts) - 1
    stands_for = distinct[starts]
    if horizon is not None:
        stands_for[group[np.searchsorted(distinct, horizon)]] = horizon
    return np.asarray(stands_for[group[np.searchsorted(distinct, times)]], dtype=np.float64)
