"""What every figure shares: its words, its inks, and the axis that always holds zero."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from trials.reporting.results.table import Table
from trials.reporting.words.names import Names

# Okabe and Ito's set, without the grey (no further action keeps that) and without the yellow, which vanishes on white.
APPROACH_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
APPROACH_SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
NFA_COLOUR: Final = "#757b80"
NFA_SHAPE: Final = "stroke"
LABEL_SIZE: Final = 14
ROW: Final = 40
ABOVE: Final = 20  # for a label over the first row
AXIS: Final = 66  # its labels, its title, their distance


Chart = Any  # an altair.LayerChart: its type is broader than what the library's own methods return


@dataclass(frozen=True, slots=True)
class Ink:
    """The two colours that follow the reader's theme; arms never change theirs."""

    text: str
    quiet: str


LIGHT: Final = Ink(text="#0b0c0c", quiet="#5a6066")
DARK: Final = Ink(text="#f3f2f1", quiet="#b1b4b6")


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with everything around it.

    ``title`` says what it shows, ``caption`` what was found, ``alt`` what a reader who cannot see it needs, and
    ``table`` holds the same numbers.
    """

    title: str
    caption: str
    alt: str
    chart: Chart
    table: Table

    @property
    def height(self) -> int:
        """Pixels, axes and all."""
        return int(self.chart.height)


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of an effect chart: a point, its interval, and up to two ticks."""

    label: str
    arm: str
    estimate: float
    lower: float
    upper: float
    words: str
    ticks: tuple[float, ...] = ()


def arm_colours(names: Names) -> dict[str, str]:
    """Each arm's own colour, the same in every chart of its trial."""
    colours = {arm: APPROACH_COLOURS[i % len(APPROACH_COLOURS)] for i, arm in enumerate(names.approaches)}
    return {**colours, names.comparison: NFA_COLOUR}


def arm_shapes(names: Names) -> dict[str, str]:
    """Each arm's own mark, because colour is never the only sign."""
    shapes = {arm: APPROACH_SHAPES[i % len(APPROACH_SHAPES)] for i, arm in enumerate(names.approaches)}
    return {**shapes, names.comparison: NFA_SHAPE}


def wrapped(label: str, narrowest: int = 14) -> str:
    """A label in at most two lines, as narrow as that allows.

    >>> wrapped("Plain reminder letter")
    'Plain reminder\\nletter'
    """
    width = next(
        width for width in range(narrowest, max(len(label), narrowest) + 1) if len(textwrap.wrap(label, width)) <= 2
    )
    return "\n".join(textwrap.wrap(label, width))


SPLIT_LINES: Final = "split(datum.label, '\\n')"


def spread(places: Sequence[float], apart: float) -> list[float]:
    """Ascending places moved the least that keeps them ``apart``, about their own middle.

    >>> [round(place, 2) for place in spread([0.60, 0.62, 0.90], 0.1)]
    [0.56, 0.66, 0.9]
    """
    groups: list[tuple[float, int]] = []  # (middle, how many)
    for place in places:
        middle, size = place, 1
        while groups and middle - (size - 1) * apart / 2 < groups[-1][0] + (groups[-1][1] + 1) * apart / 2:
            below, others = groups.pop()
            middle = (middle * size + below * others) / (size + others)
            size += others
        groups.append((middle, size))
    return [middle + (number - (size - 1) / 2) * apart for middle, size in groups for number in range(size)]


def drawn(values: list[dict[str, Any]]) -> alt.Chart:
    """A chart over rows held in the chart itself: nothing is fetched, and no data frame is needed."""
    data: Any = alt.Data
    return alt.Chart(data(values=values))


def effect_domain(bars: Iterable[Bar]) -> tuple[float, float]:
    """The span of an effect axis: every figure and zero, with room at both ends."""
    values = [0.0, *(value for bar in bars for value in (bar.lower, bar.upper, *bar.ticks))]
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or 1.0
    return low - room, high + room


def pounds_axis(bars: Sequence[Bar]) -> str:
    """A label expression for an axis in pounds: pence only where the whole axis is a few pounds long."""
    low, high = effect_domain(bars)
    figure = ",.2f" if high - low < 8 else ",.0f"
    return f"datum.value < 0 ? '−£' + format(-datum.value, '{figure}') : '£' + format(datum.value, '{figure}')"


