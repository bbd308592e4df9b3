"""From fits and counts to the evidence that a verdict is decided from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from analysis.deciding import net_benefit
from analysis.deciding.guardrails import EventCounts, Harm, InvertedTest, judge
from analysis.deciding.verdict import CellEvidence, Evidence, Rules, TrialEvidence, bounds_unsafe, cell_passes, skewness
from analysis.evaluate.rows import effect_of, find
from analysis.evaluate.tallies import event_counts, tally_events, third_moments
from analysis.fit import Fit, Floats, Regression
from analysis.frame import AnalysisFrame, open_to, strata_of
from analysis.inference.intervals import Effect
from analysis.randomisation.guardrails import guardrail_bounds
from analysis.randomisation.net_benefit import net_benefit_test
from analysis.randomisation.randomisation_inference import RandomisationTest
from analysis.results import Interaction, Scenario
from analysis.specification import Cell, Levels, level_position
from designs.literals import Direction
from designs.protocol.capacity import capacity
from designs.protocol.models import Outcome, Protocol


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One declared subgroup column: its levels, their fits, and the interaction tests."""

    by: Levels
    regression: Regression
    interactions: tuple[Interaction, ...]


def rules_of(protocol: Protocol) -> Rules:
    """What the protocol declares about deciding."""
    decision = protocol.decision
    valued = net_benefit.why_not(protocol) is None
    kinds = {protocol.outcome(v.outcome).kind for v in decision.benefits} if decision else set()
    break_even = decision.break_even if decision and "amount" not in kinds else None
    if break_even is not None and protocol.primary.direction == "decrease":
        break_even = abs(break_even)  # evidence is signed so that better is above zero
    return Rules(
        alpha=protocol.analysis.alpha,
        multiplicity=protocol.analysis.multiplicity,
        break_even=break_even,
        valued=valued,
        guarded=bool(guardrails_of(protocol)),
        capacity=capacity_of(protocol),
    )


def capacity_of(protocol: Protocol) -> bool | None:
    """Whether the extra contact can be handled; ``None`` where it was not tested."""
    return {"enough": True, "not_enough": False, "not_tested": None}[capacity(protocol).finding]


def guardrails_of(protocol: Protocol) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in protocol.outcomes if outcome.role == "guardrail")


