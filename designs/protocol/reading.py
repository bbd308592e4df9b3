"""From the bytes of a protocol file to plain values, with the line of each.

YAML 1.2 by its core schema: ``NO`` and ``2026-02-02`` are text, ``1_000`` is text (a number is written 1000). A
protocol says each thing where it stands, once: tags, anchors, aliases and merge keys are refused, which also keeps out
files that unfold into more than was written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from data.plain_files import open_plain
from data.text import unstorable
from designs.protocol.errors import KeyPath, ProtocolError, ProtocolRefused, path_text

SIZE_CAP = 256 * 1024
DEPTH_CAP = 16
NODE_CAP = 20_000  # values and keys: each costs some 30 microseconds, during which the server does little else
KEY_CAP = 1_000  # characters: a key is part of the path of every error below it
EXACT_INTEGER = 2**53

# YAML 1.2.2, section 10.3.2 (core schema).
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain values (mappings, lists, text, numbers, true/false, null) and the line of each path."""

    value: dict[str, Any]
    lines: Mapping[KeyPath, int]
    errors: tuple[ProtocolError, ...] = ()


def read_document(path: Path) -> Document:
    """Read a protocol file.

    Duplicate keys, numbers that are not finite and the like are collected in ``errors`` beside the values, so that
    they can be reported with everything else.

    Raises:
        ProtocolRefused: The file cannot be read, is too large, is not UTF-8 or YAML, or does not hold one mapping.
    """
    try:
        content = first_bytes(path)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise _refused(str(path), f"the file cannot be read ({reason})", "a protocol is a readable file") from error
    return parse_document(content, where=str(path))


def first_bytes(path: Path) -> bytes:
    """As much of a protocol file as tells whether it is too large.

    Raises:
        OSError: It cannot be read, or is a folder, a pipe or a device.
    """
    with open_plain(path) as file:
        return file.read(SIZE_CAP + 1)


