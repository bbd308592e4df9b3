"""Whether the conditions of a plan surely keep out everybody of whom others hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from designs.protocol.models import Condition, Exclusion, Population
from designs.protocol.values import Value, same_value


def keeps_out(population: Population, not_for: Sequence[Exclusion], who: Collection[Condition]) -> bool:
    """Whether nobody of whom all of ``who`` holds can get an arm, by what the plan says and not by what a file holds.

    Args:
        population: With ``where`` and ``exclude``; what has an agreement keeps nobody out.
        not_for: Whom the arm is not for.
        who: Conditions that all hold of those who are meant.
    """
    exclusions = [*(exclusion for exclusion in population.exclude if exclusion.agreement is None), *not_for]
    named = any(
        all(any(_implies(mine, theirs) for mine in who) for theirs in exclusion.conditions) for exclusion in exclusions
    )
    return named or any(_rules_out(mine, theirs) for mine in who for theirs in population.where)


def _implies(mine: Condition, theirs: Condition) -> bool:
    """Whether the second holds of whomever the first holds: it is the same, or names all the values that the first
    does. What has a bound is only ever implied by itself."""
    if mine == theirs:
        return True
    others = _named(theirs)
    alone = theirs == Condition(column=theirs.column, equals=theirs.equals, one_of=theirs.one_of) if others else False
    values = _named(mine) if mine.column == theirs.column and alone else ()
    return bool(values) and all(any(_covers(other, value) for other in others) for value in values)


def _rules_out(mine: Condition, theirs: Condition) -> bool:
    """Whether the second holds of nobody of whom the first holds."""
    values, others = _named(mine), _named(theirs)
    if mine.column != theirs.column or not values:
        return False
    if others and not any(same_value(value, other) for value in values for other in others):
        return True
    return theirs.not_equals is not None and all(_covers(theirs.not_equals, value) for value in values)


def _named(condition: Condition) -> tuple[Value, ...]:
    """The values that a condition names, of which the column has one wherever it holds; empty where it names none."""
    if condition.equals is None:
        return condition.one_of or ()
    both = condition.one_of is None or any(_covers(value, condition.equals) for value in condition.one_of)
    return (condition.equals,) if both else ()


def _covers(theirs: Value, mine: Value) -> bool:
    """Whether whatever equals the second value equals the first. A number is many texts, and a text is only itself."""
    return same_value(theirs, mine) and not (isinstance(theirs, str) and not isinstance(mine, str))
