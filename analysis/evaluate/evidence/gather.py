"""Reads what judging needs, and nothing that it does not: counts of events, and redraws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.deciding import net_benefit
from analysis.deciding.evidence import DecisionRules, TrialEvidence
from analysis.deciding.guardrails import InvertedTest
from analysis.evaluate.evidence.assembly import (
    BinaryGuardrails,
    bare_evidence,
    harms_alone,
    harms_of,
    to_redraw,
    trial_evidence,
)
from analysis.evaluate.evidence.rules import guardrails_of
from analysis.evaluate.fits import Fits
from analysis.evaluate.pair_tallies import paired_events
from analysis.evaluate.specify import responses_of
from analysis.evaluate.tallies import event_counts, tally_events
from analysis.frame import AnalysisFrame, open_to, strata_of
from analysis.inference.intervals import Effect
from analysis.inference.redrawn import Redrawn
from analysis.randomisation.guardrails import all_alike, guardrail_bounds
from analysis.randomisation.redrawing import redraw
from analysis.results import Scenario
from analysis.specification import Cell
from analysis.wording.saturation import bar_words
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol


def gather_evidence(
    frame: AnalysisFrame,
    protocol: Protocol,
    protocol_digest: str,
    rules: DecisionRules,
    fits: Fits,
) -> tuple[dict[Scenario, TrialEvidence], Fits]:
    """The evidence under each scenario's values and costs; where nothing is valued there is the central one alone.

    Rows are redrawn where a bound shows something and leans too much to be relied on.

    Args:
        frame: one row per allocated customer.
        protocol: as locked.
        protocol_digest: it seeds what is redrawn.
        rules: of the protocol's verdict.
        fits: every declared regression.

    Returns:
        The evidence by scenario, and the fits with what was redrawn of them.
    """
    scenarios: Sequence[Scenario] = net_benefit.SCENARIOS if rules.valued else ("central",)
    binary = _binary_guardrails(frame, protocol, protocol_digest, rules, fits)

    def assembled(known: Fits) -> dict[Scenario, TrialEvidence]:
        harms = harms_of(protocol, rules, known, binary)
        bare = {scenario: bare_evidence(protocol, rules, known, harms, scenario) for scenario in scenarios}
        return {scenario: trial_evidence(protocol, known, bare[scenario], scenario) for scenario in scenarios}

    if rules.bar is not None:
        fits = _with_redrawn_harms(frame, protocol, protocol_digest, rules, fits, binary)
        harms = harms_alone(rules, harms_of(protocol, rules, fits, binary), bar_words(protocol, rules.bar))
        return {scenario: trial_evidence(protocol, fits, harms, scenario) for scenario in scenarios}, fits
    evidence = assembled(fits)
    wanted: dict[tuple[str, Cell], float] = {}
    for scenario in scenarios:
        for key, level in to_redraw(protocol, rules, fits, evidence[scenario], scenario).items():
            wanted[key] = min(level, wanted.get(key, level))
    if not wanted:
        return evidence, fits
    fits = replace(fits, redrawn=_redrawn(frame, protocol, protocol_digest, wanted))
    return assembled(fits), fits


def _with_redrawn_harms(
    frame: AnalysisFrame,
    protocol: Protocol,
    protocol_digest: str,
    rules: DecisionRules,
    fits: Fits,
    binary: BinaryGuardrails,
) -> Fits:
    """The fits, with guardrails redrawn whose bounds lean too much, where harm is all that can be shown."""
    harms = harms_of(protocol, rules, fits, binary)
    wanted = {
        (harm.outcome, cell): rules.level_worse
        for cell, of_cell in harms.items()
        for harm in of_cell
        if cell.by is None and harm.held_by_skewness
    }
    if not wanted:
        return fits
    return replace(fits, redrawn=_redrawn(frame, protocol, protocol_digest, wanted))


def _redrawn(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, wanted: Mapping[tuple[str, Cell], float]
) -> dict[tuple[str, Cell], Redrawn | str]:
    """Redraw each response in each cell once; those that differ in what an arm costs alone share their draws."""
    responses = {response.id: response for response in responses_of(protocol, capped=False)}
    bare: dict[tuple[object, Cell], Redrawn | str] = {}
    redrawn: dict[tuple[str, Cell], Redrawn | str] = {}
    for (name, cell), level in wanted.items():
        response = responses[name]
        key = response.measured, cell
        if key not in bare:
            free = replace(response, offsets={})
            bare[key] = redraw(frame, protocol, protocol_digest, free, cell, min(level, *_levels(wanted, cell)))
        found = bare[key]
        more = response.offsets.get(cell.arm, 0.0) - response.offsets.get(cell.comparison, 0.0)
        redrawn[name, cell] = found if isinstance(found, str) else found.with_more(more)
    return redrawn


def _levels(wanted: Mapping[tuple[str, Cell], float], cell: Cell) -> list[float]:
    return [level for (_, among), level in wanted.items() if among == cell]


def _binary_guardrails(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, rules: DecisionRules, fits: Fits
) -> BinaryGuardrails:
    """Counts of events by stratum or in pairs; or, where whole clusters were assigned, bounds by redrawing them."""
    outcomes = [outcome for outcome in guardrails_of(protocol) if outcome.kind == "binary"]
    cells = fits.cells(protocol)
    if protocol.analysis.errors_clustered_by is not None:
        return {
            (outcome.id, cell): _by_clustered_errors(rules, fits, outcome, cell)
            for outcome in outcomes
            for cell in cells
        }
    pairs = protocol.randomisation.pairs
    if protocol.randomisation.method == "matched_pairs" and pairs is not None and protocol.cluster is None:
        columns = {outcome.id: column_of(outcome) for outcome in outcomes}
        return dict(paired_events(frame, columns, cells, pairs)) if outcomes else {}
    if protocol.cluster is None:
        return _event_counts(frame, protocol, outcomes, cells) if outcomes else {}
    return {
        (outcome.id, cell): guardrail_bounds(
            frame,
            protocol,
            protocol_digest,
            outcome,
            cell,
            level=rules.level_passed,
            level_established=rules.level_established,
        )
        for outcome in outcomes
        for cell in cells
    }


def _by_clustered_errors(rules: DecisionRules, fits: Fits, outcome: Outcome, cell: Cell) -> Effect | InvertedTest | str:
    """A binary guardrail by its own clustered error; where nothing happened, by how many clusters showed that."""
    effect, fit = fits.effect(outcome.id, cell), fits.fit(outcome.id, cell.by, cell.level)
    if effect.std_error is not None or effect.estimate != 0.0 or fit is None or not fit.clusters:
        return effect
    return all_alike(fit.clusters, fit.clusters, rules.alpha, rules.level_worse)


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
            by_arm = tallied[cell.by, closed].get((name, cell.level), {})
            counts[name, cell] = event_counts(by_arm, *cell.pair, additive=protocol.analysis.adjustment == "additive")
    return counts
