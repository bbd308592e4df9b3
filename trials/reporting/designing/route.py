"""The way to the launch: every activity in its days, what blocks now and who clears it, and who was asked what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import altair as alt

from analysis.wording.phrases import capitalised, day
from designs.consultation.gateways import GatewayStanding, gateway_standings
from designs.consultation.schedule import Row, State, Timeline
from designs.consultation.standing import Standing, Status, standings
from designs.consultation.timeline import SIGN_OFFS, DoneElsewhere, timeline
from designs.entries import GatewayDecision, Response, SignedOff
from trials.registry.records import DesignDetail
from trials.reporting.charts.figure import AXIS, LABEL_SIZE, Figure, Ink, axis_style, drawn, finished
from trials.reporting.designing.words import clears_in_words
from trials.reporting.results.table import Table

STATES: Final[Mapping[State, str]] = {
    "done": "Done", "under_way": "Under way", "next": "Can start", "waiting": "Waits",
}  # fmt: skip
STATUSES: Final[Mapping[Status, str]] = {
    "not_asked": "Not asked yet", "asked": "Asked", "responded": "Answered", "retired": "Not involved any more",
}  # fmt: skip
RESPONSES: Final[Mapping[Response, str]] = {
    "agreed": "Agreed", "agreed_with_conditions": "Agreed, with conditions", "no_comment": "No comment",
    "objected": "Objected",
}  # fmt: skip
DECISIONS: Final[Mapping[GatewayDecision, str]] = {
    "approved": "Approved", "approved_with_conditions": "Approved, with conditions", "deferred": "Deferred",
    "rejected": "Rejected",
}  # fmt: skip
_LINES: Final = ("Done", "On the critical path", "May slip")
_COLOURS: Final = ("#757b80", "#D55E00", "#0072B2")
_ROW: Final = 44


def timeline_of(detail: DesignDetail) -> Timeline:
    """A design's activities in their days."""
    facts = detail.facts
    return timeline(facts.recorded, facts.plan, facts.today, finished=_finished(detail))


def _finished(detail: DesignDetail) -> dict[DoneElsewhere, date]:
    """What the plan and the signatures say is done, and since when."""
    done: dict[DoneElsewhere, date] = {}
    gates = {gate.name: gate for gate in detail.gates}
    if not detail.facts.errors and ("designed" not in gates or gates["designed"].passed):
        done["design"] = detail.revision.saved_at.date()
    signing = gates.get("signed_off")
    for activity, (_, body, _) in SIGN_OFFS.items():
        signed = [
            record.entry.on
            for record in detail.facts.recorded
            if isinstance(record.entry, SignedOff) and record.entry.signatory == body
        ]
        if signed and signing is not None and all(each.clears != body for each in signing.blocking):
            done[activity] = max(signed)
    if detail.locked_on is not None:
        done["lock"] = detail.locked_on
    return done


def earliest_launch(made: Timeline) -> str:
    """The earliest launch, with what it waits for first."""
    first = next((row for row in made.blocking if row.critical), None)
    if first is None:
        return f"Earliest launch: {day(made.end)}."
    since = "" if first.since is None or first.since >= made.today else f", since {day(first.since)}"
    return f"Earliest launch: {day(made.end)}. It waits for: {first.activity.name}{since}."


def blocking_rows(made: Timeline) -> Table:
    """What keeps the rest waiting now: who clears it, and since when."""
    rows = tuple(
        (
            row.activity.name,
            capitalised(clears_in_words(row.activity.clears)),
            day(row.since or made.today),
            day(row.finish),
            "Yes" if row.critical else f"No: {row.slack} working days to spare",
        )
        for row in made.blocking
    )
    return Table("What blocks now", ("What", "Who clears it", "Since", "Usually done by", "On the critical path"), rows)


