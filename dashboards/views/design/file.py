"""The plan as a file: a protocol file with its texts, as it stands."""

from __future__ import annotations

import streamlit as st

from dashboards import design_session, markup, step


def show() -> None:
    detail = step.chosen_design("The plan as a file")
    if detail is None:
        return
    st.html(markup.said("The draft as a protocol file, with the texts that it names beside it."))
    st.download_button(
        "Take it out", design_session.as_archive(detail), f"{detail.design.id}.zip", "application/zip",
        on_click="ignore",
    )  # fmt: skip


if __name__ == "__main__":  # as Streamlit runs a page
    show()
