"""Streamlit's fields and buttons with labels that are not written out in the source.

Streamlit reads labels and options as Markdown, and a name that somebody gave may stand in these. So whatever is not
ours is made inert first: what could become a link, a picture, an icon or a formula is left out of it. The words as they
were given stand beside it, as :mod:`dashboards.markup` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal, TypeVar

import streamlit as st

FEW: Final = 5
WIDE, NARROW = 672, 240
"""How wide a field is, in pixels: as wide as a line of text, or as a number."""

_Value = TypeVar("_Value")
_NOT_PLAIN: Final = re.compile(r"[^\w\s,.:;?'’“”()%£–-]|_")
_JOINS: Final = re.compile(r"[:?](?=\S)|\.(?=[^\s\d])|(?<!\d)\.(?=\S)")
_BEGINS_A_LIST: Final = re.compile(r"^\s*(\d+)[.)]|^[\s–-]+")


def inert(words: str) -> str:
    """Words in which Markdown finds nothing.

    Examples:
        >>> inert("In doubt: an approver is asked"), inert("1. ![x](http://a.b/c) :fire: $x$ www.a.b")
        ('In doubt: an approver is asked', '1 x (http: a b c) fire: x www a b')
    """
    plain = _JOINS.sub(" ", _NOT_PLAIN.sub(" ", words))
    return " ".join(_BEGINS_A_LIST.sub(r"\1", plain).split()) or "–"


def line(label: str, first: str, *, key: str, disabled: bool = False, narrow: bool = False) -> str:
    """One line of text, or a number as it is typed. Its label is drawn beside it and only spoken here."""
    typed = st.text_input(
        inert(label), first, key=key, disabled=disabled, label_visibility="collapsed", width=NARROW if narrow else WIDE
    )
    return typed or ""


def lines(label: str, first: str, *, key: str, disabled: bool = False, height: int = 100) -> str:
    """Several lines of text."""
    typed = st.text_area(
        inert(label), first, key=key, disabled=disabled, label_visibility="collapsed", width=WIDE, height=height
    )
    return typed or ""


def day(label: str, first: date | None, *, key: str, disabled: bool = False) -> date | None:
    """A day, or none."""
    typed = st.date_input(
        inert(label), first, format="DD/MM/YYYY", key=key, disabled=disabled, label_visibility="collapsed", width=NARROW
    )
    return typed if isinstance(typed, date) else None


def choice(
    label: str,
    options: Mapping[_Value, str],
    first: _Value | None = None,
    *,
    key: str,
    disabled: bool = False,
    horizontal: bool = False,
    visible: bool = False,
) -> _Value | None:
    """One of some options; none while nothing is chosen. A few are seen at once, more stand in a list.

    Args:
        label: What is asked.
        options: Each value with its words.
        first: What is chosen at first.
        key: The widget's key.
        disabled: Whether it is only shown.
        horizontal: Whether a few stand beside each other.
        visible: Whether the label is seen here; otherwise it is only spoken.
    """
    values = list(options)
    place = next((number for number, value in enumerate(values) if value is first or value == first), None)
    shown: Literal["visible", "collapsed"] = "visible" if visible else "collapsed"
    if len(values) <= FEW:
        chosen = st.radio(
            inert(label), range(len(values)), place,
            format_func=[inert(options[value]) for value in values].__getitem__, key=key, disabled=disabled,
            horizontal=horizontal, label_visibility=shown,
        )  # fmt: skip
    else:
        chosen = st.selectbox(
            inert(label), range(len(values)), place,
            format_func=[inert(options[value]) for value in values].__getitem__, key=key, disabled=disabled,
            placeholder="Choose one", label_visibility=shown, width=WIDE,
        )  # fmt: skip
    return None if chosen is None else values[chosen]


def listed(
    label: str, options: Mapping[_Value, str], first: _Value | None = None, *, key: str, disabled: bool = False
) -> _Value | None:
    """One of some options, in a list however few they are; none while nothing is chosen. Its label is only spoken."""
    values = list(options)
    place = next((number for number, value in enumerate(values) if value == first), None)
    chosen = st.selectbox(
        inert(label), range(len(values)), place,
        format_func=[inert(options[value]) for value in values].__getitem__, key=key, disabled=disabled,
        placeholder="Choose one", label_visibility="collapsed",
    )  # fmt: skip
    return None if chosen is None else values[chosen]


def several(
    label: str, options: Mapping[_Value, str], first: Sequence[_Value] = (), *, key: str, disabled: bool = False
) -> list[_Value]:
    """Some of many options, as a list that is searched by typing."""
    values = list(options)
    chosen = st.multiselect(
        inert(label), range(len(values)), [values.index(each) for each in first if each in options],
        format_func=[inert(options[value]) for value in values].__getitem__, key=key, disabled=disabled,
        placeholder="Choose any", width=WIDE,
    )  # fmt: skip
    return [values[place] for place in chosen]


def pressed(
    label: str, *, key: str, primary: bool = False, then: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> bool:
    """A button; whether it was pressed.

    Args:
        label: What it says.
        key: The widget's key.
        primary: Whether it is the page's main one.
        then: What is done before the page is drawn again.
        given: What that is given: values of the page on which the button was seen, and not of the next.
    """
    return st.button(inert(label), key=key, type="primary" if primary else "secondary", on_click=then, args=given)


def pressed_on(shown: str, label: str, *, key: str, primary: bool = False) -> str | None:
    """A button about something that may change; what was on the page where it was pressed, None where it was not.

    A page is drawn again when a button is pressed, and then shows what others have saved meanwhile. The page has called
    :func:`draw_again` first.

    Args:
        shown: What is on the page now, such as the digest of a plan.
        label: What the button says.
        key: The widget's key.
        primary: Whether it is the page's main one.
    """
    pressed(label, key=f"{key}/{shown}", primary=primary, then=_keep, given=(key, shown))
    held: tuple[str, str] | None = st.session_state.get(_PRESSED)
    if held is None or held[0] != key:
        return None
    del st.session_state[_PRESSED]
    return held[1]


def draw_again() -> None:
    """Forget a button that was pressed before the last time the page was drawn: where the page did not have it any
    more, nothing was done, and nothing is done later."""
    st.session_state[_PRESSED] = st.session_state.pop(_JUST, None)


def _keep(key: str, shown: str) -> None:
    st.session_state[_JUST] = (key, shown)


_JUST: Final = "button_just_pressed"
_PRESSED: Final = "button_pressed"


def taken_out(label: str, make: Callable[[], bytes], name: str, *, key: str) -> None:
    """A file to take out, which is made when it is asked for."""
    st.download_button(inert(label), make, name, key=key, on_click="ignore")


def way(view: str, label: str, design: str) -> None:
    """The way to another page of a design."""
    st.page_link(view, label=inert(label), query_params={"design": design})


def page_title(words: str) -> None:
    """What the browser calls the page."""
    st.set_page_config(page_title=inert(words))
