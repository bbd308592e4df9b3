"""Rerandomisation: draw again until the arms are balanced on declared covariates.

Morgan and Rubin (2012), "Rerandomization to improve covariate balance in experiments", Annals of Statistics
40:1263-1282; for more than two arms the distance is summed over arms, which treats them all alike.

Only equal shares and a criterion that does not know the arms' names keep every unit's probability at its share:
relabelling the arms of an acceptable draw gives an acceptable draw. So shares are equal, nobody is barred from an
arm, and the accepted draw's labels are themselves drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from designs.assignment.keyed.stream import Randomness, permutation
from designs.assignment.schemes.scheme import BaseScheme
from designs.errors import DesignRefused

MOST_DRAWS = 10_000
FOLLOWS = Fraction(1, 1_000_000)  # share of a covariate's variance below which it follows from the others
_STEPS = 1 << 20  # a covariate's range is cut into so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerandomised(BaseScheme):
    """Complete randomisation, redrawn until the Mahalanobis distance between arms is at most a threshold.

    Args:
        covariates: Columns to balance.
        threshold: Largest distance accepted, exactly as declared.
    """

    method: ClassVar[str] = "rerandomised"

    covariates: tuple[str, ...]
    threshold: Fraction

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the population that the draw reads, besides the id; each once."""
        return tuple(dict.fromkeys((*BaseScheme.columns.__get__(self), *self.covariates)))

    def __post_init__(self) -> None:
        BaseScheme.__post_init__(self)
        if set(self.weights) != {1} or self.hold_out:
            raise DesignRefused(
                "rerandomisation with unequal shares or a hold-out",
                where="randomisation.rerandomise",
                rule="redrawing keeps each customer's probability at the declared share only where shares are equal",
                remedy="declare equal shares, or stratify instead",
            )


@dataclass(frozen=True, slots=True)
class Criterion:
    """The Mahalanobis distance between arms, in exact whole-number arithmetic, so that it is the same everywhere.

    Args:
        values: n × q covariates as whole numbers of steps.
        inverse: q × q whole numbers, the inverse of n² times the covariance (divisor n) times ``scale``.
        scale: What ``inverse`` is multiplied by.
    """

    values: NDArray[np.int64]
    inverse: tuple[tuple[int, ...], ...]
    scale: int

    def distance(self, arm: NDArray[np.int8], arms: int) -> Fraction:
        """M = Σ_k n_k (x̄_k − x̄)' S⁻¹ (x̄_k − x̄), with S the covariance of all n (divisor n − 1).

        For two arms it is Morgan and Rubin's M. Under complete randomisation it is roughly chi-squared with
        q (K − 1) degrees of freedom.
        """
        n, sizes = len(arm), np.bincount(arm, minlength=arms).tolist()
        # Doubles hold these sums exactly: fewer than 2^33 terms, each at most 2^20.
        sums = np.array([np.bincount(arm, weights=column, minlength=arms) for column in self.values.T]).T
        each = [[int(value) for value in row] for row in sums]
        total = [sum(column) for column in zip(*each, strict=True)]
        distance = Fraction(0)
        for size, row in zip(sizes, each, strict=True):
            if size:
                apart = [n * in_arm - size * in_all for in_arm, in_all in zip(row, total, strict=True)]
                spread = sum(
                    left * factor * right
                    for left, factors in zip(apart, self.inverse, strict=True)
                    for factor, right in zip(factors, apart, strict=True)
                )
                distance += Fraction(spread * (n - 1), size * n * self.scale)
        return distance


