"""The rows of a saturation trial beside the one that its verdict rests on: direct, spillover and other total effects.

Families: the total effects of the other saturations, the spillover effects, the direct effects of single saturations,
and the direct effect over all of them, each outcome's by themselves. None of them feeds the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate import specify
from analysis.evaluate.families import effect_of
from analysis.evaluate.itt_rows import METHODS, itt_rows
from analysis.evaluate.saturation import (
    Compared,
    bar_of,
    direct,
    interior,
    levels_of,
    spillover,
    total,
)
from analysis.fit import Fit
from analysis.frame import AnalysisFrame
from analysis.inference.estimates import row_of
from analysis.inference.multiplicity import adjust
from analysis.results import Bar, Estimate
from analysis.wording.saturation import bar_words
from designs.protocol.models import Outcome, Protocol


def saturation_rows(frame: AnalysisFrame, protocol: Protocol) -> tuple[Estimate, ...]:
    """Every effect of every outcome that the verdict's own rows do not hold.

    Args:
        frame: everybody, each with the saturation of their cluster.
        protocol: as locked.
    """
    bar, inside, levels = bar_of(protocol), interior(protocol), levels_of(protocol)
    above = [level for level in levels if level.treated > 0.0]
    rows: list[Estimate] = []
    if bar is None:
        rows += _family(protocol, [total(frame, protocol, level) for level in above[:-1]])
        rows += _family(protocol, [spillover(frame, protocol, level) for level in inside])
        rows += _family(protocol, [direct(frame, protocol, inside)] if inside else [])
    else:
        rows += _not_estimable(protocol, bar)
    if len(inside) > 1:
        rows += _family(protocol, [direct(frame, protocol, [level]) for level in inside])
    return tuple(rows)


def _family(protocol: Protocol, family: Sequence[Compared]) -> Iterator[Estimate]:
    """Each outcome's effects over several comparisons, adjusted together; without a covariance, Holm for Dunnett."""
    if not family:
        return
    outcomes, method = specify.regressed(protocol), protocol.analysis.multiplicity
    fits = [_fits(of, outcomes) for of in family]
    for number, outcome in enumerate(outcomes):
        contrasts = [contrast for of_outcomes in fits for contrast in of_outcomes[number].contrasts]
        effects = [effect_of(contrast) for contrast in contrasts]
        adjusted = adjust(effects, "holm" if method == "dunnett" else method, protocol.analysis.alpha)
        start = 0
        for of, of_outcomes in zip(family, fits, strict=True):
            fit = of_outcomes[number]
            yield from of.told(itt_rows(of.protocol, outcome, fit, adjusted[start : start + len(fit.contrasts)]))
            start += len(fit.contrasts)


def _fits(of: Compared, outcomes: Sequence[Outcome]) -> list[Fit]:
    specification = specify.specification_of(of.frame, of.protocol, specify.column_kinds(of.frame))
    responses = [specify.response_of(outcome) for outcome in outcomes]
    regression = regress_as_designed(of.frame, of.protocol, specification, responses)
    return [regression.fits[response.id, None] for response in responses]


def _not_estimable(protocol: Protocol, bar: Bar) -> Iterator[Estimate]:
    """The total and spillover effects that the design cannot give, with the reason."""
    reason, levels = bar_words(protocol, bar), [level for level in levels_of(protocol) if level.treated > 0.0]
    for outcome in specify.regressed(protocol):
        for pair in [(arm.id, protocol.comparison.id) for arm in protocol.arms if arm.id != protocol.comparison.id]:
            row = row_of(outcome, pair, method=METHODS[protocol.analysis.adjustment], standard_errors="CR2")
            for level in levels:
                yield replace(row, estimand="total", saturation=level.named(), reason=reason)
            for level in interior(protocol):
                yield replace(row, estimand="spillover", saturation=level.named(), reason=reason)
