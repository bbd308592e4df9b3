"""What missing outcomes could hide: worst-case bounds and Lee's bounds beside the estimate.

Nobody is dropped after allocation, and nothing is imputed. Worst-case bounds assume nothing about who is missing;
Lee's bounds assume that in each stratum the approach moves missingness in one direction only (monotone selection).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import critical_value, lower_tail

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range that the effect must lie in, and an interval that covers it with the stated confidence."""

    lower: float | None
    upper: float | None
    std_error_lower: float | None = None
    std_error_upper: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    trimmed_share: float | None = None
    reason: str | None = None


def imbens_manski(
    lower: float, upper: float, error_lower: float, error_upper: float, alpha: float, df: float | None = None
) -> tuple[float, float]:
    """Interval for a parameter known only to lie between two estimated bounds (Imbens & Manski 2004, eq. 6-7).

    ``df`` are those of Student's t; the normal distribution where there are none.

    Examples:
        >>> low, high = imbens_manski(0.1, 0.1, 0.02, 0.02, 0.05)  # a point: the usual 1.96
        >>> round((high - low) / 0.04, 2)
        1.96
        >>> low, high = imbens_manski(0.0, 1.0, 0.02, 0.02, 0.05)  # a wide range: one-sided at each end
        >>> round(-low / 0.02, 3)
        1.645
    """
    from scipy.optimize import brentq  # not by everybody who imports this module: it is slow to load

    widest = max(error_lower, error_upper)
    if widest == 0.0:
        return lower, upper
    width = (upper - lower) / widest
    most = critical_value(alpha, df) + 1e-9
    critical = brentq(lambda c: lower_tail(c + width, df) - lower_tail(-c, df) - (1 - alpha), 0.0, most)
    return lower - critical * error_lower, upper + critical * error_upper


def worst_case_bounds(
    y: Floats,
    treated: NDArray[np.bool_],
    lowest: float,
    highest: float,
    alpha: float = 0.05,
    *,
    stratum: Integers | None = None,
    cluster: Integers | None = None,
) -> Bounds:
    """Bounds when every missing outcome could be anything from ``lowest`` to ``highest`` (Manski 1990).

    Strata weigh by their customers, as in the estimate that the bounds stand around; one that lacks an arm is left out.

    Args:
        y: shape (n,), NaN where missing.
        treated: shape (n,).
        lowest: the least the outcome can be.
        highest: the most it can be.
        alpha: one minus the confidence.
        stratum: shape (n,), codes; one stratum if not given.
        cluster: shape (n,), codes of what was assigned whole; errors are then those of clusters.

    Examples:
        >>> import numpy as np
        >>> y, z = np.array([1.0, np.nan, 0.0, 0.0]), np.array([True, True, False, False])
        >>> bounds = worst_case_bounds(y, z, 0.0, 1.0)
        >>> bounds.lower, bounds.upper
        (0.5, 1.0)
    """
    rows = _rows_of(y, treated, stratum, cluster)
    if rows is None:
        return Bounds(None, None, reason="one of the two arms has no customers")
    weight = rows.customers / rows.customers.sum()

    def end(fill_treated: float, fill_comparison: float) -> tuple[float, float | None]:
        filled = np.where(np.isnan(rows.y), np.where(rows.treated, fill_treated, fill_comparison), rows.y)
        size = np.bincount(rows.cell, minlength=2 * weight.size).astype(np.float64)
        mean = np.bincount(rows.cell, filled, 2 * weight.size) / size
        pull = rows.sign * weight[rows.stratum] / size[rows.cell] * (filled - mean[rows.cell])
        return float(weight @ (mean[1::2] - mean[::2])), rows.std_error(pull, weight)

    return _bounds(end(lowest, highest), end(highest, lowest), rows, alpha)


