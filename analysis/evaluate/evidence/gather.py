"""Reads what judging needs, and nothing that it does not: counts of events, third moments, redraws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.deciding import net_benefit
from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.evaluate.evidence.assembly import (
    BinaryGuardrails,
    ThirdMoment,
    bare_evidence,
    harms_alone,
    harms_of,
    to_redraw,
    trial_evidence,
    where_skewness_matters,
    with_redraws,
    with_skewness,
)
from analysis.evaluate.evidence.rules import guardrails_of
from analysis.evaluate.fits import Fits
from analysis.evaluate.skewness import third_moments
from analysis.evaluate.tallies import event_counts, tally_events
from analysis.frame import AnalysisFrame, open_to, strata_of
from analysis.randomisation.guardrails import guardrail_bounds
from analysis.randomisation.net_benefit import net_benefit_test
from analysis.results import Scenario
from analysis.specification import Cell, Response
from analysis.wording.saturation import bar_words
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol


def gather_evidence(
    frame: AnalysisFrame,
    protocol: Protocol,
    protocol_digest: str,
    rules: DecisionRules,
    fits: Fits,
    failed: tuple[str, ...],
) -> dict[Scenario, TrialEvidence]:
    """The evidence under each scenario's values and costs; where nothing is valued there is the central one alone.

    Third moments are read where a cell would pass without them, and rows are redrawn where those are too large. An
    invalid trial is not judged, so nothing is read for it.

    Args:
        frame: one row per allocated customer.
        protocol: as locked.
        protocol_digest: it seeds what is redrawn.
        rules: of the protocol's verdict.
        fits: every declared regression.
        failed: names of the checks that block.
    """
    scenarios: Sequence[Scenario] = net_benefit.SCENARIOS if rules.valued else ("central",)
    if failed:
        unread = {scenario: bare_evidence(protocol, rules, fits, {}, scenario) for scenario in scenarios}
        return {scenario: trial_evidence(protocol, fits, unread[scenario], scenario, failed) for scenario in scenarios}
    harms = harms_of(protocol, rules, fits, _binary_guardrails(frame, protocol, protocol_digest, rules, fits))
    if rules.bar is not None:
        known = harms_alone(rules, harms, bar_words(protocol, rules.bar))
        return {scenario: trial_evidence(protocol, fits, known, scenario, failed) for scenario in scenarios}
    bare = {scenario: bare_evidence(protocol, rules, fits, harms, scenario) for scenario in scenarios}
    moments = _third_moments(frame, protocol, rules, fits, bare)
    gathered: dict[Scenario, TrialEvidence] = {}
    for scenario in scenarios:
        evidence = with_skewness(bare[scenario], moments[scenario])
        tests = {
            cell: net_benefit_test(frame, protocol, protocol_digest, cell, scenario)
            for cell in to_redraw(rules, evidence)
        }
        gathered[scenario] = trial_evidence(protocol, fits, with_redraws(evidence, tests), scenario, failed)
    return gathered


def _binary_guardrails(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, rules: DecisionRules, fits: Fits
) -> BinaryGuardrails:
    """Counts of events by stratum; or, where whole clusters were assigned, bounds by redrawing them."""
    outcomes = [outcome for outcome in guardrails_of(protocol) if outcome.kind == "binary"]
    cells = fits.cells(protocol)
    if protocol.cluster is None:
        return _event_counts(frame, protocol, outcomes, cells) if outcomes else {}
    return {
        (outcome.id, cell): guardrail_bounds(
            frame, protocol, protocol_digest, outcome, cell, level=rules.alpha, level_established=rules.level_worse
        )
        for outcome in outcomes
        for cell in cells
    }


def _event_counts(
    frame: AnalysisFrame, protocol: Protocol, outcomes: Sequence[Outcome], cells: Sequence[Cell]
) -> BinaryGuardrails:
    """One scan for all arms of a subgroup, unless an arm is compared among customers of its own."""
    columns = {outcome.id: column_of(outcome) for outcome in outcomes}
    strata = strata_of(frame, protocol)
    tallied, counts = {}, {}
    for cell in cells:
        closed = tuple(arm for arm in cell.pair if protocol.arm(arm).not_for)
        if (cell.by, closed) not in tallied:
            tallied[cell.by, closed] = tally_events(open_to(frame, protocol, closed), columns, strata, cell.by)
        for name in columns:
            counts[name, cell] = event_counts(tallied[cell.by, closed].get((name, cell.level), {}), *cell.pair)
    return counts


def _third_moments(
    frame: AnalysisFrame,
    protocol: Protocol,
    rules: DecisionRules,
    fits: Fits,
    bare: Mapping[Scenario, Mapping[Cell, Evidence]],
) -> dict[Scenario, dict[Cell, tuple[ThirdMoment, ThirdMoment]]]:
    """Third moments of net benefit where they matter, in one scan of everyone and one of each subgroup.

    Scenarios that put the same values on outcomes share their moments: an arm's cost moves none of them.
    """
    wanted = {scenario: where_skewness_matters(protocol, rules, fits, bare[scenario]) for scenario in bare}
    responses = {scenario: net_benefit.composite(protocol, scenario) for scenario in bare if wanted[scenario]}
    distinct = {response.terms: response for response in responses.values()}
    moments: dict[Scenario, dict[Cell, tuple[ThirdMoment, ThirdMoment]]] = {scenario: {} for scenario in bare}
    for by in dict.fromkeys(cell.by for cells in wanted.values() for cell in cells):
        centred = [(response, _centre(fits, response)) for response in distinct.values()]
        scanned = third_moments(frame, centred, by)
        for scenario, response in responses.items():
            of = distinct[response.terms].id
            for cell in wanted[scenario]:
                pair = [scanned.get((of, arm, cell.level)) for arm in cell.pair]
                if cell.by == by and pair[0] is not None and pair[1] is not None:
                    moments[scenario][cell] = pair[0], pair[1]
    return moments


def _centre(fits: Fits, response: Response) -> float:
    fit = fits.fit(response.id)
    return (fit.contrasts[0].mean_comparison if fit else None) or 0.0
