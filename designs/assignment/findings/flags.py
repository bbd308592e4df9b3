"""Flags of customers who need other handling: declared, known of everybody, and set aside only by agreement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from designs.assignment.population.units import as_array
from designs.finding import Finding
from designs.protocol.columns import column_kinds, conditions
from designs.protocol.conditions import all_hold
from designs.protocol.models import Protocol
from designs.protocol.words import column_words

_YES = ("1", "true", "yes", "y", "1.0")
_WELSH = ("cy", "cym", "wel", "welsh", "cymraeg", "w")


@dataclass(frozen=True, slots=True)
class _Mark:
    """What marks customers for other handling.

    Attributes:
        name: how such a column is called.
        risk: what would go wrong if the plan does not use it.
        remedy: what to do, where ``{name}`` stands for the column.
        values: what a marked customer has there.
    """

    name: re.Pattern[str]
    risk: str
    remedy: str = "exclude them by {name}, with an agreement where one was made"
    values: tuple[str, ...] = _YES


_NO_WELSH = "An arm has no Welsh text, and they would be sent the English one"  # as loads of before have it, too
_IN_WELSH = (
    "give each arm its text in Welsh (cy); or say who prefers Welsh (population.welsh, by {name}), and close those "
    "arms to them (not_for) or leave them out (without_text: exclude)"
)
_MARKS = (
    _Mark(
        re.compile(r"(^|_)(hnw|expat)|high_net_worth", re.IGNORECASE),
        "They are pursued by arrangements of their own, and would be assigned like everybody else",
    ),
    _Mark(
        re.compile(r"(^|_)trusts?($|_)", re.IGNORECASE),
        "A trust is written to through its trustees, and would be assigned like everybody else",
    ),
    _Mark(
        re.compile(r"(^|_)(needs?|extra|enhanced)_support($|_)|(^|_)vulnerab", re.IGNORECASE),
        "Support comes before any letter, and they would be assigned like everybody else",
    ),
    _Mark(
        re.compile(r"(^|_)(deceased|died|dead|bereaved)($|_)", re.IGNORECASE),
        "A letter would reach those who are left, and they would be assigned like everybody else",
    ),
    _Mark(
        re.compile(r"(^|_)(agents?|represented)($|_)", re.IGNORECASE),
        "Whoever acts for them may get the letter, or answer it, and they would be assigned like everybody else",
        "exclude them by {name}, stratify by it, or close an arm to them (not_for)",
    ),
)
_LANGUAGES = (
    _Mark(re.compile(r"(^|_)(welsh|cymraeg)($|_)", re.IGNORECASE), _NO_WELSH, _IN_WELSH, (*_YES, *_WELSH)),
    _Mark(re.compile(r"(^|_)(language|lang)($|_)", re.IGNORECASE), _NO_WELSH, _IN_WELSH, _WELSH),
)
"""Of those who want their letters in Welsh; nothing to say where every arm that is sent something has a text in it.

They block where an approach is in English alone: nothing else stops a plan that names no directorate, for it passes no
gate. What today's letters say in Welsh need not be in the plan, which warns."""


