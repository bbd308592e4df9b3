"""How likely two units are assigned together: the formulas that the draw is held against."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from designs.assignment.result import Counts
from designs.errors import DesignRefused


def joint_inclusion(size: int, share: Fraction) -> Fraction:
    """Probability that two given units of a stratum both get an arm, over the draw as declared, rounding included.

    With f whole units and a fraction r in size × share, f or f + 1 units get the arm, the latter with probability r:
    E[m(m − 1)] / (n(n − 1)) = (f(f − 1) + 2fr) / (n(n − 1)).

    Args:
        size: n units in the stratum, 2 or more.
        share: The arm's.

    Examples:
        >>> joint_inclusion(20, Fraction(1, 2)), joint_inclusion(3, Fraction(1, 2))
        (Fraction(9, 38), Fraction(1, 6))
    """
    if size < 2:
        raise DesignRefused(f"a stratum of {size} has no two units", rule="two different units are asked about")
    whole, part = divmod(size * share, 1)
    return Fraction(whole * (whole - 1) + 2 * whole * part) / (size * (size - 1))


def joint_probability(unit_counts: Counts, first: int, second: int) -> NDArray[np.float64]:
    """Probabilities of every pair of cells for two different units, given how many of each stratum each cell took.

    These are what inference conditions on: within strata every arrangement of the realised counts is as likely as
    another (complete, stratified, clustered, factorial and matched designs; clusters are the units). Simple designs
    have independent units; rerandomised ones have no formula and are redrawn under their criterion.

    Args:
        unit_counts: Units by stratum and cell (``Assignment.unit_counts``).
        first, second: The two units' strata, as rows of ``unit_counts``; one row twice for two of one stratum.

    Returns:
        K × K probabilities that the first unit gets the row's cell and the second the column's.
    """
    cells, others = unit_counts.table[first].astype(np.float64), unit_counts.table[second].astype(np.float64)
    if first != second:
        return np.outer(cells / cells.sum(), others / others.sum())
    n = cells.sum()
    if n < 2:
        raise DesignRefused(
            f"stratum {unit_counts.strata[first]!r} has no two units", rule="two different units are asked about"
        )
    return np.asarray((np.outer(cells, cells) - np.diag(cells)) / (n * (n - 1)))
