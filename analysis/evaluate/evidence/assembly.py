"""From fits, counts and redraws to evidence: arithmetic alone, step by step, and what each next step needs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from analysis.deciding import net_benefit
from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.guardrails import Harm, InvertedTest, judge
from analysis.deciding.verdict import decide, judge_cell
from analysis.evaluate.evidence.rules import guardrails_of, harm_of
from analysis.evaluate.fits import Fits
from analysis.fit import Fit, Floats
from analysis.inference.intervals import Effect
from analysis.inference.paired_shares import PairedEvents
from analysis.inference.score_bounds import EventCounts
from analysis.inference.skewness import leans
from analysis.results import Scenario
from analysis.specification import Cell
from designs.protocol.models import Outcome, Protocol

BinaryGuardrails = Mapping[
    tuple[str, Cell], EventCounts | PairedEvents | InvertedTest | Effect | str
]  # by outcome and cell; or why not


def harms_of(
    protocol: Protocol, rules: DecisionRules, fits: Fits, binary: BinaryGuardrails
) -> dict[Cell, tuple[Harm, ...]]:
    """Every guardrail in every cell, judged: binary ones by what was read of them, others by their own fits."""

    def harm(outcome: Outcome, cell: Cell) -> Harm:
        counted = binary.get((outcome.id, cell), "it was not counted")
        if isinstance(counted, Effect):
            counted = fits.effect(outcome.id, cell)  # with what was redrawn of it
        return judge(
            outcome.id,
            outcome.margin,
            counted if outcome.kind == "binary" else fits.effect(outcome.id, cell),
            harm_is=harm_of(outcome),
            level=rules.level_passed,
            level_established=rules.level_established,
        )

    guardrails = guardrails_of(protocol)
    return {cell: tuple(harm(outcome, cell) for outcome in guardrails) for cell in fits.cells(protocol)}


def bare_evidence(
    protocol: Protocol, rules: DecisionRules, fits: Fits, harms: Mapping[Cell, tuple[Harm, ...]], scenario: Scenario
) -> dict[Cell, Evidence]:
    """What is known of every cell: its effect, its net benefit under one scenario, and its harms."""
    evidence = {}
    for cell in fits.cells(protocol):
        effect = fits.effect(protocol.primary.id, cell)
        evidence[cell] = Evidence(
            arm=cell.arm,
            effect=effect.reversed() if protocol.primary.better_below_zero else effect,
            net_benefit=fits.effect(net_benefit.response_id(scenario), cell) if rules.valued else None,
            harms=harms.get(cell, ()),
            cost=net_benefit.whole_cost(protocol, cell.arm, scenario, partial(_difference, fits, cell)),
            only_earlier=net_benefit.only_earlier(protocol, scenario, partial(_difference, fits, cell)),
        )
    return evidence


def harms_alone(rules: DecisionRules, harms: Mapping[Cell, tuple[Harm, ...]], reason: str) -> dict[Cell, Evidence]:
    """What is known of every arm where the design gives no effect to decide on, but can still show harm.

    Args:
        reason: why there is no effect.
    """
    effect = Effect(None, None, reason=reason)
    return {
        cell: Evidence(cell.arm, effect, Effect(None, None) if rules.valued else None, of_cell)
        for cell, of_cell in harms.items()
        if cell.by is None
    }


def _difference(fits: Fits, cell: Cell, outcome: str) -> float | None:
    return fits.effect(outcome, cell).estimate


def to_redraw(
    protocol: Protocol, rules: DecisionRules, fits: Fits, trial: TrialEvidence, scenario: Scenario
) -> dict[tuple[str, Cell], float]:
    """What must be redrawn before a verdict is sure, with the strictest two-sided level that it will be held against.

    A bound that would show something, of an effect that leans too much for it: in an arm, where judging it by bounds
    alone says so; in a segment, where it would pass by bounds alone. And the gain of every arm whose range is shown.

    Args:
        trial: the evidence under the scenario, with nothing redrawn.
    """
    money, primary = net_benefit.response_id(scenario), protocol.primary.id
    everyone = [cell for cell in fits.cells(protocol) if cell.by is None]
    levels = [cell for cell in fits.cells(protocol) if cell.by is not None]
    strictest = min(rules.level_of_arms(len(everyone)), rules.level_worse)
    wanted: dict[tuple[str, Cell], float] = {}
    for cell, evidence, judgement in zip(everyone, trial.arms, decide(trial, rules).arms, strict=True):
        held = judgement.held_by_skewness
        if "effect" in held or ("worse" in held and leans(evidence.effect, strictest)):
            wanted[primary, cell] = strictest
        gain = evidence.net_benefit
        if gain is not None and (held or leans(gain, rules.alpha)) and leans(gain, strictest):
            wanted[money, cell] = strictest
        wanted |= {(harm.outcome, cell): strictest for harm in evidence.harms if harm.held_by_skewness}
    level = rules.level_of_cells(len(levels))
    for cell, among in zip(levels, trial.cells, strict=True):
        if not judge_cell(replace(among, evidence=_upright(among.evidence)), rules, len(levels)).passes:
            continue
        for response, effect in ((primary, among.evidence.effect), (money, among.evidence.net_benefit)):
            if effect is not None and leans(effect, level):
                wanted[response, cell] = level
        wanted |= {(harm.outcome, cell): level for harm in among.evidence.harms if harm.held_by_skewness}
    return wanted


def _upright(evidence: Evidence) -> Evidence:
    """The same as if nothing leaned."""
    gain = evidence.net_benefit
    return replace(
        evidence,
        effect=replace(evidence.effect, skewness=None),
        net_benefit=None if gain is None else replace(gain, skewness=None),
        harms=tuple(
            replace(harm, passed=harm.upper is not None and harm.upper < harm.margin) if harm.held_by_skewness else harm
            for harm in evidence.harms
        ),
    )


def trial_evidence(
    protocol: Protocol, fits: Fits, evidence: Mapping[Cell, Evidence], scenario: Scenario
) -> TrialEvidence:
    """Everything that one verdict is decided from, of data that passed their checks."""
    return TrialEvidence(
        failed=(),
        arms=tuple(known for cell, known in evidence.items() if cell.by is None),
        cells=tuple(_of_level(protocol, fits, cell, known) for cell, known in evidence.items() if cell.by is not None),
        effect_covariance=_covariance(protocol, fits.fit(protocol.primary.id)),
        net_benefit_covariance=_covariance(protocol, fits.fit(net_benefit.response_id(scenario))),
    )


def _of_level(protocol: Protocol, fits: Fits, cell: Cell, evidence: Evidence) -> CellEvidence:
    """A subgroup level's evidence with its arm's interaction test, and the customers that it is about."""
    assert cell.by is not None
    assert cell.level is not None
    wanted = (protocol.primary.id, *cell.pair)
    tests = fits.subgroup(cell.by).interactions
    p_value = next((test.p_value for test in tests if (test.outcome, test.arm, test.comparison) == wanted), None)
    fit = fits.fit(protocol.primary.id, cell.by, cell.level)
    money = fits.fit(net_benefit.response_id("central"), cell.by, cell.level)
    return CellEvidence(
        cell.by.column, cell.level, evidence, p_value, fit.n if fit else 0, _covariance(protocol, money)
    )


def _covariance(protocol: Protocol, fit: Fit | None) -> Floats | None:
    """Covariance among the OTM arms' contrasts with the comparison."""
    if fit is None:
        return None
    place = {(c.arm, c.comparison): number for number, c in enumerate(fit.contrasts)}
    chosen = [place[arm.id, protocol.comparison.id] for arm in protocol.otm_arms]
    part: Floats = fit.covariance[chosen][:, chosen]
    return part
