"""Who can help: who must be involved, what each is asked and said, and the way to the launch with what blocks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from dashboards import markup, screen, session, step, widgets
from dashboards.forms.editing import ended_in_words
from dashboards.forms.entering import entry, told
from dashboards.forms.fields import Field
from designs.entries import EntryKind
from trials.registry.records import DesignDetail
from trials.reporting.designing.asking import What, asked_of, stakeholders, ways_on
from trials.reporting.designing.route import (
    RESPONSES,
    blocking_rows,
    earliest_launch,
    register_rows,
    route_figure,
    timeline_of,
)

_CONTACT: Final = Field(("contact",), "How it is reached", hint="A team's mailbox, not a person's.")
_INPUT: Final = Field(("input_needed",), "What is asked of it", "words")
_NEEDED: Final = Field(("needed_by",), "By when it is needed", "day")
_REASON: Final = Field(("reason",), "Why", "words")
_FIELDS: Final[Mapping[What, tuple[EntryKind, str, tuple[Field, ...]]]] = {
    "add": ("stakeholder_added", "Add to the register", (_CONTACT, _INPUT, _NEEDED)),
    "ask": ("consulted", "Record that it was asked", ()),
    "answer": (
        "responded", "Record what it said",
        (
            Field(("outcome",), "What it said", "choice", options=tuple(RESPONSES.items())),
            Field(("note",), "In its words, if any", "words"),
        ),
    ),
    "change": ("stakeholder_changed", "Record the change", (_CONTACT, _INPUT, _NEEDED, _REASON)),
    "retire": ("stakeholder_retired", "Record that it is not involved any more", (_REASON,)),
}  # fmt: skip
_NEW: Final = (
    Field(("body",), "A short name", hint="Small letters, digits, - and _, such as agents-forum."),
    Field(("name",), "What people call it"),
)
_ELSE: Final = "somebody else"
_GRADES: Final = (("grade_7", "The sponsor at grade 7"), ("deputy_director", "The deputy director"))
_LINE: Final = (
    Field(("grade",), "Who signed", "choice", options=_GRADES),
    Field(("signed_by",), "As the directorate names them", hint="The post, not a person's name."),
)


def show() -> None:
    begun = step.on_record("consultation")
    if begun is None:
        return
    detail, task = begun
    told()
    made = timeline_of(detail)
    st.html(markup.lead(earliest_launch(made)))
    if made.blocking:
        st.html(markup.table(blocking_rows(made)))
    screen.figure(route_figure(made, session.ink()), "")
    st.html(markup.heading(2, "The register"))
    register = register_rows(detail)
    if register.rows:
        st.html(markup.table(register, headed=True))
    else:
        st.html(markup.said("Nobody is in the register yet."))
    st.html(markup.heading(2, "Still open here"))
    step.still_open(task)
    ended = ended_in_words(detail)
    if ended is None:
        _record(detail)
    else:
        st.html(markup.notice(ended))
    step.after("consultation", detail)


def _record(detail: DesignDetail) -> None:
    st.html(markup.heading(2, "Record what happened"))
    people = {**stakeholders(detail), _ELSE: "Somebody else"}
    body = widgets.choice("Who is it about?", people, key=f"about/{detail.design.id}", visible=True)
    if body is not None:
        _about(detail, body, people[body])
    st.html(markup.heading(2, "The directorate's own line"))
    st.html(markup.said("The sponsor signs first, then the deputy director, and then the E&C Strategy Unit is asked."))
    entry(detail, "line", "line_signed_off", _LINE, {}, "Record the signature")


def _about(detail: DesignDetail, body: str, name: str) -> None:
    if body == _ELSE:
        kind, label, fields = _FIELDS["add"]
        entry(detail, body, kind, (*_NEW, *fields), {}, label)
        return
    ways = ways_on(detail, body)
    what = widgets.choice("What happened?", ways, next(iter(ways)), key=f"what/{detail.design.id}/{body}", visible=True)
    if what is None:
        return
    if what == "add":
        st.html(markup.said(f"What it is usually asked: {asked_of(body)}"))
    kind, label, fields = _FIELDS[what]
    fixed = {"body": body, "name": name} if what == "add" else {"body": body}
    entry(detail, f"{body}/{what}", kind, fields, fixed, label)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
