"""What changed in a draft, who changed it and when; two revisions side by side."""

from __future__ import annotations

import streamlit as st

from analysis.wording.phrases import moment
from dashboards import design_session, markup, step
from trials.reporting.designing import change_lines
from trials.reporting.designing.approving import void_in_words


def show() -> None:
    detail = step.chosen_design("What changed, and who changed it")
    if detail is None:
        return
    void = void_in_words(detail)
    if void:
        st.html(markup.heading(2, "What changes have made void"))
        st.html(markup.bullets(void))
    for revision, changed in design_session.history(detail.design.id):
        at = f"{moment(revision.saved_at)} UTC"
        st.html(markup.heading(2, f"Revision {revision.number}, {at}, {revision.saved_by}"))
        if not changed:
            st.html(markup.said("The design was begun."))
            continue
        st.html(markup.rows(f"What changed in revision {revision.number}", ("Where", "Before", "After"),
                            change_lines(changed)))  # fmt: skip


if __name__ == "__main__":  # as Streamlit runs a page
    show()
