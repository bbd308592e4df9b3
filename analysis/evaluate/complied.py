"""Complier effects of every regressed outcome, beside the intention to treat; loaded only where receipt is declared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.evaluate.declared import Kinds, regressed, response_of
from analysis.frame import AnalysisFrame, open_to
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
    if complier.received not in kinds:
        return tuple(
            _unknown(protocol, o, *pair, complier.received) for o in outcomes for pair in specification.contrasts
        )
    from analysis.estimators.complier import complier_effects

    alpha, responses = protocol.analysis.alpha, [response_of(outcome) for outcome in outcomes]
    effects: list[ComplierEffect] = []
    for pair in specification.contrasts:
        of_pair = replace(specification, contrasts=(pair,))
        among = open_to(frame, protocol, pair)
        effects += complier_effects(among, of_pair, responses, complier.received, alpha=alpha)
    rows: list[Estimate] = []
    for outcome in outcomes:
        found = [effect for effect in effects if effect.response == outcome.id]
        # Each contrast is a regression of its own, so there is no joint covariance for Dunnett: Holm stands in.
        method = "holm" if protocol.analysis.multiplicity == "dunnett" else protocol.analysis.multiplicity
        adjusted = adjust([_effect(one) for one in found], method, alpha)
        rows += [_row(protocol, outcome, one, within) for one, within in zip(found, adjusted, strict=True)]
    return tuple(rows)


def _effect(found: ComplierEffect) -> Effect:
    return Effect(found.estimate, found.std_error, found.df, found.reason)


def _row(protocol: Protocol, outcome: Outcome, found: ComplierEffect, adjusted: Adjusted) -> Estimate:
    effect, alpha = _effect(found), protocol.analysis.alpha
    notes = [note for note in (found.note, _first_stage(found), _anderson_rubin(found)) if note]
    return Estimate(
        outcome=outcome.id,
        role=outcome.role,
        arm=found.arm,
        comparison=found.comparison,
        estimand="complier",
        method="two_stage_least_squares",
        standard_errors=protocol.analysis.standard_errors,
        estimate=effect.estimate,
        std_error=effect.std_error,
        statistic=effect.statistic,
        df=effect.df,
        p_value=effect.p_value,
        p_adjusted=adjusted.p_adjusted,
        ci_lower=effect.lower(alpha),
        ci_upper=effect.upper(alpha),
        ci_lower_simultaneous=adjusted.ci_lower_simultaneous,
        ci_upper_simultaneous=adjusted.ci_upper_simultaneous,
        n_arm=found.n_arm,
        n_comparison=found.n_comparison,
        mean_comparison=found.mean_comparison,
        reason=found.reason,
        note="; ".join(notes) or None,
    )


def _first_stage(found: ComplierEffect) -> str | None:
    if found.first_stage is None:
        return None
    strength = "" if found.first_stage_f is None else f", F {found.first_stage_f:,.1f}"
    return f"receipt differs by {found.first_stage:.3f}{strength}"


def _anderson_rubin(found: ComplierEffect) -> str | None:
    lower, upper = found.anderson_rubin_lower, found.anderson_rubin_upper
    if lower is None or upper is None:
        return f"no Anderson-Rubin interval: {found.anderson_rubin_reason}" if found.anderson_rubin_reason else None
    return f"Anderson-Rubin interval {lower:.6g} to {upper:.6g}"


def _unknown(protocol: Protocol, outcome: Outcome, arm: str, comparison: str, received: str) -> Estimate:
    return Estimate(
        outcome=outcome.id,
        role=outcome.role,
        arm=arm,
        comparison=comparison,
        estimand="complier",
        method="two_stage_least_squares",
        standard_errors=protocol.analysis.standard_errors,
        reason=f"nobody recorded who received what: there is no column {received}",
    )
