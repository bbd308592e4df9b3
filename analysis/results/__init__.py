"""The one vocabulary of results, from a single contrast to a whole evaluation.

Everything here is a frozen value that becomes JSON and comes back unchanged. Units: effects are in the outcome's
own unit (a binary outcome's effect of 0.02 is two percentage points), money is pounds per customer assigned.
A number that cannot be estimated is ``None``, and ``reason`` says why. What a program may ask about a row (which
segment, which variant, which check) is a field; sentences are for people, and nobody reads meaning out of them.
"""

from analysis.results.amendments import AmendmentInForce, Unplanned
from analysis.results.checks import ArmFlow, Balance, Check, CheckKind, Exclusion, Flow, UnreadableCell
from analysis.results.estimates import (
    AtSaturation,
    CutLevel,
    Estimand,
    Estimate,
    EstimationMethod,
    FactorLevel,
    Interaction,
    OutcomeBounds,
    Phase,
    Segment,
    SurvivalCurve,
    Variant,
    VariantKind,
)
from analysis.results.evaluation import DATA_INVALID, NOT_JUDGED, SCHEMA, Evaluation, without_effects
from analysis.results.looks import (
    HarmShown,
    Judged,
    Look,
    LookAction,
    LookInference,
    ended_at,
    next_look,
    overrun,
    planned_customers,
)
from analysis.results.maturity import DueBy, DueShare, Maturity
from analysis.results.money import ArmMoney, Money, MoneyComponent, NetBenefit, Posterior, PosteriorArm
from analysis.results.thresholds import CostThreshold, Thresholds
from analysis.results.tipping_points import TippingPoint
from analysis.results.verdicts import (
    ArmFinding,
    Bar,
    Condition,
    DecidingRange,
    FindingCode,
    SegmentFinding,
    Verdict,
    VerdictCode,
    WouldBe,
)
from designs.literals import Scenario

__all__ = [
    "DATA_INVALID",
    "NOT_JUDGED",
    "SCHEMA",
    "AmendmentInForce",
    "ArmFinding",
    "ArmFlow",
    "ArmMoney",
    "AtSaturation",
    "Balance",
    "Bar",
    "Check",
    "CheckKind",
    "Condition",
    "CostThreshold",
    "CutLevel",
    "DecidingRange",
    "DueBy",
    "DueShare",
    "Estimand",
    "Estimate",
    "EstimationMethod",
    "Evaluation",
    "Exclusion",
    "FactorLevel",
    "FindingCode",
    "Flow",
    "HarmShown",
    "Interaction",
    "Judged",
    "Look",
    "LookAction",
    "LookInference",
    "Maturity",
    "Money",
    "MoneyComponent",
    "NetBenefit",
    "OutcomeBounds",
    "Phase",
    "Posterior",
    "PosteriorArm",
    "Scenario",
    "Segment",
    "SegmentFinding",
    "SurvivalCurve",
    "Thresholds",
    "TippingPoint",
    "Unplanned",
    "UnreadableCell",
    "Variant",
    "VariantKind",
    "Verdict",
    "VerdictCode",
    "WouldBe",
    "ended_at",
    "next_look",
    "overrun",
    "planned_customers",
    "without_effects",
]
