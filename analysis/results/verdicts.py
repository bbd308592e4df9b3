"""What was decided, of each arm and of the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.results.estimates import Segment

VerdictCode = Literal["scale", "scale_segment", "no_further_action", "not_shown", "not_due", "invalid"]
# An effect that is shown says nothing of money: "works_not_worth_sending" only where a loss is shown too, the whole
# range of net benefit that decides below zero; where neither gain nor loss is shown it is "works_worth_unknown".
FindingCode = Literal[
    "passes", "worse_than_nfa", "works_not_worth_sending", "works_worth_unknown", "not_shown", "harmful",
    "not_estimable",
]  # fmt: skip

# Why the design lets no approach be scaled: in a saturation trial no cluster was left without anybody treated, or
# several approaches were mixed in each cluster.
Bar = Literal["no_untreated_clusters", "several_approaches"]


DecidingRange = tuple[float | None, float | None]

# What an arm, or a segment of it, needs to pass; "harm" is harm that the arm does among everyone.
Condition = Literal[
    "effect", "net_benefit", "skewness", "together", "interaction", "capacity", "guardrail", "worse", "harm",
    "integrity", "design",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class WouldBe:
    """A verdict as it would be: its code, the arm to scale, and each arm with a segment to scale it to."""

    code: VerdictCode
    arm: str | None = None
    segments: tuple[tuple[str, Segment], ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentFinding:
    """One arm among the customers of one planned segment: whether it passes there, and if not, by what it fails.

    Attributes:
        failed: every condition that was not met.
        guardrails: outcomes that were not shown to stay within their limits there.
        interaction_p: of the test that the arm works differently between the levels of this column.
        scaled: the verdict is to scale this arm to this segment; of several that pass in one segment it is one.
        effect_range, net_benefit_range: what decided, at the level that all arms in all segments share; the effect in
            the outcome's unit, money in pounds per customer.
    """

    arm: str
    segment: Segment
    customers: int
    passes: bool
    sentence: str
    near_miss: str | None = None  # what was shown there, and what kept it from passing
    failed: tuple[Condition, ...] = ()
    guardrails: tuple[str, ...] = ()
    interaction_p: float | None = None
    scaled: bool = False
    effect_range: DecidingRange | None = None
    net_benefit_range: DecidingRange | None = None


@dataclass(frozen=True, slots=True)
class ArmFinding:
    arm: str
    code: FindingCode
    sentence: str
    reasons: tuple[str, ...] = ()
    guardrails_passed: bool | None = None
    worse_than_comparison: bool = False  # shown to be worse, by whatever route
    failed: tuple[Condition, ...] = ()  # every condition of passing that was not met
    guardrails: tuple[str, ...] = ()  # outcomes not shown to stay within their limits
    near_miss: str | None = None  # what was shown, and what kept it from passing
    effect_range: DecidingRange | None = None  # simultaneous over the arms, in the outcome's unit
    net_benefit_range: DecidingRange | None = None  # likewise, pounds per customer; of an arm shown to lose, its own


@dataclass(frozen=True, slots=True)
class Verdict:
    code: VerdictCode
    sentence: str
    arm: str | None = None
    segment: Segment | None = None  # to whom to scale, where it is not to everyone
    reasons: tuple[str, ...] = ()
    arms: tuple[ArmFinding, ...] = ()
    segments: tuple[SegmentFinding, ...] = ()  # every arm in every planned segment
    flips: tuple[str, ...] = ()  # what would change this, in plain sentences
    barred_by: Bar | None = None  # why the design lets nothing be scaled, whatever the data say