def criterion(covariates: NDArray[np.float64], names: tuple[str, ...] | None = None) -> Criterion:
    """The criterion of these covariates (n × q).

    Raises:
        DesignRefused: A covariate is missing for someone, does not vary, or follows from the others to rounding.
    """
    labels = names or tuple(f"covariate {at + 1}" for at in range(covariates.shape[1]))
    for name, column in zip(labels, covariates.T, strict=True):
        if not np.isfinite(column).all():
            raise DesignRefused(
                f"{name} is missing for {int((~np.isfinite(column)).sum())} units",
                where=name,
                rule="every unit has every covariate that is balanced",
                remedy="fill it before the trial, with an indicator beside it",
            )
        if column.min() == column.max():
            raise DesignRefused(f"{name} does not vary", where=name, rule="a constant cannot be balanced")
    low, high = covariates.min(axis=0), covariates.max(axis=0)
    # Element by element, so that every machine gets the same steps; sums of doubles would differ between machines.
    values = np.rint((covariates - low) / (high - low) * _STEPS).astype(np.int64)
    n, total = len(values), [int(column.sum()) for column in values.T]
    spread = [
        [Fraction(n * _product(left, right) - a * b) for right, b in zip(values.T, total, strict=True)]
        for left, a in zip(values.T, total, strict=True)
    ]
    inverse = _inverse(spread)
    following = labels if inverse is None else _follow(spread, inverse, labels)
    if inverse is None or following:
        raise DesignRefused(
            "the covariates to balance are collinear",
            where=", ".join(following),
            rule="none may follow from the others, to rounding: it would count twice, and the threshold accept less",
            remedy="leave one of them out",
        )
    scale = lcm(*(entry.denominator for row in inverse for entry in row))
    return Criterion(values, tuple(tuple(int(entry * scale) for entry in row) for row in inverse), scale)


def _follow(spread: list[list[Fraction]], inverse: list[list[Fraction]], labels: tuple[str, ...]) -> tuple[str, ...]:
    """The covariates of whose variance the others leave nothing but what the steps have rounded."""
    return tuple(label for at, label in enumerate(labels) if spread[at][at] * inverse[at][at] * FOLLOWS > 1)


def _product(left: NDArray[np.int64], right: NDArray[np.int64]) -> int:
    """The exact inner product: each block's is below 2^61."""
    block = 1 << 20
    return sum(int(np.dot(left[at : at + block], right[at : at + block])) for at in range(0, len(left), block))


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]] | None:
    """Gauss and Jordan, in fractions; None where there is no inverse."""
    size = len(matrix)
    rows = [[*row, *(Fraction(int(at == place)) for place in range(size))] for at, row in enumerate(matrix)]
    for at in range(size):
        pivot = next((place for place in range(at, size) if rows[place][at]), None)
        if pivot is None:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [entry / rows[at][at] for entry in rows[at]]
        for place in range(size):
            if place != at and rows[place][at]:
                factor = rows[place][at]
                rows[place] = [entry - factor * by for entry, by in zip(rows[place], rows[at], strict=True)]
    return [row[size:] for row in rows]


def acceptance(threshold: Fraction | float, covariates: int, arms: int) -> float:
    """About how often one draw is accepted: the chi-squared probability with covariates × (arms − 1) df.

    Examples:
        >>> round(acceptance(3.84, 1, 2), 3), round(acceptance(0.5, 4, 2), 3)
        (0.95, 0.026)
    """
    return 1.0 - float(chdtrc(covariates * (arms - 1), float(threshold)))


def redraw(
    scheme: Rerandomised, balance: Criterion, randomness: Randomness, draw: Callable[[Randomness], NDArray[np.int8]]
) -> tuple[NDArray[np.int8], int]:
    """Draw 1, 2, …, each from its own streams, until one is balanced; its arms then change names at random.

    Returns:
        The arms, and how many draws it took.

    Raises:
        DesignRefused: None of ``MOST_DRAWS`` draws was balanced.
    """
    nearest: Fraction | None = None
    for number in range(1, MOST_DRAWS + 1):
        arm = draw(randomness.within(f"draw {number}"))
        distance = balance.distance(arm, len(scheme.arms))
        if distance <= scheme.threshold:
            names = np.array(permutation(randomness.stream("labels"), len(scheme.arms)), np.int8)
            return names[arm], number
        nearest = distance if nearest is None else min(nearest, distance)
    expected = acceptance(scheme.threshold, len(scheme.covariates), len(scheme.arms))
    raise DesignRefused(
        f"the nearest of {MOST_DRAWS:,} draws is at {float(nearest or 0):.3g}, above {float(scheme.threshold):g}",
        where="randomisation.rerandomise.threshold",
        rule=f"about {expected:.2g} of draws are balanced so well",
        remedy="declare a higher threshold or fewer covariates",
    )
