"""The contact that a trial brings, as its designer declares it: how many customers, which days, and how they react."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import streamlit as st

from analysis.wording.phrases import sentence_case
from dashboards import markup, widgets
from dashboards.forms.editing import Form
from dashboards.forms.fields import Field, Path, Section
from dashboards.forms.values import value_at
from designs.literals import ID_PATTERN

_SURGE: Final[Path] = ("suitability", "operations", "surge")
_HOW: Final = "One figure each, or a low, a central and a high one such as 2, 4, 8. 0 says that nobody does."
_ID: Final = re.compile(ID_PATTERN)


def sections(document: Mapping[str, Any]) -> tuple[Section, ...]:
    """What is asked of the contact that the trial of a draft brings, and of those who react otherwise than others."""
    whole = Section(
        "The contact that the trial itself brings",
        (
            Field((*_SURGE, "customers"), "Customers in all arms together", "number"),
            Field(
                (*_SURGE, "by_day"),
                "Of those who get in touch, the share that does so on each day, in percent",
                "percents",
                hint="From the day of the issue on, with commas between them, such as 5, 30, 40, 25. They come to 100.",
            ),
            *_reactions(document, _SURGE),
        ),
        "It is held against the contacts that can be taken in a day, and a day above them stands in the way of the "
        "lock. Leave all of it empty where the trial brings no contact that colleagues would notice.",
    )
    return (whole, *(_segment(document, name) for name in _segments(document)))


def _segment(document: Mapping[str, Any], name: str) -> Section:
    path = (*_SURGE, "segments", name)
    return Section(
        f"Customers who react otherwise: {_called(name)}",
        (Field((*path, "share"), "Their share of all customers, in percent", "percent"), *_reactions(document, path)),
        "In an approach that is left empty they react as everybody does.",
    )


def _reactions(document: Mapping[str, Any], within: Path) -> Iterator[Field]:
    """A field for each arm of the plan, and for each that is no longer one and has figures still."""
    known = dict(_arms(document))
    for number, (arm, label) in enumerate(known.items()):
        hint = "" if number else _HOW
        yield Field((*within, "arms", arm), f"{label}, in percent", "reactions", hint=hint)
    held = value_at(document, (*within, "arms"))
    for arm in held if isinstance(held, Mapping) else ():
        if arm not in known:
            words = f"{_called(str(arm))}, which is no approach of the plan any more"
            yield Field((*within, "arms", arm), words, "reactions", hint="Clear its figures.")


def _arms(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each arm's id and label; where nobody is contacted, only those get in touch who would anyway."""
    arms = document.get("arms")
    for arm in arms if isinstance(arms, list) else ():
        if isinstance(arm, Mapping) and isinstance(arm.get("id"), str) and arm["id"]:
            anyway = " anyway, where that is to count" if arm.get("kind") == "nfa" else ""
            yield arm["id"], f"{arm.get('label') or sentence_case(arm['id'])}: who get in touch{anyway}"


def _segments(document: Mapping[str, Any]) -> tuple[str, ...]:
    found = value_at(document, (*_SURGE, "segments"))
    return tuple(map(str, found)) if isinstance(found, Mapping) else ()


def _called(name: str) -> str:
    return name.replace("_", " ")


def others(form: Form, *, disabled: bool) -> None:
    """Ways to name customers who react otherwise, and to take them out again."""
    if disabled or not _declared(form):
        return
    st.html(markup.heading(3, "Do some customers react otherwise?"))
    for name in _segments(form.draft.document):
        if widgets.pressed(f"Take out: {_called(name)}", key=form.key("segment", "remove", name)):
            form.put((*_SURGE, "segments", name), None)
            form.anew()
            st.rerun()
    st.html(markup.field("who-react-otherwise", "Who they are", "Such as late payers. Their figures are asked above."))
    typed = widgets.line("Who react otherwise", "", key=form.key("segment", "name"))
    if widgets.pressed("Add them", key=form.key("segment", "add")):
        name = "_".join(typed.lower().split())
        if not _ID.fullmatch(name):
            words = "Say who they are in letters, figures and blanks, 63 at most: nothing was added."
            st.html(markup.refusal([words]))
        elif name in _segments(form.draft.document):
            st.html(markup.refusal([f"{_called(name).capitalize()} are named already."]))
        else:
            form.put((*_SURGE, "segments", name), {"arms": {}})
            form.anew()
            st.rerun()


def _declared(form: Form) -> bool:
    return isinstance(form.at(_SURGE), Mapping)
