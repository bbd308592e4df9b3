"""Approval: the gateways of the Campaigns Steering Group, or a directorate's own route, and the answers given again."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from dashboards import design_session, markup, session, step, widgets
from dashboards.forms.editing import ended_in_words
from dashboards.forms.entering import entry, pressed, record, told
from dashboards.forms.fields import Field
from designs.entries import Confirmation
from trials.registry.records import DesignDetail
from trials.reporting.designing.approving import (
    GATEWAY_NAMES,
    answers_in_words,
    confirmations,
    next_meetings,
    open_conditions,
    route_in_words,
    steered,
)
from trials.reporting.designing.route import DECISIONS, gateway_rows

_DECISION: Final = (
    Field(("gateway",), "Which gateway", "choice", options=tuple(GATEWAY_NAMES.items())),
    Field(("decision",), "What the group decided", "choice", options=tuple(DECISIONS.items())),
    Field(
        ("conditions",), "Its conditions, one a line", "lines",
        hint="Of an approval with conditions; or what a deferred paper is to bring.",
    ),
    Field(("extraordinary",), "Why it met on another day", hint="Only where the day is not in its calendar."),
)  # fmt: skip
_OWN: Final = (
    Field(("route",), "Which route it took", hint="Such as the directorate's board."),
    Field(("approved_by",), "Who approved it", hint="The post, not a person's name."),
)


def show() -> None:
    begun = step.on_record("approval")
    if begun is None:
        return
    detail, task = begun
    told()
    st.html(markup.lead(route_in_words(detail)))
    if steered(detail):
        st.html(markup.table(gateway_rows(detail), headed=True))
        st.html(markup.said(next_meetings(detail)))
    _paper(detail)
    st.html(markup.heading(2, "Still open here"))
    step.still_open(task)
    ended = ended_in_words(detail)
    if ended is None:
        _confirm(detail)
        _decide(detail)
    else:
        st.html(markup.notice(ended))
    step.after("approval", detail)


def _paper(detail: DesignDetail) -> None:
    """The paper that is handed in, made of what is on record."""
    st.html(markup.said("The paper has the fourteen points of a proposal, filled from what is on record."))
    with st.container(horizontal=True):
        for ending, label in ((".pdf", "The paper, as PDF"), (".docx", "The paper, for Word")):
            name = f"{detail.design.id}-paper{ending}"
            make = partial(design_session.paper_file, detail.design.id, ending)
            widgets.taken_out(label, make, name, key=f"paper/{detail.design.id}/{ending}")


def _confirm(detail: DesignDetail) -> None:
    """The answers as they stand, and that they still hold."""
    asked = confirmations(detail)
    if not asked:
        return
    st.html(markup.heading(2, "Give the answers again"))
    st.html(markup.said("Before each gate every answer is looked at again. Read them as they stand, then confirm."))
    st.html(markup.details("The answers as they stand", markup.answers(answers_in_words(detail))))
    gate = widgets.choice("For which gate?", asked, key=f"confirm/{detail.design.id}", visible=True)
    refusal = session.may("design")
    if refusal is not None:
        st.html(markup.quiet("A designer confirms them."))
        return
    read = pressed(detail, "Every answer still holds", key=f"confirmed/{detail.design.id}")
    if read is None:
        return
    if gate is None:
        st.html(markup.refusal(["Say first for which gate."]))
    else:
        _confirmed(detail, gate, read)


def _confirmed(detail: DesignDetail, gate: Confirmation, read: str) -> None:
    document = {"kind": "answers_confirmed", "gate": gate, "rests_on": design_session.answers_as_they_stand(detail)}
    record(detail, document, f"confirm/{detail.design.id}/turn", read)


def _decide(detail: DesignDetail) -> None:
    if not steered(detail):
        st.html(markup.heading(2, "Record the approval"))
        entry(detail, "own", "own_route_approved", _OWN, {}, "Record the approval")
        return
    st.html(markup.heading(2, "The paper"))
    st.html(markup.said("To hand the paper in is to ask the group: the next decision is about that paper."))
    entry(detail, "paper", "consulted", (), {"body": "camsg"}, "Record that the paper went in")
    st.html(markup.heading(2, "What the group decided"))
    entry(detail, "decision", "gateway_decided", _DECISION, {}, "Record the decision")
    conditions = open_conditions(detail)
    if conditions:
        st.html(markup.heading(2, "A condition that was met"))
        which = widgets.choice("Which condition?", conditions, key=f"condition/{detail.design.id}", visible=True)
        if which is not None:
            gateway, number = which
            fields = (Field(("how",), "How it was met", "words"),)
            fixed = {"gateway": gateway, "condition": number}
            entry(detail, f"met/{gateway}/{number}", "condition_met", fields, fixed, "Record that it is met")


if __name__ == "__main__":  # as Streamlit runs a page
    show()
