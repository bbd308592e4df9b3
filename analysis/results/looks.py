"""A look at a trial before its end: which one it was, what it could conclude, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.results.maturity import Maturity
from designs.literals import LookPurpose, Spending
from designs.protocol.models import Looks

LookAction = Literal["go_on", "stop_for_benefit", "stop_for_harm", "final", "not_taken"]
Judged = Literal["primary", "net_benefit"]


@dataclass(frozen=True, slots=True)
class LookInference:
    """One arm's effect as the sequential design judges it, signed as it was measured.

    Attributes:
        arm: its id.
        quantity: the effect on the primary, or net benefit in pounds a customer.
        estimate: median-unbiased.
        ci_lower, ci_upper: two-sided interval at the declared level.
        p_value: two-sided, in the stage-wise order.
        reason: why there are none of these.
    """

    arm: str
    quantity: Judged
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HarmShown:
    """An arm with harm shown beyond the margin of a guardrail, and the number of the look that showed it."""

    arm: str
    guardrail: str
    look: int


@dataclass(frozen=True, slots=True)
class Look:
    """One look, the final analysis included where there were looks before it.

    Attributes:
        number: which of the declared looks it is; the final analysis is the last.
        looks: how many are declared, the final analysis included.
        as_at: the day of its cut.
        declared: the information fraction that the protocol gives it; 1 for the final analysis.
        fraction: the share of the planned customers that was due in fact, by which error was spent.
        due: customers with every outcome due that the verdict reads: the information.
        customers: planned, all arms.
        may: what it could conclude.
        spending: how error is spent.
        action: ``go_on``; ``stop_for_benefit`` or ``stop_for_harm``, which are verdicts; ``final``; ``not_taken``
            where the data failed a check, so that the look is still to be taken.
        stopped: arms with harm shown beyond a margin, at this look or an earlier one: nobody else is contacted.
        critical_benefit: the statistic that effect and net benefit had to exceed; ``None`` where no value could.
        critical_worse: the same for being worse than the comparison.
        critical_harm: how many standard errors beyond its margin a guardrail had to be.
        inference: of each arm, where the look ended in a verdict.
        again: it was taken before, at the same cut: on what is there now, which counts when two people put it in the
            place of the one before.
        ended_before: the number of the look that had ended the trial: these data came in after its end.
        overrun: more customers were allocated than the plan has, or as many while waves are still to come. Before the
            end nobody then knows the share that is due, and error is spent by the declared fraction at most.
        harms: by which guardrails each arm was stopped, and at which look; looks of earlier releases lack it.
    """

    number: int
    looks: int
    as_at: date
    declared: float
    fraction: float
    due: int
    customers: int
    may: LookPurpose
    spending: Spending
    action: LookAction
    stopped: tuple[str, ...] = ()
    critical_benefit: float | None = None
    critical_worse: float | None = None
    critical_harm: float | None = None
    inference: tuple[LookInference, ...] = ()
    overrun: bool = False
    harms: tuple[HarmShown, ...] = ()
    again: bool = False
    ended_before: int | None = None

    @property
    def share_unknown(self) -> bool:
        """Whether nobody knew which share was due: as many as were planned are allocated, and more are to come."""
        return self.overrun and not self.final and self.due >= self.customers

    @property
    def final(self) -> bool:
        """Whether it is the final analysis."""
        return self.number == self.looks


def ended_at(taken: Sequence[Look]) -> Look | None:
    """The look that ended the trial with a verdict; ``None`` while it goes on."""
    return next((look for look in taken if look.action in ("stop_for_benefit", "stop_for_harm")), None)


def next_look(looks: Looks, taken: Sequence[Look]) -> int | None:
    """The number of the look that is to be taken next; ``None`` where none is, or only the final analysis."""
    if ended_at(taken) is not None:
        return None
    number = max((look.number for look in taken), default=0) + 1
    return number if number <= len(looks.fractions) else None


def overrun(looks: Looks, matured: Maturity) -> bool:
    """Whether those allocated leave none of the customers planned to the waves to come, or are more than planned."""
    if looks.customers is None:
        return False
    return matured.customers > looks.customers - int(matured.to_come)


def planned_customers(looks: Looks, matured: Maturity) -> int:
    """How many customers the trial is planned to have: those allocated, or more where waves are still to come."""
    return max(looks.customers or 0, matured.customers, 1)
