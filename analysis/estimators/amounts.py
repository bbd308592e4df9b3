"""Amounts of money beyond the mean: who paid anything, how much, where in the distribution, and how sure.

The headline is always the uncapped mean from the declared estimator. What is here stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.regression.regress import NO_VARIATION

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DRAWS = 1_999
_HELD = 10_000_000  # numbers held at once
RESAMPLE_UP_TO = 20_000  # customers; beyond it the mean is normal enough that resampling adds nothing


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval, in the outcome's unit."""

    estimate: float | None
    std_error: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Hurdle:
    """An amount in two parts. ``how_much`` compares payers with payers, so it is descriptive, never an effect."""

    paid_anything: Interval
    how_much: Interval


def hurdle(y: Floats, treated: NDArray[np.bool_], alpha: float = 0.05, *, stratum: Integers | None = None) -> Hurdle:
    """Split an amount into whether anything was paid and the mean of what was paid.

    Args:
        y: shape (n,), not negative, none missing.
        treated: shape (n,).
        alpha: one minus the coverage.
        stratum: shape (n,), codes; where given both parts are compared within strata, each weighed by its customers
            (of the second part, by those who paid anything).

    Examples:
        >>> import numpy as np
        >>> split = hurdle(np.array([0.0, 10.0, 30.0, 0.0, 0.0, 10.0]), np.array([True] * 3 + [False] * 3))
        >>> round(split.paid_anything.estimate, 3), split.how_much.estimate
        (0.333, 10.0)
    """
    paid = y > 0
    codes = np.zeros(y.size, dtype=np.int64) if stratum is None else stratum
    anything = _difference(paid.astype(float), treated, codes, alpha)
    return Hurdle(anything, _difference(y[paid], treated[paid], codes[paid], alpha))


def _difference(y: Floats, treated: NDArray[np.bool_], stratum: Integers, alpha: float) -> Interval:
    """The difference in means, stratum-weighted over the strata that hold both arms."""
    parts = []
    for code in np.unique(stratum):
        within = stratum == code
        of_arm, of_comparison = y[within & treated], y[within & ~treated]
        if of_arm.size and of_comparison.size:
            parts.append((of_arm, of_comparison))
    if not parts:
        return Interval(None, reason="one of the two arms has nobody to compare")
    weight = np.array([of_arm.size + of_comparison.size for of_arm, of_comparison in parts], dtype=np.float64)
    weight /= weight.sum()
    estimate = float(weight @ [of_arm.mean() - of_comparison.mean() for of_arm, of_comparison in parts])
    if min(min(of_arm.size, of_comparison.size) for of_arm, of_comparison in parts) < 2:
        return Interval(estimate, reason="an arm has one customer here, so there is no error")
    variances = [a.var(ddof=1) / a.size + c.var(ddof=1) / c.size for a, c in parts]
    error = _but_rounding(float(np.sqrt(weight**2 @ variances)), y)
    reach = float(ndtri(1 - alpha / 2)) * error
    return Interval(estimate, error, estimate - reach, estimate + reach)


def _but_rounding(error: float, y: Floats) -> float:
    """An error, or 0 where it is what rounding leaves of amounts that are all alike."""
    return error if error > NO_VARIATION * float(np.sqrt(np.mean(y**2))) else 0.0


