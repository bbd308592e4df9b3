"""Simulated trials as cells: many draws of an outcome on the same customers, regressed by the project's own algebra.

A whole call of :func:`analysis.regression.regress` reads its rows through an engine, which costs more than the
estimate. Here the first pass is made in memory, all the rest is the project's, and :func:`digits_of_agreement` shows on
trials of every setting that the whole call gives the same figures.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.fit import Contrast, Regression
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.regression import regress, regress_cells
from analysis.regression.moments import Cells, Coded
from analysis.regression.plan import Plan
from analysis.specification import Column, Levels, Response, Specification
from designs.literals import Adjustment, StandardErrors
from tests.analysis.frames import frame_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AT_ONCE = 100  # simulated outcomes on the same customers


def stream(seed: int, label: str) -> np.random.Generator:
    """Random numbers of a suite's own: no two labels share any."""
    return np.random.default_rng([seed, *label.encode()])


def specification_of(
    arms: tuple[str, ...] = ("nfa", "letter"),
    adjustment: Adjustment = "none",
    kind: StandardErrors = "HC2",
    *,
    covariates: tuple[Column, ...] = (),
    strata: bool = False,
    cluster: bool = False,
) -> Specification:
    """Every arm against the first."""
    return Specification(
        arms,
        tuple((arm, arms[0]) for arm in arms[1:]),
        adjustment,
        kind,
        covariates,
        ("stratum",) if strata else (),
        "cluster" if cluster else None,
    )


@dataclass(frozen=True, eq=False)
class Customers:
    """Who is in a trial. The customers of a cell differ by chance alone.

    Attributes:
        design: The declared regression.
        arm: (M,) which arm each cell is in.
        count: (M,) its customers, at least one.
        stratum, cluster, level: (M,) codes, where there are any.
        categories, numbers: (M,) codes and values of covariates, by name.
        levels: names of the subgroup levels.
    """

    design: Specification
    arm: Ints
    count: Ints
    stratum: Ints | None = None
    cluster: Ints | None = None
    level: Ints | None = None
    levels: tuple[str, ...] = ()
    categories: Mapping[str, Ints] | None = None
    numbers: Mapping[str, Floats] | None = None

    @property
    def treated(self) -> NDArray[np.bool_]:
        return self.arm > 0

    @property
    def by(self) -> Levels | None:
        return Levels("level", self.levels) if self.level is not None else None


def summarised(customers: Customers, rows: Floats) -> tuple[Floats, Floats]:
    """(M, R) sums and sums of squares from (R, n) outcomes, cell by cell."""
    starts = np.cumsum(customers.count) - customers.count
    return np.add.reduceat(rows, starts, axis=1).T, np.add.reduceat(rows * rows, starts, axis=1).T


def cells_of(
    customers: Customers,
    sums: Floats,
    squares: Floats,
    responses: tuple[Response, ...] | None = None,
    cubes: Floats | None = None,
) -> Cells:
    """What the first pass would have returned; each of the R columns of ``sums`` is a response of its own.

    With ``cubes``, sums of the third powers, estimates say how far they lean.
    """
    M, R = sums.shape
    categories, numbers = customers.categories or {}, customers.numbers or {}
    count = customers.count.astype(float)
    values = np.column_stack([*numbers.values()]) if numbers else np.zeros((M, 0))
    strata = np.zeros(M, dtype=np.int64) if customers.stratum is None else customers.stratum
    plan = Plan(
        specification=customers.design,
        responses=responses or tuple(response(r) for r in range(R)),
        by=customers.by,
        categories=tuple(categories),
        keyed=tuple(numbers),
        running=(),
        centre=dict.fromkeys(numbers, 0.0),
        response_centre=(0.0,) * R,
        flagged=frozenset(),
        masked=frozenset(),
        by_cluster=customers.cluster is not None,
        third_moments=cubes is not None,
    )
    return Cells(
        plan=plan,
        keys=(),
        level=np.zeros(M, dtype=np.int64) if customers.level is None else customers.level,
        arm=customers.arm,
        strata=strata,
        stratum_names=tuple(f"stratum = {j}" for j in range(strata.max() + 1)) if customers.design.strata else ("",),
        categories=tuple(_coded(name, codes) for name, codes in categories.items()),
        cluster=None if customers.cluster is None else _coded("cluster", customers.cluster),
        count=count,
        weight=count,
        missing=np.zeros(values.shape, dtype=bool),
        sums=values * count[:, None],
        plain_sums=values * count[:, None],
        products=count[:, None, None] * values[:, :, None] * values[:, None, :],
        observed=np.ones((M, R), dtype=bool),
        response_sums=sums,
        plain_response_sums=sums,
        response_squares=squares,
        response_products=sums[:, :, None] * values[:, None, :],
        response_cubes=cubes,
    )


