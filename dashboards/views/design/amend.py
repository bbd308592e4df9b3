"""Amend a locked plan: one person proposes, a second confirms, and the original is kept and shown."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboards import amending, markup, screen, session, step, widgets
from dashboards.uploads import Upload
from data.errors import Refused
from trials.registry.records import AmendmentRecord, DesignDetail
from trials.reporting.amended import amendment_line
from trials.reporting.designing import clears_in_words

_SAID = "amendment_said"


def show() -> None:
    detail = step.chosen_design("Amend the locked plan")
    if detail is None:
        return
    said = st.session_state.pop(_SAID, None)
    if said:
        st.html(markup.done(said))
    if not detail.locked:
        st.html(markup.said("The plan is not locked yet: change the draft instead."))
        return
    records, missing = amending.amendments(detail.design.id)
    if not records:
        st.html(markup.said("The plan was never amended."))
    for record in records:
        st.html(markup.heading(2, f"Amendment {record.number}"))
        st.html(markup.said(amendment_line(record)))
        rows = [[place.where, place.before or "Nothing", place.after or "Nothing"] for place in record.changes]
        st.html(markup.rows("What it changes", ("Where", "Before", "After"), rows))
    waiting = next((record for record in records if not record.in_force and record.withdrawn_at is None), None)
    if waiting is None:
        _propose(detail)
        return
    for each in missing:
        st.html(markup.notice(f"To be signed again: {each.problem}. Who: {clears_in_words(each.clears)}."))
    _settle(detail, waiting)


def _propose(detail: DesignDetail) -> None:
    st.html(markup.heading(2, "Propose an amendment"))
    st.html(
        markup.said(
            "Take the plan out as a file, change it, and send it here with its texts. It is in force once a second "
            "person has confirmed it. What is amended after the draw is unplanned, and decides nothing."
        )
    )
    st.page_link("views/design/file.py", label="The plan as a file", query_params={"design": detail.design.id})
    if session.may("amend") is not None:
        st.html(markup.quiet("A designer proposes it."))
        return
    protocol = st.file_uploader("The plan as it is to be (YAML)", type=("yaml", "yml"), key="amend-file")
    texts = st.file_uploader("Texts that it names, if any", accept_multiple_files=True, key="amend-texts")
    reason = st.text_area("Why it is amended", key="amend-reason", height=100)
    if not st.button("Propose it", type="primary", key="amend-propose"):
        return
    if protocol is None:
        st.html(markup.refusal(["No protocol file was chosen. Choose one, then propose it again."]))
        return
    uploads = tuple(Upload(text.name, text.getvalue()) for text in texts)
    try:
        record = amending.propose(detail.design.id, Upload(protocol.name, protocol.getvalue()), uploads, reason)
    except Refused as refused:
        screen.refused(refused)
        return
    st.session_state[_SAID] = f"Amendment {record.number} is proposed. The plan in force stays until it is confirmed."
    st.rerun()


def _settle(detail: DesignDetail, waiting: AmendmentRecord) -> None:
    trial, shown = detail.design.id, str(waiting.number)
    if session.may("confirm_amendment") is None:
        read = widgets.pressed_on(shown, "Confirm it", key="amend-confirm", primary=True)
        if read is not None:
            _done(lambda: amending.confirm(trial, int(read)), "is in force")
    reason = st.text_area("Why it is taken back", key="amend-withdraw-why", height=80)
    withdrawn = widgets.pressed_on(shown, "Take it back", key="amend-withdraw")
    if withdrawn is not None:
        _done(lambda: amending.withdraw(trial, int(withdrawn), reason), "is taken back")


def _done(do: Callable[[], AmendmentRecord], what: str) -> None:
    try:
        record = do()
    except Refused as refused:
        screen.refused(refused)
        return
    st.session_state[_SAID] = f"Amendment {record.number} {what}."
    st.rerun()


if __name__ == "__main__":  # as Streamlit runs a page
    show()
