"""The contact that came on each day, with what was predicted and what can be taken."""

from __future__ import annotations

from typing import Any, Final

import altair as alt

from analysis.wording.phrases import day as day_in_words
from designs.protocol.capacity import contacts
from designs.surge import Beside
from trials.concealment import SMALL
from trials.reporting.charts.figure import (
    APPROACH_COLOURS,
    AXIS,
    LABEL_SIZE,
    NFA_COLOUR,
    Figure,
    Ink,
    axis_style,
    drawn,
    finished,
)
from trials.reporting.results.contact import beside_table, came_in_words

_PLOT: Final = 240
_LEGEND: Final = 34
_BAR: Final = 0.4  # of a day, to either side
_ROOM: Final = 1.14  # above the highest bar, for the words of the line
_CAME, _PREDICTED = "Came", "Predicted"


def beside_figure(found: Beside, ink: Ink) -> Figure:
    """What came as bars, what was predicted as points on a line; days of few have no bar."""
    title = "Contacts predicted, and contacts that came"
    said = " ".join(came_in_words(found))
    caption = f"Customers of all arms together, each once for each way. A day of fewer than {SMALL} has no bar."
    chart = finished(_layers(found, ink), _LEGEND + _PLOT + AXIS)
    return Figure(title, caption, f"{title}, on each day. {said}", chart, beside_table(found))


def _layers(found: Beside, ink: Ink) -> list[Any]:
    first, last = found.days[0].on, found.days[-1].day
    begun = "the first issue" if first is None else f"the first issue, on {day_in_words(first)}"
    top = _ROOM * max(1.0, found.capacity or 0.0, *(max(each.came, each.predicted) for each in found.days))
    span = alt.Scale(domain=[-0.5, last + 0.5], nice=False, zero=False)
    x_axis = alt.Axis(title=f"Days after {begun}", tickMinStep=1, format=",d", grid=False, **axis_style(ink))
    y_axis = alt.Axis(title="Contacts", format=",d", tickMinStep=1, tickCount=5, **axis_style(ink))
    height = alt.Scale(domain=[0, top], nice=False)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", labelFontSize=LABEL_SIZE, labelColor=ink.text,
        symbolType="square", symbolSize=140,
    )  # fmt: skip
    colours = alt.Scale(domain=[_CAME, _PREDICTED], range=[NFA_COLOUR, APPROACH_COLOURS[1]])
    colour = alt.Color("what:N", scale=colours, legend=legend)
    bars = [
        {"from": each.day - _BAR, "to": each.day + _BAR, "zero": 0, "came": each.came, "what": _CAME}
        for each in found.days
        if not 0 < each.came < SMALL
    ]
    predicted = [{"day": each.day, "predicted": each.predicted, "what": _PREDICTED} for each in found.days]
    x, y = alt.X("day:Q", scale=span), alt.Y("predicted:Q", scale=height)
    layers: list[Any] = [
        drawn(bars)
        .mark_bar()
        .encode(
            x=alt.X("from:Q", axis=x_axis, scale=span),
            x2=alt.X2("to:Q"),
            y=alt.Y("zero:Q", axis=y_axis, scale=height),
            y2=alt.Y2("came:Q"),
            color=colour,
        ),
        drawn(predicted).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour),
        drawn(predicted).mark_point(filled=True, size=60, opacity=1, shape="circle").encode(x=x, y=y, color=colour),
    ]
    if found.capacity is not None:
        words = f"Dashed: {contacts(found.capacity)} can be taken in a day"
        label = drawn([{"words": words, "right": last + 0.5, "top": top}])
        layers += [
            drawn([{"at": found.capacity}])
            .mark_rule(strokeWidth=2, strokeDash=[6, 4], color=ink.text)
            .encode(y=alt.Y("at:Q")),
            label.mark_text(align="right", baseline="top", fontSize=LABEL_SIZE, color=ink.text).encode(
                x=alt.X("right:Q", scale=span), y=alt.Y("top:Q"), text=alt.Text("words:N")
            ),
        ]
    return layers