def response(r: int) -> Response:
    """The outcome in column ``y0``, ``y1``, …"""
    return Response(f"y{r}", ((f"y{r}", 1.0),))


def of_trial(plain: Response, r: int) -> Response:
    """A response of one of several simulated trials, measured in columns of that trial's own.

    Responses that differ in their id alone would be one to the regression: every trial would be the last.
    """
    terms = tuple((f"{r}|{column}", weight) for column, weight in plain.terms)
    return replace(plain, id=f"{r}|{plain.id}", terms=terms)


def _coded(name: str, codes: Ints) -> Coded:
    return Coded(name, codes, tuple(str(code) for code in range(int(codes.max()) + 1)))


def regressed(cells: Cells) -> Regression:
    """The project's fit of cells in which nothing varies but the outcome."""
    return regress_cells(no_rows(), cells)


def contrasts_of(customers: Customers, sums: Floats, squares: Floats) -> Iterator[tuple[Contrast, ...]]:
    """The contrasts of each of the R simulated outcomes, among everyone."""
    for fit in regressed(cells_of(customers, sums, squares)).fits.values():
        yield fit.contrasts


@functools.cache
def no_rows() -> AnalysisFrame:
    """Where the project asks for a frame that it will not read."""
    return frame_of({ARM_COLUMN: np.array(["nfa"])})


def columns_of(customers: Customers, y: Floats) -> dict[str, object]:
    """The rows that a trial's file would hold: (n,) outcomes, cell by cell."""

    def spread(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.repeat(values, customers.count)

    columns: dict[str, object] = {ARM_COLUMN: spread(np.array(customers.design.arms)[customers.arm]), "y0": y}
    named = {"stratum": customers.stratum, "cluster": customers.cluster} | dict(customers.categories or {})
    columns |= {name: spread(codes.astype(str)) for name, codes in named.items() if codes is not None}
    columns |= {name: spread(values) for name, values in (customers.numbers or {}).items()}
    return columns


def digits_of_agreement(customers: Customers, y: Floats) -> float:
    """To how many digits the whole call, through an engine, gives the same estimates, errors and degrees of freedom."""
    (short,) = contrasts_of(customers, *summarised(customers, y[None]))
    whole = regress(frame_of(columns_of(customers, y)), customers.design, [response(0)]).fits["y0", None].contrasts
    return agreement(short, whole)


def agreement(short: tuple[Contrast, ...], whole: tuple[Contrast, ...]) -> float:
    """Digits to which two answers agree, errors being what differences of estimates are measured against."""
    gaps = [1e-17]
    for one, other in zip(short, whole, strict=True):
        if one.std_error is None or other.std_error is None or one.df is None or other.df is None:
            return 0.0
        gaps.append(abs(float(one.estimate or 0.0) - float(other.estimate or 0.0)) / other.std_error)
        gaps.append(abs(one.std_error / other.std_error - 1.0))
        gaps.append(abs(one.df / other.df - 1.0))
    return -math.log10(max(gaps))