def interval_chart(bars: Sequence[Bar], names: Names, ink: Ink, axis: str, axis_format: str) -> Chart:
    """Points with their intervals, one row each, against a zero line that is labelled.

    ``axis_format`` is a Vega label expression. The width is left to whoever shows the chart.
    """
    domain = effect_domain(bars)
    colours, shapes = arm_colours(names), arm_shapes(names)
    rows = [
        {
            "label": wrapped(bar.label), "estimate": bar.estimate, "lower": bar.lower, "upper": bar.upper,
            "words": bar.words, "colour": colours.get(bar.arm, NFA_COLOUR), "shape": shapes.get(bar.arm, "circle"),
        }
        for bar in bars
    ]  # fmt: skip
    order = [wrapped(bar.label) for bar in bars]
    y = alt.Y("label:N", sort=order, title=None, axis=_row_axis(ink))
    x_axis = alt.Axis(title=axis, labelExpr=axis_format, tickCount=5, grid=True, **axis_style(ink))
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    base = drawn(rows).encode(y=y)
    colour = alt.Color("colour:N", scale=None)
    layers: list[Any] = [
        *_zero_line(domain, names, ink),
        base.mark_rule(strokeWidth=2.5).encode(
            x=alt.X("lower:Q", scale=scale, axis=x_axis), x2=alt.X2("upper:Q"), color=colour
        ),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x=alt.X("estimate:Q"), color=colour, shape=alt.Shape("shape:N", scale=None)
        ),
        base.mark_text(dy=-13, fontSize=LABEL_SIZE, color=ink.text).encode(
            x=alt.X("estimate:Q"), text=alt.Text("words:N")
        ),
    ]
    ticks = [
        {"label": wrapped(bar.label), "x": tick, "colour": colours.get(bar.arm, NFA_COLOUR)}
        for bar in bars
        for tick in bar.ticks
    ]
    if ticks:
        layers.append(
            drawn(ticks)
            .mark_tick(thickness=2.5, size=16, opacity=1)
            .encode(y=alt.Y("label:N", sort=order, title=None), x=alt.X("x:Q"), color=colour)
        )
    return finished(layers, ABOVE + ROW * len(bars) + AXIS)


def _zero_line(domain: tuple[float, float], names: Names, ink: Ink) -> list[Any]:
    """A rule at zero and its name above it, kept inside the frame wherever zero falls."""
    place = (0 - domain[0]) / (domain[1] - domain[0])
    align: Any
    align, shift = ("left", -4) if place < 0.3 else ("right", 4) if place > 0.7 else ("center", 0)
    zero = drawn([{"x": 0, "words": names.comparison_label}])
    return [
        zero.mark_rule(strokeWidth=1.5, strokeDash=[4, 3], color=ink.quiet).encode(x=alt.X("x:Q")),
        zero.mark_text(align=align, dx=shift, y=-9, fontSize=LABEL_SIZE, color=ink.quiet).encode(
            x=alt.X("x:Q"), text=alt.Text("words:N")
        ),
    ]


def axis_style(ink: Ink) -> dict[str, Any]:
    return {
        "labelFontSize": LABEL_SIZE, "titleFontSize": LABEL_SIZE, "labelColor": ink.text, "titleColor": ink.text,
        "titleFontWeight": "normal", "titleAnchor": "start", "titlePadding": 8, "labelFlush": False,
    }  # fmt: skip


def _row_axis(ink: Ink) -> alt.Axis:
    # Vega centres the first line of a label on its row; with the baseline at the bottom two lines straddle it.
    two_lines: Any = {"condition": {"test": "indexof(datum.label, '\\n') >= 0", "value": "bottom"}, "value": "middle"}
    return alt.Axis(
        labelBaseline=two_lines, labelExpr=SPLIT_LINES, labelFontSize=LABEL_SIZE, labelColor=ink.text, labelLimit=0,
        labelPadding=10, labelLineHeight=16, ticks=False, domain=False, grid=False,
    )  # fmt: skip


def finished(layers: Sequence[Any], height: int) -> Chart:
    """Layers as one chart, exactly ``height`` pixels tall: a page that knows it does not move while charts appear."""
    fitted = alt.AutoSizeParams(type="fit", contains="padding")
    padding = {"top": 2, "left": 4, "right": 12, "bottom": 4}
    return alt.layer(*layers).properties(height=height, autosize=fitted, padding=padding).configure_view(stroke=None)
