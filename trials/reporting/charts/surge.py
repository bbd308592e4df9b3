"""The contact of each day, by way, against what can be taken in a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from analysis.wording.phrases import day as day_in_words
from designs.protocol.capacity import contacts
from designs.surge import Day, Forecast, figure
from designs.surge.words import when
from trials.reporting.charts.figure import (
    APPROACH_COLOURS,
    AXIS,
    LABEL_SIZE,
    Figure,
    Ink,
    axis_style,
    drawn,
    finished,
)
from trials.reporting.results.table import Table
from trials.reporting.words.contact import WAYS, part_in_words

_PLOT: Final = 240
_LEGEND: Final = 34
_ROOM: Final = 1.14  # above the highest bar, for the words of the line
_BAR: Final = 0.42  # of a day, to either side
_MOST_PARTS: Final = 6  # that have columns of their own in the table


def surge_figure(expected: Forecast, ink: Ink) -> Figure:
    """Contacts expected on each day: calls, post and amended returns on top of each other."""
    first = expected.days[0].on
    title = "Contacts expected on each day"
    begun = "the first issue" if first is None else f"the first issue, on {day_in_words(first)}"
    caption = (
        f"The busiest day is {when(expected.peak)}: {figure(expected.peak.contacts)} contacts. {_against(expected)}"
    )
    alt_text = f"{title} after {begun}, by way. {caption}"
    chart = finished(_layers(expected, begun, ink), _LEGEND + _PLOT + AXIS)
    return Figure(title, caption, alt_text, chart, day_table(expected))


def _against(expected: Forecast) -> str:
    if expected.capacity is None:
        return "How many can be taken in a day is not declared."
    taken = f"{contacts(expected.capacity)} can be taken in a day"
    if not expected.over:
        return f"{taken}, and no day is above that."
    days = "1 day is" if len(expected.over) == 1 else f"{len(expected.over):,} days are"
    return f"{taken}, and {days} above that."


def _layers(expected: Forecast, begun: str, ink: Ink) -> list[Any]:
    ways = list(WAYS.values())
    x_axis = alt.Axis(title=f"Days after {begun}", tickMinStep=1, format=",d", grid=False, **axis_style(ink))
    y_axis = alt.Axis(title="Contacts", format=",d", tickMinStep=1, tickCount=5, **axis_style(ink))
    last = expected.days[-1].day
    span = alt.Scale(domain=[-0.5, last + 0.5], nice=False, zero=False)
    top = max(expected.peak.contacts, expected.capacity or 0.0, 1.0)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", labelFontSize=LABEL_SIZE, labelColor=ink.text,
        symbolType="square", symbolSize=140,
    )  # fmt: skip
    layers: list[Any] = [
        drawn(_bars(expected.days))
        .mark_bar()
        .encode(
            x=alt.X("from:Q", axis=x_axis, scale=span),
            x2=alt.X2("to:Q"),
            y=alt.Y("below:Q", axis=y_axis, scale=alt.Scale(domain=[0, top * _ROOM], nice=False)),
            y2=alt.Y2("above:Q"),
            color=alt.Color(
                "way:N", scale=alt.Scale(domain=ways, range=list(APPROACH_COLOURS[: len(ways)])), legend=legend
            ),
        )
    ]
    if expected.capacity is not None:
        words = f"Dashed: {contacts(expected.capacity)} can be taken in a day"
        line = drawn([{"at": expected.capacity}])
        # Above every bar, for on a narrow screen a high one stands wherever words beside the line could.
        label = drawn([{"words": words, "right": last + 0.5, "top": top * _ROOM}])
        layers += [
            line.mark_rule(strokeWidth=2, strokeDash=[6, 4], color=ink.text).encode(y=alt.Y("at:Q")),
            label.mark_text(align="right", baseline="top", fontSize=LABEL_SIZE, color=ink.text).encode(
                x=alt.X("right:Q", scale=span), y=alt.Y("top:Q"), text=alt.Text("words:N")
            ),
        ]
    return layers


def _bars(days: Sequence[Day]) -> list[dict[str, Any]]:
    bars: list[dict[str, Any]] = []
    for day in days:
        below = 0.0
        for way, words in WAYS.items():
            above = below + getattr(day, way)
            bars.append({"from": day.day - _BAR, "to": day.day + _BAR, "below": below, "above": above, "way": words})
            below = above
    return bars


def day_table(expected: Forecast) -> Table:
    """Every day by way, and by batch where there are few of them."""
    parts = expected.parts if 1 < len(expected.parts) <= _MOST_PARTS else ()
    columns = ("Day", *WAYS.values(), "Together", *(part_in_words(part.name) for part in parts), "Above capacity")
    rows = tuple(
        (
            when(day)[0].upper() + when(day)[1:],
            *(figure(getattr(day, way)) for way in WAYS),
            figure(day.contacts),
            *(figure(day.by_part.get(part.name, 0.0)) for part in parts),
            _above(day, expected),
        )
        for day in expected.days
    )
    return Table("Contacts expected on each day", columns, rows, frozenset(range(1, len(columns))))


def _above(day: Day, expected: Forecast) -> str:
    if expected.capacity is None:
        return "not known"
    return f"{figure(day.contacts - expected.capacity)}" if day in expected.over else "no"
