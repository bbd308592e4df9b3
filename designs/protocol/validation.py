"""From plain values to a :class:`Protocol`, or to everything that is wrong with them at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.models import Protocol
from designs.protocol.reading import Document, KeyPath, path_text
from designs.protocol.rules import Breach, breaches

_EXPECTED = {
    "Range": "a number, or low, central and high",
    "Covariate": "a column's name, or column and as",
}
_KINDS_OF_VALUE = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "keys and values",
    "date_type": "a date, as 2026-02-28",
    "date_from_datetime_parsing": "a date, as 2026-02-28",
    "date_from_datetime_inexact": "a date, as 2026-02-28",
    "date_parsing": "a date, as 2026-02-28",
}
_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
# Lists whose members stand on their own: a wrong optional key in one of them is set aside, so that the rules can still
# be asked of the rest. Elsewhere a wrong key silences the rules that read its section.
_SEPARABLE = ("arms", "outcomes")
_STAND_IN: dict[str, Any] = {
    "schema": 1,
    "id": "stand-in",
    "title": "stand-in",
    "hypothesis": "stand-in",
    "population": {"unit": "row"},
    "arms": [{"id": "a", "kind": "nfa"}, {"id": "b", "kind": "otm"}],
    "randomisation": {"method": "external", "arm_column": "arm"},
    "outcomes": [{"id": "y", "role": "primary", "kind": "binary"}],
    "analysis": {},
}


def validate(document: Document, *, where: str) -> Protocol:
    """Check a document's values against the vocabulary and the rules over several keys.

    Raises:
        ProtocolRefused: With every error found, in the order of the file.
    """
    value = _without_nulls(document.value, ())
    found = {error.path: error for error in document.errors}
    protocol, broken = _typed(value)
    for details in broken:
        error = _explained(details, document.lines)
        found.setdefault(error.path, error)
    for breach in breaches(protocol) if protocol is not None else _breaches_of_the_rest(value, broken):
        error = placed(breach, document.lines)
        found.setdefault(error.path, error)
    if found or protocol is None:
        raise ProtocolRefused(sorted(found.values(), key=lambda error: error.line or 0), where=where)
    return protocol


def _typed(value: Mapping[str, Any]) -> tuple[Protocol | None, list[ErrorDetails]]:
    try:
        return Protocol.model_validate_json(json.dumps(value)), []
    except ValidationError as error:
        return None, [details for details in error.errors() if not _is_echo(details)]


def _is_echo(details: ErrorDetails) -> bool:
    """A list counts only its valid members, and so complains of its length when a member is wrong."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _breaches_of_the_rest(value: Mapping[str, Any], broken: Iterable[ErrorDetails]) -> tuple[Breach, ...]:
    """The rules, asked of those sections that could be read."""
    rest = json.loads(json.dumps(value))
    lost = set()
    for details in broken:
        path = details["loc"]
        if details["type"] == "extra_forbidden" or (path[0] in _SEPARABLE and _is_optional(path)):
            _remove(rest, path)
        else:
            lost.add(str(path[0]))
    for section in lost:
        rest.pop(section, None)
        if section in _STAND_IN:
            rest[section] = _STAND_IN[section]
    protocol, still_broken = _typed(rest)
    if protocol is None or still_broken:
        return ()
    return breaches(protocol, unread=frozenset(lost))


def _is_optional(path: KeyPath) -> bool:
    return len(path) > 2 and path[-1] in _schema_at(path[:-1]).get("properties", {}) and path[-1] not in _required(path)


def _required(path: KeyPath) -> list[str]:
    required: list[str] = _schema_at(path[:-1]).get("required", [])
    return required


def _remove(value: Any, path: KeyPath) -> None:
    for step in path[:-1]:
        value = value[step]
    value.pop(path[-1], None)


def _without_nulls(value: Any, path: KeyPath) -> Any:
    """A known key whose value is null is as if it were not written."""
    if isinstance(value, list):
        return [_without_nulls(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        known = _keys_at(path)
        return {
            key: _without_nulls(item, (*path, key))
            for key, item in value.items()
            if item is not None or (known and key not in known)
        }
    return value


@cache
def _schema() -> dict[str, Any]:
    return Protocol.model_json_schema(by_alias=True)


def _schema_at(path: KeyPath) -> dict[str, Any]:
    """The vocabulary at a path of the file; empty where the file has left it."""
    node = _resolved(_schema())
    for step in path:
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step) or node.get("additionalProperties") or {}
        node = _resolved(node)
    return node


def _resolved(node: Any) -> dict[str, Any]:
    if not isinstance(node, dict):
        return {}
    if "$ref" in node:
        named: dict[str, Any] = _schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return named
    if "anyOf" in node:
        return next((_resolved(option) for option in node["anyOf"] if option.get("type") != "null"), {})
    return node


def _keys_at(path: KeyPath) -> tuple[str, ...]:
    return tuple(_schema_at(path).get("properties", ()))


def _line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of a path, or of the nearest place above it that is written."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path)


def placed(breach: Breach, lines: Mapping[KeyPath, int]) -> ProtocolError:
    """A broken rule as an error at its line of the file."""
    return ProtocolError(
        path_text(breach.path), breach.problem, breach.rule, breach.allowed, _line_of(breach.path, lines)
    )


def _explained(details: ErrorDetails, lines: Mapping[KeyPath, int]) -> ProtocolError:
    path: KeyPath = details["loc"]
    problem, rule, allowed = _words(details, path)
    return ProtocolError(path_text(path), problem, rule, allowed, _line_of(path, lines))


def _words(details: ErrorDetails, path: KeyPath) -> tuple[str, str, tuple[str, ...]]:
    kind, shown, context = details["type"], _shown(details["input"]), details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        return "this is missing", f"{path[-1]} is required", ()
    if kind == "literal_error":
        schema = _schema_at(path)
        options = tuple(str(option) for option in schema.get("enum", [schema.get("const")]))
        return f"{shown} is not one of the options{_near(details['input'], options)}", "one of the options", options
    if kind in _LIMITS:
        name, word = _LIMITS[kind]
        return f"{shown} is out of range", f"a number {word} {context[name]:g}", ()
    if kind in _KINDS_OF_VALUE:
        return f"{shown} does not fit here", f"expected: {_KINDS_OF_VALUE[kind]}", ()
    if kind in ("model_type", "model_attributes_type"):
        expected = _EXPECTED.get(context.get("class_name", ""), "keys and values")
        return f"{shown} does not fit here", f"expected: {expected}", _keys_at(path)
    if kind == "scalar":
        return f"{shown} does not fit here", "expected: text, a number, true or false", ()
    if kind == "string_pattern_mismatch":
        rule = "an id begins with a small letter or digit and holds small letters, digits, - and _, at most 63"
        return f"{shown} is not an id", rule, ()
    if kind in ("string_too_short", "too_short"):
        return f"{shown} holds too little", f"at least {context['min_length']} is needed", ()
    if kind == "value_error":
        return f"{shown} does not hold together", str(context["error"]), _keys_at(path)
    return f"{shown} does not fit here", details["msg"].lower(), ()


def _unknown_key(path: KeyPath) -> tuple[str, str, tuple[str, ...]]:
    known = _keys_at(path[:-1])
    return f"the key is not known{_near(path[-1], known)}", "only known keys may stand here", known


def _near(word: object, options: Iterable[str]) -> str:
    written = {option.lower(): option for option in options}
    close = difflib.get_close_matches(str(word).lower(), written, n=1, cutoff=0.6)
    return f"; did you mean {written[close[0]]}" if close else ""


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
