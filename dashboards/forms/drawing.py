"""Fields and members as they are drawn: each with its label, its hint and what is wrong, and what is typed into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from itertools import groupby
from typing import Any

import streamlit as st

from analysis.wording.phrases import capitalised
from dashboards import markup, widgets
from dashboards.forms.editing import Form
from dashboards.forms.fields import Asked, Field, Members, Path, Section
from dashboards.forms.values import REACTIONS, as_typed, from_typed, share_or_range, value_at
from designs.drafting import Draft
from designs.finding import Open
from designs.protocol.errors import path_text
from trials.reporting.designing import clears_in_words

Under = Callable[[Path], None]
"""What a page draws below a text, or below all fields of a member, by its path."""

_RANGE = (("low", "Low"), ("central", "Central"), ("high", "High"))


def section(form: Form, asked: Section, found: Sequence[Open], *, disabled: bool, under: Under | None = None) -> None:
    """Fields under their heading."""
    if asked.title:
        st.html(markup.heading(2, asked.title))
    if asked.intro:
        st.html(markup.said(asked.intro))
    fields(form, asked.fields, found, disabled=disabled, beside=asked.title, under=under)


def fields(
    form: Form, asked: Iterable[Asked], found: Sequence[Open], *, disabled: bool, within: Path = (), beside: str = "",
    under: Under | None = None,
) -> None:  # fmt: skip
    """Draw fields, and put what stands in them into the form.

    Args:
        form: Whose draft they fill.
        asked: What is asked.
        found: What is missing or wrong on the page.
        disabled: Whether they are only shown.
        within: The path of the member that they belong to.
        beside: What the section or that member is called, for those who hear one field at a time.
        under: What the page draws below a text, and below a member.
    """
    for kind, group in groupby(asked, _which_text):
        texts = kind is not None
        shown = [each for each in group if isinstance(each, Members) or _is_asked(form, within, each)]
        for place, each in zip(_side_by_side(len(shown), texts=texts), shown, strict=True):
            path = (*within, *each.path)
            with place:
                if isinstance(each, Members):
                    _members(form, each, path, found, disabled=disabled, under=under)
                else:
                    _field(form, each, path, found, disabled=disabled, beside=beside)
                if texts and under is not None:
                    under(path)


def _which_text(asked: Asked) -> str | None:
    """Which text a field is of, whatever its language: ``""`` for what customers get. None for what is no text."""
    return str(asked.path[-1])[2:] if isinstance(asked, Field) and asked.kind == "wording" else None


def _side_by_side(count: int, *, texts: bool) -> Sequence[AbstractContextManager[Any]]:
    """Where fields stand: texts beside each other, everything else below what comes before it."""
    return st.columns(count) if texts and count > 1 else [nullcontext()] * count


def _is_asked(form: Form, within: Path, asked: Field) -> bool:
    return asked.asked_where is None or _asked(form, within, *asked.asked_where)


def _asked(form: Form, within: Path, beside: str, values: tuple[Any, ...]) -> bool:
    """Whether the key that decides it, whose steps are parted by /, has one of the values."""
    held = form.at((*within, *beside.split("/")))
    return any(held is value or (held == value and type(held) is type(value)) for value in values)


def anchor_of(path: Path) -> str:
    """The anchor of a field."""
    return "field-" + "-".join(map(str, path))


def errors_at(path: Path, found: Sequence[Open], *, deep: bool = True) -> tuple[str, ...]:
    """What is wrong at a path, and within it where it is one value with parts; in sentences."""
    place = path_text(path)
    return tuple(_sentence(each) for each in found if each.where == place or (deep and _within(each.where, place)))


def _within(where: str, place: str) -> bool:
    return where.startswith((f"{place}.", f"{place}["))


def _sentence(each: Open) -> str:
    who = "" if each.clears == "designer" else f" Who: {clears_in_words(each.clears)}."
    said = f"{capitalised(each.problem)}. {capitalised(each.remedy)}.{who}"
    return said if each.severity == "blocks" else f"To know: {said}"


def _field(form: Form, asked: Field, path: Path, found: Sequence[Open], *, disabled: bool, beside: str) -> None:
    if asked.kind == "wording":  # what only warns is said at its sentence
        found = [each for each in found if each.severity == "blocks"]
    wrong = errors_at(path, found) if form.tried else ()
    st.html(markup.field(anchor_of(path), asked.label, asked.hint, wrong))
    spoken = f"{beside}: {asked.label}" if beside else asked.label
    first = value_at(form.first.document, path)
    key = form.key(*path)
    match asked.kind:
        case "choice" | "truth":
            words: dict[Any, str] = {True: "Yes", False: "No"} if asked.kind == "truth" else dict(asked.options)
            options = words if first is None or _one_of(first, words) else {**words, first: as_typed(first, "line")}
            chosen = widgets.choice(
                spoken, options, first, key=key, disabled=disabled, horizontal=asked.kind == "truth"
            )
            _put(form, path, first, chosen, typed=chosen is not first and chosen != first)
        case "day" if first is None or _day(first) is not None:
            day = widgets.day(spoken, _day(first), key=key, disabled=disabled)
            _put(form, path, first, None if day is None else day.isoformat(), typed=day != _day(first))
        case "range":
            _range(form, path, spoken, key, disabled=disabled)
        case "reactions":
            _reactions(form, path, spoken, key, disabled=disabled)
        case "wording":
            _wording(form, path, spoken, key, disabled=disabled)
        case _:
            _typed(form, asked, path, spoken, key, disabled=disabled)


def _one_of(value: Any, words: Mapping[Any, str]) -> bool:
    return any(value == each and type(value) is type(each) for each in words)


def _typed(form: Form, asked: Field, path: Path, spoken: str, key: str, *, disabled: bool) -> None:
    first = value_at(form.first.document, path)
    begun = as_typed(first, asked.kind)
    if not _can_be_typed(first):
        st.html(markup.said("It is written in the file in a way that has no field here: change it there."))
        return
    if asked.kind in ("words", "lines", "percents"):
        text = widgets.lines(spoken, begun, key=key, disabled=disabled)
    else:
        text = widgets.line(spoken, begun, key=key, disabled=disabled, narrow=asked.kind in ("number", "percent"))
    _put(form, path, first, from_typed(text, asked.kind), typed=text != begun)


def _can_be_typed(value: Any) -> bool:
    return not isinstance(value, Mapping) and not (
        isinstance(value, list) and any(isinstance(each, Mapping | list) for each in value)
    )


def _put(form: Form, path: Path, first: Any, value: Any, *, typed: bool) -> None:
    """What was not typed stays as it was written, to the last digit."""
    wanted = value if typed else first
    held = form.at(path)
    if wanted != held or type(wanted) is not type(held):
        form.put(path, wanted)


def _range(form: Form, path: Path, spoken: str, key: str, *, disabled: bool) -> None:
    """A low, a central and a high figure; a plain number in the plan is all three."""
    first = value_at(form.first.document, path)
    parts = first if isinstance(first, Mapping) else {part: first for part, _ in _RANGE}
    begun = {part: as_typed(parts.get(part), "number") for part, _ in _RANGE}
    texts = _three(_RANGE, begun, spoken, key, disabled=disabled)
    figures = {part: from_typed(text, "number") for part, text in texts.items() if text.strip()}
    _put(form, path, first, figures or None, typed=texts != begun)


def _reactions(form: Form, path: Path, spoken: str, key: str, *, disabled: bool) -> None:
    """Who calls, writes and amends a return, in percent: a figure each, or a low, a central and a high one."""
    first = value_at(form.first.document, path)
    held = first if isinstance(first, Mapping) else {}
    begun = {part: as_typed(held.get(part), "percents") for part, _ in REACTIONS}
    texts = _three(REACTIONS, begun, spoken, key, disabled=disabled)
    shares = {
        part: held.get(part) if text == begun[part] else share_or_range(text)
        for part, text in texts.items()
        if text.strip()
    }
    _put(form, path, first, shares or None, typed=texts != begun)


def _three(
    parts: Sequence[tuple[str, str]], begun: Mapping[str, str], spoken: str, key: str, *, disabled: bool
) -> dict[str, str]:
    """Three lines beside each other, each with its label; what stands in them."""
    texts = {}
    for place, (part, label) in zip(st.columns(3), parts, strict=True):
        with place:
            st.html(markup.quiet(label))
            texts[part] = widgets.line(
                f"{label}: {spoken}", begun[part], key=f"{key}/{part}", disabled=disabled, narrow=True
            )
    return texts


def _wording(form: Form, path: Path, spoken: str, key: str, *, disabled: bool) -> None:
    """The text itself; its name in the plan stays, or is made from the arm and the language."""
    name = value_at(form.first.document, path)
    begun = text_of(form, name) if isinstance(name, str) else ""
    height = 140 if str(path[-1]).endswith("_in_use") else 340  # what is only compared stands back
    text = widgets.lines(spoken, begun, key=key, disabled=disabled, height=height)
    if text == begun:
        _put(form, path, name, name, typed=False)
        if isinstance(name, str) and name in form.first.texts and form.draft.texts.get(name) != form.first.texts[name]:
            form.draft = Draft(form.draft.document, {**form.draft.texts, name: form.first.texts[name]})
        return
    held = form.at(path)
    begun_here = held if isinstance(held, str) and held and held not in form.first.texts else None
    form.put_text(path, begun_here or (name if isinstance(name, str) and name else None), text)


def text_of(form: Form, name: str) -> str:
    """A text as its field begins with it, by its name in the plan; empty where there is none."""
    return _content(form, form.first.texts.get(name) or form.draft.texts.get(name))


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def text_now(form: Form, path: Path) -> str:
    """The text at a path as it stands on the page; empty where there is none."""
    name = form.at(path)
    return text_named(form, name) if isinstance(name, str) else ""


def text_named(form: Form, name: str) -> str:
    """A text as it stands on the page, by its name in the plan; empty where there is none."""
    return _content(form, form.draft.texts.get(name))


def _content(form: Form, digest: str | None) -> str:
    """A text by its digest, typed on the page or saved before; empty where there is none."""
    return form.contents.get(digest or "") or str(st.session_state.get(f"texts/{form.design}", {}).get(digest, ""))


def _members(
    form: Form, asked: Members, path: Path, found: Sequence[Open], *, disabled: bool, under: Under | None = None
) -> None:
    """Every member under its own heading, and ways to remove it and to add another."""
    held = form.at(path)
    members = held if isinstance(held, list) else []
    for wrong in errors_at(path, found, deep=False) if form.tried else ():
        st.html(markup.field(anchor_of(path), "", "", (wrong,)))
    for place, member in enumerate(members):
        name = member.get(asked.called) if isinstance(member, Mapping) else None
        title = str(name) if name else f"{capitalised(asked.one)} {place + 1}"
        st.html(markup.heading(3, title))
        fields(form, asked.fields, found, disabled=disabled, within=(*path, place), beside=title, under=under)
        if under is not None:
            under((*path, place))
        if not disabled and widgets.pressed(f"Remove this {asked.one}", key=form.key("remove", *path, place)):
            form.put(path, [each for number, each in enumerate(members) if number != place] or None)
            form.anew()
            st.rerun()
    words = f"Add another {asked.one}" if members else f"Add {_a(asked.one)}"
    if not disabled and widgets.pressed(words, key=form.key("add", *path)):
        form.put(path, [*members, dict(asked.new)])
        form.anew()
        st.rerun()


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
