"""How the passes read the rows, decided from a pilot sample: what makes a cell, what is summed, about which centre.

The pilot decides speed and conditioning only, never a result. What it could not foresee (a null further down, a mean
far from the first rows) the first pass finds and corrects by reading once more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.specification import Levels, Response, Specification, level_position, response_values
from designs.literals import CLUSTERED

PILOT_ROWS = 8_192
MOST_CELLS = 50_000
MOST_VALUES_IN_CELLS = 16
NUMBERED_FROM = 2_000_000  # customers
MOST_LABELS = 64
NO_CLUSTER = "\x1e"  # no text of a file holds it


@dataclass(frozen=True, slots=True)
class Plan:
    """What both passes agree on.

    Attributes:
        specification: The declared regression.
        responses: What is regressed, in order.
        by: Subgroup levels, or ``None``.
        categories: Covariates that enter as indicators.
        keyed: Numeric covariates with few values, which are part of the cell.
        running: Numeric covariates that vary within a cell.
        centre: By numeric covariate: what is taken off before anything is summed.
        response_centre: The same for each response.
        flagged: Running covariates with nulls: their being missing is part of the cell.
        masked: Responses (by position) with nulls: their being missing is part of the cell.
        by_cluster: Whether the cluster is part of the cell.
        numbered: Text columns that are read as positions in these labels.
        third_moments: Whether the skewness of estimates is wanted.
        many_cells: Whether there may be about as many cells as customers.
    """

    specification: Specification
    responses: tuple[Response, ...]
    by: Levels | None
    categories: tuple[str, ...]
    keyed: tuple[str, ...]
    running: tuple[str, ...]
    centre: Mapping[str, float]
    response_centre: tuple[float, ...]
    flagged: frozenset[str]
    masked: frozenset[int]
    by_cluster: bool
    numbered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    third_moments: bool = False
    many_cells: bool = False

    @property
    def numbers(self) -> tuple[str, ...]:
        """Numeric covariates, keyed ones first."""
        return self.keyed + self.running

    @property
    def cubes(self) -> bool:
        """Whether cubes of the responses are summed: each customer's residual then follows from its cell."""
        weighted, clustered = self.specification.weight, self.specification.standard_errors in CLUSTERED
        return self.third_moments and not (self.running or weighted or clustered)


def make_plan(
    frame: AnalysisFrame,
    specification: Specification,
    responses: Sequence[Response],
    by: Levels | None,
    *,
    by_cluster: bool,
    third_moments: bool = False,
) -> Plan:
    """Look at the first rows and decide how all of them are read."""
    covariates = specification.covariates if specification.adjustment != "none" else ()
    categories = tuple(c.name for c in covariates if c.kind == "category")
    numbers = tuple(c.name for c in covariates if c.kind == "number")
    terms = {column for response in responses for column in response.columns}
    wanted = dict.fromkeys([*categories, *numbers, *specification.strata, *sorted(terms)])
    sample = frame.engine.collect(frame.rows.select(*wanted, ARM_COLUMN).head(PILOT_ROWS))

    values = {name: _as_floats(sample[name]) for name in (*numbers, *sorted(terms))}
    sampled = [response_values(response, values.__getitem__) for response in responses]
    distinct = {name: len(pc.unique(sample[name])) for name in (*categories, *numbers, *specification.strata)}
    keyed = [name for name in numbers if distinct[name] <= MOST_VALUES_IN_CELLS]
    fixed = len(specification.arms) * (len(by.names) if by else 1)
    fixed *= math.prod(distinct[name] for name in (*categories, *specification.strata))
    while keyed and fixed * math.prod(distinct[name] for name in keyed) > MOST_CELLS:
        keyed.remove(max(keyed, key=lambda name: distinct[name]))
    return Plan(
        specification=specification,
        responses=tuple(responses),
        by=by,
        categories=categories,
        keyed=tuple(keyed),
        running=tuple(name for name in numbers if name not in keyed),
        centre={name: round_centre(values[name]) for name in numbers},
        response_centre=tuple(round_centre(values) for values in sampled),
        flagged=frozenset(name for name in numbers if name not in keyed and np.isnan(values[name]).any()),
        masked=frozenset(i for i, values in enumerate(sampled) if np.isnan(values).any()),
        by_cluster=by_cluster,
        numbered=_numbered(frame, specification, by, sample, (*categories, *specification.strata)),
        third_moments=third_moments,
        many_cells=fixed > PILOT_ROWS // 2,
    )


def _numbered(
    frame: AnalysisFrame, specification: Specification, by: Levels | None, sample: pa.Table, names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Text columns worth numbering. Large data come as Parquet, whose dictionaries make that cheaper than grouping
    by text; for a few rows in memory it is dearer."""
    if frame.flow.allocated < NUMBERED_FROM:
        return {}
    schema = frame.rows.collect_schema()
    labels_of = {ARM_COLUMN: specification.arms}
    for name in names:
        if schema[name] == nw.String:
            labels_of[name] = tuple(sorted(label for label in pc.unique(sample[name]).to_pylist() if label is not None))
    if by is not None and by.cuts is None and schema[by.column] == nw.String and by.column not in labels_of:
        labels_of[by.column] = by.names
    return {name: labels for name, labels in labels_of.items() if len(labels) <= MOST_LABELS}


def number_column(column: str) -> str:
    """Where the position of a numbered column's value is."""
    return f"__number__{column}"


def numbered_rows(frame: AnalysisFrame, plan: Plan) -> nw.LazyFrame[Any]:
    """The rows, with a number beside each text column that the plan numbers."""
    rows = frame.rows
    for column, labels in plan.numbered.items():
        rows = frame.engine.numbered(rows, column, labels, name=number_column(column))
    return rows


def round_centre(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """A centre near the mean with few binary digits, so that whole numbers keep exact sums.

    Args:
        values: (n,) in any unit; NaN is ignored.

    Examples:
        >>> round_centre(np.array([0.0, 1.0, 0.0, 0.0]))
        0.25
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return 0.0
    return centre_for(float(known.mean()), float(known.std()))


def centre_for(mean: float, deviation: float) -> float:
    """The multiple of a power of two, at most one standard deviation wide, that is nearest to the mean."""
    if not deviation > abs(mean) * 1e-14:
        return mean
    step = 2.0 ** math.floor(math.log2(deviation))
    return round(mean / step) * step


def number(column: str, centre: float) -> nw.Expr:
    """A numeric column about its centre, as a double (small integers overflow in some engines)."""
    return nw.col(column).cast(nw.Float64) - centre


def cluster_text(specification: Specification) -> nw.Expr:
    """The cluster as text. Customers without one are together, where it was not assigned and so may be missing."""
    text = nw.col(str(specification.cluster)).cast(nw.String)
    return text if specification.cluster_assigned else text.fill_null(NO_CLUSTER)


def level_number(plan: Plan, by: Levels) -> nw.Expr:
    """The position of a row's subgroup level in ``by.names``, null when it is in none."""
    if plan.numbered.get(by.column) == by.names:
        return nw.col(number_column(by.column))
    return level_position(by)


def _as_floats(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    floats = pc.cast(column, pa.float64())
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)
