"""A design's answers in words, step by step: what somebody reads before the plan is locked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from analysis.wording.phrases import day, sentence_case
from designs.protocol.conditions import describe
from designs.protocol.models import ColumnDeclaration, Condition
from designs.protocol.words import ColumnWords
from trials.reporting.designing.words import place_in_words

NOT_ANSWERED: Final = "Not answered yet"
_CALLED: Final = ("label", "title", "option", "reason", "outcome", "column", "id")
"""What a member of a list is called by: the first of these that it has."""

_RANGE: Final = ("low", "central", "high")
_CODES: Final[Mapping[str, str]] = {
    "nfa": "no further action",
    "bau": "business as usual",
    "otm": "one-to-many approach",
    "sms": "SMS",
    "email": "e-mail",
    "complete": "shares exactly as planned, within groups",
    "simple": "each customer by themselves",
    "rerandomised": "drawn again until the arms are alike",
    "saturation": "different shares in different clusters",
    "factorial": "several things tried at once",
    "external": "elsewhere: the file says who is in which arm",
    "binary": "yes or no",
    "time_to_event": "time until it happens",
    "earlier": "money that would have come later",
    "extra": "money that would not have come",
    "cost_saved": "work that is not needed",
    "lin": "with the covariates in each arm",
    "exclude": "left out, and counted",
}
_OF_COLUMNS: Final = frozenset({"column", "confidence_column", "unit", "cluster", "strata", "covariates", "arm_column"})


Rows = tuple[tuple[str, str], ...]
"""What is asked, and what was answered."""


@dataclass(frozen=True, slots=True)
class Told:
    """A draft, and how what stands in it is told.

    Attributes:
        document: The plan as far as it is filled.
        texts: What lies beside it, by the path that the plan names.
        columns: What its columns are called.
    """

    document: Mapping[str, Any]
    texts: Mapping[str, bytes]
    columns: ColumnWords

    def value(self, key: str, value: Any) -> str:
        """The words for what stands at a key: columns by their labels, codes by their words, texts as they read."""
        if isinstance(value, str) and value in self.texts:
            return self.texts[value].decode("utf-8", "replace")
        if isinstance(value, dict) and set(value) == set(_RANGE):
            low, central, high = (_value(key, value[part], self.columns) for part in _RANGE)
            return f"{central} ({low} to {high})"
        return _value(key, value, self.columns)

    def others(self, document: Mapping[str, Any], keys: Iterable[str]) -> Rows:
        """What stands at keys of a part of the draft, each called by its place in the plan; nothing is left out."""
        return tuple(row for key in keys for row in _rows(key, document.get(key), (), self.columns, self.texts))


def told_of(document: Mapping[str, Any], texts: Mapping[str, bytes]) -> Told:
    """A draft as it is told."""
    return Told(document, texts, _words_of(document))


def _words_of(document: Mapping[str, Any]) -> ColumnWords:
    population = document.get("population")
    columns = population.get("columns") if isinstance(population, dict) else None
    declared = {}
    for name, column in columns.items() if isinstance(columns, dict) else ():
        try:
            declared[name] = ColumnDeclaration.model_validate(column)
        except ValidationError:
            continue
    return ColumnWords(declared)


def _rows(
    key: str, value: Any, within: tuple[str, ...], words: ColumnWords, texts: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    place = (*within, _label(key, within, words))
    if value is None:
        return
    if isinstance(value, dict) and set(value) == set(_RANGE):
        low, central, high = (_value(key, value[part], words) for part in _RANGE)
        yield _named(place), f"{central} ({low} to {high})"
    elif isinstance(value, dict):
        told = _condition(value, words)
        if told is not None:
            yield _named(place), told
            return
        for name, each in value.items():
            yield from _rows(str(name), each, place, words, texts)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, each in enumerate(value, 1):
            if not isinstance(each, dict):
                yield _named((*place, str(number))), _value(key, each, words)
            elif (told := _condition(each, words)) is not None:
                yield _named((*place, str(number))), told
            else:
                yield from _member(number, each, place, words, texts)
    elif isinstance(value, str) and value in texts:
        yield _named(place), texts[value].decode("utf-8", "replace")
    else:
        yield _named(place), _value(key, value, words)


def _member(
    number: int, member: Mapping[str, Any], place: tuple[str, ...], words: ColumnWords, texts: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    """What stands in a member of a list, under what it is called; which is a row only where nothing else is."""
    name = next((name for name in _CALLED if member.get(name)), None)
    called = str(number) if name is None else _value(name, member[name], words)
    others = [key for key in member if key not in (name, "id")]
    for key in others:
        yield from _rows(str(key), member[key], (*place, called), words, texts)
    if name is not None and not others:
        yield _named((*place, str(number))), called


def _label(key: str, within: tuple[str, ...], words: ColumnWords) -> str:
    if within and within[-1] == "columns":
        return words.column(key).replace("_", " ")
    return place_in_words(key).lower() if key not in ("en", "cy") else place_in_words(key)


def _named(place: tuple[str, ...]) -> str:
    return sentence_case(", ".join(place))


def _condition(value: Mapping[str, Any], words: ColumnWords) -> str | None:
    if "column" not in value or len(value) < 2:
        return None
    try:
        return sentence_case(
            describe(Condition.model_validate_json(json.dumps(value, default=str)), words).replace("_", " ")
        )
    except ValidationError:
        return None


def _value(key: str, value: Any, words: ColumnWords) -> str:
    """A value as people read it: columns by their labels, codes by their words, days as days."""
    if isinstance(value, list):
        return ", ".join(_value(key, each, words) for each in value) or "None"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
    text = str(value)
    if key in _OF_COLUMNS:
        return sentence_case(words.column(text).replace("_", " "))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return day(date.fromisoformat(text))
        except ValueError:
            return text
    told = _CODES.get(text)
    if told is None and re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", text):
        told = text.replace("_", " ")
    return text[:1].upper() + text[1:] if told is None else sentence_case(told)
