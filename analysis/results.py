"""The one vocabulary of results, from a single contrast to a whole evaluation.

Everything here is a frozen value that becomes JSON and comes back unchanged. Units: effects are in the outcome's
own unit (a binary outcome's effect of 0.02 is two percentage points), money is pounds per customer assigned.
A number that cannot be estimated is ``None``, and ``reason`` says why. What a program may ask about a row (which
segment, which variant, which check) is a field; sentences are for people, and nobody reads meaning out of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from designs.literals import Adjustment, Measure, OutcomeRole, Severity, StandardErrors

Estimand = Literal["itt", "complier", "log_hazard_ratio", "survival_difference", "rmst_difference"]
EstimationMethod = Literal[
    "difference_in_means", "additive", "lin", "two_stage_least_squares", "cox", "kaplan_meier",
    "logit", "randomisation_inference", "miettinen_nurminen",
]  # fmt: skip
Phase = Literal["planned", "exploratory"]
VerdictCode = Literal["scale", "scale_segment", "no_further_action", "not_shown", "invalid"]
FindingCode = Literal["passes", "worse_than_nfa", "works_not_worth_sending", "not_shown", "harmful", "not_estimable"]
Scenario = Literal["low", "central", "high"]
VariantKind = Literal[
    "capped", "adjustment", "standard_errors", "logit", "randomisation_inference", "bootstrap_mean", "share_with_any",
    "mean_with_any", "quantile",
]  # fmt: skip
CheckKind = Literal[
    "allocation_counts", "duplicate_ids", "arm_labels", "rows_taken", "match", "dispatch", "delivery", "maturity",
    "sample_ratio", "clusters_whole", "clusters_enough", "retention", "missing_outcomes", "balance", "second_opinion",
]  # fmt: skip

SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers with one level of one subgroup column; as text, ``reason = forgot``."""

    column: str
    level: str

    def __str__(self) -> str:
        return f"{self.column} = {self.level}"


@dataclass(frozen=True, slots=True)
class Variant:
    """What sets a sensitivity row apart from the declared one. Fields that its kind does not use are ``None``.

    Attributes:
        kind: ``capped``: amounts cut off at ``cap``. ``adjustment``, ``standard_errors``: another choice than was
            declared. ``logit``: average marginal effect. ``randomisation_inference``: redrawn ``draws`` times, or
            ``exact``. ``bootstrap_mean``: the mean, resampled. ``share_with_any``, ``mean_with_any``: an amount's two
            parts, above zero or not, and how much where it is. ``quantile``: the difference of ``quantile``.
        unit: what the outcome counts, where the row is about an amount.
    """

    kind: VariantKind
    unit: Measure | None = None
    cap: float | None = None
    quantile: float | None = None
    adjustment: Adjustment | None = None
    standard_errors: StandardErrors | None = None
    draws: int | None = None
    exact: bool | None = None  # every assignment was enumerated


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row of the results: outcome × contrast × subgroup level × estimand × method."""

    outcome: str
    role: OutcomeRole
    arm: str
    comparison: str
    estimand: Estimand
    method: EstimationMethod
    standard_errors: str
    subgroup: str | None = None
    level: str | None = None
    phase: Phase = "planned"
    variant: Variant | None = None  # None: as declared
    estimate: float | None = None
    std_error: float | None = None
    statistic: float | None = None
    df: float | None = None  # None with a statistic: the normal distribution
    p_value: float | None = None
    p_adjusted: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    ci_lower_simultaneous: float | None = None
    ci_upper_simultaneous: float | None = None
    n_arm: int | None = None
    n_comparison: int | None = None
    mean_comparison: float | None = None
    adjusted_mean_arm: float | None = None
    adjusted_mean_comparison: float | None = None
    reason: str | None = None  # why a figure is missing
    note: str | None = None  # a warning that travels with the row

    @property
    def segment(self) -> Segment | None:
        """Whom the row is about; ``None`` for everyone assigned."""
        return None if self.subgroup is None or self.level is None else Segment(self.subgroup, self.level)

    @property
    def declared(self) -> bool:
        """Whether this is the declared effect on everyone assigned: the whole trial, no variant."""
        return self.estimand == "itt" and self.subgroup is None and self.variant is None


@dataclass(frozen=True, slots=True)
class Check:
    """One integrity check. ``blocks`` makes the trial invalid when it fails; ``warns`` never does."""

    kind: CheckKind
    passed: bool | None  # None: could not be tested, and ``detail`` says why
    detail: str
    severity: Severity = "informs"
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)
    subject: str | None = None  # id of the outcome, for a check that is made of each

    @property
    def name(self) -> str:
        """The check's key in the JSON of an evaluation."""
        if self.kind == "missing_outcomes":
            return f"missing_{self.subject}"
        return "second opinion (statsmodels)" if self.kind == "second_opinion" else self.kind


