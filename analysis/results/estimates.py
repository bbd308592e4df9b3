"""Rows of the results: one effect each, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from designs.literals import Adjustment, Measure, OutcomeRole, StandardErrors

Estimand = Literal[
    "itt", "complier", "log_hazard_ratio", "survival_difference", "rmst_difference", "direct", "spillover", "total",
    "main_effect", "interaction",
]  # fmt: skip
EstimationMethod = Literal[
    "difference_in_means", "additive", "lin", "two_stage_least_squares", "cox", "kaplan_meier",
    "aalen_johansen",
    "logit", "randomisation_inference", "miettinen_nurminen",
]  # fmt: skip
Phase = Literal["planned", "exploratory"]
VariantKind = Literal[
    "capped", "adjustment", "standard_errors", "logit", "randomisation_inference", "bootstrap_mean", "share_with_any",
    "mean_with_any", "quantile",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers with one level of one subgroup column; as text, ``reason = forgot``."""

    column: str
    level: str

    def __str__(self) -> str:
        return f"{self.column} = {self.level}"


@dataclass(frozen=True, slots=True)
class CutLevel:
    """One group of a column that was cut at its quantiles: what it holds, from its lowest to its highest value."""

    subgroup: str
    level: str
    lower: float
    upper: float
    customers: int


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
class AtSaturation:
    """The saturation that a row of a saturation trial is about.

    Attributes:
        id: as declared.
        treated: share of a cluster's customers who are assigned the approach.
        decides: whether the verdict rests on the total effect of this saturation.
    """

    id: str
    treated: float
    decides: bool = False


@dataclass(frozen=True, slots=True)
class FactorLevel:
    """One factor of a factorial trial: a level, and the first level, with which it is compared."""

    factor: str
    level: str
    reference: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row of the results: outcome × contrast × subgroup level × estimand × method.

    In a saturation trial ``total`` compares whole clusters of a saturation with clusters where nobody is treated,
    ``spillover`` the untreated of a saturation with them, and ``direct`` treated with untreated customers of one
    saturation (without ``saturation``: over all that hold both, each weighing as many as its customers).

    In a factorial trial ``main_effect`` is of one factor and ``interaction`` of two; ``arm`` and ``comparison`` are
    then levels, and ``n_arm`` and ``n_comparison`` count the customers whose outcomes are added and subtracted.
    """

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
    n_left_out: int = 0  # customers of the two arms whose stratum lacks the other
    mean_comparison: float | None = None
    adjusted_mean_arm: float | None = None
    adjusted_mean_comparison: float | None = None
    reason: str | None = None  # why a figure is missing
    note: str | None = None  # a warning that travels with the row
    saturation: AtSaturation | None = None  # of a saturation trial alone
    factors: tuple[FactorLevel, ...] = ()  # of a factorial trial: what a main effect or an interaction is of

    @property
    def segment(self) -> Segment | None:
        """Whom the row is about; ``None`` for everyone assigned."""
        return None if self.subgroup is None or self.level is None else Segment(self.subgroup, self.level)

    @property
    def declared(self) -> bool:
        """Whether this is the declared effect that the verdict rests on: the whole trial, no variant."""
        return self.decides and self.subgroup is None and self.variant is None

    @property
    def decides(self) -> bool:
        """Whether the verdict rests on effects like this: on everyone assigned, or on whole clusters of customers."""
        of_clusters = self.estimand == "total" and self.saturation is not None and self.saturation.decides
        return self.estimand == "itt" or of_clusters


@dataclass(frozen=True, slots=True)
class Interaction:
    """Test over the levels of one subgroup column, for one arm: Wald's F, or approximate Hotelling's T² (AHT)."""

    outcome: str
    subgroup: str
    arm: str
    comparison: str
    statistic: float | None
    df_numerator: float | None
    df_denominator: float | None
    p_value: float | None
    reason: str | None = None
    approximate_hotelling: bool = False  # AHT, under clusters


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Kaplan-Meier of one arm, for a time-to-event outcome; every tuple has one entry per day in ``days``.

    Limits are of whole clusters where those were assigned, and None where a stratum has one of them.
    """

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