def undeclared_flags(protocol: Protocol, table: Any, *, welsh_alone: bool = False) -> Iterator[Finding]:
    """Marks of a population that no condition or stratum of the protocol uses: high net worth and expatriates, trusts,
    those who need support, the deceased, those whom an agent acts for, and those who want Welsh where an arm has none.

    The debts of high net worth are pursued by arrangements of their own (Debt Management Manual, DMBM516200).

    Args:
        protocol: The plan.
        table: Who takes part, with the columns of their file that are there.
        welsh_alone: Whether only those are looked for who want Welsh.
    """
    declared = {condition.column for _, condition in conditions(protocol)} | set(protocol.randomisation.strata)
    all_in_welsh = all(arm.text is not None and arm.text.cy for arm in protocol.arms if arm.channel is not None)
    english = ", ".join(arm.label for arm in protocol.arms if arm.english_only)
    marks: tuple[_Mark, ...] = () if welsh_alone else _MARKS
    marks += () if all_in_welsh and not english else _LANGUAGES
    words = column_words(protocol)
    for name in table.column_names:
        mark = next((mark for mark in marks if mark.name.search(name)), None)
        if name in declared or mark is None:
            continue
        written = pc.utf8_lower(pc.utf8_trim_whitespace(as_array(table.column(name)).cast(pa.string())))
        customers = int(pc.sum(pc.is_in(written, value_set=pa.array(mark.values))).as_py() or 0)
        called = words.column(name)
        if customers:
            in_english = english if mark in _LANGUAGES else ""
            yield Finding(
                code="undeclared_flag",
                severity="blocks" if in_english else "warns",
                where=name,
                problem=f"{customers:,} customers are marked {called}, and no condition of the protocol uses {called}"
                + (f"; {in_english}: there is no Welsh text" if in_english else ""),
                risk=mark.risk,
                remedy=mark.remedy.format(name=name),
                customers=customers,
            )


def welsh_in_english(protocol: Protocol, said_of_load: Iterable[str]) -> tuple[str, ...]:
    """Of what was found when a population was loaded, that customers who want Welsh would be sent English alone.

    The column that marks them is not kept where no plan uses it. Nothing, where the plan has a text in Welsh for every
    approach by now, or says who prefers Welsh.
    """
    if protocol.population.welsh is not None or not any(arm.english_only for arm in protocol.arms):
        return ()
    return tuple(said for said in said_of_load if _NO_WELSH in said)


def by_agreement(protocol: Protocol, table: Any) -> Iterator[Finding]:
    """Customers who would be left out, had not somebody agreed that they take part."""
    kinds = column_kinds(protocol)
    for exclusion in protocol.population.exclude:
        if exclusion.agreement is None:
            continue
        customers = len(nw.from_native(table, eager_only=True).filter(all_hold(exclusion.conditions, kinds)))
        if customers:
            yield Finding(
                code="by_agreement",
                severity="warns",
                where=", ".join(condition.column for condition in exclusion.conditions),
                problem=f"{customers:,} customers take part by agreement ({exclusion.agreement})",
                risk=f"Without it they would be left out: {exclusion.reason}",
                remedy="make sure that the agreement covers this trial",
                customers=customers,
            )


def kept_from_english(protocol: Protocol, table: Any) -> Iterator[Finding]:
    """Customers who prefer Welsh and take part, and so get none of the arms that have no Welsh text."""
    welsh = protocol.population.welsh
    english = [arm for arm in protocol.arms if arm.english_only]
    if welsh is None or not english:
        return
    prefer = all_hold(welsh.conditions, column_kinds(protocol))
    customers = len(nw.from_native(table, eager_only=True).filter(prefer))
    for arm in english if customers else ():
        yield Finding(
            code="no_welsh_text",
            severity="informs",
            where=arm.label,
            problem=f"{customers:,} customers prefer Welsh and do not get it, for it has no Welsh text",
            risk="They are assigned among the other arms, and the effect of this one is not measured among them",
            remedy="write its text in Welsh (cy), or leave it so",
            customers=customers,
        )


def missing_flags(protocol: Protocol, table: Any) -> Iterator[Finding]:
    """What should keep customers out, or out of an arm, is not known of some."""
    reasons = [*protocol.left_out]
    reasons += [exclusion for arm in protocol.arms for exclusion in arm.not_for]
    keeping_out = [condition for exclusion in reasons for condition in exclusion.conditions]
    asked_if_missing = {condition.column for condition in keeping_out if condition.missing is not None}
    words = column_words(protocol)
    for name in dict.fromkeys(condition.column for condition in keeping_out):
        missing = table.column(name).null_count
        if missing and name not in asked_if_missing:
            yield Finding(
                code="missing_flag",
                severity="warns",
                where=name,
                problem=f"{missing:,} customers have no {words.column(name)}",
                risk="They are assigned as if it did not apply to them",
                remedy=f"complete {name}, or exclude with {{column: {name}, missing: true}}",
                customers=missing,
            )