def parse_document(content: bytes, *, where: str | None = None) -> Document:
    """Read the bytes of a protocol file, from wherever they came; otherwise as :func:`read_document`.

    Args:
        content: The file, or its first ``SIZE_CAP + 1`` bytes.
        where: What to call it in a refusal.
    """
    if len(content) > SIZE_CAP:
        raise _refused(where, "the file is too large", f"a protocol holds at most {SIZE_CAP // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(where, "the file is not text in UTF-8", "a protocol is saved as UTF-8", line) from error
    return _parse(text, where)


def _refused(where: str | None, problem: str, rule: str, line: int | None = None) -> ProtocolRefused:
    return ProtocolRefused([ProtocolError("", problem, rule, line=line)], where=where)


def _parse(text: str, where: str | None) -> Document:
    try:
        # RecursionError cannot arise: the builder below stops at DEPTH_CAP and the events come from a state machine.
        builder = _Builder(YAML(typ="safe", pure=True).parse(text))
        value = builder.document()
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character that YAML does not allow"
        line = mark.line + 1 if mark is not None else None
        raise _refused(where, f"the file is not YAML: {problem}", "a protocol is written in YAML 1.2", line) from error
    except _StopError as stop:
        raise ProtocolRefused([*builder.errors, stop.error], where=where) from None
    if not isinstance(value, dict):
        raise _refused(where, "the file does not hold keys and values", "a protocol is a mapping of keys to values")
    return Document(value, builder.lines, tuple(builder.errors))


class _StopError(Exception):
    """Reading on would be unsafe or senseless."""

    def __init__(self, error: ProtocolError) -> None:
        self.error = error


@dataclass
class _Builder:
    """Builds plain values from parser events, noting lines and what is refused."""

    events: Iterator[Event]
    lines: dict[KeyPath, int] = field(default_factory=dict)
    errors: list[ProtocolError] = field(default_factory=list)
    nodes: int = 0

    def document(self) -> object:
        value: object = None
        seen = False
        for event in self.events:
            if isinstance(event, (StreamStartEvent, StreamEndEvent, DocumentEndEvent)):
                continue
            if isinstance(event, DocumentStartEvent):
                if seen:
                    raise _StopError(self._error((), event, "a second document follows", "a file holds one protocol"))
                seen = True
                continue
            value = self._node(event, ())
        return value

    def _error(self, path: KeyPath, event: Event, problem: str, rule: str) -> ProtocolError:
        return ProtocolError(path_text(path), problem, rule, line=_line(event))

    def _note(self, path: KeyPath, event: Event, problem: str, rule: str) -> None:
        self.errors.append(self._error(path, event, problem, rule))

    def _node(self, event: Event, path: KeyPath) -> object:
        self.lines.setdefault(path, _line(event))
        self.nodes += 1
        if self.nodes > NODE_CAP:
            raise _StopError(
                self._error((), event, "too many values", f"a protocol holds at most {NODE_CAP:,} of them")
            )
        self._refuse_indirection(event, path)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if len(path) >= DEPTH_CAP:
            raise _StopError(self._error(path, event, "this is nested too deeply", f"at most {DEPTH_CAP} levels"))
        return self._mapping(path) if isinstance(event, MappingStartEvent) else self._sequence(path)

    def _refuse_indirection(self, event: Event, path: KeyPath) -> None:
        rule = "a protocol says each thing where it stands, without anchors, aliases, merge keys or tags"
        if isinstance(event, AliasEvent):
            raise _StopError(self._error(path, event, f"*{event.anchor} is an alias", rule))
        if isinstance(event, NodeEvent) and event.anchor is not None:
            raise _StopError(self._error(path, event, f"&{event.anchor} is an anchor", rule))
        if isinstance(event, (ScalarEvent, CollectionStartEvent)) and event.tag is not None:
            raise _StopError(self._error(path, event, f"{event.tag} is a tag", rule))

    def _sequence(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, path)
            value = self._node(next(self.events), (*path, key))
            if key in mapping:
                first = self.lines[(*path, key)]
                self._note((*path, key), event, f"the key is given twice (first on line {first})", "a key stands once")
            else:
                mapping[key] = value
        return mapping

    def _key(self, event: Event, path: KeyPath) -> str:
        self._refuse_indirection(event, path)
        if not isinstance(event, ScalarEvent):
            raise _StopError(self._error(path, event, "a key is a list or a mapping", "a key is a name"))
        if event.value == "<<" and event.style is None:
            raise _StopError(
                self._error(path, event, "<< is a merge key", "a protocol says each thing where it stands")
            )
        self._refuse_unstorable(event, path)
        if len(event.value) > KEY_CAP:
            raise _StopError(
                self._error(path, event, "a key is very long", f"a key has at most {KEY_CAP:,} characters")
            )
        self.lines.setdefault((*path, event.value), _line(event))
        return str(event.value)

    def _refuse_unstorable(self, event: ScalarEvent, path: KeyPath) -> None:
        reason = unstorable(event.value)
        if reason is not None:
            raise _StopError(self._error(path, event, f"the text holds {reason}", "text is Unicode, without NUL"))

    def _scalar(self, event: ScalarEvent, path: KeyPath) -> object:
        text = str(event.value)
        self._refuse_unstorable(event, path)
        if event.style is not None:
            return text
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text.lower() == "true"
        if _NOT_FINITE.fullmatch(text):
            self._note(path, event, f"{text} is not a number that can be used", "numbers are finite")
            return None
        if _LEADING_ZERO.fullmatch(text):
            rule = "a label with leading zeros stands in quotes, a number has none"
            self._note(path, event, f"{text} would lose its leading zeros", rule)
            return None
        if _INTEGER.fullmatch(text) or _PREFIXED.fullmatch(text):
            return self._integer(text, event, path)
        if _FLOAT.fullmatch(text):
            return self._float(text, event, path)
        return text

    def _integer(self, text: str, event: ScalarEvent, path: KeyPath) -> int | None:
        if len(text) <= 20 and abs(number := int(text, 0 if _PREFIXED.fullmatch(text) else 10)) <= EXACT_INTEGER:
            return number
        self._note(path, event, f"{text[:20]} is too large to be kept exactly", "whole numbers are at most 2^53")
        return None

    def _float(self, text: str, event: ScalarEvent, path: KeyPath) -> float | None:
        if math.isfinite(number := float(text)):
            return number
        self._note(path, event, f"{text[:20]} is too large to be kept", "numbers are finite")
        return None


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1
