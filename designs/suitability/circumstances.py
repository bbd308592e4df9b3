"""Customers in difficult circumstances are kept from approaches that warn of consequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import narwhals as nw
import pyarrow as pa

from designs.finding import Open
from designs.protocol.conditions import expression
from designs.protocol.models import Arm, Condition, Exclusion, Protocol
from designs.protocol.words import column_words

WARNING: Final = frozenset({"deterrence", "loss framing", "omission as choice"})
"""The techniques that say what comes of not acting."""


def open_to_those_in_difficulty(plan: Protocol) -> Iterator[Open]:
    """Approaches that warn of consequences, and that customers in a declared circumstance could get."""
    if plan.population is None:
        return
    words = column_words(plan)
    for column, declared in plan.population.columns.items():
        if declared.circumstance is None or _left_out(plan, column):
            continue
        for place, arm in enumerate(plan.arms or ()):
            if warns(arm) and not _closes(arm.not_for, column):
                who = words.level(column, True) or f"customers marked {words.column(column).replace('_', ' ')}"
                problem = f"{arm.label} warns of consequences, and {who} could get it"
                remedy = "close it to them, or leave them out of the trial"
                yield Open(
                    "open_to_those_in_difficulty", "blocks", f"arms[{place}].not_for", problem, remedy, "designer"
                )


def warns(arm: Arm) -> bool:
    """Whether an arm's technique is to say what comes of not acting."""
    return arm.technique is not None and " ".join(arm.technique.casefold().split()) in WARNING


def _left_out(plan: Protocol, column: str) -> bool:
    population = plan.population
    kept = any(condition.column == column and not _true_of_a_yes(condition) for condition in population.where)
    return kept or _closes((reason for reason in population.exclude if reason.agreement is None), column)


def _closes(reasons: Iterable[Exclusion], column: str) -> bool:
    """Whether one of them is true of everybody of whom the column is: it asks for nothing besides."""
    alone = [reason.conditions[0] for reason in reasons if len(reason.conditions) == 1]
    return any(condition.column == column and _true_of_a_yes(condition) for condition in alone)


def _true_of_a_yes(condition: Condition) -> bool:
    yes = nw.from_native(pa.table({condition.column: pa.array([True])}), eager_only=True)
    return len(yes.filter(expression(condition, "boolean"))) == 1
