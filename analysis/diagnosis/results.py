"""What a diagnosis says: figures with what chance leaves open, and what was assumed to get them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.results.verdicts import VerdictCode
from designs.literals import Measure

TruthName = Literal["none", "low", "central", "high"]
"""No effect at all, or half, once and one and a half times the effect that the plan is for."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that a simulation needs and the plan does not declare."""

    where: str  # the place in the plan that would declare it, or whatever it is about
    taken: str  # what was taken instead, as a sentence has it


@dataclass(frozen=True, slots=True)
class ReplicateEffect:
    """The primary's declared effect of one arm in one simulated trial; figures are None where it was not estimable."""

    arm: str
    estimate: float | None
    std_error: float | None
    lower: float | None
    upper: float | None
    found: bool  # whether it was told from zero at the declared error, over all arms


@dataclass(frozen=True, slots=True)
class Replicate:
    """What one simulated trial came to.

    Attributes:
        code: Its verdict.
        arm: The arm that is scaled, where one is.
        effects: One for each arm but the comparison, in the plan's order; empty where the trial was invalid.
    """

    code: VerdictCode
    arm: str | None
    effects: tuple[ReplicateEffect, ...]


@dataclass(frozen=True, slots=True)
class Diagnosand:
    """One figure from simulated trials.

    Attributes:
        value: None where no trial had one.
        monte_carlo_error: The standard error that the number of trials leaves it.
        lower, upper: The 95% band that goes with it.
        trials: How many trials it is from.
    """

    value: float | None
    monte_carlo_error: float | None
    lower: float | None
    upper: float | None
    trials: int


@dataclass(frozen=True, slots=True)
class EffectDiagnosis:
    """How well the plan estimates the primary's effect of one arm.

    Attributes:
        arm: Which.
        truth: The effect that is true, in the outcome's unit; of a share as a share.
        mean_estimate: Of all trials that estimated it.
        bias: Mean estimate less truth.
        coverage: How often the interval held the truth.
        power: How often the effect was told from zero; where none is true, how often it was all the same.
        type_s: Among those trials, how often its sign was wrong; None of a truth of zero, which has none.
        type_m: Among those, how many times too large it was on average; likewise.
    """

    arm: str
    truth: float
    mean_estimate: Diagnosand
    bias: Diagnosand
    coverage: Diagnosand
    power: Diagnosand
    type_s: Diagnosand | None
    type_m: Diagnosand | None


@dataclass(frozen=True, slots=True)
class TruthDiagnosis:
    """What the plan comes to where one thing is true."""

    truth: TruthName
    effects: tuple[EffectDiagnosis, ...]
    verdicts: dict[VerdictCode, Diagnosand]  # every code that the end of a trial can have
    scaled: dict[str, Diagnosand]  # by arm: how often the verdict is to scale it, to everyone or to a segment


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A plan, simulated.

    Attributes:
        trial: The plan's id.
        plan_digest: SHA-256 of its canonical form.
        outcome: The primary's id.
        measure: What one unit of its effect is.
        labels: What people call the arms, by id.
        customers: Of each simulated trial.
        replicates: Trials at each truth.
        seed: From which all of it follows.
        truths: What the plan comes to at each.
        assumptions: What the plan does not declare, and what was taken.
    """

    trial: str
    plan_digest: str
    outcome: str
    measure: Measure
    labels: dict[str, str]
    customers: int
    replicates: int
    seed: int
    truths: tuple[TruthDiagnosis, ...]
    assumptions: tuple[Assumption, ...]
