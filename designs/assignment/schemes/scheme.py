"""What every scheme declares, whatever else it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import ClassVar

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from data.schema import Kind
from designs.assignment.result import ALGORITHM, MERGED_BY_QUOTA
from designs.errors import DesignRefused
from designs.protocol.conditions import all_hold
from designs.protocol.models import Condition

HOLD_OUT = "hold-out"
LEAST_PER_ARM = 2  # units of an arm below which a stratum's variance cannot be estimated


@dataclass(frozen=True, slots=True)
class Bar:
    """Customers of whom a reason is true never get an arm.

    Args:
        arm: Its id.
        conditions: Tests of one column each, which all hold.
        kinds: The kind of each of their columns in the population.
    """

    arm: str
    conditions: tuple[Condition, ...]
    kinds: tuple[Kind, ...]

    @property
    def test(self) -> nw.Expr:
        """True of those customers, false of any other."""
        columns = [condition.column for condition in self.conditions]
        return all_hold(self.conditions, dict(zip(columns, self.kinds, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseScheme:
    """The arms with their shares, and the columns that the draw needs.

    A unit is assigned to a cell: an arm or, where a part of the customers is held out for the long run, the hold-out,
    which is a second cell of the comparison arm.

    Args:
        arms: K arm ids, in the protocol's order.
        weights: K whole numbers above zero in lowest terms; an arm's share is its weight over their sum.
        comparison: The arm that others are compared with; the hold-out stays on it.
        strata: Columns whose combined levels are the strata.
        merge: Of these, the columns given up in turn where some arm's quota of a stratum is below two units.
        cluster: Column of the group that is assigned as a whole, or None.
        bars: Who may not get which arm.
        hold_out: Share of everybody that is held out.
        algorithm: Version by which it is conducted; the first one merged strata of fewer than two units per cell.
    """

    method: ClassVar[str] = "complete"

    arms: tuple[str, ...]
    weights: tuple[int, ...]
    comparison: str | None = None
    strata: tuple[str, ...] = ()
    merge: tuple[str, ...] = ()
    cluster: str | None = None
    bars: tuple[Bar, ...] = ()
    hold_out: Fraction = Fraction(0)
    algorithm: str = ""

    def __post_init__(self) -> None:
        if not self.algorithm:
            object.__setattr__(self, "algorithm", MERGED_BY_QUOTA if self.merge else ALGORITHM)
        if self.algorithm not in (ALGORITHM, MERGED_BY_QUOTA):
            raise DesignRefused(
                f"{self.algorithm!r} is no algorithm of this program", rule="a draw is repeated by the one that made it"
            )
        if len(self.arms) != len(self.weights) or len(set(self.arms)) != len(self.arms) or min(self.weights) < 1:
            raise DesignRefused(
                "arms and weights do not go together", rule="distinct arms, each with a whole weight of 1 or more"
            )
        if not 2 <= len(self.arms) <= 64:
            raise DesignRefused(f"{len(self.arms)} arms", rule="a draw has 2 to 64 arms")
        if not 0 <= self.hold_out < 1 or (self.hold_out and self.comparison not in self.arms):
            raise DesignRefused(
                "the hold-out has no place", rule="a share below 1 of customers stays on the comparison arm"
            )

    @property
    def name(self) -> str:
        """The design in the field's words, such as ``stratified and clustered``."""
        terms = [
            self.method if self.method != "complete" else None,
            "stratified" if self.strata and self.method != "simple" else None,
            "clustered" if self.cluster else None,
        ]
        return " and ".join(term.replace("_", " ") for term in terms if term) or self.method

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the population that the draw reads, besides the id; each once."""
        cluster = (self.cluster,) if self.cluster else ()
        return tuple(
            dict.fromkeys(
                (*self.strata, *cluster, *(condition.column for bar in self.bars for condition in bar.conditions))
            )
        )

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Each arm's share of the customers who may get every arm and are not held out, exactly."""
        return tuple(Fraction(weight, sum(self.weights)) for weight in self.weights)

    @property
    def cells(self) -> tuple[str, ...]:
        """What a unit may be assigned: the K arms, then the hold-out where there is one."""
        return (*self.arms, HOLD_OUT) if self.hold_out else self.arms

    @property
    def arm_of_cell(self) -> NDArray[np.int8]:
        """Each cell's arm, as a code."""
        held_on = [self.arms.index(self.comparison)] if self.hold_out and self.comparison else []
        return np.array([*range(len(self.arms)), *held_on], np.int8)

    @property
    def quota_weights(self) -> tuple[int | Fraction, ...]:
        """Weights of what a stratum must hold two units of: the arms, the hold-out counted to its own."""
        if not self.hold_out:
            return self.weights
        rest, total = 1 - self.hold_out, sum(self.weights)
        return tuple(
            rest * weight / total + (self.hold_out if arm == self.comparison else 0)
            for arm, weight in zip(self.arms, self.weights, strict=True)
        )

    @property
    def least_per_stratum(self) -> int:
        """How many units a stratum needs, where strata may be merged; 0 where they are not."""
        if not self.merge:
            return 0
        if self.algorithm == ALGORITHM:
            return LEAST_PER_ARM * len(self.cells)
        return least_units(self.quota_weights)

    @property
    def records_stratum(self) -> bool:
        """Whether each customer's stratum is recorded with the allocation, whatever the scheme."""
        return bool(self.merge) and self.algorithm != ALGORITHM

    @property
    def groups(self) -> tuple[int, ...]:
        """Which cells are kept within 1 together, besides each by itself; see ``rounding``."""
        return (0,) * len(self.cells)

    def cell_weights(self, barred: str) -> tuple[int, ...]:
        """Whole weights of the cells for customers who may not get some arms: zero for those.

        The hold-out's share is the same for everybody; the rest is shared among the open arms at their ratio.
        """
        closed = set(barred.split())
        unknown = closed - set(self.arms)
        if unknown:
            raise DesignRefused(f"arm {sorted(unknown)[0]!r} is barred but not declared", where="barred arms")
        if closed == set(self.arms) or (self.hold_out and self.comparison in closed):
            raise DesignRefused(
                "some customers may not get any arm, or not the arm of the hold-out",
                where="barred arms",
                rule="everyone who is assigned can get at least one arm",
                remedy="exclude them, with the reason, before the draw",
            )
        left = [0 if arm in closed else weight for arm, weight in zip(self.arms, self.weights, strict=True)]
        if not self.hold_out:
            return lowest_terms(left)
        held, whole = self.hold_out.numerator, self.hold_out.denominator
        return lowest_terms([*(weight * (whole - held) for weight in left), held * sum(left)])


def least_units(weights: Sequence[int | float | Fraction]) -> int:
    """The fewest units of which every weight's quota is two or more.

    Examples:
        >>> least_units((1, 1, 1)), least_units((6, 1, 1)), least_units((8, 1, 1))
        (6, 16, 20)
    """
    exact = [Fraction(str(weight)) for weight in weights]
    return ceil(LEAST_PER_ARM * sum(exact) / min(exact))


def whole_weights(shares: Sequence[float | int | str]) -> tuple[int, ...]:
    """Shares as whole numbers in the same ratios, read exactly from their decimal text.

    Examples:
        >>> whole_weights([0.1, 0.3, 0.6]), whole_weights([3, 1, 1, 1]), whole_weights([0.333, 0.667])
        ((1, 3, 6), (3, 1, 1, 1), (333, 667))
    """
    exact = [Fraction(str(share)) for share in shares]
    scale = lcm(*(share.denominator for share in exact))
    return lowest_terms([int(share * scale) for share in exact])


def lowest_terms(weights: Sequence[int]) -> tuple[int, ...]:
    """The same ratios in the smallest whole numbers."""
    common = gcd(*weights)
    return tuple(weight // common for weight in weights)