def lee_bounds(
    y: Floats,
    treated: NDArray[np.bool_],
    alpha: float = 0.05,
    *,
    stratum: Integers | None = None,
    cluster: Integers | None = None,
) -> Bounds:
    """Bounds on the effect among customers observed in either arm (Lee 2009, REStud 76:1071, propositions 1-3).

    In each stratum the arm with the larger share observed is trimmed, from above and from below, by the excess share;
    ties at the trimming point are split, so a binary outcome is handled exactly. Strata weigh by their customers who
    would be observed in either arm. The errors are Lee's asymptotic ones, by clusters where there are any: that of the
    trimmed mean, of the shares that say how much is trimmed, and of the strata's weights.

    Args:
        y: shape (n,), NaN where missing.
        treated: shape (n,).
        alpha: one minus the confidence.
        stratum: shape (n,), codes; one stratum if not given.
        cluster: shape (n,), codes of what was assigned whole; errors are then those of clusters.
    """
    rows = _rows_of(y, treated, stratum, cluster)
    if rows is None:
        return Bounds(None, None, reason="one of the two arms has no customers")
    observed = np.bincount(rows.cell, ~np.isnan(rows.y), 2 * rows.customers.size)
    if min(observed[1::2].sum(), observed[::2].sum()) == 0:
        return Bounds(None, None, reason="nobody in one of the two arms has the outcome")
    if min(observed[1::2].sum(), observed[::2].sum()) < 2:
        return Bounds(None, None, reason="an arm has fewer than two customers with the outcome")
    of_strata = [_lee_in_stratum(rows, j) for j in range(rows.customers.size)]
    always = np.array([n * part.share for n, part in zip(rows.customers, of_strata, strict=True)])
    if always.sum() == 0.0:
        return Bounds(None, None, reason="no stratum has customers with the outcome in both arms")
    weight = always / always.sum()
    ends = []
    for side in (0, 1):
        values = np.array([part.ends[side] for part in of_strata])
        value = float(weight @ values)
        pull = np.zeros(rows.y.size)
        for j, part in enumerate(of_strata):
            if always[j] > 0.0:
                pull[part.place] += weight[j] * part.pulls[side]
                pull[part.place] += weight[j] / part.share * (values[j] - value) * part.share_pull
        ends.append((value, rows.std_error(pull, weight)))
    trimmed = float(weight @ [part.excess for part in of_strata])
    return _bounds(ends[0], ends[1], rows, alpha, trimmed)


def _bounds(
    low: tuple[float, float | None],
    high: tuple[float, float | None],
    rows: _Rows,
    alpha: float,
    trimmed: float | None = None,
) -> Bounds:
    (lower, error_lower), (upper, error_upper) = low, high
    if error_lower is None or error_upper is None:
        one = "customer" if rows.cluster is None else "cluster"
        reason = f"an arm has one {one}, so the bounds have no error"
        return Bounds(lower, upper, trimmed_share=trimmed, reason=reason)
    ci = imbens_manski(lower, upper, error_lower, error_upper, alpha, rows.df)
    return Bounds(lower, upper, error_lower, error_upper, *ci, trimmed_share=trimmed)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The customers of the strata that hold both arms; strata are coded 0 to J − 1."""

    y: Floats
    treated: NDArray[np.bool_]
    stratum: Integers
    cluster: Integers | None

    @property
    def cell(self) -> Integers:
        """Stratum and arm; even codes are the comparison's."""
        return 2 * self.stratum + self.treated

    @property
    def sign(self) -> Floats:
        return np.where(self.treated, 1.0, -1.0)

    @property
    def customers(self) -> Floats:
        """Of each stratum."""
        return np.bincount(self.stratum).astype(np.float64)

    @property
    def df(self) -> float | None:
        """Clusters less two for each stratum, one at least; none where customers were assigned one by one."""
        if self.cluster is None:
            return None
        return float(max(1, np.unique(self.cluster).size - 2 * self.customers.size))

    def std_error(self, pull: Floats, weight: Floats) -> float | None:
        """Standard error of a sum of strata, from each row's pull on it; a cluster's rows pull together.

        A stratum with one unit of an arm takes that arm's variance from the other strata.
        """
        unit = np.arange(pull.size) if self.cluster is None else np.unique(self.cluster, return_inverse=True)[1]
        cell, cells = self.cell, 2 * weight.size
        # A unit of each cell that it lies in; most lie in one.
        pairs, pair = np.unique(cell * (int(unit.max()) + 1) + unit, return_inverse=True)
        pair_cell = pairs // (int(unit.max()) + 1)
        units = np.bincount(pair_cell, minlength=cells).astype(np.float64)
        scale = np.divide(units, units - 1.0, out=np.zeros(cells), where=units > 1)
        if self.cluster is None:
            scale = np.sqrt(scale)  # whole clusters have the jackknife's factor, which allows for their small number
        by_unit = np.bincount(unit, pull * scale[cell])
        variance = float(by_unit @ by_unit)
        by_pair = np.bincount(pair, pull * scale[cell])
        squares = np.bincount(pair_cell, by_pair**2, cells)
        for side in (0, 1):
            n = units[side::2]
            single, others = weight[(n == 1) & (weight > 0.0)], (n > 1) & (weight > 0.0)
            if single.size and not others.any():
                return None
            if single.size:
                of_one = squares[side::2][others] * n[others] / weight[others] ** 2
                variance += float(single @ single) * float(of_one.mean())
        return math.sqrt(variance)


