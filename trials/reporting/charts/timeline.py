"""When each trial was planned, drawn, evaluated and decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import altair as alt

from analysis.wording.phrases import day
from trials.life import FINISHED
from trials.registry.records import TrialSummary
from trials.reporting.charts.figure import AXIS, LABEL_SIZE, Figure, Ink, axis_style, drawn, finished, spread, wrapped
from trials.reporting.results.table import Table
from trials.reporting.words.vocabulary import state

_EVENTS: Final = ("Registered", "Allocated", "Evaluated", "Decided")
_SHAPES: Final = ("circle", "square", "triangle-up", "diamond")
_LINE: Final = "#1d70b8"
_LEGEND: Final = 56
_TITLE_WIDTH: Final = 40  # characters on a telephone
_APART: Final = 0.035  # of the whole span: about the width of a mark on a telephone


def timeline_figure(trials: Sequence[TrialSummary], today: date, ink: Ink) -> Figure | None:
    """One line a trial from its registration to its decision, or to today. ``None`` without trials."""
    if not trials:
        return None
    title = "Trials over time"
    running = sum(trial.state not in FINISHED for trial in trials)
    caption = f"{running} of {len(trials)} {'is' if running == 1 else 'are'} not decided yet on {day(today)}."
    described = "; ".join(
        f"{trial.title}, registered {day(trial.created_on)}, {state(trial.state)}" for trial in trials
    )
    chart = finished(_layers(trials, today, ink), _LEGEND + _row_height(trials) * len(trials) + AXIS)
    return Figure(title, caption, f"{title}. {described}.", chart, dates(trials))


def dates(trials: Sequence[TrialSummary]) -> Table:
    """The dates behind the timeline."""
    rows = tuple((trial.title, *(day(when) for _, when in _events(trial))) for trial in trials)
    return Table("Dates of each trial", ("Trial", *_EVENTS), rows)


def _row_height(trials: Sequence[TrialSummary]) -> int:
    return 74 if any("\n" in wrapped(trial.title, _TITLE_WIDTH) for trial in trials) else 58


def _events(trial: TrialSummary) -> tuple[tuple[str, date | None], ...]:
    when = (trial.created_on, trial.allocated_on, trial.evaluated_on, trial.decided_on)
    return tuple(zip(_EVENTS, when, strict=True))


def _layers(trials: Sequence[TrialSummary], today: date, ink: Ink) -> list[Any]:
    first, last = _span(trials, today)
    by_trial = [_points(trial, (last - first) * _APART) for trial in trials]
    lines = [_line(trial, today, events[-1]["when"]) for trial, events in zip(trials, by_trial, strict=True)]
    points = [point for events in by_trial for point in events]
    y = alt.Y("id:N", sort=[trial.id for trial in trials], title=None, axis=None)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", columns=2, labelFontSize=LABEL_SIZE, labelColor=ink.text,
        symbolFillColor=_LINE, symbolStrokeColor=_LINE,
    )  # fmt: skip
    events = alt.Scale(domain=list(_EVENTS), range=list(_SHAPES))
    tick = "%b %Y" if last - first > timedelta(days=150) else "%-d %b %Y"
    x_axis = alt.Axis(format=tick, tickCount=4, labelOverlap="greedy", **axis_style(ink))
    scale = alt.Scale(type="utc", nice=False)
    ends = drawn([{"when": _at(first)}, {"when": _at(last)}])
    rows = drawn(lines).encode(y=y)
    titles = [
        drawn([line for line in lines if line["lines"] == count])
        .mark_text(
            align="left", x=0, dy=-18 - 16 * (count - 1), fontSize=LABEL_SIZE, color=ink.text,
            lineBreak="\n", lineHeight=16,
        )
        .encode(y=y, text=alt.Text("title:N"))
        for count in {line["lines"] for line in lines}
    ]  # fmt: skip
    return [
        ends.mark_rule(opacity=0).encode(x=alt.X("when:T", scale=scale)),  # no mark stands at the edge
        rows.mark_rule(strokeWidth=3, color=_LINE, opacity=0.45).encode(
            x=alt.X("start:T", title=None, axis=x_axis, scale=scale), x2=alt.X2("end:T")
        ),
        *titles,
        drawn(points)
        .mark_point(filled=True, size=110, opacity=1, color=_LINE)
        .encode(
            y=y,
            x=alt.X("when:T", scale=scale),
            shape=alt.Shape("event:N", sort=list(_EVENTS), legend=legend, scale=events),
        ),
    ]


def _span(trials: Sequence[TrialSummary], today: date) -> tuple[datetime, datetime]:
    """From the first registration to the last thing that happened, four weeks at least, with room for a mark."""
    known = [when for trial in trials for _, when in _events(trial) if when is not None]
    first, last = _noon(min(known)), _noon(max(*known, today))
    last = max(last, first + timedelta(days=28))
    room = (last - first) * 0.02
    return first - room, last + room


def _line(trial: TrialSummary, today: date, last_mark: int) -> dict[str, Any]:
    known = [when for _, when in _events(trial) if when is not None]
    end = max(known) if trial.state in FINISHED else max(today, *known)
    title = wrapped(trial.title, _TITLE_WIDTH)
    return {
        "id": trial.id, "title": title, "lines": title.count("\n") + 1, "start": _at(_noon(min(known))),
        "end": max(_at(_noon(end)), last_mark),
    }  # fmt: skip


def _points(trial: TrialSummary, apart: timedelta) -> list[dict[str, Any]]:
    """One mark an event; marks of the same days are moved apart so that none hides another."""
    known = [(_noon(when), event) for event, when in _events(trial) if when is not None]
    start = known[0][0]
    days = [(when - start) / timedelta(days=1) for when, _ in known]
    moved = spread(days, apart / timedelta(days=1))
    moved = [place - min(0.0, moved[0]) for place in moved]
    return [
        {"id": trial.id, "when": _at(start + timedelta(days=place)), "event": event}
        for place, (_, event) in zip(moved, known, strict=True)
    ]


def _noon(when: date) -> datetime:
    return datetime(when.year, when.month, when.day, 12, tzinfo=UTC)


def _at(when: datetime) -> int:
    # Milliseconds on a UTC scale: a browser west of Greenwich would draw a date as the day before.
    return round(when.timestamp() * 1000)
