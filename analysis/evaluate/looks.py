"""A look before the end: who is looked at, how effects are judged, and what is written down of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import narwhals as nw

from analysis.deciding import net_benefit
from analysis.deciding.evidence import DecisionRules, LookRules, TrialEvidence
from analysis.deciding.harm import stopped_reasons
from analysis.deciding.looks import OVERRUN
from analysis.deciding.verdict import Decided
from analysis.evaluate.fits import Fits, JudgedOverLooks
from analysis.frame import DAY_ZERO_COLUMN, AnalysisFrame
from analysis.integrity.due import days_due, maturity_check
from analysis.planning.looks import MonitoredEffect, Monitoring, look_at, monitoring_of
from analysis.planning.monitoring import Boundary
from analysis.results import Check, Exclusion, HarmShown, Judged, Look, LookAction, LookInference, Maturity
from analysis.specification import Cell
from analysis.wording.numbers import count
from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True)
class Looking:
    """Which look an analysis is of, if of any, and the looks before it."""

    look: Look | None
    taken: tuple[Look, ...] = ()

    @property
    def earlier(self) -> tuple[Look, ...]:
        """The looks before this one, also where it is one that was taken before."""
        number = self.look.number if self.look is not None and self.look.again else None
        return tuple(look for look in self.taken if number is None or look.number < number)

    @property
    def interim(self) -> bool:
        """Whether it is a look before the end."""
        return self.look is not None and not self.look.final

    def due(self, matured: Maturity | None) -> Check | None:
        """How much of the outcomes is due: all, or as much as the look was declared for."""
        if self.look is not None and self.interim:
            return look_check(self.look)
        return maturity_check(matured) if matured else None

    def stopped(self, protocol: Protocol) -> tuple[str, ...]:
        """What earlier looks stopped for harm, in words: it stays stopped, whatever this cut is."""
        last = self.look or (self.taken[-1] if self.taken else None)
        return () if last is None else stopped_reasons(protocol, last)

    def judging(self, protocol: Protocol, fits: Fits, rules: DecisionRules) -> tuple[Fits, DecisionRules]:
        """How effects are judged at this look, and by which rules; both as they are where there is none."""
        if self.look is None:
            return fits, rules
        monitored = monitoring(protocol, rules, self.look, self.taken)
        return replace(fits, judged=JudgedOverLooks.of(protocol, monitored)), rules_at(rules, monitored)


def look_of(protocol: Protocol, matured: Maturity | None, taken: Sequence[Look]) -> Look | None:
    """Which declared look a cut is, or the final analysis after some; ``None`` where it is neither.

    Args:
        matured: what was due at the cut; where nobody knows, there are no looks.
        taken: the looks before, ascending.
    """
    if protocol.analysis.looks is None or matured is None:
        return None
    return look_at(protocol.analysis.looks, taken, matured)


def due_now(frame: AnalysisFrame, protocol: Protocol) -> AnalysisFrame:
    """Where looks are declared, the customers with every outcome due that the verdict reads; else the frame itself."""
    days = days_due(protocol)
    if protocol.analysis.looks is None or frame.as_at is None or not days:
        return frame
    latest = frame.as_at - timedelta(days=max(days.values()))
    return replace(frame, rows=frame.rows.filter(nw.col(DAY_ZERO_COLUMN) <= nw.lit(latest)))


def looked_at(frame: AnalysisFrame, protocol: Protocol, look: Look | None) -> AnalysisFrame:
    """The customers with every outcome due that the verdict reads; the frame itself where that is everybody.

    Day 0 is the same for every arm of a batch, so leaving out those who are not due leaves the arms alike.
    """
    if look is None or look.final:
        return frame
    waiting = frame.flow.allocated - look.due
    excluded = (*frame.flow.excluded, Exclusion("outcomes not due at this look", waiting))
    return replace(due_now(frame, protocol), flow=replace(frame.flow, excluded=excluded, allocated=look.due))


def look_check(look: Look) -> Check:
    """In place of the check that everything is due: how much of it is, and that this is the look that was declared."""
    detail = (
        f"Look {look.number} of {look.looks}: every outcome is due for {count(look.due)} of {count(look.customers)} "
        f"customers ({look.fraction:.1%}; declared at {look.declared:.1%}), and only they are looked at."
    )
    if look.share_unknown:
        detail = (
            f"Look {look.number} of {look.looks}: every outcome is due for {count(look.due)} customers, and only they "
            f"are looked at; {OVERRUN}, so that error is spent as of {look.fraction:.1%} and no more."
        )
    figures = {"look": look.number, "due": look.due, "customers": look.customers, "fraction": look.fraction}
    return Check("maturity", True, detail, "informs", figures)


def monitoring(protocol: Protocol, rules: DecisionRules, look: Look, taken: Sequence[Look]) -> Monitoring:
    """How one look of a trial judges."""
    return monitoring_of(look, taken, alpha=rules.alpha, arms=len(protocol.otm_arms), level_worse=rules.level_worse)


def rules_at(rules: DecisionRules, monitored: Monitoring) -> DecisionRules:
    """The protocol's rules at one look."""
    look = monitored.look
    return replace(
        rules,
        look=LookRules(
            interim=not look.final,
            level_passed=monitored.level_passed,
            level_established=monitored.level_established,
            barred=look.stopped,
        ),
    )


