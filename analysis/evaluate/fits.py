"""The declared regressions of one trial: among everyone, and in the levels of each declared subgroup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from analysis.evaluate.families import effect_of, find
from analysis.fit import Fit, Regression
from analysis.inference.intervals import Effect
from analysis.inference.redrawn import Redrawn
from analysis.results import Interaction
from analysis.specification import Cell, Levels
from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True, eq=False)
class SubgroupFits:
    """One declared subgroup column: its levels, their fits, and the interaction tests."""

    by: Levels
    regression: Regression
    interactions: tuple[Interaction, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Every declared regression; and redraws, by response and cell, of what leans too much for its bounds."""

    whole: Regression
    subgroups: tuple[SubgroupFits, ...] = ()
    redrawn: Mapping[tuple[str, Cell], Redrawn | str] = field(default_factory=dict)

    def subgroup(self, by: Levels) -> SubgroupFits:
        return next(subgroup for subgroup in self.subgroups if subgroup.by == by)

    def fit(self, response: str, by: Levels | None = None, level: str | None = None) -> Fit | None:
        """One response among everyone, or in one level; ``None`` where it was not regressed."""
        regression = self.whole if by is None else self.subgroup(by).regression
        return regression.fits.get((response, level))

    def effect(self, response: str, cell: Cell) -> Effect:
        """One response's difference in a cell."""
        fit = self.fit(response, cell.by, cell.level)
        if fit is None:
            return Effect(None, None, reason="a time to an event has no total to compare")
        return replace(effect_of(find(fit, *cell.pair)), redrawn=self.redrawn.get((response, cell)))

    def cells(self, protocol: Protocol) -> tuple[Cell, ...]:
        """Every OTM arm against the comparison: among everyone, then in each level of each subgroup."""
        arms, comparison = [arm.id for arm in protocol.otm_arms], protocol.comparison.id
        everyone = [Cell(arm, comparison) for arm in arms]
        levels = [(subgroup.by, level) for subgroup in self.subgroups for level in subgroup.by.names]
        return (*everyone, *(Cell(arm, comparison, by, level) for by, level in levels for arm in arms))
