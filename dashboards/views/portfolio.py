"""Portfolio: what runs, what waits for whom, what was decided."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis.wording import count, listed
from dashboards import frame, markup, session
from trials.registry.records import TrialSummary
from trials.reporting.charts import timeline_figure
from trials.reporting.portfolio import Filters, choices, dates_of, filtered, next_action, next_actor, verdict_of


def show() -> None:
    trials = session.portfolio()
    frame.synthetic_notice(trials)
    st.title("Trials")
    if not trials:
        frame.no_trials()
        return
    found = filtered(trials, _filters(trials))
    if not found:
        st.write("No trial matches these filters. Clear one of them to see more.")
        return
    st.html(markup.rows(_caption(found, trials), _COLUMNS, [_row(trial) for trial in found]))
    frame.figure(timeline_figure(found, session.today(), session.ink()), "")


def _filters(trials: tuple[TrialSummary, ...]) -> Filters:
    """Three filters whose choices stand in the address."""
    offered = choices(trials)
    columns = st.columns(3)
    states = columns[0].multiselect("State", offered.states, key="state", bind="query-params", placeholder="All states")
    segments = columns[1].multiselect(
        "Segment", offered.segments, key="segment", bind="query-params", placeholder="All segments"
    )
    channels = columns[2].multiselect(
        "Channel", offered.channels, key="channel", bind="query-params", placeholder="All channels"
    )
    return Filters(tuple(states), tuple(segments), tuple(channels))


_COLUMNS = ("Trial", "State", "Customers", "Arms", "Dates", "Verdict", "Next, and who")


def _caption(found: tuple[TrialSummary, ...], trials: tuple[TrialSummary, ...]) -> str:
    if len(found) == len(trials):
        return f"{len(trials)} trials" if len(trials) != 1 else "1 trial"
    return f"{len(found)} of {len(trials)} trials: filters are on"


def _row(trial: TrialSummary) -> list[str | markup.Cell]:
    page = "decision" if trial.verdict_code else "results"
    title = markup.link(f"{page}?trial={trial.id}", trial.title)
    mark = "<div>Synthetic</div>" if trial.synthetic else ""
    dates = "".join(
        f'<div>{escape(word)} <span class="otm-keep">{escape(when)}</span></div>' for word, when in dates_of(trial)
    )
    return [
        markup.Cell(title + mark),
        markup.Cell(markup.life(trial.state)),
        count(trial.customers) if trial.customers is not None else "Not yet",
        listed(trial.arms),
        markup.Cell(dates),
        verdict_of(trial),
        markup.Cell(f"{escape(next_action(trial.next))}<div>Who: {escape(next_actor(trial.next))}</div>"),
    ]


show()
