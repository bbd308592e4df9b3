"""Share who have paid or filed by each day, arm by arm (one minus Kaplan-Meier)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from analysis.results import SurvivalCurve
from analysis.wording.numbers import count, percentage
from analysis.wording.phrases import uncapitalised
from trials.reporting.charts.figure import (
    ABOVE,
    AXIS,
    LABEL_SIZE,
    NFA_COLOUR,
    Figure,
    Ink,
    arm_colours,
    axis_style,
    drawn,
    finished,
)
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names

HEIGHT: Final = 380
_DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [10, 4], [4, 2])


def survival_figure(curves: Sequence[SurvivalCurve], names: Names, ink: Ink) -> Figure | None:
    """The arms' curves for one outcome, with penalty dates as marks. ``None`` without curves."""
    curves = [curve for curve in curves if curve.days]
    if not curves:
        return None
    title = f"{names.event_share(curves[0].outcome)}, by day since issue"
    last = [f"{uncapitalised(names.arm(curve.arm))} {percentage(1 - curve.surviving[-1])}" for curve in curves]
    caption = f"By day {_last_day(curves):,.0f}: {', '.join(last)}."
    chart = finished(_layers(curves, names, ink), HEIGHT)
    return Figure(title, caption, f"{title}. {caption}", chart, at_risk(curves, names))


def at_risk(curves: Sequence[SurvivalCurve], names: Names) -> Table:
    """The share who have paid or filed by the plan's days, and the customers still at risk on each.

    Those are the quarters of the horizon, and the days that the plan marks, such as penalties.
    """
    horizon = names.horizon(curves[0].outcome) or _last_day(curves)
    quarters = [horizon * step / 4 for step in range(5)]
    marks = {day: name for name, day in curves[0].marks.items()}
    days = sorted({*(quarters if horizon < 8 else map(float, map(round, quarters))), *marks})
    columns = ("Day", *(names.arm(curve.arm) for curve in curves))
    rows = tuple(
        (
            f"{day:,.10g}" + (f", {uncapitalised(marks[day])}" if day in marks else ""),
            *(f"{percentage(share_by(curve, day))}; {count(left_at(curve, day))} at risk" for curve in curves),
        )
        for day in days
    )
    return Table("Share by day, and customers still at risk", columns, rows, frozenset(range(1, len(columns))))


def share_by(curve: SurvivalCurve, day: float) -> float:
    """The share with the event by the end of a day; arms have events on days of their own."""
    place = bisect_right(curve.days, day)
    return 1 - curve.surviving[place - 1] if place else 0.0


def left_at(curve: SurvivalCurve, day: float) -> int:
    """Customers without the event, and still followed, when a day begins."""
    place = bisect_left(curve.days, day)
    return curve.at_risk[place] if place < len(curve.days) else 0


def _last_day(curves: Sequence[SurvivalCurve]) -> float:
    return max(curve.days[-1] for curve in curves)


def _layers(curves: Sequence[SurvivalCurve], names: Names, ink: Ink) -> list[Any]:
    colours = arm_colours(names)
    axis = axis_style(ink)
    days = alt.Scale(domain=[0, _last_day(curves)], nice=False)
    layers: list[Any] = []
    for place, curve in enumerate(curves):
        points = [{"day": 0.0, "share": 0.0}]
        points += [{"day": day, "share": 1 - left} for day, left in zip(curve.days, curve.surviving, strict=True)]
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
        height: Any = HEIGHT - AXIS - ABOVE - line * (len(ends) - place)
        at_the_end: Any = {"x": alt.value("width"), "y": alt.value(height)}
        words: Any = {"align": "right", "baseline": "middle", "fontSize": LABEL_SIZE}
        colour = colours.get(curve.arm, NFA_COLOUR)
        base = drawn([{"words": names.arm(curve.arm)}])
        layers += [
            base.mark_text(dx=-6, text="—", fontWeight="bold", color=colour, **words).encode(**at_the_end),
            base.mark_text(dx=-28, color=ink.text, **words).encode(text=alt.Text("words:N"), **at_the_end),
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
