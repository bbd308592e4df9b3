"""Studentised differences from the sums over the units that a redraw puts into the first arm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.regression.leaving import too_many

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
CANCELLED = 1e-12  # of a sum of squares: what is left of it, by rounding alone, where nothing varies


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """A statistic of the sums over the drawn units: (D, J, c) to a difference and its error, each (D,)."""

    whole: Floats  # (J, c), the same sums over all units
    take: Integers
    size: Integers
    weight: Floats
    pair: Callable[[Statistic, Floats], tuple[Floats, Floats]]

    def __call__(self, sums: Floats) -> tuple[Floats, Floats]:
        return self.pair(self, sums)


def too_thin(size: Integers, take: Integers) -> bool:
    """Whether too many units are in strata with one of an arm, which say nothing of its spread.

    Args:
        size, take: shape (J,), units and those of the first arm.
    """
    thin = (take < 2) | (size - take < 2)
    return too_many(float(size[thin].sum()), float(size.sum()))


def left_of(squares: Floats, explained: Floats) -> Floats:
    """Sums of squares less what is explained of them; where rounding alone is left, nothing is."""
    left = squares - explained
    return np.where(left > CANCELLED * squares, left, 0.0)


def neyman(statistic: Statistic, sums: Floats) -> tuple[Floats, Floats]:
    """Stratum-weighted difference in means with Neyman's error, from sums of y and y²."""
    n1, n0 = statistic.take, statistic.size - statistic.take
    one, other = sums, statistic.whole - sums
    difference = (one[..., 0] / n1 - other[..., 0] / n0) @ statistic.weight
    # A unit alone in its arm and stratum is its own mean: nothing is left of its square.
    spread1 = left_of(one[..., 1], one[..., 0] ** 2 / n1) / np.maximum(n1 - 1, 1) / n1
    spread0 = left_of(other[..., 1], other[..., 0] ** 2 / n0) / np.maximum(n0 - 1, 1) / n0
    return difference, np.sqrt((spread1 + spread0) @ statistic.weight**2)


def ratio(statistic: Statistic, sums: Floats) -> tuple[Floats, Floats]:
    """Difference of customers' means under clusters, from sums of Y, n, Y², Yn, n² over clusters."""
    difference: Floats = np.zeros(sums.shape[0])
    variance: Floats = np.zeros(sums.shape[0])
    parts = ((1.0, sums, statistic.take), (-1.0, statistic.whole - sums, statistic.size - statistic.take))
    for sign, part, clusters in parts:
        total, customers = part[..., 0], part[..., 1]
        mean = total / customers
        residual = left_of(part[..., 2] + mean**2 * part[..., 4], 2 * mean * part[..., 3])
        spread = residual * clusters / np.maximum(clusters - 1, 1) / customers**2
        difference += sign * (mean @ statistic.weight)
        variance += spread @ statistic.weight**2
    return difference, np.sqrt(variance)
