"""The whole protocol file, put together from its sections.

What stands in each section is in :mod:`designs.protocol.sections`; their classes are handed on from here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from designs.protocol.sections.analysis import Analysis, Complier, Covariate, Looks, Subgroup
from designs.protocol.sections.arms import Arm, Campaign, Wording
from designs.protocol.sections.clock import Clock
from designs.protocol.sections.decision import Decision, Valuation
from designs.protocol.sections.outcomes import UNITS, Outcome
from designs.protocol.sections.population import (
    ColumnDeclaration,
    Condition,
    ContactLimit,
    Exclusion,
    Population,
    Reasons,
)
from designs.protocol.sections.randomisation import Batches, Randomisation, Rerandomise, Saturation, Wave
from designs.protocol.sections.scalars import ZERO, Declared, Identifier, Range, Scalar, Text
from designs.protocol.sections.suitability import (
    FIRST_EDITION,
    QUESTIONS,
    Alternative,
    Behaviour,
    ExpectedContact,
    FollowUpPlan,
    Suitability,
)
from designs.protocol.sections.surge import ContactColumns, ContactShares, ShareRange, Surge, SurgeSegment

USUAL_COVERAGE = 0.9  # of customers whose outcomes come from administrative files
LEAST_DIFFERENCE = 0.01  # between arms, in the share of customers with an outcome


class Protocol(Declared):
    """Everything promised about one trial."""

    model_config = ConfigDict(serialize_by_alias=True)

    schema_: Literal[1] = Field(alias="schema")
    id: Identifier
    title: Text
    owner: Text | None = None
    directorate: Text | None = None
    purpose: Literal["promote", "prevent", "respond"] | None = None
    hypothesis: Text
    behaviour: Behaviour | None = None
    alternatives: tuple[Alternative, ...] = ()
    suitability: Suitability | None = None
    population: Population
    arms: Annotated[tuple[Arm, ...], Field(min_length=2)]
    nfa_waived: Text | None = None
    campaign: Campaign | None = None
    randomisation: Randomisation
    clock: Clock | None = None
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    analysis: Analysis
    decision: Decision | None = None

    @property
    def randomised_here(self) -> bool:
        return self.randomisation.method != "external"

    @property
    def comparison(self) -> Arm:
        """The NFA arm, or the BAU arm where NFA is waived with a reason."""
        nfa = [arm for arm in self.arms if arm.kind == "nfa"]
        return nfa[0] if nfa else next(arm for arm in self.arms if arm.kind == "bau")

    @property
    def otm_arms(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms if arm.kind == "otm")

    @property
    def primary(self) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.role == "primary")

    @property
    def judged(self) -> tuple[Outcome, ...]:
        """The outcomes that a verdict rests on: the primary, and every other one that is valued or guards."""
        decision = self.decision
        valued = {valuation.outcome for valuation in (*decision.benefits, *decision.costs)} if decision else set()
        judged = [outcome for outcome in self.outcomes if outcome.role != "secondary" or outcome.id in valued]
        return tuple(sorted(judged, key=lambda outcome: outcome.role != "primary"))

    @property
    def retention_margin(self) -> float:
        """By how much arms may differ in the share of customers with an outcome, however surely they do."""
        return self.analysis.retention_margin or LEAST_DIFFERENCE

    def coverage(self, outcome: Outcome) -> float | None:
        """The least share of customers that must have an outcome; ``None`` where it is nobody's word.

        Trials that are randomised here are followed in administrative files, which hold nearly everybody.
        """
        if outcome.coverage is not None:
            return outcome.coverage
        if self.analysis.coverage is not None:
            return self.analysis.coverage
        return USUAL_COVERAGE if self.randomised_here else None

    @property
    def cluster(self) -> str | None:
        """The column of those assigned together: ``randomisation.cluster``, else ``population.cluster``."""
        return self.randomisation.cluster or self.population.cluster

    @property
    def errors_cluster(self) -> str | None:
        """The column by which errors are clustered: of those assigned together, else as the analysis declares."""
        return self.cluster or self.analysis.errors_clustered_by

    @property
    def left_out(self) -> tuple[Exclusion, ...]:
        """Who does not take part, beside those whom ``where`` leaves out: an exclusion with an agreement is not one of
        them, and those who prefer Welsh are where the plan says so and an arm has no Welsh text."""
        declared = tuple(exclusion for exclusion in self.population.exclude if exclusion.agreement is None)
        english, welsh = [arm.label for arm in self.arms or () if arm.english_only], self.population.welsh
        if welsh is None or welsh.without_text is None or not english:
            return declared
        return (
            *declared,
            Exclusion(when=welsh.when, reason=f"prefers Welsh, and has no Welsh text: {', '.join(english)}"),
        )

    @property
    def labels(self) -> dict[str, str]:
        """What people call the arms, by id."""
        return {arm.id: arm.label for arm in self.arms}

    @property
    def contrasts(self) -> tuple[tuple[str, str], ...]:
        """Every planned (arm, comparison) pair, in the order of the arms."""
        if self.analysis.contrasts == "all_pairs":
            ids = [self.comparison.id, *(arm.id for arm in self.arms if arm.id != self.comparison.id)]
            return tuple((later, earlier) for i, earlier in enumerate(ids) for later in ids[i + 1 :])
        return tuple((arm.id, self.comparison.id) for arm in self.arms if arm.id != self.comparison.id)

    def arm(self, arm_id: str) -> Arm:
        return next(arm for arm in self.arms if arm.id == arm_id)

    def outcome(self, outcome_id: str) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.id == outcome_id)


__all__ = [
    "FIRST_EDITION",
    "QUESTIONS",
    "UNITS",
    "ZERO",
    "Alternative",
    "Analysis",
    "Arm",
    "Batches",
    "Behaviour",
    "Campaign",
    "Clock",
    "ColumnDeclaration",
    "Complier",
    "Condition",
    "ContactColumns",
    "ContactLimit",
    "ContactShares",
    "Covariate",
    "Decision",
    "Exclusion",
    "ExpectedContact",
    "FollowUpPlan",
    "Identifier",
    "Looks",
    "Outcome",
    "Population",
    "Protocol",
    "Randomisation",
    "Range",
    "Reasons",
    "Rerandomise",
    "Saturation",
    "Scalar",
    "ShareRange",
    "Subgroup",
    "Suitability",
    "Surge",
    "SurgeSegment",
    "Text",
    "Valuation",
    "Wave",
    "Wording",
]
