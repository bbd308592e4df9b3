"""Conditions as expressions over a column: never code, never evaluated, the same on every engine.

What holds: text equals text exactly as written. A number compares with a number column as a number, and with a text
column as the number that the text reads as (``1`` matches ``"1"`` and ``"1.0"``; text that is not a number never
matches). True and false are themselves on a boolean column, 1 and 0 on a number column. A missing value satisfies
nothing but ``missing: true``: not ``not_equals`` either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import and_, or_

import narwhals as nw

from data.schema import Kind
from designs.protocol.columns import column_kinds, kind_of_condition
from designs.protocol.models import Condition, Protocol
from designs.protocol.values import NUMBER_PATTERN, Value, as_number
from designs.protocol.words import ColumnWords, any_of, column_words, says_who

_SIGNS = {"at_least": "at least", "above": "above", "at_most": "at most", "below": "below"}
_BOUNDS: dict[str, Callable[[nw.Expr, float], nw.Expr]] = {
    "at_least": lambda column, bound: column >= bound,
    "above": lambda column, bound: column > bound,
    "at_most": lambda column, bound: column <= bound,
    "below": lambda column, bound: column < bound,
}


def expression(condition: Condition, kind: Kind | None = None) -> nw.Expr:
    """A condition as an expression that is true or false on every row, never null.

    Args:
        condition: The test; every part of it must hold.
        kind: The kind of the column in the frame (:func:`designs.protocol.columns.column_kinds`); by default the
            kind that the condition itself asks for.
    """
    column = nw.col(condition.column)
    if condition.missing is True:
        return column.is_null()
    kind = kind or kind_of_condition(condition) or "any"
    tests = [~column.is_null()]
    if condition.equals is not None:
        tests.append(_equals(condition.column, kind, condition.equals))
    if condition.not_equals is not None:
        tests.append(~_equals(condition.column, kind, condition.not_equals))
    if condition.one_of is not None:
        tests.append(reduce(or_, (_equals(condition.column, kind, value) for value in condition.one_of)))
    for name, compare in _BOUNDS.items():
        bound = getattr(condition, name)
        if bound is not None:
            tests.append(_not_null(compare(_number(condition.column, kind), bound)))
    return reduce(and_, tests)


def all_hold(conditions: Iterable[Condition], kinds: Mapping[str, Kind]) -> nw.Expr:
    """Several conditions that all hold, as one expression that is true or false on every row.

    Args:
        conditions: One or more.
        kinds: Of their columns in the frame.
    """
    return reduce(and_, (expression(condition, kinds[condition.column]) for condition in conditions))


def _equals(name: str, kind: Kind, value: Value) -> nw.Expr:
    """True where the column has this value, false elsewhere."""
    column = nw.col(name)
    if kind == "boolean":
        return _not_null(column == bool(as_number(value))) if as_number(value) in (0, 1) else nw.lit(False)
    if kind == "number":
        number = as_number(value)
        return nw.lit(False) if number is None else _not_null(column == number)
    if isinstance(value, str):
        return _not_null(column.cast(nw.String) == value)
    return _not_null(_number(name, kind) == float(value))


def _number(name: str, kind: Kind) -> nw.Expr:
    column = nw.col(name)
    if kind == "number":
        return column
    if kind == "boolean":
        return column.cast(nw.Float64)
    text = column.cast(nw.String)
    return nw.when(text.str.contains(NUMBER_PATTERN)).then(text).otherwise(None).cast(nw.Float64)


def _not_null(test: nw.Expr) -> nw.Expr:
    return test.fill_null(False)


def exclusions(protocol: Protocol, kinds: Mapping[str, Kind] | None = None) -> tuple[tuple[str, nw.Expr], ...]:
    """Why a customer does not take part, and the expression that is true of such a customer.

    First what ``where`` asks, in its order, then ``exclude`` with its reasons: a customer counts under the first
    that applies. An exclusion with an agreement is not one of them; those who prefer Welsh come last.
    """
    kinds, words = {**column_kinds(protocol), **(kinds or {})}, column_words(protocol)
    population = protocol.population
    unmet = [
        (f"not: {describe(condition, words)}", ~expression(condition, kinds[condition.column]))
        for condition in population.where
    ]
    excluded = [(exclusion.reason, all_hold(exclusion.conditions, kinds)) for exclusion in protocol.left_out]
    return (*unmet, *excluded)


def left_out_by_arm_or_else(protocol: Protocol) -> tuple[list[nw.Expr], list[nw.Expr]]:
    """The tests of :func:`exclusions` in two parts: of the column of the arms, which chooses arms, and of any other.

    A test that asks for an arm and for something else is one of the others: it leaves out a part of that arm alone.
    """
    population = protocol.population
    asked: list[tuple[Condition, ...]] = [(condition,) for condition in population.where]
    asked += [exclusion.conditions for exclusion in protocol.left_out]
    tests = [test for _, test in exclusions(protocol)]
    of_arms = [
        {condition.column for condition in conditions} == {protocol.randomisation.arm_column} for conditions in asked
    ]
    return (
        [test for test, of_arm in zip(tests, of_arms, strict=True) if of_arm],
        [test for test, of_arm in zip(tests, of_arms, strict=True) if not of_arm],
    )


def surely_left_out(protocol: Protocol) -> tuple[nw.Expr, ...]:
    """Tests that are true of a customer without an arm who takes no part whatever the arm was.

    A condition that compares a value which is not known leaves a customer out as well, but then nobody knows whether it
    holds: so it is with every comparison of the column of the arms.
    """
    kinds, population = column_kinds(protocol), protocol.population
    unmet = [
        ~expression(condition, kinds[condition.column]) & (nw.lit(asks) | ~nw.col(condition.column).is_null())
        for condition in population.where
        for asks in [condition.missing is not None]
    ]
    excluded = [all_hold(exclusion.conditions, kinds) for exclusion in protocol.left_out]
    return (*unmet, *excluded)


def describe(condition: Condition, words: ColumnWords | None = None) -> str:
    """A condition in words: those that are declared of its column, else its name and values.

    Examples:
        >>> describe(Condition(column="principal", at_least=32, below=250))
        'principal at least 32 and below 250'
        >>> describe(Condition(column="work_item", one_of=("debt_only", "both")))
        'work_item one of debt_only, both'
        >>> from designs.protocol.models import ColumnDeclaration
        >>> declared = {"reason": ColumnDeclaration(levels={"forgot": "customers who forgot"})}
        >>> describe(Condition(column="reason", equals="forgot"), ColumnWords(declared))
        'customers who forgot'
    """
    words = words or ColumnWords()
    if (who := _who(condition, words)) is not None:
        return who

    def said(value: Value) -> str:
        return words.level(condition.column, value) or _word(value)

    parts = []
    if condition.equals is not None:
        parts.append(f"equals {said(condition.equals)}")
    if condition.not_equals is not None:
        parts.append(f"does not equal {said(condition.not_equals)}")
    if condition.one_of is not None:
        parts.append(f"one of {', '.join(said(value) for value in condition.one_of)}")
    parts += [
        f"{sign} {getattr(condition, key):g}" for key, sign in _SIGNS.items() if getattr(condition, key) is not None
    ]
    if condition.missing is not None:
        parts.append("missing" if condition.missing else "not missing")
    return f"{words.column(condition.column)} {' and '.join(parts)}"


def _who(condition: Condition, words: ColumnWords) -> str | None:
    """Of whom a condition is true, where it asks for nothing but levels whose words say so."""
    alone = {name for name, value in condition if value is not None} - {"column"}
    if alone not in ({"equals"}, {"one_of"}):
        return None
    values = condition.one_of or (condition.equals,)
    named = [words.level(condition.column, value) for value in values if value is not None]
    known = [name for name in named if name is not None and says_who(name)]
    return any_of(known) if known and len(known) == len(values) else None


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, str) else f"{value:g}"
