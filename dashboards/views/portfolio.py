"""Portfolio: what runs, what waits for whom, what was decided."""

from __future__ import annotations

import streamlit as st

from analysis.wording.numbers import count
from analysis.wording.phrases import listed
from dashboards import design_session, markup, screen, session, step
from trials.life import has_reached
from trials.registry.records import TrialSummary
from trials.reporting.amended import amended
from trials.reporting.charts import timeline_figure
from trials.reporting.portfolio import (
    Filters,
    choices,
    dates_of,
    filtered,
    next_action,
    next_actor,
    outside_route,
    verdict_of,
)


def show() -> None:
    trials = session.portfolio()
    screen.synthetic_notice(trials)
    st.html(markup.heading(1, "Trials"))
    if not trials:
        screen.no_trials()
    else:
        _trials(trials)
    _designs(trials)


def _trials(trials: tuple[TrialSummary, ...]) -> None:
    matching = filtered(trials, _filters(trials))
    if not matching:
        st.html(markup.said("No trial matches these filters. Clear one of them to see more."))
        return
    st.html(markup.rows(_caption(matching, trials), _COLUMNS, [_row(trial) for trial in matching]))
    screen.figure(timeline_figure(matching, session.today(), session.ink()), "")


def _designs(trials: tuple[TrialSummary, ...]) -> None:
    """What is being designed, below what runs."""
    locked = {trial.id for trial in trials if has_reached(trial.state, "locked")}
    designs = design_session.designs(but=locked, most=_DESIGNS)
    if designs:
        st.html(markup.heading(2, "Being designed"))
        step.designs_table(designs)
    st.page_link("views/designs.py", label="All designs, and how to begin one")


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


_DESIGNS = 10
_COLUMNS = ("Trial", "State", "Customers", "Arms", "Dates", "Verdict", "Next, and who")


def _caption(matching: tuple[TrialSummary, ...], trials: tuple[TrialSummary, ...]) -> str:
    if len(matching) == len(trials):
        return f"{len(trials)} trials" if len(trials) != 1 else "1 trial"
    return f"{len(matching)} of {len(trials)} trials: filters are on"


def _row(trial: TrialSummary) -> list[str]:
    page = "decision" if trial.verdict_code else "results"
    notes = [note for note in (outside_route(trial), amended(trial.amendments)) if note is not None]
    return [
        markup.trial_link(f"{page}?trial={trial.id}", trial.title, synthetic=trial.synthetic, notes=notes),
        markup.life(trial.state),
        count(trial.customers) if trial.customers is not None else "Not yet",
        listed(trial.arms),
        markup.dates(dates_of(trial)),
        verdict_of(trial),
        markup.next_step(next_action(trial.next), next_actor(trial.next)),
    ]


if __name__ == "__main__":  # as Streamlit runs a page
    show()
