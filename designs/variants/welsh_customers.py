"""Customers who prefer Welsh: which approaches have no Welsh text, and who is left out for it.

Nobody who prefers Welsh gets a version in English only: there is a text in Welsh, or they are kept out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw

from designs.finding import Open
from designs.literals import Severity
from designs.protocol.columns import column_kinds
from designs.protocol.conditions import all_hold, exclusions
from designs.protocol.keeping_out import keeps_out
from designs.protocol.models import Protocol
from designs.variants.sign_offs import Version

_PLACE = "population.welsh"


@dataclass(frozen=True, slots=True)
class Closed:
    """An approach without a Welsh text, which those who prefer Welsh do not get.

    Attributes:
        arm: Its id.
        label: What people call it.
        customers: How many of those who take part prefer Welsh, and so get another arm.
    """

    arm: str
    label: str
    customers: int


@dataclass(frozen=True, slots=True)
class WelshCounts:
    """Customers of a population who prefer Welsh, before anybody is assigned.

    Attributes:
        preferring: How many would take part but for the want of a Welsh text.
        left_out: How many of those the plan leaves out of the trial.
        not_known: How many of all who take part have no value where the preference is asked.
        closed: By approach in English only, how many of those who take part do not get it; empty where they are left
            out of the trial.
    """

    preferring: int
    left_out: int
    not_known: int
    closed: tuple[Closed, ...]


def open_welsh(plan: Protocol, versions: Mapping[str, Sequence[Version]]) -> tuple[Open, ...]:
    """What is open about customers who prefer Welsh.

    Args:
        plan: As far as it is filled.
        versions: Of each text, by its subject (``text/letter/cy``), the versions that it has had, oldest first.
    """
    return (*_without_text(plan), *_the_same(plan, versions))


def _without_text(plan: Protocol) -> Iterator[Open]:
    english = [(place, arm) for place, arm in enumerate(plan.arms or ()) if arm.english_only]
    welsh = plan.population.welsh if plan.population is not None else None
    if english and welsh is None:
        labels = ", ".join(arm.label for _, arm in english)
        problem = f"{labels}: there is no Welsh text, and the plan does not say who prefers Welsh"
        remedy = "write the text in Welsh (cy), or say who prefers Welsh (population.welsh)"
        yield Open("welsh_preference_not_declared", "blocks", _PLACE, problem, remedy, "designer")
    for place, arm in english:
        if welsh is None:
            continue
        kept = welsh.without_text is not None or keeps_out(plan.population, arm.not_for, welsh.conditions)
        sent = "are left out for it" if kept else "would be sent the English one"
        problem = f"{arm.label} has no Welsh text, and customers who prefer Welsh {sent}"
        remedy = "write the text in Welsh (cy)" + ("" if kept else ", or keep them out")
        severity: Severity = "informs" if kept else "blocks"
        yield Open("welsh_text_missing", severity, f"arms[{place}].text.cy", problem, remedy, "designer")


def _the_same(plan: Protocol, versions: Mapping[str, Sequence[Version]]) -> Iterator[Open]:
    """Texts in Welsh that are the English ones to the byte."""
    for place, arm in enumerate(plan.arms or ()):
        now = {language: versions.get(f"text/{arm.id}/{language}", ()) for language in ("en", "cy")}
        if arm.english_only or not all(now.values()) or now["en"][-1].digest != now["cy"][-1].digest:
            continue
        problem = f"the Welsh text of {arm.label} is the English one"
        yield Open(
            "welsh_text_is_english", "blocks", f"arms[{place}].text.cy", problem, "write it in Welsh", "designer"
        )


def count_welsh(plan: Protocol, table: Any) -> WelshCounts | None:
    """Who prefers Welsh, and is left out for want of a text; None where the plan does not say who prefers Welsh.

    Where whole clusters are assigned, the rest of a cluster may be kept out of an arm with somebody who prefers Welsh;
    they are not counted here.

    Args:
        plan: Whole, with ``population.welsh`` or without.
        table: The population, eager, one row a customer, with the columns that the plan uses.
    """
    welsh = plan.population.welsh
    if welsh is None:
        return None
    kinds, rows = column_kinds(plan), nw.from_native(table, eager_only=True)
    without = plan.population.model_copy(update={"welsh": welsh.model_copy(update={"without_text": None})})
    otherwise = [test for _, test in exclusions(plan.model_copy(update={"population": without}))]
    taking_part = rows.filter(~reduce(or_, otherwise)) if otherwise else rows
    preferring = len(taking_part.filter(all_hold(welsh.conditions, kinds)))
    english = [arm for arm in plan.arms if arm.english_only]
    left_out = preferring if english and welsh.without_text is not None else 0
    asked = [condition.column for condition in welsh.conditions if condition.missing is None]
    not_known = len(taking_part.filter(reduce(or_, (nw.col(name).is_null() for name in asked)))) if asked else 0
    closed = () if left_out else tuple(Closed(arm.id, arm.label, preferring) for arm in english)
    return WelshCounts(preferring, left_out, not_known, closed)
