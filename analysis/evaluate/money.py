"""The money of every arm and every subgroup cell, from fits of the composites."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.deciding import net_benefit
from analysis.evaluate.families import family, family_over_levels, find, places_of_families
from analysis.evaluate.fits import Fits
from analysis.fit import Fit
from analysis.inference.multiplicity import Adjusted
from analysis.results import ArmMoney, NetBenefit, Scenario, VerdictCode
from analysis.specification import Cell, Levels
from designs.protocol.models import Protocol


def net_benefit_of(protocol: Protocol, fits: Fits, verdicts: Mapping[Scenario, VerdictCode]) -> NetBenefit:
    """Every arm's money, among everyone and in every subgroup level.

    Args:
        protocol: one that puts a value on its outcomes.
        verdicts: what the verdict would be under each scenario.
    """
    central = net_benefit.response_id("central")
    whole = fits.whole.fits[central, None]
    arms = _arms(protocol, fits, whole, family(protocol, whole, fits.seen(central)))
    cells: list[ArmMoney] = []
    for subgroup in fits.subgroups:
        by_level = {level: subgroup.regression.fits[central, level] for level in subgroup.by.names}
        adjusted = family_over_levels(protocol, list(by_level.values()))
        for (level, fit), of_level in zip(by_level.items(), adjusted, strict=True):
            cells += _arms(protocol, fits, fit, of_level, subgroup.by, level)
    return NetBenefit(tuple(arms), tuple(cells), dict(verdicts))


def _arms(
    protocol: Protocol,
    fits: Fits,
    central: Fit,
    adjusted: tuple[Adjusted, ...],
    by: Levels | None = None,
    level: str | None = None,
) -> list[ArmMoney]:
    comparison = protocol.comparison.id
    place = {(c.arm, c.comparison): number for number, c in enumerate(central.contrasts)}
    rows = []
    for arm in protocol.arms:
        if arm.id == comparison:
            continue
        cell = Cell(arm.id, comparison, by, level)
        effects = {scenario: fits.effect(net_benefit.response_id(scenario), cell) for scenario in net_benefit.SCENARIOS}
        valued = {outcome.id: fits.effect(outcome.id, cell).estimate for outcome in protocol.outcomes}
        rows.append(
            net_benefit.arm_money(
                protocol,
                arm.id,
                by_scenario=effects,
                adjusted=adjusted[place[cell.pair]],
                family=_size_of_family(protocol, central, place[cell.pair]) * (len(by.names) if by else 1),
                primary=fits.effect(protocol.primary.id, cell),
                difference=valued.get,
                superpopulation_variance=find(central, *cell.pair).superpopulation_variance,
                subgroup=by.column if by else None,
                level=level,
            )
        )
    return rows


def _size_of_family(protocol: Protocol, fit: Fit, place: int) -> int:
    families = places_of_families(protocol, [contrast.arm for contrast in fit.contrasts])
    return next(len(places) for places in families if place in places)
