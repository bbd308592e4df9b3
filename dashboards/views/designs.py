"""Designs: every trial in the making, and how to begin one."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards import design_session, markup, screen, session, step, widgets
from data.errors import Refused

_NAME: Final = "A short name for the trial"
_ORIGINS: Final[dict[design_session.Origin, str]] = {
    "empty": "With nothing",
    "template": "With a template",
    "trial": "With the plan of a past trial",
}


def show() -> None:
    st.html(markup.heading(1, "Designs"))
    designs = design_session.designs()
    if designs:
        step.designs_table(designs)
    else:
        st.html(markup.said("Nothing is being designed yet."))
    st.html(markup.heading(2, "Begin a design"))
    refusal = session.may("design")
    if refusal is not None:
        screen.refused(refusal)
        return
    _begin()


def _begin() -> None:
    hint = "Small letters, digits, - and _, such as late-returns-2027. It stays the trial's name for ever."
    st.html(markup.field("design-name", _NAME, hint))
    design = widgets.line(_NAME, "", key="design-id").strip()
    origin = widgets.choice("Begin", _ORIGINS, "empty", key="design-origin", visible=True) or "empty"
    name = None
    if origin == "template":
        titles = design_session.template_titles()
        name = widgets.choice("Template", titles, next(iter(titles)), key="design-template", visible=True)
    elif origin == "trial":
        titles = {trial.id: trial.title for trial in session.portfolio()}
        name = widgets.choice("Past trial", titles, key="design-trial", visible=True)
    if not st.button("Begin", type="primary", key="design-begin"):
        return
    if not design:
        st.html(markup.refusal(["Give the trial a short name first."]))
        return
    if origin == "trial" and name is None:
        st.html(markup.refusal(["Choose the trial whose plan it begins with."]))
        return
    try:
        design_session.begin(design, origin, name)
    except Refused as refused:
        screen.refused(refused)
        return
    st.switch_page("views/design/task_list.py", query_params={"design": design})


if __name__ == "__main__":  # as Streamlit runs a page
    show()
