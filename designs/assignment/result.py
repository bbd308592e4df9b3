"""What was assigned: everybody's arm, its probability, and the counts that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment.population.units import Codes

ALGORITHM = "keyed-sha256-1"
# Where strata may be merged: by each arm's quota, not by a number of units, and each customer's stratum is recorded.
MERGED_BY_QUOTA = "keyed-sha256-2"
_ROWS_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Counts:
    """A stratum × arm table with its labels.

    Args:
        strata: J labels, sorted.
        barred: J texts, each stratum's barred arms.
        arms: K arm ids, as declared.
        table: J × K counts.
    """

    strata: tuple[str, ...]
    barred: tuple[str, ...]
    arms: tuple[str, ...]
    table: NDArray[np.int64]

    @property
    def by_arm(self) -> dict[str, int]:
        """Each arm's total."""
        return dict(zip(self.arms, self.table.sum(axis=0).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the randomiser did.

    Args:
        arms: K arm ids; ``arm`` counts into them.
        arm: n codes, in the input's row order.
        probability: n numbers, each customer's declared probability of the arm they got.
        counts: Customers by stratum and arm.
        unit_counts: Randomised units (clusters, where clusters are assigned) by stratum and cell: the arms and,
            where there is one, the hold-out. In two-stage designs, clusters by stratum and saturation.
        digest: Of every (arm, id), whatever the order of the rows (:func:`allocation_digest`).
        algorithm: Version of the algorithm that replays it.
        warnings: What a reader of the allocation should know.
        held_out: n flags of the customers who stay on the comparison for the long run (hold-out designs).
        conditional: n numbers, the probability of the arm given the cluster's saturation (two-stage designs).
        saturation: n codes of the cluster's saturation (two-stage designs).
        draws: How many draws rerandomisation made, the accepted one included.
    """

    arms: tuple[str, ...]
    arm: NDArray[np.int8]
    probability: NDArray[np.float64]
    counts: Counts
    unit_counts: Counts
    digest: str
    algorithm: str = ALGORITHM
    warnings: tuple[str, ...] = ()
    held_out: NDArray[np.bool_] | None = None
    conditional: NDArray[np.float64] | None = None
    saturation: NDArray[np.int8] | None = None
    draws: int = 1

    @property
    def labels(self) -> Any:
        """The arms' ids, one per customer: an Arrow dictionary array of n texts."""
        return pa.DictionaryArray.from_arrays(pa.array(self.arm), pa.array(self.arms))


def tabulated(codes: Codes, arm: NDArray[np.int8], rows: Sequence[tuple[str, str]], arms: tuple[str, ...]) -> Counts:
    """Count rows by stratum and arm."""
    flat = np.zeros(len(rows) * len(arms), np.int64)
    for start in range(0, len(codes), _ROWS_AT_ONCE):
        some = slice(start, start + _ROWS_AT_ONCE)
        flat += np.bincount(codes[some].astype(np.int64) * len(arms) + arm[some], minlength=len(flat))
    return Counts(
        strata=tuple(stratum for stratum, _ in rows),
        barred=tuple(barred for _, barred in rows),
        arms=arms,
        table=flat.reshape(len(rows), len(arms)),
    )
