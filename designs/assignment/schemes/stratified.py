"""Complete randomisation within strata: every stratum's total exact, every cell and arm total within 1.

A stratum here is a combined label together with the pattern of barred arms: customers who may not get some arm are
assigned among themselves, at the declared ratio of the arms that are open to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from designs.assignment.keyed.order import IdsOf, assign_along_order, permuted_arms
from designs.assignment.keyed.rounding import controlled_rounding
from designs.assignment.keyed.stream import Randomness, Uniform
from designs.assignment.population.units import EVERYBODY, Codes, Levels, Units, crossed, levels
from designs.assignment.schemes.scheme import BaseScheme


@dataclass(frozen=True, slots=True)
class Blocks:
    """The strata of a draw.

    Args:
        rows: J pairs (stratum label, barred arms), sorted.
        codes: n codes into ``rows``.
        weights: J tuples of whole numbers, one a cell, zero where its arm is barred.
    """

    rows: tuple[tuple[str, str], ...]
    codes: Codes = field(repr=False)
    weights: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Units in each stratum."""
        return np.bincount(self.codes, minlength=len(self.rows)).astype(np.int64)

    @property
    def shares(self) -> tuple[tuple[Fraction, ...], ...]:
        """Each stratum's probability of each cell, exactly."""
        return tuple(tuple(Fraction(weight, sum(row)) for weight in row) for row in self.weights)


def block_units(units: Units, scheme: BaseScheme) -> Blocks:
    """Cross the strata with the patterns of barred arms."""
    zeros = np.zeros(len(units), np.int64)
    stratum, barred = Levels((EVERYBODY,), zeros), Levels(("",), zeros)
    if units.strata is not None:
        stratum = levels(units.strata, "stratum")
    if units.barred is not None:
        barred = levels(units.barred, "text of barred arms")
    rows, codes = crossed(stratum, barred)
    return Blocks(rows, codes, tuple(scheme.cell_weights(pattern) for _, pattern in rows))


def rounded_counts(
    sizes: NDArray[np.int64],
    weights: Sequence[tuple[int, ...]],
    source: Uniform,
    groups: Sequence[int] | None = None,
) -> NDArray[np.int64]:
    """How many units of each stratum each cell takes, by unbiased controlled rounding: one row a stratum."""
    denominator = lcm(*(sum(row) for row in weights))
    table = [
        [size * weight * (denominator // sum(row)) for weight in row]
        for size, row in zip(sizes.tolist(), weights, strict=True)
    ]
    return np.array(controlled_rounding(table, denominator, source, groups), np.int64).reshape(len(weights), -1)


def assign_within_strata(
    blocks: Blocks,
    keyed: NDArray[np.uint64],
    ids_of: IdsOf,
    randomness: Randomness,
    groups: Sequence[int] | None = None,
) -> NDArray[np.int8]:
    """The cell of every unit, assigned within strata along the keyed order."""
    counts = rounded_counts(blocks.sizes, blocks.weights, randomness.stream("rounding"), groups)
    order = permuted_arms(len(blocks.rows), counts.shape[1], randomness.stream("intervals"))
    return assign_along_order(keyed, blocks.codes, counts, order, ids_of)
