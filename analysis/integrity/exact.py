"""Exact p-values of counts: one arm's units of all, and those marked among an arm's units within strata.

The chi-square approximations err where it matters here, far out in the tail: with 10 expected in one of two arms an
honest draw has p < 0.001 twice in a thousand times, and with 400 still up to 7% more often than once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_TIED = 1e-7  # chances that differ by less than this part of themselves are one
_NO_CHANCE = 1e-30
_FAR = 12.0  # standard deviations, and as many counts, beyond which nothing has a chance worth adding


def binomial_p(seen: int, units: int, share: float) -> float:
    """Two-sided exact p-value of a count of units that each have the same chance: every count no more likely than it.

    Examples:
        >>> round(binomial_p(9, 60, 0.05), 4)
        0.0028
    """
    centre, reach = units * share, _FAR * (1.0 + (units * share * (1.0 - share)) ** 0.5)
    first, last = max(0, min(seen, int(centre - reach))), min(units, max(seen, int(centre + reach) + 1))
    k = np.arange(first, last + 1)
    chance = np.exp(
        gammaln(units + 1) - gammaln(k + 1) - gammaln(units - k + 1) + xlogy(k, share) + xlog1py(units - k, -share)
    )
    return min(1.0, float(chance[chance <= chance[seen - first] * (1.0 + _TIED)].sum()))


def hypergeometric_variance(drawn: Floats, marked: Floats, total: Floats) -> float:
    """Variance of :func:`hypergeometric_p`'s sum; every ``total`` is at least 2."""
    share = marked / total
    return float(np.sum(drawn * (total - drawn) * share * (1.0 - share) / (total - 1.0)))


def hypergeometric_p(seen: int, drawn: Floats, marked: Floats, total: Floats) -> float:
    """Two-sided exact p-value of the sum over strata of marked units among those drawn, given all margins.

    Adds the chance of every sum that is no more likely than the one seen; for one stratum that is Fisher's exact test.
    The cost grows with the sum's variance, not with the units.

    Args:
        seen: marked units among those drawn, all strata together.
        drawn, marked, total: each of shape (J,), whole numbers.

    Examples:
        >>> import numpy as np
        >>> round(hypergeometric_p(3, np.array([4.0]), np.array([4.0]), np.array([8.0])), 6)
        0.485714
    """
    kinds, alike = np.unique(np.stack([drawn, marked, total]), axis=1, return_counts=True)
    parts = [_times(of_kind, int(n)) for of_kind, n in zip(_distributions(*kinds), alike, strict=True)]
    while len(parts) > 1:  # in pairs, so that the short ones meet the short ones
        odd = parts[len(parts) & ~1 :]
        parts = [_sum(parts[at], parts[at + 1]) for at in range(0, len(parts) - 1, 2)] + odd
    first, chance = parts[0]
    if not first <= seen < first + chance.size:
        return 0.0
    return min(1.0, float(chance[chance <= chance[seen - first] * (1.0 + _TIED)].sum()))


_Distribution = tuple[int, Floats]  # the least value, and the chance of it and of each that follows


def _sum(one: _Distribution, other: _Distribution) -> _Distribution:
    chance = np.convolve(one[1], other[1])
    possible = np.flatnonzero(chance > _NO_CHANCE)
    return one[0] + other[0] + int(possible[0]), chance[possible[0] : possible[-1] + 1]


def _times(one: _Distribution, many: int) -> _Distribution:
    """The sum of so many that are alike, by squaring."""
    if many == 1:
        return one
    half = _times(one, many // 2)
    whole = _sum(half, half)
    return _sum(whole, one) if many % 2 else whole


def _distributions(drawn: Floats, marked: Floats, total: Floats) -> list[_Distribution]:
    """Of each stratum, by the ratio of each count's chance to the one before."""
    centre = drawn * marked / total
    spread = np.sqrt(centre * (1.0 - drawn / total) * (total - marked) / np.maximum(total - 1.0, 1.0))
    reach = _FAR * (1.0 + spread)
    least = np.maximum(np.maximum(0.0, drawn + marked - total), np.floor(centre - reach))
    most = np.minimum(np.minimum(drawn, marked), np.ceil(centre + reach))
    width = (most - least).astype(np.int64) + 1
    ends = np.cumsum(width)
    starts = ends - width
    n, m, size, low = (np.repeat(values, width) for values in (drawn, marked, total, least))
    k = low + np.arange(int(ends[-1])) - np.repeat(starts, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log((m - k + 1.0) * (n - k + 1.0)) - np.log(k * (size - m - n + k))
    steps[starts] = 0.0
    logs = np.cumsum(steps)
    found = []
    for j, (start, end) in enumerate(zip(starts, ends, strict=True)):
        of_stratum = logs[start:end] - logs[start:end].max()
        chance = np.exp(of_stratum)
        found.append((int(least[j]), chance / chance.sum()))
    return found
