"""Pounds, and the probabilities that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from analysis.results.estimates import Segment
from analysis.results.verdicts import VerdictCode
from designs.literals import MoneyKind, Scenario


@dataclass(frozen=True, slots=True)
class PosteriorArm:
    """One choice, no further action included. ``expected_loss`` is what choosing it is expected to forgo."""

    arm: str
    mean: float
    ci_lower: float
    ci_upper: float
    probability_beats_nfa: float | None  # None for no further action itself
    probability_best: float
    expected_loss: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities for deciding, beside the verdict and never in place of it."""

    quantity: Literal["primary_effect", "net_benefit"]
    prior: str
    arms: tuple[PosteriorArm, ...]


@dataclass(frozen=True, slots=True)
class Money:
    """Net benefit against the comparison, pounds per customer assigned.

    ``by_redraws`` says that the ranges and the p-value are those of redraws of the assignment, and not Student's, which
    a few very large amounts make unsure. ``note`` is a warning that travels with them.
    """

    estimate: float | None
    std_error: float | None = None
    df: float | None = None
    p_value: float | None = None  # two-sided
    ci_lower: float | None = None
    ci_upper: float | None = None
    ci_lower_simultaneous: float | None = None
    ci_upper_simultaneous: float | None = None
    reason: str | None = None
    by_redraws: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MoneyComponent:
    """One outcome's part of the net benefit at central values: difference × value, signed as it enters."""

    outcome: str
    side: Literal["benefit", "cost"]
    difference: float | None
    value: float
    pounds: float | None
    money: MoneyKind | None = None  # as the plan says; None where it does not


@dataclass(frozen=True, slots=True)
class ArmMoney:
    """``low`` is pessimistic (low benefits with high costs), ``high`` optimistic."""

    arm: str
    comparison: str
    low: Money
    central: Money
    high: Money
    components: tuple[MoneyComponent, ...]
    cost_per_customer: float  # contact, central
    set_up_per_customer: float  # set-up ÷ roll-out customers, central
    break_even_effect: float | None  # effect on the primary at which central net benefit is zero
    roll_out_customers: int | None = None
    roll_out_estimate: float | None = None  # pounds at roll-out, central
    roll_out_lower: float | None = None
    roll_out_upper: float | None = None
    subgroup: str | None = None
    level: str | None = None

    @property
    def segment(self) -> Segment | None:
        """Whose money it is; ``None`` for everyone assigned."""
        return None if self.subgroup is None or self.level is None else Segment(self.subgroup, self.level)


@dataclass(frozen=True, slots=True)
class NetBenefit:
    arms: tuple[ArmMoney, ...]
    segments: tuple[ArmMoney, ...] = ()
    scenario_verdicts: Mapping[Scenario, VerdictCode] = field(default_factory=dict)
    currency: str = "GBP"
