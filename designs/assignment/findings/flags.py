"""Flags of customers who need other handling: declared, known of everybody, and set aside only by agreement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from designs.assignment.population.units import as_array
from designs.finding import Finding
from designs.protocol.columns import column_kinds, conditions
from designs.protocol.conditions import expression
from designs.protocol.models import Protocol

# What marks customers for other handling, by the column's name, and what would go wrong if nothing heeded it.
_MARKS = (
    (
        re.compile(r"(^|_)(hnw|expat)|high_net_worth", re.IGNORECASE),
        "They are pursued by arrangements of their own, and would be assigned like everybody else",
    ),
    (
        re.compile(r"(^|_)trusts?($|_)", re.IGNORECASE),
        "A trust is written to through its trustees, and would be assigned like everybody else",
    ),
    (
        re.compile(r"(^|_)(needs?|extra|enhanced)_support($|_)|(^|_)vulnerab", re.IGNORECASE),
        "Support comes before any letter, and they would be assigned like everybody else",
    ),
    (
        re.compile(r"(^|_)(deceased|died|dead|bereaved)($|_)", re.IGNORECASE),
        "A letter would reach those who are left, and they would be assigned like everybody else",
    ),
)
_YES = pa.array(["1", "true", "yes", "y", "1.0"])


def undeclared_flags(protocol: Protocol, table: Any) -> Iterator[Finding]:
    """Marks of a population that no condition or stratum of the protocol uses: high net worth and expatriates, trusts,
    those who need support, and the deceased.

    The debts of high net worth are pursued by arrangements of their own (Debt Management Manual, DMBM516200).
    """
    declared = {condition.column for _, condition in conditions(protocol)} | set(protocol.randomisation.strata)
    for name in table.column_names:
        risk = next((risk for pattern, risk in _MARKS if pattern.search(name)), None)
        if name in declared or risk is None:
            continue
        flagged = pc.is_in(pc.utf8_lower(as_array(table.column(name)).cast(pa.string())), value_set=_YES)
        customers = int(pc.sum(flagged).as_py() or 0)
        if customers:
            yield Finding(
                code="undeclared_flag",
                severity="warns",
                where=name,
                problem=f"{customers:,} customers are marked {name}, and no condition of the protocol uses {name}",
                risk=risk,
                remedy=f"exclude them by {name}, with an agreement where one was made",
                customers=customers,
            )


def by_agreement(protocol: Protocol, table: Any) -> Iterator[Finding]:
    """Customers who would be left out, had not somebody agreed that they take part."""
    kinds = column_kinds(protocol)
    for exclusion in protocol.population.exclude:
        if exclusion.agreement is None:
            continue
        column = exclusion.when.column
        customers = len(nw.from_native(table, eager_only=True).filter(expression(exclusion.when, kinds[column])))
        if customers:
            yield Finding(
                code="by_agreement",
                severity="warns",
                where=column,
                problem=f"{customers:,} customers take part by agreement ({exclusion.agreement})",
                risk=f"Without it they would be left out: {exclusion.reason}",
                remedy="make sure that the agreement covers this trial",
                customers=customers,
            )


def missing_flags(protocol: Protocol, table: Any) -> Iterator[Finding]:
    """What should keep customers out, or out of an arm, is not known of some."""
    keeping_out = [exclusion.when for exclusion in protocol.population.exclude if exclusion.agreement is None]
    keeping_out += [exclusion.when for arm in protocol.arms for exclusion in arm.not_for]
    asked_if_missing = {condition.column for condition in keeping_out if condition.missing is not None}
    for name in dict.fromkeys(condition.column for condition in keeping_out):
        missing = table.column(name).null_count
        if missing and name not in asked_if_missing:
            yield Finding(
                code="missing_flag",
                severity="warns",
                where=name,
                problem=f"{missing:,} customers have no {name}",
                risk="They are assigned as if it did not apply to them",
                remedy=f"complete {name}, or exclude with {{column: {name}, missing: true}}",
                customers=missing,
            )