def route_figure(made: Timeline, ink: Ink) -> Figure:
    """One bar an activity, from its start to its end; the critical path in another colour and with its word."""
    bars = [_bar(row) for row in made.rows]
    path = [row.activity.name for row in made.rows if row.activity.id in made.critical_path]
    described = "; ".join(f"{row.activity.name}, {STATES[row.state]}, until {day(row.finish)}" for row in made.rows)
    y = alt.Y("name:N", sort=[bar["name"] for bar in bars], title=None, axis=None)
    legend = alt.Legend(title=None, orient="top", labelFontSize=LABEL_SIZE, labelColor=ink.text, columns=3)
    colour = alt.Color("line:N", scale=alt.Scale(domain=list(_LINES), range=list(_COLOURS)), legend=legend)
    axis = alt.Axis(format="%-d %b %Y", tickCount=5, labelOverlap="greedy", **axis_style(ink))
    scale = alt.Scale(type="utc", nice=False)
    layers = [
        drawn(bars)
        .mark_rule(strokeWidth=9, yOffset=10)
        .encode(
            y=y, x=alt.X("start:T", title=None, axis=axis, scale=scale), x2=alt.X2("end:T"), color=colour
        ),
        drawn(bars)
        .mark_text(align="left", x=0, yOffset=-6, fontSize=LABEL_SIZE, color=ink.text)
        .encode(y=y, text=alt.Text("words:N")),
    ]  # fmt: skip
    caption = f"The earliest launch is {day(made.end)}. How long each thing usually takes is an assumption."
    return Figure(
        "The way to the launch", caption, f"The way to the launch. {described}. Critical path: {', '.join(path)}.",
        finished(layers, AXIS + 40 + _ROW * len(bars)), activities(made),
    )  # fmt: skip


def _bar(row: Row) -> dict[str, Any]:
    line = _LINES[0] if row.state == "done" else _LINES[1] if row.critical else _LINES[2]
    start, end = _at(row.start), _at(row.finish)
    return {
        "name": row.activity.id, "words": f"{_short(row.activity.name)}: {STATES[row.state].lower()}", "line": line,
        "start": start, "end": max(end, start + 86_400_000),
    }  # fmt: skip


def _short(name: str) -> str:
    """A name without what stands in brackets, so that it fits on a telephone."""
    return re.sub(r" \([^()]*\)", "", name).removeprefix("Input of the ").removeprefix("Input of ")


def _at(when: date) -> int:
    return round(datetime(when.year, when.month, when.day, 12, tzinfo=UTC).timestamp() * 1000)


def activities(made: Timeline) -> Table:
    """The days behind the figure."""
    names = {row.activity.id: row.activity.name for row in made.rows}
    rows = tuple(
        (
            row.activity.name,
            STATES[row.state] + (", late" if row.overdue else ""),
            day(row.start),
            day(row.finish),
            "; ".join(names[each] for each in row.waits_for) or "Nothing",
            "Done" if row.state == "done" else "None" if row.critical else f"{row.slack} working days",
        )
        for row in made.rows
    )
    return Table("The way to the launch", ("What", "State", "From", "To", "Waits for", "May slip by"), rows)


def register_rows(detail: DesignDetail) -> Table:
    """Who was asked what: everybody in the register, with what they said."""
    rows = tuple(_stakeholder(standing) for standing in standings(detail.facts.recorded, detail.facts.today))
    return Table(f"{len(rows)} in the register", ("Who", "What is asked", "Needed by", "Status", "What it said"), rows)


def _stakeholder(standing: Standing) -> tuple[str, ...]:
    status = f"{STATUSES[standing.status]}, {day(standing.since)}"
    said = "Nothing yet" if standing.outcome is None else RESPONSES[standing.outcome]
    if standing.retired_because is not None and standing.status == "retired":
        status = f"{status}: {standing.retired_because}"
    note = "" if standing.note is None else f": {standing.note}"
    return (
        standing.name + (" (must be involved)" if standing.must_involve else ""),
        standing.input_needed,
        day(standing.needed_by),
        status + (", late" if standing.late else ""),
        said + note,
    )


def gateway_rows(detail: DesignDetail) -> Table:
    """Both gateways of the steering group, and what it asked for."""
    rows = tuple(map(_gateway, gateway_standings(detail.facts.recorded)))
    return Table("The Campaigns Steering Group", ("Gateway", "Decision", "Conditions", "Passed"), rows)


def _gateway(standing: GatewayStanding) -> tuple[str, ...]:
    name = "Gateway 1: is the idea worth designing?" if standing.gateway == 1 else "Gateway 2: is it ready to go?"
    decided = "Not decided" if standing.decision is None else DECISIONS[standing.decision]
    if standing.decided_on is not None:
        decided = f"{decided}, {day(standing.decided_on)}"
    if standing.void is not None:
        decided = f"{decided}; void, for the plan is another since: {standing.void}"
    if standing.handed_in_on is not None:
        decided = f"{decided}; the paper went in on {day(standing.handed_in_on)}"
    conditions = "; ".join(
        f"{condition.number}: {condition.text} ({_met(condition.met_on, condition.how)})"
        for condition in standing.conditions
    )
    return name, decided, conditions or "None", "No" if standing.passed_on is None else day(standing.passed_on)


def _met(on: date | None, how: str | None) -> str:
    return "open" if on is None else f"met on {day(on)}: {how}"
