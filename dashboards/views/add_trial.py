"""Add a trial: a protocol file, the texts that it names, and every error at once if it cannot be taken."""

from __future__ import annotations

import streamlit as st

from dashboards import markup, screen, session
from dashboards.uploads import Upload
from data.errors import Refused


def show() -> None:
    st.html(markup.heading(1, "Add a trial"))
    refusal = session.may("register")
    if refusal is not None:
        screen.refused(refusal)
        return
    st.html(
        markup.said(
            "Send the protocol file, and the texts that it names: letters, messages and scripts. "
            "The file is checked as a whole. If anything in it cannot be taken, nothing is kept."
        )
    )
    with st.form("protocol", border=False):
        protocol = st.file_uploader("Protocol file (YAML)", type=("yaml", "yml"), key="protocol-file")
        texts = st.file_uploader(
            "Texts that the protocol names, if any", accept_multiple_files=True, key="protocol-texts"
        )
        sent = st.form_submit_button("Check and register", type="primary")
    if not sent:
        return
    if protocol is None:
        st.html(markup.refusal(["No protocol file was chosen. Choose one, then send it again."]))
        return
    uploads = tuple(Upload(text.name, text.getvalue()) for text in texts)
    try:
        trial_id = session.register(Upload(protocol.name, protocol.getvalue()), uploads)
    except Refused as refused:
        st.html(markup.said(f"{protocol.name} was not taken. Nothing has changed."))
        screen.refused(refused)
        return
    st.html(markup.done(f"{protocol.name} is registered as the trial {trial_id}."))
    st.page_link("views/results.py", label="See what comes next", query_params={"trial": trial_id})


if __name__ == "__main__":  # as Streamlit runs a page
    show()
