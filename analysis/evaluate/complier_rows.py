"""Complier effects of every regressed outcome, beside the intention to treat; loaded only where receipt is declared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.evaluate.specify import Kinds, regressed, response_of
from analysis.frame import AnalysisFrame, open_to
from analysis.inference.estimates import row_of, with_effect
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted, adjust
from analysis.results import Estimate
from analysis.specification import Specification
from designs.protocol.models import Outcome, Protocol

if TYPE_CHECKING:
    from analysis.estimators.complier import ComplierEffect


def complier_rows(
    frame: AnalysisFrame, protocol: Protocol, specification: Specification, kinds: Kinds
) -> tuple[Estimate, ...]:
    """Two-stage least squares of each contrast, adjusted within its outcome's family."""
    complier = protocol.analysis.complier
    if complier is None:
        return ()
    outcomes = regressed(protocol)
    reason = None
    if protocol.randomisation.saturations:
        reason = "customers who were not reached may be moved by others of their cluster who were"
    elif complier.received not in kinds:
        reason = (
            "no contacts are loaded, so nobody knows who was reached"
            if protocol.randomised_here
            else f"nobody recorded who received what: there is no column {complier.received}"
        )
    if reason is not None:
        pairs = [(outcome, pair) for outcome in outcomes for pair in specification.contrasts]
        return tuple(replace(_about(protocol, *of), reason=reason) for of in pairs)
    from analysis.estimators.complier import complier_effects

    alpha, responses = protocol.analysis.alpha, [response_of(outcome) for outcome in outcomes]
    effects: list[ComplierEffect] = []
    for pair in specification.contrasts:
        of_pair = replace(specification, contrasts=(pair,))
        among = open_to(frame, protocol, pair)
        matched = protocol.randomisation.pairs if protocol.randomisation.method == "matched_pairs" else None
        effects += complier_effects(among, of_pair, responses, complier.received, alpha=alpha, pairs=matched)
    rows: list[Estimate] = []
    for outcome in outcomes:
        family = [effect for effect in effects if effect.response == outcome.id]
        # Each contrast is a regression of its own, so there is no joint covariance for Dunnett: Holm stands in.
        method = "holm" if protocol.analysis.multiplicity == "dunnett" else protocol.analysis.multiplicity
        adjusted = adjust([_effect(of_compliers) for of_compliers in family], method, alpha)
        rows += [_row(protocol, outcome, *pair) for pair in zip(family, adjusted, strict=True)]
    return tuple(rows)


def _effect(of_compliers: ComplierEffect) -> Effect:
    return Effect(of_compliers.estimate, of_compliers.std_error, of_compliers.df, of_compliers.reason)


def _row(protocol: Protocol, outcome: Outcome, of_compliers: ComplierEffect, adjusted: Adjusted) -> Estimate:
    pair, customers = (of_compliers.arm, of_compliers.comparison), (of_compliers.n_arm, of_compliers.n_comparison)
    notes = of_compliers.note, _first_stage(of_compliers), _anderson_rubin(of_compliers)
    row = replace(_about(protocol, outcome, pair, customers), mean_comparison=of_compliers.mean_comparison)
    return with_effect(row, _effect(of_compliers), protocol.analysis.alpha, adjusted, notes)


def _about(
    protocol: Protocol, outcome: Outcome, pair: tuple[str, str], customers: tuple[int | None, int | None] = (None, None)
) -> Estimate:
    return row_of(
        outcome,
        pair,
        estimand="complier",
        method="two_stage_least_squares",
        standard_errors=protocol.analysis.standard_errors,
        customers=customers,
    )


def _first_stage(of_compliers: ComplierEffect) -> str | None:
    if of_compliers.first_stage is None:
        return None
    strength = "" if of_compliers.first_stage_f is None else f", F {of_compliers.first_stage_f:,.1f}"
    return f"receipt differs by {of_compliers.first_stage:.3f}{strength}"


def _anderson_rubin(of_compliers: ComplierEffect) -> str | None:
    lower, upper, reason = (
        of_compliers.anderson_rubin_lower,
        of_compliers.anderson_rubin_upper,
        of_compliers.anderson_rubin_reason,
    )
    if lower is None or upper is None:
        return f"no Anderson-Rubin interval: {reason}" if reason else None
    return f"Anderson-Rubin interval {lower:.6g} to {upper:.6g}"
