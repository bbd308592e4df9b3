"""Factorial designs: every combination of the factors' levels is an arm."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from designs.assignment.result import Assignment
from designs.assignment.schemes.scheme import BaseScheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Factorial(BaseScheme):
    """Complete randomisation to the combinations; the comparison may stand outside the factors.

    Promised: combinations and, because its levels are a family nested over them, the levels of the *first* factor
    are within 1 of their targets, in every stratum and overall. The other factors' levels cut across these, so no
    unbiased rounding can promise them too (Budish et al. 2013): :func:`margins` reports them.

    Args:
        factors: Each factor's name and levels, the one that is promised first.
        levels: For each arm its level of each factor; empty for an arm outside the factors.
    """

    method: ClassVar[str] = "factorial"

    factors: tuple[tuple[str, tuple[str, ...]], ...]
    levels: tuple[tuple[str, ...], ...]

    @property
    def groups(self) -> tuple[int, ...]:
        """Cells at the same level of the first factor; every other cell by itself."""
        first = self.factors[0][1]
        within = [first.index(levels[0]) if levels else len(first) + arm for arm, levels in enumerate(self.levels)]
        return (*within, *([len(first) + len(self.arms)] if self.hold_out else []))


@dataclass(frozen=True, slots=True)
class Margin:
    """How many customers have one level of one factor, and how many were aimed at."""

    factor: str
    level: str
    customers: int
    target: Fraction
    promised: bool


def margins(scheme: Factorial, assignment: Assignment) -> tuple[Margin, ...]:
    """Every factor's levels, with whether the design promised to keep them within 1 of their targets."""
    sizes = assignment.unit_counts.table.sum(axis=1).tolist()
    weights = [scheme.cell_weights(barred) for barred in assignment.unit_counts.barred]
    shares = [[Fraction(weight, sum(row)) for weight in row] for row in weights]
    customers = assignment.unit_counts.table.sum(axis=0)
    made = []
    for at, (factor, its_levels) in enumerate(scheme.factors):
        for level in its_levels:
            arms = [k for k, levels in enumerate(scheme.levels) if levels and levels[at] == level]
            target = sum(
                (size * share[k] for size, share in zip(sizes, shares, strict=True) for k in arms), start=Fraction(0)
            )
            made.append(Margin(factor, level, int(np.sum(customers[arms])), target, promised=at == 0))
    return tuple(made)
