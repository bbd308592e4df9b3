"""The rows of a factorial trial beside its arms': main effects and interactions, each a family of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analysis.estimators.factorial import Estimated, FactorEffect, cells_of, estimate, factor_effects
from analysis.evaluate import specify
from analysis.evaluate.itt_rows import METHODS
from analysis.frame import AnalysisFrame, open_to
from analysis.inference.estimates import row_of, with_effect
from analysis.inference.multiplicity import Adjusted, adjust
from analysis.regression import regress
from analysis.results import Estimate
from designs.protocol.models import Outcome, Protocol

NO_TOTAL = "times to an event are compared between arms only"


def factorial_rows(frame: AnalysisFrame, protocol: Protocol) -> tuple[Estimate, ...]:
    """Every factor's effect and every interaction of two, on every outcome, among those open to all combinations.

    One family for an outcome's main effects, and one for its interactions; none of them feeds the verdict.
    """
    if not protocol.randomisation.factors:
        return ()
    effects, first, *others = factor_effects(protocol), *cells_of(protocol).values()
    among = open_to(frame, protocol, [first, *others])
    specification = replace(
        specify.specification_of(among, protocol, specify.column_kinds(among)),
        contrasts=tuple((cell, first) for cell in others),
    )
    outcomes = specify.regressed(protocol)
    responses = [specify.response_of(outcome) for outcome in outcomes]
    fits = regress(among, specification, responses).fits
    rows: list[Estimate] = []
    for outcome in outcomes:
        found = [estimate(fits[outcome.id, None], effect, specification) for effect in effects]
        rows += _of_outcome(protocol, outcome, effects, found)
    timed = [outcome for outcome in protocol.outcomes if outcome not in outcomes]
    rows += [replace(_row(protocol, outcome, effect), reason=NO_TOTAL) for outcome in timed for effect in effects]
    return tuple(rows)


def _of_outcome(
    protocol: Protocol, outcome: Outcome, effects: tuple[FactorEffect, ...], found: list[Estimated]
) -> Iterator[Estimate]:
    # Dunnett compares arms with one; factors share no arm: Holm stands in.
    method, alpha = protocol.analysis.multiplicity, protocol.analysis.alpha
    adjusted: dict[int, Adjusted] = {}
    for estimand in ("main_effect", "interaction"):
        family = [i for i, effect in enumerate(effects) if effect.estimand == estimand]
        in_family = adjust([found[i].effect for i in family], "holm" if method == "dunnett" else method, alpha)
        adjusted |= dict(zip(family, in_family, strict=True))
    for i, (effect, of_effect) in enumerate(zip(effects, found, strict=True)):
        row = replace(_row(protocol, outcome, effect), n_arm=of_effect.n_above, n_comparison=of_effect.n_below)
        row = with_effect(row, of_effect.effect, alpha, adjusted[i], [of_effect.note])
        yield replace(row, mean_comparison=of_effect.reference_mean)


def _row(protocol: Protocol, outcome: Outcome, effect: FactorEffect) -> Estimate:
    row = row_of(
        outcome,
        (" × ".join(f.level for f in effect.factors), " × ".join(f.reference for f in effect.factors)),
        estimand=effect.estimand,
        method=METHODS[protocol.analysis.adjustment],
        standard_errors=protocol.analysis.standard_errors,
    )
    return replace(row, factors=effect.factors)
