"""A design's answers in words, step by step: what somebody reads before the plan is locked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from analysis.wording.phrases import day, sentence_case
from designs.protocol.conditions import describe
from designs.protocol.models import ColumnDeclaration, Condition
from designs.protocol.words import ColumnWords
from trials.registry.records import DesignDetail
from trials.reporting.designing.tasks import TASKS, TaskKind
from trials.reporting.designing.words import place_in_words

NOT_ANSWERED: Final = "Not answered yet"
_CALLED: Final = ("label", "title", "option", "reason", "outcome", "column", "id")
"""What a member of a list is called by: the first of these that it has."""

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


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one step: what is asked, and what was answered, in the order of the plan."""

    kind: TaskKind
    rows: tuple[tuple[str, str], ...]


def answers_of(detail: DesignDetail) -> tuple[Answers, ...]:
    """Every step that fills a part of the plan, with its answers in words; a step without any says so."""
    document, texts = detail.revision.draft.document, detail.facts.contents_by_name
    words = _words_of(document)
    found = []
    for kind in TASKS:
        if not kind.keys:
            continue
        rows = [row for key in kind.keys for row in _rows(key, document.get(key), (), words, texts)]
        found.append(Answers(kind, tuple(rows) or ((kind.title, NOT_ANSWERED),)))
    return tuple(found)


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
    if isinstance(value, dict) and set(value) == {"low", "central", "high"}:
        low, central, high = (_value(key, value[part], words) for part in ("low", "central", "high"))
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
                called = next((_value(name, each[name], words) for name in _CALLED if each.get(name)), str(number))
                for name, inner in each.items():
                    if name != "id" or "label" not in each:
                        yield from _rows(str(name), inner, (*place, called), words, texts)
    elif isinstance(value, str) and value in texts:
        yield _named(place), texts[value].decode("utf-8", "replace")
    else:
        yield _named(place), _value(key, value, words)


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
        return sentence_case(describe(Condition.model_validate(value), words).replace("_", " "))
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
