"""What a verdict is decided from: the declared rules, and what is known of every arm and segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.deciding.guardrails import Harm
from analysis.inference.intervals import Effect
from analysis.results import Bar, Segment
from designs.literals import Multiplicity

Floats = NDArray[np.float64]

Claim = Literal["effect", "net_benefit", "worse"]
Route = Literal["net_benefit", "break_even", "harm"]


@dataclass(frozen=True, slots=True)
class LookRules:
    """What is different at one of several looks; effects bring their own boundaries.

    Attributes:
        interim: it is before the end, where only a crossed boundary gives a verdict.
        level_passed: two-sided nominal level of a guardrail that stays within its margin.
        level_established: two-sided nominal level of harm beyond a margin.
        barred: arms whose harm was shown at an earlier look.
    """

    interim: bool
    level_passed: float
    level_established: float
    barred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class DecisionRules:
    """What the protocol declared about deciding.

    Attributes:
        alpha: two-sided.
        multiplicity: the declared method.
        break_even: effect on the primary, signed so that better is above zero; only where it is declared and no
            amount is among the benefits.
        valued: whether outcomes have values, so that net benefit is a route to "worse".
        guardrails: how many are declared; established harm by any of them is a route of its own.
        capacity: whether the extra contact can be handled; ``None`` where it was not declared.
        bar: why the design lets no arm pass, whatever is found; ``None`` where it may.
        look: at a look of a trial that declares some, and at its end after some; else ``None``.
    """

    alpha: float
    multiplicity: Multiplicity
    break_even: float | None
    valued: bool
    guardrails: int
    capacity: bool | None
    bar: Bar | None = None
    look: LookRules | None = None

    @property
    def routes(self) -> int:
        """In how many ways an arm may be shown to be worse; the error rate is shared between them."""
        return max(1, int(self.valued) + int(self.break_even is not None) + self.guardrails)

    @property
    def level_worse(self) -> float:
        """Two-sided level at which each of these routes is judged."""
        return self.alpha / self.routes

    def level_of_arms(self, arms: int) -> float:
        """The strictest two-sided level at which one of so many arms is judged: Holm's first step."""
        return self.alpha / max(1, arms)

    def level_of_cells(self, cells: int) -> float:
        """Two-sided level at which each of so many segment cells is judged."""
        return self.alpha / max(1, cells)

    @property
    def level_passed(self) -> float:
        """Two-sided level at which a guardrail is shown to stay within its margin."""
        return self.look.level_passed if self.look else self.alpha

    @property
    def level_established(self) -> float:
        """Two-sided level at which a guardrail's harm is shown."""
        return self.look.level_established if self.look else self.level_worse

    @property
    def interim(self) -> bool:
        """Whether this is a look before the end."""
        return self.look is not None and self.look.interim

    @property
    def barred(self) -> tuple[str, ...]:
        """Arms whose harm was shown at an earlier look."""
        return self.look.barred if self.look else ()


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of one arm against its comparison, among everyone or in one segment cell.

    Attributes:
        arm: its id.
        effect: on the primary outcome.
        net_benefit: pounds per customer; ``None`` where nothing is valued.
        harms: every declared guardrail, judged.
        cost: pounds that one customer of the arm costs in all: contact, set-up, and what was seen of everything that
            is valued as a cost, against the comparison; to find the cheapest.
        only_earlier: pounds per customer of its benefits that the plan says only come earlier.
    """

    arm: str
    effect: Effect
    net_benefit: Effect | None
    harms: tuple[Harm, ...] = ()
    cost: float = 0.0
    only_earlier: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class CellEvidence:
    """One arm in one level of one declared subgroup column, with that arm's interaction test.

    Attributes:
        customers: with the primary outcome, in this level.
        net_benefit_covariance: of every OTM arm's net benefit in this level, shape (arms, arms); ``None`` where
            unknown.
    """

    column: str
    level: str
    evidence: Evidence
    interaction_p: float | None
    customers: int
    net_benefit_covariance: Floats | None = None

    @property
    def segment(self) -> Segment:
        return Segment(self.column, self.level)


@dataclass(frozen=True, slots=True, eq=False)
class TrialEvidence:
    """Everything that one verdict is decided from.

    Attributes:
        failed: names of the checks that block.
        arms: every OTM arm against the comparison.
        cells: arm × level × declared column, every one, estimable or not.
        effect_covariance, net_benefit_covariance: shape (arms, arms); ``None`` where unknown.
    """

    failed: tuple[str, ...]
    arms: tuple[Evidence, ...]
    cells: tuple[CellEvidence, ...] = ()
    effect_covariance: Floats | None = None
    net_benefit_covariance: Floats | None = None
