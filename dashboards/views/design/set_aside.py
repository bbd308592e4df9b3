"""End a design without a trial: something else is done, or nothing; recorded, and kept in the library."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards import design_session, markup, screen, session, step, widgets
from dashboards.forms.editing import ended_in_words
from dashboards.forms.entering import pressed
from data.errors import Refused

_INSTEAD: Final = {"no_further_action": "No further action", "something_else": "Something else"}


def show() -> None:
    detail = step.chosen_design("End this design without a trial")
    if detail is None:
        return
    why = "The plan is locked: its trial ends with a decision, or is void." if detail.locked else ended_in_words(detail)
    refusal = session.may("set_aside")
    if why is not None or refusal is not None:
        st.html(markup.notice(why or "A designer or a manager ends a design."))
        return
    st.html(
        markup.said(
            "To find that a one-to-many approach is not the answer is a result. The design stays as it is, can be "
            "found by those who think of the same later, and cannot be changed any more."
        )
    )
    instead = widgets.choice("What is done instead", _INSTEAD, key="instead", visible=True)
    what = st.text_area("What that is", key="instead-what", height=80)
    reason = st.text_area("Why", key="instead-why", height=100)
    read = pressed(detail, "End the design", key=f"instead/{detail.design.id}")
    if read is None:
        return
    if instead is None:
        st.html(markup.refusal(["Say first what is done instead."]))
        return
    try:
        document = {"kind": "set_aside", "instead": instead, "what": what, "reason": reason}
        design_session.enter(detail.design.id, document, read)
    except Refused as refused:
        screen.refused(refused)
        return
    st.switch_page("views/design/task_list.py", query_params={"design": detail.design.id})


if __name__ == "__main__":  # as Streamlit runs a page
    show()
