"""Overlap: the customers that one trial shares with each other one, and when either runs."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.wording.numbers import count
from dashboards import markup, screen, session, widgets
from data.errors import Refused
from trials.concealment import SMALL
from trials.registry.records import TrialSummary
from trials.reporting.portfolio import dates_of
from trials.reporting.words.vocabulary import state

_COLUMNS: Final = ("Trial", "State", "Dates", "Customers shared")


def show() -> None:
    st.html(markup.heading(1, "Customers that trials share"))
    trials = {trial.id: trial for trial in session.portfolio()}
    screen.synthetic_notice(tuple(trials.values()))
    if len(trials) < 2:
        st.html(markup.said("There are no two trials yet."))
        return
    first = st.query_params.get("trial")
    if first not in trials:
        first = widgets.choice("Trial", {trial.id: trial.title for trial in trials.values()}, key="one", visible=True)
        if first is None:
            st.html(markup.said("Choose a trial to see whom it shares with others."))
            return
    try:
        shared = session.shared_customers(first)
    except Refused as refused:
        screen.refused(refused)
        return
    one = trials[first]
    st.html(markup.lead(one.title))
    if not shared:
        st.html(markup.said("No customer is assigned in this trial, or in any other, yet."))
        return
    caption = f"{one.title}: customers shared with other trials"
    st.html(markup.rows(caption, _COLUMNS, [_row(trials[other], number) for other, number in shared]))
    words = f"Fewer than {SMALL} customers are not told apart from none, but to the randomiser."
    st.html(markup.quiet(f"Counted are customers assigned in either, whatever their arm. {words}"))


def _row(trial: TrialSummary, number: int | None) -> list[str]:
    return [
        markup.trial_link(f"results?trial={trial.id}", trial.title, synthetic=trial.synthetic),
        state(trial.state),
        markup.dates(dates_of(trial)),
        f"Fewer than {SMALL}" if number is None else count(number),
    ]


if __name__ == "__main__":  # as Streamlit runs a page
    show()
