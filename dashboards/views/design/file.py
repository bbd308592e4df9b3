"""The plan as a file: a protocol file with its texts, as it stands."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from dashboards import design_session, markup, screen, step, widgets
from data.errors import Refused
from trials.registry.records import DesignDetail

_REGISTRIES: Final = {
    "aea": "American Economic Association",
    "spirit": "SPIRIT 2025",
    "uk": "UK Evaluation Registry",
}


def show() -> None:
    detail = step.chosen_design("The plan as a file")
    if detail is None:
        return
    st.html(markup.said("The draft as a protocol file, with the texts that it names beside it."))
    _taken_out(detail)
    st.html(markup.heading(2, "For public registries"))
    st.html(markup.said("What each registry asks, filled from what is on record; what is not there says so."))
    for form, name in _REGISTRIES.items():
        with st.container(horizontal=True):
            for ending, kind in ((".docx", "for Word"), (".pdf", "as PDF"), (".json", "for programs")):
                make = partial(design_session.registration_file, detail.design.id, form, ending)
                key = f"registry/{detail.design.id}/{form}{ending}"
                widgets.taken_out(f"{name}, {kind}", make, f"{detail.design.id}-{form}{ending}", key=key)


def _taken_out(detail: DesignDetail) -> None:
    """The archive; of a draft of before that no file can be written of, why."""
    try:
        archive = design_session.as_archive(detail)
    except Refused as refused:
        screen.refused(refused)
        return
    st.download_button("Take it out", archive, f"{detail.design.id}.zip", "application/zip", on_click="ignore")


if __name__ == "__main__":  # as Streamlit runs a page
    show()
