"""Which fields of a result others than the randomiser see before the release, and which they do not, of every kind.

A field that is in neither is given in another form by :mod:`trials.concealment`: shorter, rounder, or as passed or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.results import (
    AmendmentInForce,
    ArmFinding,
    ArmFlow,
    ArmMoney,
    AtSaturation,
    Balance,
    Check,
    CostThreshold,
    CutLevel,
    DueBy,
    DueShare,
    Estimate,
    Evaluation,
    Exclusion,
    FactorLevel,
    Flow,
    HarmShown,
    Interaction,
    Look,
    LookInference,
    Maturity,
    Money,
    MoneyComponent,
    NetBenefit,
    OutcomeBounds,
    Posterior,
    PosteriorArm,
    Segment,
    SegmentFinding,
    SurvivalCurve,
    Thresholds,
    TippingPoint,
    Unplanned,
    UnreadableCell,
    Variant,
    Verdict,
    WouldBe,
)

SEEN: Final[Mapping[type, frozenset[str]]] = {
    Evaluation: frozenset({
        "trial", "title", "protocol_digest", "alpha", "net_benefit_reason", "cut_levels",
        "unreadable", "versions", "schema", "amendments",
    }),
    AmendmentInForce: frozenset({
        "number", "effect", "reason", "proposed_by", "confirmed_by", "in_force_since", "changes", "protocol_digest",
    }),
    Unplanned: frozenset({"protocol_digest", "reason"}),
    Flow: frozenset({"rows_read", "rejected", "allocated", "analysed", "repeats_unknown"}),
    Exclusion: frozenset({"reason", "customers"}),
    UnreadableCell: frozenset({"row", "field", "reason"}),
    Check: frozenset({"kind", "passed", "severity", "subject"}),
    Verdict: frozenset({"code", "arm", "segment", "arms", "flips", "barred_by"}),
    WouldBe: frozenset({"code", "arm", "segments"}),
    ArmFinding: frozenset({
        "arm", "code", "sentence", "guardrails_passed", "worse_than_comparison", "failed", "guardrails", "near_miss",
        "effect_range", "net_benefit_range",
    }),
    SegmentFinding: frozenset({
        "arm", "segment", "passes", "sentence", "near_miss", "failed", "guardrails", "interaction_p", "scaled",
        "effect_range", "net_benefit_range",
    }),
    Segment: frozenset({"column", "level"}),
    CutLevel: frozenset({"subgroup", "level", "lower", "upper", "customers"}),  # of all arms together
    Maturity: frozenset({"as_at", "due_on", "due_by", "to_come"}),
    DueBy: frozenset({"day", "customers"}),  # of all arms together
    Look: frozenset({
        "number", "looks", "as_at", "declared", "fraction", "due", "customers", "may", "spending", "action", "stopped",
        "critical_benefit", "critical_worse", "critical_harm", "inference", "overrun", "harms", "again",
        "ended_before",
    }),
    LookInference: frozenset({"arm", "quantity", "estimate", "ci_lower", "ci_upper", "p_value"}),
    HarmShown: frozenset({"arm", "guardrail", "look"}),
    Estimate: frozenset({
        "outcome", "role", "arm", "comparison", "estimand", "method", "standard_errors", "subgroup", "level", "phase",
        "variant", "estimate", "std_error", "statistic", "p_value", "p_adjusted", "ci_lower", "ci_upper",
        "ci_lower_simultaneous", "ci_upper_simultaneous", "saturation", "factors",
    }),
    Variant: frozenset({"kind", "unit", "cap", "quantile", "adjustment", "standard_errors", "draws", "exact"}),
    AtSaturation: frozenset({"id", "treated", "decides"}),
    FactorLevel: frozenset({"factor", "level", "reference"}),
    Interaction: frozenset({
        "outcome", "subgroup", "arm", "comparison", "statistic", "df_numerator", "df_denominator", "p_value",
        "approximate_hotelling",
    }),
    NetBenefit: frozenset({"arms", "scenario_verdicts", "currency"}),
    ArmMoney: frozenset({
        "arm", "comparison", "low", "central", "high", "components", "cost_per_customer", "set_up_per_customer",
        "break_even_effect", "roll_out_customers", "roll_out_estimate", "roll_out_lower", "roll_out_upper", "subgroup",
        "level",
    }),
    Money: frozenset({
        "estimate", "std_error", "p_value", "ci_lower", "ci_upper", "ci_lower_simultaneous", "ci_upper_simultaneous",
        "by_redraws",
    }),
    MoneyComponent: frozenset({"outcome", "side", "difference", "value", "pounds", "money"}),
    Posterior: frozenset({"quantity", "prior", "arms"}),
    PosteriorArm: frozenset({
        "arm", "mean", "ci_lower", "ci_upper", "probability_beats_nfa", "probability_best", "expected_loss",
    }),
    Thresholds: frozenset({"costs", "scenarios"}),
    CostThreshold: frozenset({"arm", "assumed", "dearer", "when_dearer", "cheaper", "when_cheaper"}),
}  # fmt: skip
"""What others see of each kind."""

HIDDEN: Final[Mapping[type, frozenset[str]]] = {
    Evaluation: frozenset({"balance", "curves", "bounds", "tipping_points", "dropped_columns"}),
    Flow: frozenset({"arms"}),
    Check: frozenset({"figures"}),
    Maturity: frozenset({"shares"}),
    Estimate: frozenset({"df", "n_arm", "n_comparison", "n_left_out"}),
    SegmentFinding: frozenset({"customers"}),
    Money: frozenset({"df"}),  # with its error it is that of the counts of arms
}
"""What nobody else sees of them."""

KEPT_WHOLE: Final = frozenset({ArmFlow, Balance, DueShare, OutcomeBounds, SurvivalCurve, TippingPoint})
"""Kinds of which nobody else sees anything: they count customers by arm, or lead to such a count."""
