"""The declared regressions of one trial: among everyone, and in the levels of each declared subgroup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from analysis.deciding import net_benefit
from analysis.evaluate.families import effect_of, find
from analysis.fit import Contrast, Fit, Regression
from analysis.inference.intervals import Effect
from analysis.inference.redrawn import Redrawn
from analysis.planning.looks import Monitoring
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
class JudgedOverLooks:
    """Which contrasts a sequential design judges: the primary and the net benefit of every arm that a verdict judges.

    Attributes:
        monitoring: how this look judges.
        better_is_more: of each response that it judges, whether more is better.
        pairs: (arm, comparison) of the contrasts.
    """

    monitoring: Monitoring
    better_is_more: Mapping[str, bool]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, protocol: Protocol, monitoring: Monitoring) -> JudgedOverLooks:
        money = {net_benefit.response_id(scenario): True for scenario in net_benefit.SCENARIOS}
        responses = {protocol.primary.id: not protocol.primary.better_below_zero, **money}
        return cls(monitoring, responses, frozenset((arm.id, protocol.comparison.id) for arm in protocol.otm_arms))

    def effect(self, response: str, contrast: Contrast) -> Effect:
        """The contrast's effect, by the sequential design where that judges it."""
        effect = effect_of(contrast)
        if response not in self.better_is_more or (contrast.arm, contrast.comparison) not in self.pairs:
            return effect
        return self.monitoring.effect(effect, better_is_more=self.better_is_more[response])


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Every declared regression, with redraws of what leans too much for its bounds, and how looks judge it, if any do.

    Attributes:
        whole: among everyone.
        subgroups: in the levels of each declared subgroup.
        redrawn: by response and cell.
        judged: how effects among everyone are judged at one of several looks.
    """

    whole: Regression
    subgroups: tuple[SubgroupFits, ...] = ()
    redrawn: Mapping[tuple[str, Cell], Redrawn | str] = field(default_factory=dict)
    judged: JudgedOverLooks | None = None

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
        seen = self.seen(response) if cell.by is None else effect_of
        return replace(seen(find(fit, *cell.pair)), redrawn=self.redrawn.get((response, cell)))

    def seen(self, response: str) -> Callable[[Contrast], Effect]:
        """How a contrast of one response among everyone becomes an effect."""
        judged = self.judged
        return effect_of if judged is None else lambda contrast: judged.effect(response, contrast)

    def cells(self, protocol: Protocol) -> tuple[Cell, ...]:
        """Every OTM arm against the comparison: among everyone, then in each level of each subgroup."""
        arms, comparison = [arm.id for arm in protocol.otm_arms], protocol.comparison.id
        everyone = [Cell(arm, comparison) for arm in arms]
        levels = [(subgroup.by, level) for subgroup in self.subgroups for level in subgroup.by.names]
        return (*everyone, *(Cell(arm, comparison, by, level) for by, level in levels for arm in arms))
