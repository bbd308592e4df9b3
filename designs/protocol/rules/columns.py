"""Rules about columns: what may be known when, and of which kind."""

from __future__ import annotations

from collections.abc import Iterator

from designs.protocol.columns import AFTER_ALLOCATION, column_kinds, conditions, measured_after, uses
from designs.protocol.consistency import Breach, reads
from designs.protocol.errors import KeyPath
from designs.protocol.models import Condition, Protocol
from designs.protocol.values import same_code

_SECTIONS = ("population", "arms", "randomisation", "outcomes", "analysis")
_BEFORE = ("covariate", "subgroup", "reason", "stratum", "balance", "pair", "cluster", "errors")
_FILTERS = ("where", "exclude", "welsh", "not_for")


@reads(*_SECTIONS)
def nothing_later_is_used_before(protocol: Protocol) -> Iterator[Breach]:
    all_uses = uses(protocol)
    known_later = {use.column: "an outcome" for use in all_uses if use.part in AFTER_ALLOCATION}
    assigned = {use.column: f"the {use.part}" for use in all_uses if use.part in ("arm", "saturation")}
    known_later |= assigned
    asks_if_missing = {(*path, "column") for path, condition in conditions(protocol) if not _tests_a_value(condition)}
    for use in all_uses:
        if use.column not in known_later:
            continue
        word = known_later[use.column]
        settled_elsewhere = not protocol.randomised_here and (use.column in assigned or use.path in asks_if_missing)
        if use.part in _BEFORE:
            rule_text = f"a {use.part} is known before customers are assigned"
        elif use.part in _FILTERS and not settled_elsewhere:
            rule_text = "who takes part is settled before customers are assigned"
        else:
            continue
        yield Breach(use.path, f'"{use.column}" is {word}, known only after allocation', rule_text)


@reads(*_SECTIONS)
def special_columns_are_apart(protocol: Protocol) -> Iterator[Breach]:
    """The columns of the id and of the arm are nothing else."""
    all_uses = uses(protocol)
    special = {use.column: use.part for use in all_uses if use.part in ("id", "arm")}
    words = {"id": "the customer's id", "arm": "the arm"}
    for use in all_uses:
        part = special.get(use.column, use.part)
        if part == "id" and use.part in ("arm", "covariate", "subgroup", "balance", "outcome", "day", "time", "event"):
            yield Breach(use.path, f'"{use.column}" is {words[part]}', f"a {use.part} is not an id")
        if part == "arm" and use.part in ("outcome", "day", "time", "event", "received", "id"):
            yield Breach(use.path, f'"{use.column}" is {words[part]}', "no other column is the arm")


@reads(*_SECTIONS)
def kinds_fit_their_uses(protocol: Protocol) -> Iterator[Breach]:
    kinds = column_kinds(protocol)
    all_uses = uses(protocol)
    special = {use.column: use.part for use in all_uses if use.part in ("id", "arm")}
    for use in all_uses:
        if special.get(use.column, use.part) != use.part:
            continue  # refused as such, by the rule above
        if use.read_as is not None:
            continue  # by codes of its own, whatever the column is to others
        kind = kinds[use.column]
        fits = kind == use.kind or (use.kind == "boolean" and kind == "number")
        if use.firm and not fits:
            declared = protocol.population.columns.get(use.column)
            said = declared is not None and (declared.kind or declared.true)
            source = "is declared" if said else "is elsewhere used as"
            rule_text = f"as {use.part} a column is of kind {use.kind}"
            yield Breach(use.path, f'"{use.column}" {source} {kind}', rule_text)


