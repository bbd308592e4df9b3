"""The four worlds of the demonstration, A to D, and how many customers each needs to tell its story.

Effects are planted within what trials have published (percentage points of payment by about three weeks):

- Hallsworth, List, Metcalfe & Vlaev 2017 (Journal of Public Economics 148): five letters to late payers of income
  tax, +1.3 to +3.8 over a standard letter that 35.8% obeyed.
- SMS to 13,000 Self Assessment debtors in the United Kingdom: +2.3, +3.8 and +7.0.
- Ten letters to 149,925 debtors in Poland: 40.2% to about 46.9%.
- Meta-analysis of 2025: reminders +2.7 on a baseline near 25%, deterrence +3.2 more, moral appeals +1.4; fading.
- Belgium 2021: simplification strong, deterrence adds, moral appeal nothing or worse; Ireland: norms mostly nothing.

So simplified letters work best on those who forgot or were confused, norms on those who forgot only, consequences
on the deliberate (with complaints among those who cannot pay), and calls are strongest and dearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from data.cohort.population import MEDIAN_SMALL_DEBT, Kind
from data.cohort.world import FILE_UNTREATED, NEVER_FILE, NEVER_PAY, PAY_UNTREATED, Approach, World

Letter = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One demonstration trial.

    Args:
        letter: A to D.
        trial: The protocol's id.
        kind: Of population.
        customers: In the population file, before the protocol leaves anybody out.
        world: What is planted.
        lost_tail: The arm whose outcome file is cut short, and the share of it that is lost.
    """

    letter: Letter
    trial: str
    kind: Kind
    customers: int
    world: World
    lost_tail: tuple[str, float] | None = None


_CALL = Approach(
    "call",
    {"forgot": 0.20, "cannot_pay": 0.09, "confused": 0.17, "deliberate": 0.12},
    inbound=0.010,
    complaints={"forgot": 0.0004, "cannot_pay": 0.0012, "confused": 0.0004, "deliberate": 0.0008},
    arrangements={"cannot_pay": 0.08, "confused": 0.01},
)

SA_DEBTS = World(
    behaviour="pay",
    primary_day=23,
    untreated=PAY_UNTREATED,
    never=NEVER_PAY,
    approaches={
        "simple": Approach(
            "letter",
            {"forgot": 0.070, "cannot_pay": -0.015, "confused": 0.040, "deliberate": 0.0},
            inbound=0.018,
            complaints={"forgot": 0.0002, "cannot_pay": 0.0002, "confused": 0.0002, "deliberate": 0.0002},
        ),
        "norm": Approach(
            "letter",
            {"forgot": 0.045, "cannot_pay": -0.010, "confused": 0.0, "deliberate": -0.010},
            inbound=0.018,
            complaints={"forgot": 0.0003, "cannot_pay": 0.0006, "confused": 0.0003, "deliberate": 0.0005},
        ),
        "consequences": Approach(
            "letter",
            {"forgot": 0.010, "cannot_pay": -0.010, "confused": 0.0, "deliberate": 0.060},
            inbound=0.035,
            complaints={"forgot": 0.0010, "cannot_pay": 0.0080, "confused": 0.0020, "deliberate": 0.0015},
            arrangements={"cannot_pay": 0.02},
        ),
        "call": _CALL,
    },
)

SMALL_DEBTS = World(
    behaviour="pay",
    primary_day=23,
    usual_debt=MEDIAN_SMALL_DEBT,
    untreated=PAY_UNTREATED,
    never=NEVER_PAY,
    approaches={
        "letter": Approach(
            "letter",
            {"forgot": 0.030, "cannot_pay": 0.005, "confused": 0.035, "deliberate": 0.010},
            inbound=0.020,
            complaints={"forgot": 0.0002, "cannot_pay": 0.0004, "confused": 0.0002, "deliberate": 0.0003},
        ),
        "sms": Approach(
            "sms",
            {"forgot": 0.090, "cannot_pay": 0.035, "confused": 0.075, "deliberate": 0.040},
            inbound=0.010,
            complaints={"forgot": 0.0001, "cannot_pay": 0.0003, "confused": 0.0001, "deliberate": 0.0002},
        ),
        "call": _CALL,
    },
)

LATE_RETURNS = World(
    behaviour="file",
    primary_day=30,
    untreated=FILE_UNTREATED,
    never=NEVER_FILE,
    approaches={
        "letter": Approach(
            "letter",
            {"forgot": 0.012, "cannot_pay": 0.005, "confused": 0.015, "deliberate": 0.0},
            inbound=0.015,
            complaints={"forgot": 0.0002, "cannot_pay": 0.0003, "confused": 0.0002, "deliberate": 0.0002},
        ),
    },
)

PAYMENTS_ON_ACCOUNT = World(
    behaviour="pay",
    primary_day=23,
    untreated=PAY_UNTREATED,
    never=NEVER_PAY,
    approaches={
        "letter": SMALL_DEBTS.approaches["letter"],
        "sms": SMALL_DEBTS.approaches["sms"],
    },
)

DEMONSTRATIONS: Mapping[str, Demonstration] = {
    demonstration.letter: demonstration
    for demonstration in (
        Demonstration("A", "sa-debts-2026", "self_assessment", 160_000, SA_DEBTS),
        Demonstration("B", "small-debts-2026", "small_debts", 300_000, SMALL_DEBTS),
        Demonstration("C", "late-returns-2026", "late_returns", 20_000, LATE_RETURNS),
        Demonstration("D", "payments-on-account-2026", "self_assessment", 40_000, PAYMENTS_ON_ACCOUNT, ("sms", 0.05)),
    )
}
