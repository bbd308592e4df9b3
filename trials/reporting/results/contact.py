"""The contact that came beside the contact that was predicted, in sentences and a table."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Final

from analysis.wording.numbers import count
from analysis.wording.phrases import capitalised, listed
from designs.protocol.capacity import contacts
from designs.protocol.words import in_words
from designs.surge import Beside, DayBeside, figure
from trials.concealment import SMALL
from trials.reporting.results.table import Table
from trials.reporting.words.contact import WAYS

_AS_MANY: Final = 0.1  # apart by less than this, as a share of what was predicted, is as many as predicted


def came_in_words(found: Beside) -> Iterator[str]:
    """How many came against how many were predicted, on which day most did, and whether that could be taken."""
    ways = listed([WAYS[way].lower() for way in found.ways])
    yield (
        f"{capitalised(ways)}: {figure(found.predicted)} were predicted of {found.customers:,} customers over "
        f"{len(found.days):,} days, and {about(found.came)} came{_against(found)}."
    )
    most, expected = _most(found), max(found.days, key=lambda each: each.predicted)
    yield (
        f"The busiest day was {_when(most)}, with {about(most.came)}; predicted was {_when(expected)}, with "
        f"{figure(expected.predicted)}."
    )
    if found.capacity is not None:
        over = sum(each.came > found.capacity for each in found.days)
        days = "no day was" if not over else "1 day was" if over == 1 else f"{over:,} days were"
        yield f"{contacts(found.capacity)} can be taken in a day: {days} above that."
    if found.unknown:
        yield (
            f"{about(found.unknown)} more are dated after the day as at which it is known who came. They are not "
            "compared: look into the file."
        )
    if found.later:
        yield f"After the days that were predicted {about(found.later)} more came, in all arms."


def _against(found: Beside) -> str:
    if not found.predicted:
        return ""
    apart = found.came / found.predicted - 1.0
    if abs(apart) < _AS_MANY:
        return ", about as many as predicted"
    return f", {abs(apart):.0%} {'more' if apart > 0 else 'fewer'} than predicted"


def beside_table(found: Beside) -> Table:
    """Every day: what was predicted, what came, and how far apart they are."""
    rows = tuple(
        (capitalised(_when(each)), figure(each.predicted), about(each.came), _apart(each)) for each in found.days
    )
    return Table("Contacts predicted and contacts that came", ("Day", "Predicted", "Came", "Difference"), rows,
                 frozenset({1, 2, 3}))  # fmt: skip


def about(came: int) -> str:
    """Customers who came, unless they are few: then only that they are.

    Examples:
        >>> about(0), about(3), about(1234)
        ('0', 'fewer than 10', '1,234')
    """
    return f"fewer than {SMALL}" if 0 < came < SMALL else count(came)


def _apart(each: DayBeside) -> str:
    if 0 < each.came < SMALL:
        return "not shown"
    apart = each.came - ceil(each.predicted - 1e-6)  # as both are shown
    return f"{'+' if apart > 0 else '−' if apart < 0 else ''}{abs(apart):,}"


def _most(found: Beside) -> DayBeside:
    return max(found.days, key=lambda each: each.came)


def _when(each: DayBeside) -> str:
    if each.on is not None:
        return in_words(each.on)
    return "the day of the first issue" if each.day == 0 else f"{each.day:,} days after the first issue"