@dataclass(frozen=True, slots=True, eq=False)
class Gathering:
    """Everything that evidence is gathered from; engine counts are kept once made."""

    frame: AnalysisFrame
    protocol: Protocol
    protocol_digest: str
    rules: Rules
    whole: Regression
    segments: tuple[Segment, ...]
    _kept: dict[Any, Any] = field(default_factory=dict)

    def trial(self, scenario: Scenario, failed: tuple[str, ...]) -> TrialEvidence:
        """The evidence under one scenario's values and costs."""
        key = ("trial", scenario, failed)
        if key not in self._kept:
            self._kept[key] = self._gathered(scenario, failed)
        evidence: TrialEvidence = self._kept[key]
        return evidence

    def _gathered(self, scenario: Scenario, failed: tuple[str, ...]) -> TrialEvidence:
        arms = tuple(self._arm(arm.id, scenario) for arm in self.protocol.otm_arms)
        cells = tuple(
            self._cell(arm.id, scenario, segment, level)
            for segment in self.segments
            for level in segment.by.names
            for arm in self.protocol.otm_arms
        )
        primary = self.whole.fits.get((self.protocol.primary.id, None))
        money = self.whole.fits.get((net_benefit.response_id(scenario), None))
        return TrialEvidence(failed, arms, cells, self._covariance(primary), self._covariance(money))

    def _cell(self, arm: str, scenario: Scenario, segment: Segment, level: str) -> CellEvidence:
        comparison = self.protocol.comparison.id
        test = next(
            (i for i in segment.interactions
             if (i.outcome, i.arm, i.comparison) == (self.protocol.primary.id, arm, comparison)),
            None,
        )  # fmt: skip
        fit = segment.regression.fits.get((self.protocol.primary.id, level))
        plain = self._plain(arm, scenario, segment, level)
        cell = CellEvidence(segment.by.column, level, plain, test.p_value if test else None, fit.n if fit else 0)
        # Skewness is looked at only where it can matter: a cell that would otherwise pass.
        if not cell_passes(cell, self.rules, self._cells()):
            return cell
        return replace(cell, evidence=self._with_skewness(plain, scenario, segment, level))

    def _cells(self) -> int:
        return len(self.protocol.otm_arms) * sum(len(segment.by.names) for segment in self.segments)

    def _arm(self, arm: str, scenario: Scenario) -> Evidence:
        plain, level = self._plain(arm, scenario, None, None), self.rules.alpha / 2.0
        effect_p = plain.effect.p_above()
        net_p = plain.net_benefit.p_above() if plain.net_benefit else None
        if effect_p is None or net_p is None or max(effect_p, net_p) > level:
            return plain
        return self._with_skewness(plain, scenario, None, None)

    def _plain(self, arm: str, scenario: Scenario, segment: Segment | None, level: str | None) -> Evidence:
        primary = self._effect(self.protocol.primary.id, arm, segment, level)
        money = self._effect(net_benefit.response_id(scenario), arm, segment, level) if self.rules.valued else None
        return Evidence(
            arm=arm,
            effect=primary.reversed() if self.protocol.primary.direction == "decrease" else primary,
            net_benefit=money,
            harms=self._harms(arm, segment, level),
            cost=net_benefit.own_cost(self.protocol, arm, scenario),
        )

    def _with_skewness(
        self, evidence: Evidence, scenario: Scenario, segment: Segment | None, level: str | None
    ) -> Evidence:
        money, comparison = evidence.net_benefit, self.protocol.comparison.id
        moments = self._third_moments(scenario, segment)
        one, other = moments.get((evidence.arm, level)), moments.get((comparison, level))
        if money is None or money.std_error is None or one is None or other is None:
            return evidence
        found = skewness(one[0], one[1], other[0], other[1], money.std_error)
        if not bounds_unsafe(found, self.rules.alpha):
            return replace(evidence, skewness=found)
        by = segment.by if segment else None
        test = self._redrawn(Cell(evidence.arm, comparison, by, level), scenario)
        reason = test.reason if test.p_greater is None else None
        return replace(evidence, skewness=found, randomisation_p=test.p_greater, randomisation_reason=reason)

    def _redrawn(self, cell: Cell, scenario: Scenario) -> RandomisationTest:
        return net_benefit_test(self.frame, self.protocol, self.protocol_digest, cell, scenario)

    def _effect(self, response: str, arm: str, segment: Segment | None, level: str | None) -> Effect:
        regression = segment.regression if segment else self.whole
        fit = regression.fits.get((response, level))
        if fit is None:
            return Effect(None, None, reason="a time to an event has no total to compare")
        return effect_of(find(fit, arm, self.protocol.comparison.id))

    def _covariance(self, fit: Fit | None) -> Floats | None:
        """Covariance among the OTM arms' contrasts with the comparison."""
        if fit is None:
            return None
        place = {(c.arm, c.comparison): i for i, c in enumerate(fit.contrasts)}
        chosen = [place[arm.id, self.protocol.comparison.id] for arm in self.protocol.otm_arms]
        part: Floats = fit.covariance[chosen][:, chosen]
        return part

    def _harms(self, arm: str, segment: Segment | None, level: str | None) -> tuple[Harm, ...]:
        key = ("harms", arm, segment.by.column if segment else None, level)
        if key not in self._kept:
            self._kept[key] = self._judged(arm, segment, level)
        harms: tuple[Harm, ...] = self._kept[key]
        return harms

    def _judged(self, arm: str, segment: Segment | None, level: str | None) -> tuple[Harm, ...]:
        alpha = self.rules.alpha
        return tuple(
            judge(
                outcome.id,
                outcome.margin,
                self._guardrail_evidence(outcome, arm, segment, level),
                harm_is=_opposite(outcome.direction),
                level=alpha,
                level_established=alpha / self.rules.routes,
            )
            for outcome in guardrails_of(self.protocol)
        )

    def _guardrail_evidence(
        self, outcome: Outcome, arm: str, segment: Segment | None, level: str | None
    ) -> EventCounts | Effect | InvertedTest | str:
        if outcome.kind == "time_to_event":
            return "a guardrail that is a time to an event has no bound here"
        if outcome.kind != "binary":
            return self._effect(outcome.id, arm, segment, level)
        if self.protocol.cluster is not None:
            cell = Cell(arm, self.protocol.comparison.id, segment.by if segment else None, level)
            return guardrail_bounds(
                self.frame, self.protocol, self.protocol_digest, outcome, cell,
                level=self.rules.alpha, level_established=self.rules.alpha / self.rules.routes,
            )  # fmt: skip
        by_arm = self._events(arm, segment).get((outcome.id, level), {})
        return event_counts(by_arm, arm, self.protocol.comparison.id)

    def _events(self, arm: str, segment: Segment | None) -> Any:
        """Counted once for all arms, unless each is compared among customers of its own."""
        frame = open_to(self.frame, self.protocol, (arm, self.protocol.comparison.id))
        key = ("events", segment.by.column if segment else None, None if frame is self.frame else arm)
        if key not in self._kept:
            columns = {o.id: o.column or o.id for o in guardrails_of(self.protocol) if o.kind == "binary"}
            by = segment.by if segment else None
            strata = strata_of(frame, self.protocol)
            self._kept[key] = tally_events(frame, columns, strata, by, level_position(by) if by else None)
        return self._kept[key]

    def _third_moments(self, scenario: Scenario, segment: Segment | None) -> Any:
        """Scenarios that put the same values on outcomes share their moments: an arm's cost moves none of them."""
        response = net_benefit.composite(self.protocol, scenario)
        key = ("third", response.terms, segment.by.column if segment else None)
        if key not in self._kept:
            by = segment.by if segment else None
            centre = self.whole.fits[response.id, None].contrasts[0].mean_comparison or 0.0
            found = third_moments(self.frame, [(response, centre)], by, level_position(by) if by else None)
            self._kept[key] = {(arm, level): moment for (_, arm, level), moment in found.items()}
        return self._kept[key]


def _opposite(direction: Direction | None) -> Direction:
    """The direction of harm. A guardrail without a direction guards against more of it."""
    return "decrease" if direction == "increase" else "increase"
