"""Portfolio: what runs, what waits for whom, what was decided."""

from __future__ import annotations

import streamlit as st

from analysis.wording.numbers import count
from analysis.wording.phrases import listed
from dashboards import design_session, markup, screen, session, step
from designs.likeness import traits_of
from trials.life import has_reached
from trials.registry.records import DesignDetail, TrialSummary
from trials.reporting.amended import amended
from trials.reporting.charts import timeline_figure
from trials.reporting.coverage import Mine, gaps_of, said, waiting_for
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
    locked = {trial.id for trial in trials if has_reached(trial.state, "locked")}
    designs = design_session.designs(but=locked, most=_DESIGNS)
    mine = waiting_for(session.current_user(), trials, designs, session.today())
    if trials or designs:
        _sections(mine, trials)
    if not trials:
        screen.no_trials()
    else:
        _trials(trials)
    _designs(designs)
    _mine(mine)
    if trials:
        _gaps(trials, designs)


def _sections(mine: tuple[Mine, ...], trials: tuple[TrialSummary, ...]) -> None:
    """How much waits for whoever looks, and the ways to what stands below the trials."""
    if not mine:
        st.html(markup.said("Nothing waits for you."))
    words = f"{len(mine)} things wait for you" if len(mine) > 1 else "1 thing waits for you"
    ways = [*([("waiting", words)] if mine else []), *([("gaps", "What no trial covers")] if trials else [])]
    if ways:
        st.html(markup.contents(ways))


def _mine(mine: tuple[Mine, ...]) -> None:
    """What waits for whoever looks, in their role, each with the way to where it is done."""
    if mine:
        st.html(markup.heading(2, "Waiting for you", "waiting"))
        st.html(markup.links((line.address, f"{line.of}: {line.what}") for line in mine))


def _trials(trials: tuple[TrialSummary, ...]) -> None:
    matching = filtered(trials, _filters(trials))
    if not matching:
        st.html(markup.said("No trial matches these filters. Clear one of them to see more."))
        return
    st.html(markup.rows(_caption(matching, trials), _COLUMNS, [_row(trial) for trial in matching]))
    screen.figure(timeline_figure(matching, session.today(), session.ink()), "")
    if len(trials) > 1:
        st.page_link("views/overlap.py", label="Customers that trials share")


def _gaps(trials: tuple[TrialSummary, ...], designs: tuple[DesignDetail, ...]) -> None:
    """Which behaviour no trial covers in which segment."""
    plans = [detail.facts.plan for detail in designs]
    gaps = gaps_of(trials, [traits_of(plan) for plan in plans if plan is not None])
    st.html(markup.heading(2, "Not covered", "gaps"))
    st.html(markup.said(said(gaps)))
    if gaps.uncovered:
        by_behaviour: dict[str, list[str]] = {}
        for behaviour, segment in gaps.uncovered:
            by_behaviour.setdefault(behaviour, []).append(segment)
        rows = [[behaviour, markup.lines(segments)] for behaviour, segments in by_behaviour.items()]
        st.html(markup.rows("Behaviours, and segments in which no trial covers them", ("Behaviour", "Segments"), rows))
    st.html(markup.quiet("Covered is what a locked trial declares to look at, unless its draw is void."))


def _designs(designs: tuple[DesignDetail, ...]) -> None:
    """What is being designed, below what runs."""
    if designs:
        st.html(markup.heading(2, "Being designed"))
        step.designs_table(designs)
    st.page_link("views/designs.py", label="All designs, and how to begin one")


def _filters(trials: tuple[TrialSummary, ...]) -> Filters:
    """Three filters and a search, which stand in the address."""
    offered = choices(trials)
    columns = st.columns(3)
    states = columns[0].multiselect("State", offered.states, key="state", bind="query-params", placeholder="All states")
    segments = columns[1].multiselect(
        "Segment", offered.segments, key="segment", bind="query-params", placeholder="All segments"
    )
    channels = columns[2].multiselect(
        "Channel", offered.channels, key="channel", bind="query-params", placeholder="All channels"
    )
    words = st.text_input("Search", key="words", bind="query-params")
    return Filters(tuple(states), tuple(segments), tuple(channels), words)


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