@dataclass(frozen=True, slots=True)
class Exclusion:
    reason: str
    customers: int


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """What happened to the customers of one arm; ``observed`` counts those with the primary outcome."""

    arm: str
    allocated: int
    observed: int
    missing: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Every customer accounted for: ``rows_read = rejected + Σ excluded + allocated``."""

    rows_read: int
    rejected: int
    excluded: tuple[Exclusion, ...]
    allocated: int
    analysed: int  # with the primary outcome observed
    arms: tuple[ArmFlow, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """One covariate (or one level of it): difference ÷ √((s²ₐ + s²c)/2). Descriptive."""

    covariate: str
    level: str | None
    arm: str
    comparison: str
    mean_arm: float | None
    mean_comparison: float | None
    standardised_difference: float | None


@dataclass(frozen=True, slots=True)
class Interaction:
    """Wald test over the levels of one subgroup column, for one arm."""

    outcome: str
    subgroup: str
    arm: str
    comparison: str
    statistic: float | None
    df_numerator: float | None
    df_denominator: float | None
    p_value: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Kaplan-Meier of one arm, for a time-to-event outcome; every tuple has one entry per day in ``days``."""

    outcome: str
    arm: str
    days: tuple[float, ...]
    surviving: tuple[float, ...]  # share without the event after that day
    at_risk: tuple[int, ...]
    ci_lower: tuple[float | None, ...] = ()
    ci_upper: tuple[float | None, ...] = ()
    marks: Mapping[str, float] = field(default_factory=dict)  # penalty dates: name → day


@dataclass(frozen=True, slots=True)
class OutcomeBounds:
    """What missing outcomes could hide in one contrast; the interval covers the effect whoever is missing."""

    outcome: str
    arm: str
    comparison: str
    assumption: Literal["worst_case", "lee"]
    lower: float | None
    upper: float | None
    ci_lower: float | None = None
    ci_upper: float | None = None
    trimmed_share: float | None = None
    reason: str | None = None


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
    """Net benefit against the comparison, pounds per customer assigned."""

    estimate: float | None
    std_error: float | None = None
    df: float | None = None
    p_value: float | None = None  # two-sided
    ci_lower: float | None = None
    ci_upper: float | None = None
    ci_lower_simultaneous: float | None = None
    ci_upper_simultaneous: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MoneyComponent:
    """One outcome's part of the net benefit at central values: difference × value, signed as it enters."""

    outcome: str
    side: Literal["benefit", "cost"]
    difference: float | None
    value: float
    pounds: float | None


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


@dataclass(frozen=True, slots=True)
class ArmFinding:
    arm: str
    code: FindingCode
    sentence: str
    reasons: tuple[str, ...] = ()
    guardrails_passed: bool | None = None
    worse_than_comparison: bool = False  # shown to be worse; beside "works_not_worth_sending" it may be either


@dataclass(frozen=True, slots=True)
class Verdict:
    code: VerdictCode
    sentence: str
    arm: str | None = None
    segment: Segment | None = None  # to whom to scale, where it is not to everyone
    reasons: tuple[str, ...] = ()
    arms: tuple[ArmFinding, ...] = ()
    flips: tuple[str, ...] = ()  # what would change this, in plain sentences


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that one analysis of one trial says. Stored whole."""

    trial: str
    title: str
    protocol_digest: str
    data_digest: str
    flow: Flow
    checks: tuple[Check, ...]
    estimates: tuple[Estimate, ...]
    sensitivity: tuple[Estimate, ...]
    verdict: Verdict
    alpha: float | None = None  # of every interval; None in a stored evaluation that has no interval to tell it by
    net_benefit: NetBenefit | None = None
    net_benefit_reason: str | None = None
    balance: tuple[Balance, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    curves: tuple[SurvivalCurve, ...] = ()
    bounds: tuple[OutcomeBounds, ...] = ()
    posteriors: tuple[Posterior, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    schema: int = SCHEMA
