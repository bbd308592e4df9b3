"""What happened around a design, put on record: the fields of one kind of entry, and the way to record it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from analysis.wording.phrases import listed
from dashboards import design_session, markup, screen, session, widgets
from dashboards.forms.fields import Field
from dashboards.forms.values import from_typed, with_value
from data.errors import Refused
from designs.consultation.changed import changed_since_in_words
from designs.entries import EntryKind
from trials.access import roles_allowed
from trials.registry.records import DesignDetail

_RECORDED = "entry_recorded"
ON = Field(("on",), "On which day", "day", hint="The day on which it happened, which may lie in the past.")


def told() -> None:
    """Say once that something was recorded."""
    said = st.session_state.pop(_RECORDED, None)
    if said is not None:
        st.html(markup.done(said))


def entry(
    detail: DesignDetail, name: str, kind: EntryKind, fields: Sequence[Field], fixed: Mapping[str, Any], label: str
) -> None:
    """Ask for one entry, and record it.

    Args:
        detail: The design.
        name: What tells this entry from others on the page.
        kind: Which kind of entry it is.
        fields: What is asked; each path is one of the entry's.
        fixed: What the entry has besides, such as whom it is about.
        label: What the button says.
    """
    refusal = session.may(design_session.use_case_of(kind))
    if refusal is not None:
        who = listed(sorted(roles_allowed(design_session.use_case_of(kind)) - {"all"}), "or")
        st.html(markup.quiet(f"This is recorded by the role {who}."))
        return
    turns = f"entry/{detail.design.id}/{name}"
    key = f"{turns}/{st.session_state.get(turns, 0)}"
    document: dict[str, Any] = {"kind": kind, **fixed}
    for field in (*fields, ON):
        document = with_value(document, field.path, _asked(field, key))
    read = pressed(detail, label, key=f"{key}/record")
    if read is not None:
        record(detail, document, turns, read)


def pressed(detail: DesignDetail, label: str, *, key: str) -> str | None:
    """A button; the digest of the plan that was on the page where it was pressed, None where it was not.

    Args:
        detail: The design as the page shows it.
        label: What the button says.
        key: The widget's key.
    """
    return widgets.pressed_on(detail.facts.digest or "", label, key=key, primary=True)


def record(detail: DesignDetail, document: Mapping[str, Any], turns: str, read: str) -> None:
    """Record an entry about the plan that was read; what was typed stays where it is refused."""
    try:
        recorded = design_session.enter(detail.design.id, document, read)
    except Refused as refused:
        screen.refused(refused)
        return
    st.session_state[turns] = st.session_state.get(turns, 0) + 1
    st.session_state[_RECORDED] = " ".join(filter(None, ("It is on record.", changed_since_in_words(recorded))))
    st.rerun()


def _asked(field: Field, key: str) -> Any:
    place = "-".join(map(str, field.path))
    st.html(markup.field(f"{key.replace('/', '-')}-{place}", field.label, field.hint))
    own = f"{key}/{place}"
    match field.kind:
        case "choice":
            return widgets.choice(field.label, dict(field.options), key=own)
        case "truth":
            return widgets.choice(field.label, {True: "Yes", False: "No"}, key=own, horizontal=True)
        case "day":
            chosen = widgets.day(field.label, session.today() if field is ON else None, key=own)
            return chosen.isoformat() if isinstance(chosen, date) else None
        case "words" | "lines":
            return from_typed(widgets.lines(field.label, "", key=own), field.kind)
        case _:
            return from_typed(widgets.line(field.label, "", key=own), field.kind)
