"""Two shares of which nothing is known but counts, as a published trial leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from analysis.inference.intervals import critical_value


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two shares with the bounds of its 95% interval; 0.01 is one percentage point."""

    estimate: float
    lower: float
    upper: float


def difference_of_shares(successes: int, customers: int, successes_beside: int, customers_beside: int) -> Difference:
    """The first share less the second, of customers who were assigned one by one.

    The variances of both shares are added and the normal distribution is taken, as for arms of thousands (Wald; Agresti
    2013, Categorical Data Analysis, section 3.1.2). Of people assigned in groups it is too narrow.

    Raises:
        ValueError: An arm has nobody.

    Examples:
        >>> found = difference_of_shares(211, 1142, 167, 1075)
        >>> round(found.estimate, 4), round(found.lower, 4), round(found.upper, 4)
        (0.0294, -0.0018, 0.0606)
    """
    if customers < 1 or customers_beside < 1:
        raise ValueError("a share needs somebody whom it is of")
    first, second = successes / customers, successes_beside / customers_beside
    error = sqrt(first * (1 - first) / customers + second * (1 - second) / customers_beside)
    reach = critical_value(0.05, None) * error
    return Difference(first - second, first - second - reach, first - second + reach)
