"""Share who have paid or filed by each day, arm by arm (one minus Kaplan-Meier)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from analysis.results import SurvivalCurve
from trials.reporting.charts.figure import (
    LABEL_SIZE,
    NFA_COLOUR,
    Figure,
    Ink,
    arm_colours,
    axis_style,
    drawn,
    finished,
)
from trials.reporting.names import Names
from trials.reporting.tables import Table
from trials.reporting.wording import count, inside_sentence, percentage

HEIGHT: Final = 320
_DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [10, 4], [4, 2])


def survival_figure(curves: Sequence[SurvivalCurve], names: Names, ink: Ink) -> Figure | None:
    """The arms' curves for one outcome, with penalty dates as marks. ``None`` without curves."""
    if not curves:
        return None
    title = f"{names.event_share(curves[0].outcome)}, by day since issue"
    last = [f"{inside_sentence(names.arm(curve.arm))} {percentage(1 - curve.surviving[-1])}" for curve in curves]
    caption = f"By day {curves[0].days[-1]:,.0f}: {', '.join(last)}."
    chart = finished(alt.layer(*_layers(curves, names, ink)).properties(height=HEIGHT))
    return Figure(title, caption, f"{title}. {caption}", chart, at_risk(curves, names))


def at_risk(curves: Sequence[SurvivalCurve], names: Names, steps: int = 6) -> Table:
    """Customers still at risk and the share who have paid or filed, on evenly spread days."""
    days = curves[0].days
    places = sorted({round(step * (len(days) - 1) / (steps - 1)) for step in range(steps)})
    columns = ("Day", *(names.arm(curve.arm) for curve in curves))
    rows = tuple(
        (
            f"{days[place]:,.0f}",
            *(f"{percentage(1 - curve.surviving[place])}; {count(curve.at_risk[place])} at risk" for curve in curves),
        )
        for place in places
    )
    return Table("Share by day, and customers still at risk", columns, rows, frozenset(range(1, len(columns))))


def _layers(curves: Sequence[SurvivalCurve], names: Names, ink: Ink) -> list[Any]:
    colours = arm_colours(names)
    axis = axis_style(ink)
    days = alt.Scale(domain=[0, curves[0].days[-1]], nice=False)
    layers: list[Any] = []
    for place, curve in enumerate(curves):
        points = [{"day": day, "share": 1 - left} for day, left in zip(curve.days, curve.surviving, strict=True)]
        colour = colours.get(curve.arm, NFA_COLOUR)
        line = drawn(points).mark_line(
            interpolate="step-after", color=colour, strokeWidth=2.5, strokeDash=_DASHES[place % len(_DASHES)]
        )
        layers.append(
            line.encode(
                x=alt.X("day:Q", title="Days since issue", scale=days, axis=alt.Axis(tickCount=6, **axis)),
                y=alt.Y("share:Q", title="Share of customers", axis=alt.Axis(format=".0%", tickCount=5, **axis)),
            )
        )
    layers += [*_key(curves, names, ink), *_marks(curves, ink)]
    return layers


def _key(curves: Sequence[SurvivalCurve], names: Names, ink: Ink) -> list[Any]:
    """The arms' names in the order in which their lines end, under the lines, where a growing share leaves room."""
    ends = sorted(curves, key=lambda curve: curve.surviving[-1])
    colours, line = arm_colours(names), 20
    layers: list[Any] = []
    for place, curve in enumerate(ends):
        height: Any = HEIGHT - line * (len(ends) - place)
        here: Any = {"x": alt.value("width"), "y": alt.value(height)}
        words: Any = {"align": "right", "baseline": "middle", "fontSize": LABEL_SIZE}
        colour = colours.get(curve.arm, NFA_COLOUR)
        base = drawn([{"words": names.arm(curve.arm)}])
        layers += [
            base.mark_text(dx=-6, text="—", fontWeight="bold", color=colour, **words).encode(**here),
            base.mark_text(dx=-28, color=ink.text, **words).encode(text=alt.Text("words:N"), **here),
        ]
    return layers


def _marks(curves: Sequence[SurvivalCurve], ink: Ink) -> list[Any]:
    marks = [{"day": day, "words": name} for name, day in curves[0].marks.items()]
    if not marks:
        return []
    base = drawn(marks).encode(x=alt.X("day:Q"))
    return [
        base.mark_rule(strokeDash=[3, 3], color=ink.quiet),
        base.mark_text(align="left", dx=4, y=8, fontSize=LABEL_SIZE, color=ink.quiet).encode(text=alt.Text("words:N")),
    ]
