"""The declared regression, as plain values: what is compared, adjusted for and allowed for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from designs.literals import Adjustment, CovariateKind, StandardErrors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A covariate: a category enters as indicators of its levels, a number as itself."""

    name: str
    kind: CovariateKind


@dataclass(frozen=True, slots=True)
class Specification:
    """How every response of a trial is regressed on its arms.

    Attributes:
        arms: Ids of all arms, in the order of the protocol. One model holds them all.
        contrasts: (arm, comparison) pairs of ids.
        adjustment: ``none`` is the difference in means, stratum-weighted when there are strata.
        standard_errors: ``CR0``, ``CR1`` and ``CR2`` need ``cluster``.
        covariates: Pre-period covariates. Ignored when ``adjustment`` is ``none``.
        strata: Columns whose combinations are the strata of the assignment.
        cluster: Column of the unit that was assigned whole, or by which errors are clustered all the same.
        cluster_assigned: Whether it was assigned whole. Else customers without a value are one cluster together.
        cluster_called: What people call that unit; its column where absent.
        weight: Column of positive inverse-probability weights.
        alpha: Two-sided error rate that is declared; what is said of a standard error depends on it, no figure does.
    """

    arms: tuple[str, ...]
    contrasts: tuple[tuple[str, str], ...]
    adjustment: Adjustment
    standard_errors: StandardErrors
    covariates: tuple[Column, ...] = ()
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    weight: str | None = None
    alpha: float = 0.05
    cluster_assigned: bool = True
    cluster_called: str | None = None

    @property
    def called(self) -> str | None:
        """The unit by which errors are clustered, as a sentence has it."""
        return self.cluster_called or self.cluster


@dataclass(frozen=True, slots=True)
class Response:
    """What is regressed: ``y = min(cap, Σ terms) + Σ after_cap + offset[arm]``, missing if any column is.

    A term is (column, weight). A plain outcome has one of weight 1; net benefit is a weighted sum with the arm's own
    cost as its offset.
    """

    id: str
    terms: tuple[tuple[str, float], ...]
    offsets: Mapping[str, float] = field(default_factory=dict)
    cap: float | None = None
    after_cap: tuple[tuple[str, float], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return tuple(dict.fromkeys(column for column, _ in (*self.terms, *self.after_cap)))

    @property
    def measured(self) -> tuple[object, ...]:
        """What the rows are asked: equal for responses that differ in their arms' offsets alone."""
        return self.terms, self.cap, self.after_cap


@dataclass(frozen=True, slots=True)
class Group:
    """What a level that was cut off holds: its lowest and highest value, and its customers."""

    name: str
    lower: float
    upper: float
    customers: int


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a subgroup column.

    Attributes:
        column: The column.
        names: Names of the levels. Without ``cuts`` a row's level is the name that equals its value as text; a row
            with any other value, or none, is in no level.
        cuts: Ascending inner cut points, one fewer than ``names``. A row is in level ``i`` when exactly ``i`` cut
            points are at or below its value, so bins are left-closed and the last one is closed.
        without: Customers without a value, who are in no level.
        groups: With ``cuts``, what each level holds.
    """

    column: str
    names: tuple[str, ...]
    cuts: tuple[float, ...] | None = None
    without: int = 0
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm against its comparison: among everyone, or in one level of a subgroup."""

    arm: str
    comparison: str
    by: Levels | None = None
    level: str | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.arm, self.comparison


def response_value(response: Response, centre: float) -> nw.Expr:
    """A response about a centre, without its arms' offsets; null where a column is missing."""
    total = _weighted(response.terms)
    if response.cap is not None:
        total = nw.when(total > response.cap).then(nw.lit(float(response.cap))).otherwise(total)
    if response.after_cap:
        total = total + _weighted(response.after_cap)
    return total - centre


def _weighted(terms: Sequence[tuple[str, float]]) -> nw.Expr:
    (column, weight), *others = terms
    first = nw.col(column).cast(nw.Float64)
    total = first if weight == 1.0 else first * weight
    for column, weight in others:
        total = total + nw.col(column).cast(nw.Float64) * weight
    return total


def response_values(response: Response, number: Callable[[str], Floats]) -> Floats:
    """The same in memory, not centred: NaN where a column is missing.

    Args:
        number: from a column's name to its values (n,), NaN where missing.
    """
    total = sum((weight * number(column) for column, weight in response.terms), np.zeros(()))
    if response.cap is not None:
        total = np.minimum(total, response.cap)
    return np.asarray(total + sum(weight * number(column) for column, weight in response.after_cap), dtype=np.float64)


def level_position(by: Levels) -> nw.Expr:
    """Where a row's level stands in ``by.names``; null where it is in none."""
    if by.cuts is not None:
        value = nw.col(by.column).cast(nw.Float64)
        if not by.cuts:
            return nw.when(~value.is_null()).then(nw.lit(0, dtype=nw.Int32))
        return reduce(add, ((value >= cut).cast(nw.Int32) for cut in by.cuts))
    text, position = nw.col(by.column).cast(nw.String), nw.lit(None, dtype=nw.Int32)
    for number, name in enumerate(by.names):
        position = nw.when(text == name).then(nw.lit(number, dtype=nw.Int32)).otherwise(position)
    return position
