"""The money of every arm and every subgroup cell, from fits of the composites."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.deciding import net_benefit
from analysis.evaluate.evidence import Segment
from analysis.evaluate.rows import effect_of, family, family_over_levels, find
from analysis.fit import Regression
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted
from analysis.results import ArmMoney, NetBenefit, Scenario, VerdictCode
from designs.protocol.models import Protocol


def net_benefit_of(
    protocol: Protocol,
    whole: Regression,
    segments: tuple[Segment, ...],
    verdicts: Mapping[Scenario, VerdictCode],
) -> NetBenefit:
    """Every arm's money, among everyone and in every subgroup level.

    Args:
        protocol: one that puts a value on its outcomes.
        verdicts: what the verdict would be under each scenario.
    """
    central = net_benefit.response_id("central")
    adjusted = family(protocol, whole.fits[central, None])
    arms = _arms(protocol, whole, None, adjusted)
    cells: list[ArmMoney] = []
    for segment in segments:
        names = segment.by.names
        over_levels = family_over_levels(protocol, [segment.regression.fits[central, name] for name in names])
        for name, within in zip(names, over_levels, strict=True):
            cells += _arms(protocol, segment.regression, name, within, segment.by.column)
    return NetBenefit(tuple(arms), tuple(cells), dict(verdicts))


def _arms(
    protocol: Protocol,
    regression: Regression,
    level: str | None,
    adjusted: tuple[Adjusted, ...],
    subgroup: str | None = None,
) -> list[ArmMoney]:
    comparison = protocol.comparison.id
    fit = regression.fits[net_benefit.response_id("central"), level]
    place = {(c.arm, c.comparison): number for number, c in enumerate(fit.contrasts)}
    return [
        net_benefit.arm_money(
            protocol,
            arm.id,
            by_scenario={
                scenario: _effect(regression, net_benefit.response_id(scenario), level, arm.id, comparison)
                for scenario in net_benefit.SCENARIOS
            },
            adjusted=adjusted[place[arm.id, comparison]],
            primary=_effect(regression, protocol.primary.id, level, arm.id, comparison),
            difference=_Difference(regression, level, arm.id, comparison),
            sampling_variance=find(fit, arm.id, comparison).sampling_variance,
            subgroup=subgroup,
            level=level,
        )
        for arm in protocol.arms
        if arm.id != comparison
    ]


class _Difference:
    """An outcome's own difference for one arm: a function of the outcome's id."""

    def __init__(self, regression: Regression, level: str | None, arm: str, comparison: str) -> None:
        self._where = (regression, level, arm, comparison)

    def __call__(self, outcome_id: str) -> float | None:
        regression, level, arm, comparison = self._where
        return _effect(regression, outcome_id, level, arm, comparison).estimate


def _effect(regression: Regression, response: str, level: str | None, arm: str, comparison: str) -> Effect:
    fit = regression.fits.get((response, level))
    return Effect(None, None) if fit is None else effect_of(find(fit, arm, comparison))
