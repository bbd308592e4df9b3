"""From plain values to a :class:`Protocol`, or to everything that is wrong with them at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from designs.protocol.errors import KeyPath, ProtocolError, nearest, path_text
from designs.protocol.models import Protocol
from designs.protocol.reading import Document
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
_OUT_OF_RANGE = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_LIMITS = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
_MARKS = ("[one]", "[all]")  # of a condition, and of several
# Lists whose members stand on their own: a wrong optional key in one of them is set aside, so that the rules can still
# be asked of the rest. Elsewhere a wrong key silences the rules that read its section.
_SEPARABLE = ("arms", "outcomes")


@dataclass(frozen=True, slots=True)
class Examined:
    """What a document says.

    Attributes:
        protocol: As far as it could be read; None where nothing can be made of it.
        unread: The top-level keys that ``protocol`` does not hold, because their values could not be read.
        errors: Everything that is wrong so far, by path and rule; empty for a protocol that may be loaded.
        as_written: Whether every value of the file could be read, and ``protocol`` holds them all.
    """

    protocol: Protocol | None
    unread: frozenset[str]
    errors: tuple[ProtocolError, ...]
    as_written: bool = False


def examine(document: Document) -> Examined:
    """Check a document's values against the vocabulary and the rules over several keys."""
    value = _without_nulls(document.value, ())
    protocol, broken = _typed(value)
    unread: frozenset[str] = frozenset()
    if protocol is None:
        protocol, unread = _rest(value, broken)
    errors = [*document.errors, *(explained(details, document.lines, _vocabulary()) for details in broken)]
    said = {error.path for error in errors}
    for breach in breaches(protocol, unread=unread) if protocol is not None else ():
        error = placed(breach, document.lines)
        if error.path not in said:  # a value that could not be read is not also reported as missing
            errors.append(error)
    return Examined(protocol, unread, _in_order(errors), as_written=not broken and not document.errors)


def _in_order(errors: Iterable[ProtocolError]) -> tuple[ProtocolError, ...]:
    """By line, one for each path unless they name different rules."""
    distinct = {(error.path, error.rule): error for error in errors}
    return tuple(sorted(distinct.values(), key=lambda error: error.line or 0))


def _typed(value: Mapping[str, Any], model: type[Protocol] = Protocol) -> tuple[Protocol | None, list[ErrorDetails]]:
    try:
        return model.model_validate_json(json.dumps(value)), []
    except ValidationError as error:
        return None, [_placed_in_the_file(details) for details in error.errors() if not _is_echo(details)]


def _placed_in_the_file(details: ErrorDetails) -> ErrorDetails:
    """An error without the mark that a condition, or several, has in its place: no file has such a key there."""
    place = details["loc"]
    marked = (
        at
        for at in range(3, len(place))
        if place[at] in _MARKS
        and place[at - 1] == "when"
        and (place[at - 3] if isinstance(place[at - 2], int) else place[at - 2]) in ("exclude", "not_for", "welsh")
    )
    at = next(marked, None)
    return details if at is None else {**details, "loc": place[:at] + place[at + 1 :]}


