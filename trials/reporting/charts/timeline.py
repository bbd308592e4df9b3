"""When each trial was planned, drawn, evaluated and decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import altair as alt

from trials.registry.records import TrialSummary
from trials.reporting.charts.figure import LABEL_SIZE, Figure, Ink, axis_style, drawn, finished
from trials.reporting.tables import Table
from trials.reporting.vocabulary import state
from trials.reporting.wording import day

_EVENTS: Final = ("Registered", "Allocated", "Evaluated", "Decided")
_SHAPES: Final = ("circle", "square", "triangle-up", "diamond")
_FINISHED: Final = ("decided", "applied", "adapted", "stopped", "void")
_LINE: Final = "#1d70b8"


def timeline_figure(trials: Sequence[TrialSummary], today: date, ink: Ink) -> Figure | None:
    """One line a trial from its registration to its decision, or to today. ``None`` without trials."""
    if not trials:
        return None
    title = "Trials over time"
    running = sum(trial.state not in _FINISHED for trial in trials)
    caption = f"{running} of {len(trials)} {'is' if running == 1 else 'are'} not decided yet on {day(today)}."
    described = "; ".join(
        f"{trial.title}, registered {day(trial.created_on)}, {state(trial.state)}" for trial in trials
    )
    chart = finished(alt.layer(*_layers(trials, today, ink)).properties(height=58 * len(trials)))
    return Figure(title, caption, f"{title}. {described}.", chart, dates(trials))


def dates(trials: Sequence[TrialSummary]) -> Table:
    """The dates behind the timeline."""
    rows = tuple((trial.title, *(day(when) for _, when in _events(trial))) for trial in trials)
    return Table("Dates of each trial", ("Trial", *_EVENTS), rows)


def _events(trial: TrialSummary) -> tuple[tuple[str, date | None], ...]:
    when = (trial.created_on, trial.allocated_on, trial.evaluated_on, trial.decided_on)
    return tuple(zip(_EVENTS, when, strict=True))


def _layers(trials: Sequence[TrialSummary], today: date, ink: Ink) -> list[Any]:
    lines, points = [], []
    for trial in trials:
        known = [when for _, when in _events(trial) if when is not None]
        end = max(known) if trial.state in _FINISHED else max(today, *known)
        lines.append({"id": trial.id, "title": trial.title, "start": _at(min(known)), "end": _at(end)})
        points += [{"id": trial.id, "when": _at(when), "event": event} for event, when in _events(trial) if when]
    y = alt.Y("id:N", sort=[trial.id for trial in trials], title=None, axis=None)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", columns=4, labelFontSize=LABEL_SIZE, labelColor=ink.text,
        symbolFillColor=_LINE, symbolStrokeColor=_LINE,
    )  # fmt: skip
    events = alt.Scale(domain=list(_EVENTS), range=list(_SHAPES))
    x_axis = alt.Axis(format="%b %Y", tickCount=4, labelOverlap="greedy", **axis_style(ink))
    rows = drawn(lines).encode(y=y)
    return [
        rows.mark_rule(strokeWidth=3, color=_LINE, opacity=0.45).encode(
            x=alt.X("start:T", title=None, axis=x_axis), x2=alt.X2("end:T")
        ),
        rows.mark_text(align="left", x=0, dy=-18, fontSize=LABEL_SIZE, color=ink.text).encode(text=alt.Text("title:N")),
        drawn(points)
        .mark_point(filled=True, size=110, opacity=1, color=_LINE)
        .encode(y=y, x=alt.X("when:T"), shape=alt.Shape("event:N", sort=list(_EVENTS), legend=legend, scale=events)),
    ]


def _at(when: date) -> str:
    # With a time of day, or a browser west of Greenwich would draw the day before.
    return f"{when.isoformat()}T12:00:00"
