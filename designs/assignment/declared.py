"""What every scheme declares, before its own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import ClassVar

from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The arms with their shares, and the columns that the draw needs.

    Args:
        arms: K arm ids, in the protocol's order.
        weights: K whole numbers above nought in lowest terms; an arm's share is its weight over their sum.
        strata: Columns whose combined levels are the strata.
        cluster: Column of the group that is dealt whole, or None.
    """

    method: ClassVar[str] = "complete"

    arms: tuple[str, ...]
    weights: tuple[int, ...]
    strata: tuple[str, ...] = ()
    cluster: str | None = None

    def __post_init__(self) -> None:
        if len(self.arms) != len(self.weights) or len(set(self.arms)) != len(self.arms) or min(self.weights) < 1:
            raise DesignRefused(
                "arms and weights do not go together", rule="distinct arms, each with a whole weight of 1 or more"
            )
        if not 2 <= len(self.arms) <= 64:
            raise DesignRefused(f"{len(self.arms)} arms", rule="a draw has 2 to 64 arms or cells")

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Each arm's share of the customers who may get every arm, exactly."""
        return tuple(Fraction(weight, sum(self.weights)) for weight in self.weights)

    @property
    def name(self) -> str:
        """The design in the field's words, such as ``stratified and clustered``."""
        terms = [
            self.method if self.method != "complete" else None,
            "stratified" if self.strata and self.method != "simple" else None,
            "clustered" if self.cluster else None,
        ]
        return " and ".join(term for term in terms if term) or self.method


def whole_weights(shares: Sequence[float | int | str]) -> tuple[int, ...]:
    """Shares as whole numbers in the same ratios, read exactly from their decimal text.

    Examples:
        >>> whole_weights([0.1, 0.3, 0.6]), whole_weights([3, 1, 1, 1]), whole_weights([0.333, 0.667])
        ((1, 3, 6), (3, 1, 1, 1), (333, 667))
    """
    exact = [Fraction(str(share)) for share in shares]
    scale = lcm(*(share.denominator for share in exact))
    whole = [int(share * scale) for share in exact]
    common = gcd(*whole)
    return tuple(number // common for number in whole)
