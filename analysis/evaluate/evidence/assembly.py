"""From fits, counts and redraws to evidence: arithmetic alone, step by step, and what each next step needs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from analysis.deciding import net_benefit
from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.guardrails import EventCounts, Harm, InvertedTest, judge
from analysis.deciding.skewness import bounds_unsafe, skewness
from analysis.deciding.verdict import judge_cell
from analysis.evaluate.evidence.rules import guardrails_of, harm_of
from analysis.evaluate.fits import Fits
from analysis.fit import Fit, Floats
from analysis.inference.intervals import Effect
from analysis.randomisation.randomisation_inference import RandomisationTest
from analysis.results import Scenario
from analysis.specification import Cell
from designs.protocol.models import Outcome, Protocol

BinaryGuardrails = Mapping[tuple[str, Cell], EventCounts | InvertedTest | str]  # by outcome and cell; or why not
ThirdMoment = tuple[float, int]  # a third central moment, and the customers that it rests on


def harms_of(
    protocol: Protocol, rules: DecisionRules, fits: Fits, binary: BinaryGuardrails
) -> dict[Cell, tuple[Harm, ...]]:
    """Every guardrail in every cell, judged: binary ones by what was read of them, others by their own fits."""

    def harm(outcome: Outcome, cell: Cell) -> Harm:
        counted = binary.get((outcome.id, cell), "it was not counted")
        return judge(
            outcome.id,
            outcome.margin,
            counted if outcome.kind == "binary" else fits.effect(outcome.id, cell),
            harm_is=harm_of(outcome),
            level=rules.alpha,
            level_established=rules.level_worse,
        )

    guardrails = guardrails_of(protocol)
    return {cell: tuple(harm(outcome, cell) for outcome in guardrails) for cell in fits.cells(protocol)}


def bare_evidence(
    protocol: Protocol, rules: DecisionRules, fits: Fits, harms: Mapping[Cell, tuple[Harm, ...]], scenario: Scenario
) -> dict[Cell, Evidence]:
    """What is known of every cell before skewness: its effect, its net benefit under one scenario, and its harms."""
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


def where_skewness_matters(
    protocol: Protocol, rules: DecisionRules, fits: Fits, evidence: Mapping[Cell, Evidence]
) -> tuple[Cell, ...]:
    """The cells that would pass on their bounds alone: only there can skewness change a verdict."""
    among_levels = [cell for cell in evidence if cell.by is not None]
    chosen = []
    for cell, known in evidence.items():
        if cell.by is None:
            p_values = known.effect.p_above(), known.net_benefit.p_above() if known.net_benefit else None
            passes = all(p is not None and p <= rules.alpha / 2.0 for p in p_values)
        else:
            passes = judge_cell(_of_level(protocol, fits, cell, known), rules, len(among_levels)).passes
        if passes:
            chosen.append(cell)
    return tuple(chosen)


def with_skewness(
    evidence: Mapping[Cell, Evidence], moments: Mapping[Cell, tuple[ThirdMoment, ThirdMoment]]
) -> dict[Cell, Evidence]:
    """Add the skewness of net benefit.

    Args:
        evidence: by cell.
        moments: of the net benefit in the arm and in the comparison, by cell.
    """
    completed = dict(evidence)
    for cell, (of_arm, of_comparison) in moments.items():
        money = evidence[cell].net_benefit
        if money is not None and money.std_error is not None:
            completed[cell] = replace(evidence[cell], skewness=skewness(*of_arm, *of_comparison, money.std_error))
    return completed


def to_redraw(rules: DecisionRules, evidence: Mapping[Cell, Evidence]) -> tuple[Cell, ...]:
    """The cells whose net benefit is too skewed for its bound."""
    return tuple(
        cell for cell, known in evidence.items()
        if known.skewness is not None and bounds_unsafe(known.skewness, rules.alpha)
    )  # fmt: skip


def with_redraws(evidence: Mapping[Cell, Evidence], tests: Mapping[Cell, RandomisationTest]) -> dict[Cell, Evidence]:
    """Add the randomisation p-values of net benefit, or the reasons why there are none."""
    completed = dict(evidence)
    for cell, test in tests.items():
        reason = test.reason if test.p_greater is None else None
        completed[cell] = replace(evidence[cell], randomisation_p=test.p_greater, randomisation_reason=reason)
    return completed


def trial_evidence(
    protocol: Protocol, fits: Fits, evidence: Mapping[Cell, Evidence], scenario: Scenario, failed: tuple[str, ...]
) -> TrialEvidence:
    """Everything that one verdict is decided from.

    Args:
        failed: names of the checks that block.
    """
    return TrialEvidence(
        failed,
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