def concluded(protocol: Protocol, fits: Fits, decided: Decided, trial: TrialEvidence) -> Look:
    """What the look did, with its boundaries; and the inference of the sequential design, where there is a verdict."""
    assert fits.judged is not None
    monitored = fits.judged.monitoring
    harmful = tuple(judgement.arm for judgement in decided.arms if "harm" in judgement.worse_by)
    action = "final" if monitored.look.final else _ACTIONS.get(decided.code, "go_on")
    return replace(
        monitored.look,
        action=action,
        stopped=tuple(dict.fromkeys((*monitored.look.stopped, *harmful))),
        harms=(*monitored.look.harms, *_new_harms(monitored.look, trial)),
        critical_benefit=_critical(monitored.benefit.looks),
        critical_worse=_critical(monitored.worse.looks),
        critical_harm=_critical((monitored.harm,)),
        inference=() if action == "go_on" else _inference(protocol, fits),
    )


def _new_harms(look: Look, trial: TrialEvidence) -> list[HarmShown]:
    """By which guardrails this look is the first to show harm of an arm."""
    return [
        HarmShown(evidence.arm, harm.outcome, look.number)
        for evidence in trial.arms
        if evidence.arm not in look.stopped
        for harm in evidence.harms
        if harm.established
    ]


_ACTIONS: dict[str, LookAction] = {
    "scale": "stop_for_benefit",
    "no_further_action": "stop_for_harm",
}


def _critical(looks: Sequence[Boundary]) -> float | None:
    """The last boundary; none where nothing is tested or no value would be enough."""
    return looks[-1].critical if looks and looks[-1].critical < float("inf") else None


def _inference(protocol: Protocol, fits: Fits) -> tuple[LookInference, ...]:
    quantities: list[tuple[Judged, str]] = [("primary", protocol.primary.id)]
    if net_benefit.why_unvalued(protocol) is None:
        quantities.append(("net_benefit", net_benefit.response_id("central")))
    rows = []
    for arm in protocol.otm_arms:
        for quantity, response in quantities:
            effect = fits.effect(response, Cell(arm.id, protocol.comparison.id))
            assert isinstance(effect, MonitoredEffect)
            alpha = protocol.analysis.alpha
            rows.append(
                LookInference(
                    arm.id,
                    quantity,
                    effect.median(),
                    effect.lower(alpha),
                    effect.upper(alpha),
                    effect.p_value,
                    effect.reason if effect.p_value is None and effect.reason else _reason(effect),
                )
            )
    return tuple(rows)


def _reason(effect: MonitoredEffect) -> str | None:
    if effect.p_value is not None:
        return None
    return "no boundary is crossed at this look; the range is the one that holds at every look"
