"""A world: what is planted in a synthetic trial, declared before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from data.cohort.population import MEDIAN_DEBT

Channel = Literal["letter", "sms", "email", "call"]
Behaviour = Literal["pay", "file"]

# Share who act by the primary day with no further action, and share who never do within the year.
PAY_UNTREATED = {"forgot": 0.36, "cannot_pay": 0.17, "confused": 0.26, "deliberate": 0.22}
NEVER_PAY = {"forgot": 0.20, "cannot_pay": 0.35, "confused": 0.25, "deliberate": 0.30}
FILE_UNTREATED = {"forgot": 0.48, "cannot_pay": 0.30, "confused": 0.34, "deliberate": 0.20}
NEVER_FILE = {"forgot": 0.12, "cannot_pay": 0.22, "confused": 0.18, "deliberate": 0.40}


@dataclass(frozen=True, slots=True)
class Approach:
    """What one arm does to those it reaches.

    Args:
        channel: How it travels, and so whom it can reach.
        effect: Added to the chance of acting by the primary day, by reason; 0.02 is two percentage points.
        inbound: Added to the chance of calling in.
        complaints: Added to the chance of complaining, by reason.
        arrangements: Added to the chance of a time-to-pay arrangement, by reason.
    """

    channel: Channel
    effect: Mapping[str, float]
    inbound: float = 0.0
    complaints: Mapping[str, float] = field(default_factory=dict)
    arrangements: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """Planted truth. An arm without an approach is left alone (NFA).

    Args:
        behaviour: ``pay`` (debts) or ``file`` (returns).
        primary_day: Day by which the behaviour counts.
        approaches: By arm id.
        usual_debt: Median debt by reason; larger debts are paid a little less often.
        untreated: Share who act by the primary day under NFA, by reason.
        never: Share of the rest who do not act within the year; the others act later in every arm, so that arms
            converge by month 12 but for this share of the extra early payers.
        undelivered: Share of contacts that never arrive.
        non_compliance: Share of each arm that is not treated as assigned: an approach not sent, or one sent to NFA.
        verified_calls: Share of customers with a telephone who answer and prove who they are.
        penalty_days: When penalties fall and payments bunch.
    """

    behaviour: Behaviour
    primary_day: int
    approaches: Mapping[str, Approach]
    untreated: Mapping[str, float]
    never: Mapping[str, float]
    usual_debt: Mapping[str, float] = field(default_factory=lambda: MEDIAN_DEBT)
    undelivered: float = 0.03
    non_compliance: float = 0.02
    verified_calls: float = 0.55
    penalty_days: tuple[int, ...] = (30, 90, 180, 270)
