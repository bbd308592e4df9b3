"""What was decided, of each arm and of the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.results.estimates import Segment

VerdictCode = Literal["scale", "scale_segment", "no_further_action", "not_shown", "not_due", "invalid"]
FindingCode = Literal["passes", "worse_than_nfa", "works_not_worth_sending", "not_shown", "harmful", "not_estimable"]


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
