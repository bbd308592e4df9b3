"""Results as figures. Pure functions: a frozen result in, an Altair chart with its words out."""

from trials.reporting.charts.beside import beside_figure
from trials.reporting.charts.effects import effect_figure, segment_figure
from trials.reporting.charts.figure import DARK, LIGHT, Figure, Ink
from trials.reporting.charts.money import net_benefit_figure
from trials.reporting.charts.surge import surge_figure
from trials.reporting.charts.survival import survival_figure
from trials.reporting.charts.timeline import timeline_figure

__all__ = [
    "DARK",
    "LIGHT",
    "Figure",
    "Ink",
    "beside_figure",
    "effect_figure",
    "net_benefit_figure",
    "segment_figure",
    "surge_figure",
    "survival_figure",
    "timeline_figure",
]
