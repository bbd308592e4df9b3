"""What was answered, in the words in which it was asked: the last thing that is read before a plan is locked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dashboards import markup
from dashboards.forms.fields import Field, Members, Path, Section
from dashboards.forms.values import as_typed, reactions_told, value_at, with_value
from trials.reporting.designing.answers import Rows, Told


@dataclass(frozen=True, slots=True)
class Card:
    """Answers that are read together: those of a section, or of one member of a list, such as an approach."""

    title: str
    rows: Rows


def cards(title: str, sections: Iterable[Section], told: Told) -> tuple[tuple[Card, ...], Any]:
    """The answers of a page.

    Args:
        title: What the page is called, and a section that has no heading of its own.
        sections: What it asks.
        told: The draft, and how its values are told.

    Returns:
        One card for each section and each member that has an answer; and the draft without all that is told in them.
    """
    found: list[Card] = []
    rest: Any = told.document
    for section in sections:
        members: list[Card] = []
        rows: list[tuple[str, str]] = []
        for asked in section.fields:
            if isinstance(asked, Members):
                for place in range(_how_many(told.document, asked.path)):
                    path = (*asked.path, place)
                    card, answered = _member(asked, path, told)
                    members += [card] if card.rows else []
                    rest = _without(rest, answered, but=[(*path, name) for name in (asked.called, "id")])
            elif _is_answered(asked, told.document, ()):
                rows.append((asked.label, _words(asked, value_at(told.document, asked.path), told)))
                rest = _without(rest, [asked.path])
        found += [Card(section.title or title, tuple(rows))] if rows else []
        found += members
    return tuple(found), _without_names_alone(rest, sections)


def _member(asked: Members, path: Path, told: Told) -> tuple[Card, list[Path]]:
    """The card of a member, called by its own answer or by its place, and where each of its answers stands."""
    of_it = value_at(told.document, path)
    fields = [each for each in asked.fields if isinstance(each, Field) and _is_answered(each, told.document, path)]
    rows = tuple((each.label, _words(each, value_at(of_it, each.path), told)) for each in fields)
    name = value_at(of_it, (asked.called,))
    called = told.value(asked.called, name) if name else f"{path[-1] + 1}" if isinstance(path[-1], int) else ""
    return Card(f"{asked.one[:1].upper()}{asked.one[1:]}: {called}", rows), [(*path, *each.path) for each in fields]


def _is_answered(field: Field, document: Any, within: Path) -> bool:
    """Whether a value stands there, and what stands beside it asks for it: one key may be asked for as two things."""
    if value_at(document, (*within, *field.path)) is None:
        return False
    if field.asked_where is None:
        return True
    key, values = field.asked_where
    return value_at(document, (*within, *key.split("/"))) in values


def _words(field: Field, value: Any, told: Told) -> str:
    key = str(field.path[-1])
    if field.kind == "choice":
        return dict(field.options).get(value) or told.value(key, value)
    if field.kind in ("percent", "percents"):
        return as_typed(value, field.kind)
    if field.kind == "reactions":
        return reactions_told(value)
    if field.kind == "wording":
        return markup.piece(markup.details("Read it", markup.said(told.value(key, value))))
    return told.value(key, value)


def _how_many(document: Any, path: Path) -> int:
    members = value_at(document, path)
    return len(members) if isinstance(members, list) else 0


def _without(document: Any, paths: Iterable[Path], *, but: Collection[Path] = ()) -> Any:
    for path in paths:
        if path not in but:
            document = with_value(document, path, None)
    return document


def _without_names_alone(document: Any, sections: Iterable[Section]) -> Any:
    """Of a member of which nothing is left but what it is called, that goes too: it only named the rest."""
    for asked in _lists(sections):
        for place in range(_how_many(document, asked.path)):
            if set(value_at(document, (*asked.path, place)) or ()) <= {asked.called, "id"}:
                document = with_value(document, (*asked.path, place), {})
    return document


def _lists(sections: Iterable[Section]) -> Iterator[Members]:
    for section in sections:
        yield from (asked for asked in section.fields if isinstance(asked, Members))