def _rows_of(y: Floats, treated: NDArray[np.bool_], stratum: Integers | None, cluster: Integers | None) -> _Rows | None:
    codes = np.zeros(y.size, dtype=np.int64) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    sizes = np.bincount(2 * codes + treated, minlength=2 * (int(codes.max(initial=0)) + 1))
    both = (sizes[::2] > 0) & (sizes[1::2] > 0)
    if not both.any():
        return None
    used = both[codes]
    kept = np.unique(codes[used], return_inverse=True)[1].astype(np.int64)
    return _Rows(y[used], treated[used], kept, None if cluster is None else cluster[used])


@dataclass(frozen=True, slots=True, eq=False)
class _LeeInStratum:
    """Lee's bounds in one stratum, and how each of its rows pulls on them.

    Attributes:
        ends: lower and upper.
        pulls: of every row, for both.
        share: observed in the arm where it is smaller: who would be observed in either.
        share_pull: of every row on that share.
        excess: the share that is trimmed.
        place: where its rows are.
    """

    ends: tuple[float, float]
    pulls: tuple[Floats, Floats]
    share: float
    share_pull: Floats
    excess: float
    place: Integers


def _lee_in_stratum(rows: _Rows, number: int) -> _LeeInStratum:
    place = np.flatnonzero(rows.stratum == number)
    y, treated = rows.y[place], rows.treated[place]
    seen = ~np.isnan(y)
    shares = float(seen[treated].mean()), float(seen[~treated].mean())
    more = treated if shares[0] >= shares[1] else ~treated
    sign = 1.0 if shares[0] >= shares[1] else -1.0
    most, least = max(shares), min(shares)
    nothing = np.zeros(y.size)
    if least == 0.0:
        return _LeeInStratum((0.0, 0.0), (nothing, nothing), 0.0, nothing, 0.0, place)
    excess = 1.0 - least / most
    trimmed, whole = np.flatnonzero(more & seen), np.flatnonzero(~more & seen)
    # How each row pulls on the two shares observed, and on the mean of the arm that is not trimmed.
    on_most = np.where(more, (seen - most) / more.sum(), 0.0)
    on_least = np.where(~more, (seen - least) / (~more).sum(), 0.0)
    mean = float(y[whole].mean())
    on_mean = nothing.copy()
    on_mean[whole] = (y[whole] - mean) / whole.size
    ends: list[tuple[float, Floats]] = []
    for side in (1.0, -1.0):  # the lowest outcomes kept, then the highest
        kept, edge, weights = _trimmed_mean(side * y[trimmed], excess)
        on_kept = nothing.copy()
        on_kept[trimmed] = (weights * (side * y[trimmed] - kept) + (edge - kept) * (1.0 - excess - weights)) / (
            (1.0 - excess) * trimmed.size
        )
        on_kept -= (edge - kept) * (on_most / most - on_least / least)
        ends.append((sign * (side * kept - mean), sign * (side * on_kept - on_mean)))
    if sign < 0:
        ends.reverse()
    (lower, on_lower), (upper, on_upper) = ends
    return _LeeInStratum((lower, upper), (on_lower, on_upper), least, on_least, excess, place)


def _trimmed_mean(y: Floats, excess: float) -> tuple[float, float, Floats]:
    """Mean of the lowest ``1 − excess`` of the outcomes, the last one in part; that one; and the part of each kept."""
    order = np.argsort(y, kind="stable")
    mass = (1.0 - excess) * y.size
    whole = int(np.floor(mass + 1e-9))
    weights = np.zeros(y.size)
    weights[order[:whole]] = 1.0
    if whole < y.size:
        weights[order[whole]] = mass - whole
    return float(weights @ y / mass), float(y[order[min(whole, y.size - 1)]]), weights
