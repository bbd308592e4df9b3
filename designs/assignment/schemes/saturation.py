"""Two-stage saturation: clusters are assigned to saturations, then the customers in each to arms.

Hudgens and Halloran (2008), "Toward causal inference with interference", Journal of the American Statistical
Association 103:832-842; Baird, Bohren, McIntosh and Ozler (2018), "Optimal design of experiments in the presence of
interference", Review of Economics and Statistics 100:844-860.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from designs.assignment.schemes.scheme import BaseScheme, lowest_terms
from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStage(BaseScheme):
    """A cluster at a saturation gives that share of its customers to the arms other than the comparison.

    Args:
        saturations: Names, each with the share treated.
        saturation_weights: Whole weights of the saturations among clusters.
    """

    method: ClassVar[str] = "saturation"

    saturations: tuple[tuple[str, Fraction], ...]
    saturation_weights: tuple[int, ...]

    def __post_init__(self) -> None:
        BaseScheme.__post_init__(self)
        if self.cluster is None or self.comparison not in self.arms or self.hold_out:
            raise DesignRefused(
                "saturations without clusters or a comparison, or with a hold-out",
                where="randomisation.saturations",
                rule="clusters are assigned to saturations, and those whom a saturation leaves go to the comparison",
            )
        if len(self.saturations) < 2:
            raise DesignRefused(
                "only one saturation is declared", where="randomisation.saturations", rule="two or more"
            )
        if any(not 0 <= treated <= 1 for _, treated in self.saturations):
            raise DesignRefused("a saturation lies outside 0 to 1", where="randomisation.saturations")

    @property
    def quota_weights(self) -> tuple[int, ...]:
        """Clusters are assigned to saturations, so a stratum must hold two clusters of each."""
        return self.saturation_weights

    def weights_at(self, saturation: int, barred: str) -> tuple[int, ...]:
        """Whole weights of the arms for customers of a cluster at this saturation."""
        treated = self.saturations[saturation][1]
        comparison = self.arms.index(self.comparison or "")
        if self.comparison in barred.split():
            raise DesignRefused("the comparison arm is barred to some customers", where="barred arms")
        open_arms = list(self.cell_weights(barred))
        open_arms[comparison] = 0
        rest = sum(open_arms)
        if rest == 0:
            return tuple(int(arm == comparison) for arm in range(len(self.arms)))
        weights = [weight * treated.numerator for weight in open_arms]
        weights[comparison] = rest * (treated.denominator - treated.numerator)
        return lowest_terms(weights)

    def marginal(self, barred: str) -> tuple[Fraction, ...]:
        """Each arm's probability over both stages."""
        total = sum(self.saturation_weights)
        shares = [Fraction(0)] * len(self.arms)
        for at, weight in enumerate(self.saturation_weights):
            within = self.weights_at(at, barred)
            shares = [
                share + Fraction(weight, total) * Fraction(part, sum(within))
                for share, part in zip(shares, within, strict=True)
            ]
        return tuple(shares)