def bootstrap_interval(
    y: Floats,
    treated: NDArray[np.bool_],
    stratum: Integers,
    *,
    rng: np.random.Generator,
    cluster: Integers | None = None,
    alpha: float = 0.05,
    draws: int = DRAWS,
) -> Interval:
    """Studentised bootstrap interval of the stratum-weighted difference in means (Efron & Tibshirani 1993, ch. 12).

    Customers are resampled within stratum × arm; where they were assigned in clusters, whole clusters are.

    Args:
        y: shape (n,), none missing.
        treated: shape (n,), constant within a cluster.
        stratum: shape (n,), codes 0 to J − 1, constant within a cluster.
        rng: the source of the draws.
        cluster: shape (n,), codes; each customer alone where absent.
        alpha: one minus the coverage.
        draws: how many resamples.
    """
    if y.size > RESAMPLE_UP_TO:
        return Interval(None, reason=f"more than {RESAMPLE_UP_TO:,} customers: the normal interval needs no resampling")
    unit = np.arange(y.size) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    totals, sizes = np.bincount(unit, y).astype(np.float64), np.bincount(unit).astype(np.float64)
    first = np.zeros(sizes.size, dtype=np.int64)
    first[unit] = np.arange(unit.size)
    cells = stratum[first] * 2 + treated[first]
    weights = np.bincount(stratum) / stratum.size
    if any(np.sum(cells == cell) < 2 for cell in range(2 * weights.size)):
        return Interval(None, reason="a stratum has fewer than two units of an arm")
    estimate, error = _studentised_parts(totals[None], sizes[None], cells, weights)
    pivots = []
    batch = max(1, _HELD // totals.size)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(2 * weights.size + 1))
    for begin in range(0, draws, batch):
        count = min(batch, draws - begin)
        picked = np.concatenate(
            [
                order[rng.integers(starts[c], starts[c + 1], (count, starts[c + 1] - starts[c]))]
                for c in range(2 * weights.size)
            ],
            axis=1,
        )
        redrawn, errors = _studentised_parts(totals[picked], sizes[picked], cells[order], weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            pivots.append((redrawn - estimate) / errors)
    t = np.concatenate(pivots)
    t = np.where(np.isnan(t), 0.0, t)
    low, high = np.quantile(t, [alpha / 2, 1 - alpha / 2], method="higher")
    centre, scale = float(estimate[0]), _but_rounding(float(error[0]), y)
    if not (scale > 0 and np.isfinite(low) and np.isfinite(high)):
        return Interval(centre, scale or None, reason="too few distinct amounts to resample")
    return Interval(centre, scale, centre - float(high) * scale, centre - float(low) * scale)


def _studentised_parts(totals: Floats, sizes: Floats, cells: Integers, weights: Floats) -> tuple[Floats, Floats]:
    """Difference and error for each row of resampled unit totals: shapes (D, units) to (D,), (D,)."""
    difference: Floats = np.zeros(totals.shape[0])
    variance: Floats = np.zeros(totals.shape[0])
    for cell in range(2 * weights.size):
        in_cell = cells == cell
        total, size = totals[:, in_cell], sizes[:, in_cell]
        customers = size.sum(axis=1)
        mean = total.sum(axis=1) / customers
        residual = total - mean[:, None] * size
        units = int(in_cell.sum())
        sign = 1.0 if cell % 2 else -1.0
        difference += sign * weights[cell // 2] * mean
        variance += weights[cell // 2] ** 2 * units / (units - 1) * (residual**2).sum(axis=1) / customers**2
    return difference, np.sqrt(variance)


def quantile_effects(
    y: Floats,
    treated: NDArray[np.bool_],
    quantiles: tuple[float, ...],
    *,
    rng: np.random.Generator,
    alpha: float = 0.05,
    draws: int = DRAWS,
    stratum: Integers | None = None,
) -> tuple[Interval, ...]:
    """Difference between the arms' quantiles, with percentile bootstrap intervals (Firpo 2007 for the estimand).

    Resampled quantiles of n values come from order statistics at binomial places, so no values are copied: the
    place of a resampled p-quantile among the sorted values is that of a Beta-distributed share.

    Args:
        y: shape (n,), none missing.
        treated: shape (n,).
        quantiles: each between 0 and 1.
        rng: the source of the draws.
        alpha: one minus the coverage.
        draws: how many resamples.
        stratum: shape (n,), codes; where given, each arm's distribution is that of the customers of both arms: its
            strata weigh as they do among them. Its quantiles are then redrawn by inverting the distribution where its
            own error puts it (Woodruff 1952, JASA 47:635).
    """
    if stratum is not None:
        return _stratified_quantiles(y, treated, stratum, quantiles, rng, alpha, draws)
    arms = [np.sort(y[treated]), np.sort(y[~treated])]
    if min(arm.size for arm in arms) < 10:
        return tuple(Interval(None, reason="an arm has fewer than ten customers") for _ in quantiles)
    out = []
    for p in quantiles:
        point = [float(np.quantile(arm, p)) for arm in arms]
        resampled = []
        for arm in arms:
            rank = min(max(int(np.ceil(p * arm.size)), 1), arm.size)
            share = rng.beta(rank, arm.size - rank + 1, draws)
            resampled.append(arm[np.minimum((share * arm.size).astype(np.int64), arm.size - 1)])
        spread = resampled[0] - resampled[1]
        low, high = np.quantile(spread, [alpha / 2, 1 - alpha / 2])
        error = _but_rounding(float(spread.std(ddof=1)), y)
        out.append(Interval(point[0] - point[1], error, float(low), float(high)))
    return tuple(out)


def _stratified_quantiles(
    y: Floats,
    treated: NDArray[np.bool_],
    stratum: Integers,
    quantiles: tuple[float, ...],
    rng: np.random.Generator,
    alpha: float,
    draws: int,
) -> tuple[Interval, ...]:
    codes, code = np.unique(stratum, return_inverse=True)
    size = [np.bincount(code[of], minlength=codes.size).astype(np.float64) for of in (treated, ~treated)]
    both = (size[0] > 0) & (size[1] > 0)
    if min(int(n[both].sum()) for n in size) < 10:
        return tuple(Interval(None, reason="an arm has fewer than ten customers") for _ in quantiles)
    customers = np.where(both, size[0] + size[1], 0.0)
    weight = customers / customers.sum()
    arms = []
    for of, n in zip((treated, ~treated), size, strict=True):
        rows = np.flatnonzero(of & both[code])
        rows = rows[np.argsort(y[rows], kind="stable")]
        reached = np.cumsum(weight[code[rows]] / n[code[rows]])
        arms.append((y[rows], code[rows], n, reached))
    out = []
    for p in quantiles:
        points, redrawn = [], []
        for values, place, n, reached in arms:
            last = values.size - 1
            point = float(values[min(int(np.searchsorted(reached, p - 1e-12)), last)])
            below = np.bincount(place, values <= point, codes.size) / np.maximum(n, 1.0)
            error = float(np.sqrt(np.sum(weight**2 * below * (1.0 - below) / np.maximum(n, 1.0))))
            at = np.clip(p + error * rng.standard_normal(draws), 0.0, 1.0)
            points.append(point)
            redrawn.append(values[np.minimum(np.searchsorted(reached, at), last)])
        spread = redrawn[0] - redrawn[1]
        low, high = np.quantile(spread, [alpha / 2, 1 - alpha / 2])
        error = _but_rounding(float(spread.std(ddof=1)), y)
        out.append(Interval(points[0] - points[1], error, float(low), float(high)))
    return tuple(out)