@reads(*_SECTIONS)
def conditions_compare_like_with_like(protocol: Protocol) -> Iterator[Breach]:
    kinds = column_kinds(protocol)
    for path, condition in conditions(protocol):
        kind = kinds[condition.column]
        for key in ("equals", "not_equals", "one_of"):
            given = getattr(condition, key)
            for value in () if given is None else given if isinstance(given, tuple) else (given,):
                if (isinstance(value, str) and kind in ("number", "boolean")) or (value is True and kind == "text"):
                    shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
                    rule_text = f'"{condition.column}" is compared with a {kind}, unless population.columns says'
                    yield Breach((*path, key), f"{shown} is not a {kind}", rule_text)


@reads("population", "arms")
def conditions_can_hold(protocol: Protocol) -> Iterator[Breach]:
    for path, condition in conditions(protocol):
        if condition.missing is True and _tests_a_value(condition):
            yield Breach(path, "a missing value is also compared", "missing: true stands alone in a condition")
        lowest = max((bound for bound in (condition.at_least, condition.above) if bound is not None), default=None)
        highest = min((bound for bound in (condition.at_most, condition.below) if bound is not None), default=None)
        if lowest is None or highest is None:
            continue
        both_included = condition.above != lowest and condition.below != highest
        if lowest > highest or (lowest == highest and not both_included):
            problem = f"nothing lies between {lowest:g} and {highest:g}"
            yield Breach(path, problem, "the lower bound is below the upper bound")


@reads("population", "arms")
def each_column_is_asked_once(protocol: Protocol) -> Iterator[Breach]:
    """Of conditions that all hold: two on one column might contradict each other."""
    listed: dict[KeyPath, list[str]] = {}
    for path, condition in conditions(protocol):
        if path[-1] == "when" or path[1] == "where":
            continue
        before = listed.setdefault(path[:-1], [])
        if condition.column in before:
            rule_text = "tests of one column that hold together stand in one condition"
            yield Breach((*path, "column"), f'"{condition.column}" is asked above', rule_text)
        before.append(condition.column)


@reads("population")
def words_tell_columns_apart(protocol: Protocol) -> Iterator[Breach]:
    """Two that are called the same would be one in a sentence, and a level with two names none."""
    called: dict[str, str] = {}
    for name, declared in protocol.population.columns.items():
        path: KeyPath = ("population", "columns", name)
        if declared.label is not None:
            other = called.setdefault(declared.label.casefold(), name)
            if other != name:
                yield Breach((*path, "label"), f'"{other}" is called so too', "columns are told apart by their labels")
        levels = list((declared.levels or {}).items())
        for position, (code, words) in enumerate(levels):
            for earlier, its_words in levels[:position]:
                if same_code(code, earlier):
                    yield Breach((*path, "levels", code), f'"{earlier}" is the same value', "each value has one name")
                elif words.casefold() == its_words.casefold():
                    problem = f'"{earlier}" is called so too'
                    yield Breach((*path, "levels", code), problem, "levels are told apart by their words")


@reads(*_SECTIONS)
def circumstances_are_yes_or_no(protocol: Protocol) -> Iterator[Breach]:
    kinds = column_kinds(protocol)
    for name, declared in protocol.population.columns.items():
        if declared.circumstance is not None and kinds[name] == "text":
            place = ("population", "columns", name, "circumstance")
            rule_text = (
                "a customer is in a circumstance or not: kind boolean, with true and false where they have codes"
            )
            yield Breach(place, f'"{name}" is text', rule_text)


def _tests_a_value(condition: Condition) -> bool:
    return any(value is not None for name, value in condition if name not in ("column", "missing"))


@reads(*_SECTIONS)
def columns_are_measured_before_allocation(protocol: Protocol) -> Iterator[Breach]:
    if protocol.randomisation.allocation_date is not None:
        yield from measured_after(protocol, protocol.randomisation.allocation_date)


RULES = (
    nothing_later_is_used_before,
    special_columns_are_apart,
    kinds_fit_their_uses,
    conditions_compare_like_with_like,
    conditions_can_hold,
    each_column_is_asked_once,
    words_tell_columns_apart,
    circumstances_are_yes_or_no,
    columns_are_measured_before_allocation,
)
