"""Rules about outcomes: which keys each kind has, and which figures are possible."""

from __future__ import annotations

from collections.abc import Iterator

from designs.protocol.columns import column_of
from designs.protocol.consistency import Breach, reads, repeated
from designs.protocol.errors import KeyPath
from designs.protocol.models import UNITS, Protocol

_TIMED = ("time", "event", "horizon")
_UNTIMED = ("column", "cap", "margin")


@reads("outcomes")
def one_primary(protocol: Protocol) -> Iterator[Breach]:
    primaries = [i for i, outcome in enumerate(protocol.outcomes) if outcome.role == "primary"]
    rule_text = "exactly one outcome is the primary"
    if not primaries:
        yield Breach(("outcomes",), "no outcome is the primary", rule_text)
    for second in primaries[1:]:
        path = ("outcomes", second, "role")
        yield Breach(path, "a second outcome is the primary", rule_text, ("secondary", "guardrail"))
    for position, name in repeated(outcome.id for outcome in protocol.outcomes):
        path = ("outcomes", position, "id")
        yield Breach(path, f'"{name}" is already the id of an outcome', "each outcome has a different id")


@reads("outcomes", "randomisation")
def primary_has_its_day(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        fixed = outcome.kind != "time_to_event" and outcome.day is None
        if protocol.randomised_here and outcome.role == "primary" and fixed:
            rule_text = "the primary of a trial randomised here says by which day it is counted"
            yield Breach(("outcomes", position, "day"), "this is missing", rule_text)


@reads("outcomes")
def keys_follow_the_kind(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        path = ("outcomes", position)
        timed = outcome.kind == "time_to_event"
        for key in _TIMED:
            given = getattr(outcome, key) is not None
            if timed and not given:
                yield Breach((*path, key), "this is missing", "time_to_event needs time, event and horizon")
            if given and not timed:
                yield Breach((*path, key), f"kind: {outcome.kind} has no {key}", f"{key} belongs to time_to_event")
        for key in _UNTIMED:
            if timed and getattr(outcome, key) is not None:
                yield Breach((*path, key), f"time_to_event has no {key}", "time_to_event has time, event and horizon")
        if outcome.marks is not None and not timed:
            yield Breach((*path, "marks"), f"kind: {outcome.kind} has no marks", "marks belongs to time_to_event")
        for name, day in (outcome.marks or {}).items():
            if timed and outcome.horizon is not None and day > outcome.horizon:
                rule_text = f"curves end at the horizon, day {outcome.horizon:g}"
                yield Breach((*path, "marks", name), f"day {day:g} is not shown", rule_text)
        if outcome.cap is not None and outcome.kind in ("binary", "count"):
            yield Breach((*path, "cap"), f"kind: {outcome.kind} has no cap", "only an amount is capped")
        if timed and outcome.time is not None and outcome.time == outcome.event:
            yield Breach((*path, "event"), "time and event are one column", "time and event are two columns")


@reads("outcomes", "randomisation")
def what_has_its_day_is_one_event(protocol: Protocol) -> Iterator[Breach]:
    columns = [None if outcome.kind == "time_to_event" else column_of(outcome) for outcome in protocol.outcomes]
    for position, outcome in enumerate(protocol.outcomes):
        path = ("outcomes", position, "happened_on")
        if outcome.happened_on is None:
            continue
        if outcome.kind not in ("binary", "amount"):
            problem = f"kind: {outcome.kind} has no happened_on"
            yield Breach(path, problem, "happened_on is of what happened once: a yes or no, or an amount")
        elif columns.count(column_of(outcome)) > 1:
            problem = f'"{column_of(outcome)}" is the column of another outcome too'
            yield Breach(path, problem, "what is counted between two days has a column of its own")
        if not protocol.randomised_here and protocol.randomisation.allocation_date is None:
            rule_text = "happened_on is held against day 0: give randomisation.allocation_date"
            yield Breach(path, "nobody knows from which day customers were followed", rule_text)


@reads("outcomes")
def codes_tell_events_apart(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        path: KeyPath = ("outcomes", position)
        if outcome.kind != "time_to_event":
            for key in ("event_codes", "competing"):
                if getattr(outcome, key):
                    yield Breach((*path, key), f"kind: {outcome.kind} has no {key}", f"{key} belongs to time_to_event")
            continue
        if outcome.codes is None:
            continue
        event, competing = outcome.codes
        if len({isinstance(code, str) for code in (*event, *competing)}) > 1:
            rule_text = "the codes of one column are all text or all whole numbers; without event_codes the event is 1"
            key = "event_codes" if outcome.event_codes else "competing"
            yield Breach((*path, key), "text and numbers are mixed", rule_text)
        for key, codes in (("event_codes", event), ("competing", competing)):
            for number, name in repeated(map(str, codes)):
                yield Breach((*path, key, number), f'"{name}" stands twice', "each code is given once")
        for number, code in enumerate(competing):
            if code in event:
                rule_text = "a code is the event, or competes with it, or is neither: then follow-up ends there"
                yield Breach((*path, "competing", number), f'"{code}" is the event too', rule_text)


@reads("outcomes")
def guardrails_have_margins(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        path = ("outcomes", position)
        if outcome.role != "guardrail":
            if outcome.margin is not None and outcome.kind != "time_to_event":
                yield Breach((*path, "margin"), f"a {outcome.role} has no margin", "margin belongs to role: guardrail")
            continue
        if outcome.kind == "time_to_event":
            options = ("binary", "amount", "count")
            yield Breach((*path, "kind"), "a guardrail is not time_to_event", "a guardrail has a margin", options)
            continue
        for key in ("margin", "direction"):
            if getattr(outcome, key) is None:
                rule_text = "a guardrail says which direction is better, and by how much it may be worse"
                yield Breach((*path, key), "this is missing", rule_text)


@reads("outcomes")
def proportions_are_proportions(protocol: Protocol) -> Iterator[Breach]:
    rule_text = "a binary outcome's figures are proportions: 2 points are 0.02"
    for position, outcome in enumerate(protocol.outcomes):
        if outcome.kind != "binary":
            continue
        for key in ("margin", "baseline", "minimum_effect"):
            figure = getattr(outcome, key)
            if figure is not None and figure > 1:
                yield Breach(("outcomes", position, key), f"{figure:g} is above 1", rule_text)


@reads("outcomes")
def effects_that_size_are_possible(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        baseline, effect = outcome.baseline, outcome.minimum_effect
        if outcome.kind != "binary" or baseline is None or effect is None or max(baseline, effect) > 1:
            continue
        reached = baseline - effect if outcome.direction == "decrease" else baseline + effect
        if not 0 <= reached <= 1:
            problem = f"{effect:g} from a baseline of {baseline:g} would be {reached:g}"
            rule_text = "a share of customers lies between 0 and 1, with the smallest effect worth finding too"
            yield Breach(("outcomes", position, "minimum_effect"), problem, rule_text)


@reads("outcomes", "decision")
def break_even_is_an_effect(protocol: Protocol) -> Iterator[Breach]:
    break_even = protocol.decision.break_even if protocol.decision else None
    primary = next((outcome for outcome in protocol.outcomes if outcome.role == "primary"), None)
    if break_even is None or primary is None or primary.effect_in != "share" or abs(break_even) <= 1:
        return
    rule_text = "the effect on a binary primary, or on a time to an event by its horizon, is a share: 2 points are 0.02"
    yield Breach(("decision", "break_even"), f"{break_even:g} is no difference of shares", rule_text)


@reads("outcomes")
def units_suit_the_kind(protocol: Protocol) -> Iterator[Breach]:
    rules = {
        "binary": "a binary outcome is a share of customers; without unit it is told in percentage points",
        "count": "a count is a number; what is measured in pounds, minutes or days is kind: amount",
        "time_to_event": "a time to an event is in days",
    }
    for position, outcome in enumerate(protocol.outcomes):
        sensible = UNITS[outcome.kind]
        if outcome.unit is not None and outcome.unit not in sensible:
            problem = f"kind: {outcome.kind} is not measured in {outcome.unit}"
            if outcome.kind == "binary":
                problem = "kind: binary has no unit"
            yield Breach(("outcomes", position, "unit"), problem, rules[outcome.kind], sensible)


@reads("outcomes", "population", "randomisation")
def sizes_have_their_reasons(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        path: KeyPath = ("outcomes", position)
        if outcome.standard_deviation is not None and outcome.kind in ("binary", "time_to_event"):
            rule_text = "standard_deviation sizes an amount or a count"
            yield Breach((*path, "standard_deviation"), f"kind: {outcome.kind} is not sized by it", rule_text)
        if outcome.intracluster_correlation is not None and protocol.cluster is None:
            rule_text = "intracluster_correlation is for customers assigned in clusters"
            yield Breach((*path, "intracluster_correlation"), "the trial has no cluster", rule_text)
    if protocol.population.cluster_size is not None and protocol.cluster is None:
        path = ("population", "cluster_size")
        yield Breach(path, "the trial has no cluster", "cluster_size is for customers assigned in clusters")
    if protocol.population.cluster_size_cv is not None and protocol.population.cluster_size is None:
        path, rule_text = ("population", "cluster_size_cv"), "cluster_size_cv is how much cluster_size varies"
        yield Breach(path, "no cluster_size is declared", rule_text)


@reads("outcomes", "decision")
def coverage_is_of_what_is_judged(protocol: Protocol) -> Iterator[Breach]:
    judged = {outcome.id for outcome in protocol.judged}
    for position, outcome in enumerate(protocol.outcomes):
        if outcome.coverage is not None and outcome.id not in judged:
            rule_text = "coverage is asked of what a verdict rests on: the primary, and what is valued or guards"
            yield Breach(("outcomes", position, "coverage"), f'no verdict rests on "{outcome.id}"', rule_text)


RULES = (
    one_primary,
    primary_has_its_day,
    keys_follow_the_kind,
    what_has_its_day_is_one_event,
    codes_tell_events_apart,
    guardrails_have_margins,
    proportions_are_proportions,
    effects_that_size_are_possible,
    break_even_is_an_effect,
    units_suit_the_kind,
    sizes_have_their_reasons,
    coverage_is_of_what_is_judged,
)
