"""Rules on the columns of a population as they are drawn: which column, which test in words, and which value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from analysis.wording.phrases import capitalised
from dashboards import markup, widgets
from dashboards.forms.drawing import anchor_of, errors_at
from dashboards.forms.editing import Form
from dashboards.forms.fields import Path
from dashboards.forms.values import as_typed, from_typed, value_at
from designs.finding import Open

_EQUAL: Final = {"equals": "is", "not_equals": "is not", "one_of": "is one of"}
_SIZE: Final = {
    "at_least": "is at least", "above": "is more than", "at_most": "is at most", "below": "is less than",
    "between": "is at least, and less than",
}  # fmt: skip
_KNOWN: Final = {"missing": "is not known", "known": "is known"}
_TRUTH: Final = {"true": "is true", "false": "is not true"}
_WITHOUT_VALUE: Final = frozenset({"missing", "known", "true", "false"})


@dataclass(frozen=True, slots=True)
class Columns:
    """What rules can be made of.

    Attributes:
        labels: Each column with what it is called.
        kinds: What each holds.
    """

    labels: Mapping[str, str]
    kinds: Mapping[str, str]


def tests_for(kind: str | None) -> dict[str, str]:
    """The tests that fit a kind of column, each in words; all of them where the kind is not known.

    Examples:
        >>> list(tests_for("boolean"))
        ['true', 'false', 'missing', 'known']
    """
    if kind == "boolean":
        return {**_TRUTH, **_KNOWN}
    if kind == "number":
        return {**_SIZE, **_EQUAL, **_KNOWN}
    return {**_EQUAL, **_KNOWN} if kind == "text" else {**_EQUAL, **_SIZE, **_TRUTH, **_KNOWN}


def test_of(condition: Mapping[str, Any]) -> str | None:
    """Which test a condition is; None where it is none yet, or several at once.

    Examples:
        >>> test_of({"column": "debt", "at_least": 32, "below": 250}), test_of({"column": "trust", "equals": True})
        ('between', 'true')
        >>> test_of({"column": "debt"}) is None
        True
    """
    keys = set(condition) - {"column"}
    if keys == {"at_least", "below"}:
        return "between"
    if len(keys) != 1:
        return None
    (key,) = keys
    value = condition[key]
    if key == "missing":
        return "missing" if value is True else "known"
    if key == "equals" and isinstance(value, bool):
        return "true" if value else "false"
    return key if key in {**_EQUAL, **_SIZE} else None


def made_of(column: str | None, test: str | None, typed: Sequence[str], kind: str | None) -> dict[str, Any]:
    """The condition that somebody has put together; what is missing of it is left out.

    Examples:
        >>> made_of("debt", "between", ["32", "250"], "number")
        {'column': 'debt', 'at_least': 32, 'below': 250}
        >>> made_of("reason", "one_of", ["forgot, confused"], "text")
        {'column': 'reason', 'one_of': ['forgot', 'confused']}
        >>> made_of("debt", "at_least", [""], "number")
        {'column': 'debt'}
    """
    condition: dict[str, Any] = {} if column is None else {"column": column}
    values = [_value(text, kind, test) for text in typed]
    match test:
        case "true" | "false":
            condition["equals"] = test == "true"
        case "missing" | "known":
            condition["missing"] = test == "missing"
        case "between":
            condition |= {
                key: value for key, value in zip(("at_least", "below"), values, strict=False) if value is not None
            }
        case "one_of":
            listed = [_value(part, kind, "equals") for part in typed[0].split(",")] if typed else []
            condition |= {"one_of": found} if (found := [each for each in listed if each is not None]) else {}
        case str():
            condition |= {test: values[0]} if values and values[0] is not None else {}
    return condition


def _value(text: str, kind: str | None, test: str | None) -> Any:
    return from_typed(text, "number" if kind == "number" or test in _SIZE else "line")


def rule_list(
    form: Form, path: Path, columns: Columns, found: Sequence[Open], *, disabled: bool, reasons: bool, one: str
) -> None:
    """A list of rules, with ways to add one and to remove each.

    Args:
        form: Whose draft they are in.
        path: Where the list stands.
        columns: What they can be made of.
        found: What is missing or wrong on the page.
        disabled: Whether they are only shown.
        reasons: Whether each has a reason and may have several conditions, as an exclusion does.
        one: What one of them is called.
    """
    held = form.at(path)
    rules = held if isinstance(held, list) else []
    for place in range(len(rules)):
        at = (*path, place)
        title = f"{capitalised(one)} {place + 1}"
        st.html(markup.field(anchor_of(at), title, "", errors_at(at, found) if form.tried else ()))
        if reasons:
            _reason(form, (*at, "reason"), title, disabled=disabled)
            when(form, (*at, "when"), columns, title, disabled=disabled)
        else:
            _condition(form, at, columns, title, disabled=disabled)
        if not disabled and widgets.pressed(f"Remove {one} {place + 1}", key=form.key("remove", *at)):
            form.put(path, [each for number, each in enumerate(rules) if number != place] or None)
            form.anew()
            st.rerun()
    if not disabled and widgets.pressed(
        f"Add {'another' if rules else 'an' if one[0] in 'aeiou' else 'a'} {one}", key=form.key("add", *path)
    ):
        form.put(path, [*rules, {"when": {}} if reasons else {}])
        form.anew()
        st.rerun()


def when(form: Form, path: Path, columns: Columns, title: str, *, disabled: bool) -> None:
    """A condition, or several that all hold."""
    held = form.at(path)
    if not isinstance(held, list):
        _condition(form, path, columns, title, disabled=disabled)
    for place in range(len(held) if isinstance(held, list) else 0):
        _condition(form, (*path, place), columns, f"{title}, part {place + 1}", disabled=disabled)
    if disabled:
        return
    if widgets.pressed(f"Add what must hold as well: {title}", key=form.key("and", *path)):
        conditions = form.at(path)
        form.put(path, [*(conditions if isinstance(conditions, list) else [conditions or {}]), {}])
        form.anew()
        st.rerun()


def _reason(form: Form, path: Path, title: str, *, disabled: bool) -> None:
    first = value_at(form.first.document, path)
    begun = as_typed(first, "line")
    st.html(markup.quiet("Why they are left out"))
    text = widgets.line(f"{title}: why they are left out", begun, key=form.key(*path), disabled=disabled)
    _put(form, path, first if text == begun else from_typed(text, "line"))


def _condition(form: Form, path: Path, columns: Columns, title: str, *, disabled: bool) -> None:
    first = value_at(form.first.document, path)
    first = first if isinstance(first, Mapping) else {}
    test_at_first, column_at_first = test_of(first), first.get("column")
    if len(set(first) - {"column"}) > 1 and test_at_first is None:
        st.html(markup.said("It asks for several things at once, as it is written in the file: change it there."))
        return
    names = dict(columns.labels)
    if isinstance(column_at_first, str):
        names.setdefault(column_at_first, column_at_first.replace("_", " "))
    places = st.columns(3)
    with places[0]:
        st.html(markup.quiet("Column"))
        column = _select(f"{title}: column", names, column_at_first, form.key(*path, "column"), disabled=disabled)
    kind = columns.kinds.get(column) if column is not None else None
    tests = tests_for(kind)
    if test_at_first is not None and test_at_first not in tests:
        tests = {**tests, test_at_first: {**_EQUAL, **_SIZE, **_KNOWN, **_TRUTH}[test_at_first]}
    with places[1]:
        st.html(markup.quiet("Test"))
        # Another kind of column has other tests, and begins with none of them.
        test = _select(
            f"{title}: test", tests, test_at_first if column == column_at_first else None,
            form.key(*path, "test", kind), disabled=disabled,
        )  # fmt: skip
    typed: list[str] = []
    if test is not None and test not in _WITHOUT_VALUE:
        begun = _typed_at_first(first, test)
        with places[2]:
            for number, label in enumerate(("At least", "Less than") if test == "between" else ("Value",)):
                hint = " (several, with commas between them)" if test == "one_of" else ""
                st.html(markup.quiet(f"{label}{hint}"))
                typed.append(
                    widgets.line(
                        f"{title}: {label.lower()}", begun[number] if number < len(begun) else "",
                        key=form.key(*path, "value", test, number), disabled=disabled,
                    )
                )  # fmt: skip
    unchanged = (column, test) == (column_at_first, test_at_first) and typed == _typed_at_first(first, test)
    _put(form, path, dict(first) if unchanged else made_of(column, test, typed, kind))


def _select(label: str, options: Mapping[str, str], first: Any, key: str, *, disabled: bool) -> str | None:
    return widgets.listed(label, options, first, key=key, disabled=disabled)


def _typed_at_first(condition: Mapping[str, Any], test: str | None) -> list[str]:
    if test is None or test in _WITHOUT_VALUE:
        return []
    if test == "between":
        return [as_typed(condition.get(key), "number") for key in ("at_least", "below")]
    value = condition.get(test)
    if isinstance(value, list):
        return [", ".join(as_typed(each, "line") for each in value)]
    return [as_typed(value, "number")]


def _put(form: Form, path: Path, value: Any) -> None:
    if form.at(path) != value:
        form.put(path, value)
