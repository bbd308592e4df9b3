"""From the units that were drawn to the customers: everybody's cell, stratum and probability, with the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from designs.assignment.population.units import Codes
from designs.assignment.result import Counts, tabulated
from designs.assignment.schemes.scheme import BaseScheme
from designs.assignment.schemes.stratified import Blocks


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw means for the customers.

    Args:
        cell: n codes of the customers' cells.
        stratum: n codes into the rows of ``counts``.
        arm: n codes of their arms.
        counts: Customers by stratum and arm.
        unit_counts: Randomised units by stratum and cell.
        shares: J × K probabilities: each stratum's of each arm.
        warnings: What a reader of the allocation should know about its strata.
    """

    cell: NDArray[np.int8] = field(repr=False)
    stratum: Codes = field(repr=False)
    arm: NDArray[np.int8] = field(repr=False)
    counts: Counts
    unit_counts: Counts
    shares: NDArray[np.float64] = field(repr=False)
    warnings: tuple[str, ...]


def drawn_for_customers(
    scheme: BaseScheme, blocks: Blocks, cell: NDArray[np.int8], member_of: NDArray[np.int64] | None = None
) -> Drawn:
    """Give every customer what their unit drew.

    Args:
        scheme: What was conducted.
        blocks: The strata of the units that were drawn.
        cell: The units' cells.
        member_of: Each customer's unit, where clusters were drawn; by default every customer is a unit.
    """
    unit_counts = tabulated(blocks.codes, cell, blocks.rows, scheme.cells)
    stratum: Codes = blocks.codes
    if member_of is not None:
        cell, stratum = cell[member_of], blocks.codes[member_of].astype(np.int32)
    arm = scheme.arm_of_cell[cell]
    return Drawn(
        cell=cell,
        stratum=stratum,
        arm=arm,
        counts=tabulated(stratum, arm, blocks.rows, scheme.arms),
        unit_counts=unit_counts,
        shares=as_doubles(arm_shares(scheme, blocks.shares)),
        warnings=strata_warnings(blocks),
    )


def arm_shares(scheme: BaseScheme, shares: Sequence[Sequence[Fraction]]) -> tuple[tuple[Fraction, ...], ...]:
    """Probabilities of the arms from those of the cells: the hold-out belongs to the comparison."""
    cells_of = [np.flatnonzero(scheme.arm_of_cell == arm).tolist() for arm in range(len(scheme.arms))]
    return tuple(tuple(sum((row[cell] for cell in cells), Fraction(0)) for cells in cells_of) for row in shares)


def as_doubles(shares: Sequence[Sequence[Fraction]]) -> NDArray[np.float64]:
    """Probabilities as they are stored."""
    return np.array([[float(share) for share in row] for row in shares])


def strata_warnings(blocks: Blocks) -> tuple[str, ...]:
    """What a reader of the allocation should know about its strata."""
    warnings = []
    for (stratum, barred), size, weights in zip(blocks.rows, blocks.sizes.tolist(), blocks.weights, strict=True):
        name = f"stratum {stratum!r}" + (f" without {barred}" if barred else "")
        open_arms = sum(weight > 0 for weight in weights)
        if open_arms == 1:
            warnings.append(f"{name}: one arm only is open to its {size} units, so they say nothing about any contrast")
        elif size < open_arms:
            warnings.append(f"{name}: {size} units for {open_arms} arms, so some arm has none")
    return tuple(warnings)
