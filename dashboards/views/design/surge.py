"""The contact that the trial brings: by day and batch, against what can be taken, and the batches that would fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from dashboards import design_session, markup, screen, session, step, widgets
from dashboards.forms.editing import refusal_to_edit
from data.errors import Refused
from designs.drafting import Draft
from trials.registry.records import DesignDetail
from trials.reporting.charts import surge_figure
from trials.reporting.designing.surging import (
    HOW_PREDICTED,
    NOT_PREDICTED,
    Contact,
    contact_of,
    drafted_batches,
    drafted_without,
    parts_table,
)

_SAVED: Final = "surge_saved"


def show() -> None:
    detail = step.chosen_design("The contact that it brings")
    if detail is None:
        return
    done = st.session_state.pop(_SAVED, None)
    if done is not None:
        st.html(markup.done(done))
    contact = contact_of(detail)
    if contact is None:
        st.html(markup.said(NOT_PREDICTED))
        widgets.way("views/design/suitability.py", "Say what contact is expected", detail.design.id)
        return
    st.html(markup.said(HOW_PREDICTED))
    st.html(markup.bullets(contact.said))
    screen.figure(surge_figure(contact.expected, session.ink()), "")
    st.html(markup.heading(2, "In which parts"))
    st.html(markup.table(parts_table(contact.expected)))
    _change(detail, contact)
    widgets.way("views/design/suitability.py", "Change what contact is expected", detail.design.id)


def _change(detail: DesignDetail, contact: Contact) -> None:
    """Ways to put the proposed batches into the draft, or to take batches out of it."""
    refusal = refusal_to_edit(detail)
    if contact.proposal is None and not contact.batches:
        return
    if refusal is not None:
        st.html(markup.notice(refusal))
        return
    design = detail.design.id
    if contact.proposal is not None:
        st.html(markup.heading(2, "Issue in batches"))
        st.html(
            markup.said(
                "Customers are put into the batches at random when the population is loaded, and approaches are drawn "
                "within each. Batches that the plan has now are replaced."
            )
        )
        st.html(markup.field("first-issue", "On which day is the first issued?"))
        first = widgets.day("On which day is the first issued?", contact.first, key=f"surge/{design}/first")
        if widgets.pressed("Put these batches into the draft", key=f"surge/{design}/take", primary=True):
            if first is None:
                st.html(markup.refusal(["Say first on which day the first batch is issued."]))
            else:
                number = contact.proposal.batches
                _save(
                    detail, drafted_batches(detail, contact.proposal, first), f"The draft has {number:,} batches now."
                )
    if contact.batches and widgets.pressed("Issue everybody on one day instead", key=f"surge/{design}/none"):
        _save(detail, drafted_without(detail), "The draft has no batches any more.")


def _save(detail: DesignDetail, document: Mapping[str, Any], said: str) -> None:
    draft = Draft(dict(document), detail.revision.draft.texts)
    try:
        design_session.save(detail.design.id, draft, {}, detail.revision.number)
    except Refused as refused:
        screen.refused(refused)
        return
    st.session_state[_SAVED] = said
    st.rerun()


if __name__ == "__main__":  # as Streamlit runs a page
    show()