def _is_echo(details: ErrorDetails) -> bool:
    """A list counts only its valid members, and so complains of its length when a member is wrong."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _rest(value: Mapping[str, Any], broken: Iterable[ErrorDetails]) -> tuple[Protocol | None, frozenset[str]]:
    """What could be read, without the sections that could not, and the names of those."""
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
    return _typed(rest, _partial())[0], frozenset(lost)


@cache
def _partial() -> type[Protocol]:
    """A protocol that need not be whole: rules that read an absent section are not asked of it."""
    fields: dict[str, Any] = {}
    for name, whole in Protocol.model_fields.items():
        field = copy(whole)
        if field.is_required():
            field.default = None
        fields[name] = (field.annotation, field)
    return create_model("PartialProtocol", __base__=Protocol, **fields)


def _is_optional(path: KeyPath) -> bool:
    return len(path) > 2 and path[-1] in _vocabulary().keys(path[:-1]) and path[-1] not in _required(path)


def _required(path: KeyPath) -> list[str]:
    required: list[str] = _vocabulary().at(path[:-1]).get("required", [])
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
        return {
            key: _without_nulls(item, (*path, key))
            for key, item in value.items()
            if item is not None or _is_unknown(key, _vocabulary().keys(path))
        }
    return value


def _is_unknown(key: str, known: tuple[str, ...]) -> bool:
    return bool(known) and key not in known


class Vocabulary:
    """What the models of a document say may stand where, for errors in words.

    Args:
        schema: The JSON schema of the model that the document has, by alias.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def at(self, path: KeyPath) -> dict[str, Any]:
        """The schema at a path of the document; empty where the document has left it."""
        node = self._resolved(self._schema)
        for step in path:
            if isinstance(step, int):
                node = next((option["items"] for option in self._options(node) if "items" in option), {})
            else:
                node = self._resolved(node)
                node = node.get("properties", {}).get(step) or node.get("additionalProperties") or {}
        return self._resolved(node)

    def keys(self, path: KeyPath) -> tuple[str, ...]:
        """The keys that may stand at a path."""
        return tuple(self.at(path).get("properties", ()))

    def limits(self, path: KeyPath) -> str:
        """The bounds of a number, in words: " above 0 and below 0.5"."""
        schema = self.at(path)
        bounds = [f"{word} {schema[name]:g}" for name, word in _LIMITS.items() if name in schema]
        return f" {' and '.join(bounds)}" if bounds else ""

    def _options(self, node: Any) -> list[dict[str, Any]]:
        """What may stand at a place, null left out."""
        options = node.get("anyOf") or node.get("oneOf") or [node]
        return [self._named(option) for option in options if option.get("type") != "null"]

    def _resolved(self, node: Any) -> dict[str, Any]:
        if not isinstance(node, dict):
            return {}
        return next(iter(self._options(self._named(node))), {})

    def _named(self, node: dict[str, Any]) -> dict[str, Any]:
        named: dict[str, Any] = self._schema["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
        return named


@cache
def _vocabulary() -> Vocabulary:
    return Vocabulary(Protocol.model_json_schema(by_alias=True))


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


def explained(details: ErrorDetails, lines: Mapping[KeyPath, int], vocabulary: Vocabulary) -> ProtocolError:
    """One of pydantic's errors, in our words and at its line."""
    path: KeyPath = tuple(step for step in details["loc"] if step != "[key]")  # pydantic's mark for a wrong key
    problem, rule, allowed = _words(details, path, vocabulary)
    return ProtocolError(path_text(path), problem, rule, allowed, _line_of(path, lines))


def _words(details: ErrorDetails, path: KeyPath, vocabulary: Vocabulary) -> tuple[str, str, tuple[str, ...]]:
    kind, shown, context = details["type"], _shown(details["input"]), details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path, vocabulary)
    if kind == "missing":
        return "this is missing", f"{path[-1]} is required", ()
    if kind == "literal_error":
        schema = vocabulary.at(path)
        options = tuple(str(option) for option in schema.get("enum", [schema.get("const")]))
        return f"{shown} is not one of the options{nearest(details['input'], options)}", "one of the options", options
    if kind in _OUT_OF_RANGE:
        return f"{shown} is out of range", f"this is a number{vocabulary.limits(path)}", ()
    if kind in _KINDS_OF_VALUE:
        return f"{shown} does not fit here", f"this is {_KINDS_OF_VALUE[kind]}{vocabulary.limits(path)}", ()
    if kind in ("model_type", "model_attributes_type"):
        expected = _EXPECTED.get(context.get("class_name", ""), "keys and values")
        return f"{shown} does not fit here", f"this is {expected}", vocabulary.keys(path)
    if kind == "union":
        return f"{shown} does not fit here", f"this is {context['expected']}", ()
    if kind == "string_pattern_mismatch":
        described = vocabulary.at(path).get("description")
        if described is not None:
            return f"{shown} does not fit here", f"this is {described}", ()
        rule = "an id begins with a small letter or digit and holds small letters, digits, - and _, at most 63"
        return f"{shown} is not an id", rule, ()
    if kind == "string_too_short":
        return "the text is empty", "this is text of one character or more", ()
    if kind == "too_short":
        return f"the list has {len(details['input'])}", f"a list of at least {context['min_length']}", ()
    if kind == "contradiction":
        return context["problem"], context["rule"], vocabulary.keys(path)
    return f"{shown} does not fit here", details["msg"].lower(), ()


def _unknown_key(path: KeyPath, vocabulary: Vocabulary) -> tuple[str, str, tuple[str, ...]]:
    known = vocabulary.keys(path[:-1])
    return f"the key is not known{nearest(path[-1], known)}", "only known keys may stand here", known


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
