"""How large the trial has to be, and how often it could end in scaling an approach, as the saved plan has it."""

from __future__ import annotations

import streamlit as st

from dashboards import markup
from trials.registry.records import DesignDetail
from trials.reporting.designing.chances import CHANCE_COLUMNS, Chances, assumed, chance_rows, what_was_drawn
from trials.reporting.designing.sizing import HOW_SIZED, SIZE_COLUMNS, sizing_of


def section(detail: DesignDetail) -> None:
    """The part of a page about it."""
    st.html(markup.heading(2, "How large it has to be"))
    sizing = sizing_of(detail)
    if sizing is None:
        st.html(markup.quiet("It can be said once nothing is missing in the plan: the task list says what is."))
        return
    if sizing.refused is not None:
        st.html(markup.notice(sizing.refused))
        return
    for warning in sizing.warnings:
        st.html(markup.notice(warning))
    st.html(markup.said(HOW_SIZED))
    if sizing.expected is not None:
        st.html(markup.quiet(f"{sizing.expected:,} customers of the loaded population take part."))
    if sizing.rows:
        st.html(markup.rows("What is needed to scale an approach", SIZE_COLUMNS, sizing.rows))
    if sizing.chances is not None:
        _chances(sizing.chances)
    if sizing.unknown:
        st.html(markup.heading(3, "What no size follows from yet"))
        st.html(markup.bullets(sizing.unknown))


def _chances(chances: Chances) -> None:
    if chances.found is not None:
        st.html(markup.rows("How often it ends in each verdict", CHANCE_COLUMNS, chance_rows(chances)))
    st.html(markup.quiet(what_was_drawn(chances)))
    if lines := assumed(chances):
        st.html(markup.details("What was taken where the plan says nothing", markup.bullets(lines)))
