"""Rules about codes whose meaning is declared: each means one thing, and is asked for nowhere as another."""

from __future__ import annotations

from collections.abc import Iterator

from designs.protocol.codes import SETS, codes_of, declared_codes, shown
from designs.protocol.columns import conditions
from designs.protocol.consistency import Breach, reads
from designs.protocol.errors import KeyPath
from designs.protocol.models import ColumnDeclaration, Outcome, Protocol
from designs.protocol.values import Value, same_code

_SECTIONS = ("population", "arms", "randomisation", "outcomes", "analysis")


@reads("population", "outcomes")
def each_code_means_one_thing(protocol: Protocol) -> Iterator[Breach]:
    for path, declared in declared_codes(protocol):
        seen: list[tuple[str, Value]] = []
        for key in SETS:
            for number, code in enumerate(getattr(declared, key)):
                place = (*path, key, number)
                if isinstance(code, str) and not code.strip():
                    yield Breach(place, "the code is blank", "a blank cell is a missing value without a code for it")
                earlier = next((other for other, value in seen if same_code(code, value)), None)
                if earlier is not None:
                    problem = f'"{shown(code)}" stands twice' if earlier == key else f'"{shown(code)}" is {earlier} too'
                    yield Breach(place, problem, 'a code is true, false or missing; 1, 1.0 and "1" are one code')
                seen.append((key, code))


@reads("population", "outcomes")
def true_and_false_stand_together(protocol: Protocol) -> Iterator[Breach]:
    rule_text = "true and false are declared together: a code in neither cannot be read"
    for path, declared in declared_codes(protocol):
        if bool(declared.true) != bool(declared.false):
            yield Breach((*path, "false" if declared.true else "true"), "this is missing", rule_text)


@reads(*_SECTIONS)
def codes_suit_the_column(protocol: Protocol) -> Iterator[Breach]:
    yes_or_no = "true and false are of yes or no: an outcome of kind binary, a column of kind boolean"
    for path, declared in declared_codes(protocol):
        given = [key for key in ("true", "false") if getattr(declared, key)]
        if isinstance(declared, Outcome):
            if declared.kind == "time_to_event" and declared.missing:
                rule_text = "of a time to an event population.columns says it of each of its two columns"
                yield Breach((*path, "missing"), "time_to_event has no missing", rule_text)
            if declared.kind == "time_to_event" and given:
                rule_text = "event_codes and competing say what the codes of an event mean"
                yield Breach((*path, given[0]), f"time_to_event has no {given[0]}", rule_text)
            elif declared.kind != "binary" and given:
                yield Breach((*path, given[0]), f"kind: {declared.kind} has no {given[0]}", yes_or_no)
        elif given and declared.kind not in (None, "boolean"):
            yield Breach((*path, given[0]), f"kind: {declared.kind} has no {given[0]}", yes_or_no)
    if protocol.population.unit in protocol.population.columns and codes_of(protocol, protocol.population.unit):
        path = ("population", "columns", protocol.population.unit)
        yield Breach(path, "the id has no codes", "an id is kept as it is written, and a row without one is rejected")


@reads("population", "outcomes")
def codes_are_declared_once(protocol: Protocol) -> Iterator[Breach]:
    """Beside each other two declarations of one reading would hide one of them."""
    by_column = {path[-1] for path, declared in declared_codes(protocol) if isinstance(declared, ColumnDeclaration)}
    by_name = {
        outcome.id for outcome in protocol.outcomes if outcome.coded and (outcome.column or outcome.id) == outcome.id
    }
    for position, outcome in enumerate(protocol.outcomes):
        path: KeyPath = ("outcomes", position)
        header = outcome.header
        if outcome.coded and header in by_column:
            key = next(key for key in SETS if getattr(outcome, key))
            problem = f'the codes of "{header}" are declared under population.columns too'
            yield Breach((*path, key), problem, "each thing is said where it stands, once")
        if not outcome.coded and outcome.kind != "time_to_event" and header != outcome.id and header in by_name:
            rule_text = "where one outcome declares what the codes of a column mean, every outcome of that column does"
            yield Breach((*path, "column"), f'the outcome "{header}" reads this column by its codes', rule_text)


@reads(*_SECTIONS)
def missing_codes_are_asked_for_nowhere(protocol: Protocol) -> Iterator[Breach]:
    for path, column, value in _values_asked_for(protocol):
        codes = codes_of(protocol, column)
        if codes is not None and any(same_code(value, code) for code in codes.missing):
            rule_text = "a code that means a missing value is no value of the column"
            yield Breach(path, f'"{shown(value)}" is declared missing in "{column}"', rule_text)


def _values_asked_for(protocol: Protocol) -> Iterator[tuple[KeyPath, str, Value]]:
    """Every value of a column that the plan gives a meaning to, with the place where it does."""
    for path, condition in conditions(protocol):
        for key in ("equals", "not_equals", "one_of"):
            given = getattr(condition, key)
            for value in () if given is None else given if isinstance(given, tuple) else (given,):
                yield (*path, key), condition.column, value
    scheme = protocol.randomisation
    if scheme.arm_column is not None:
        for position, arm in enumerate(protocol.arms):
            key = "id" if arm.value is None else "value"
            yield ("arms", position, key), scheme.arm_column, arm.id if arm.value is None else arm.value
    if scheme.saturation_column is not None:
        for position, level in enumerate(scheme.saturations):
            label = level.id if level.value is None else level.value
            yield ("randomisation", "saturations", position), scheme.saturation_column, label
    if scheme.batches is not None:
        for batch in scheme.batches.issue_on:
            yield ("randomisation", "batches", "issue_on", batch), scheme.batches.column, batch
    for position, outcome in enumerate(protocol.outcomes):
        for code in (*outcome.event_codes, *outcome.competing) if outcome.event is not None else ():
            key = "event_codes" if code in outcome.event_codes else "competing"
            yield ("outcomes", position, key), outcome.event or "", code


RULES = (
    each_code_means_one_thing,
    true_and_false_stand_together,
    codes_suit_the_column,
    codes_are_declared_once,
    missing_codes_are_asked_for_nowhere,
)
