"""The gates of a design in their order, each with what is missing for it and who clears that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from designs.consultation.gateways import gateways_missing
from designs.consultation.order import order_findings
from designs.consultation.register import missing
from designs.consultation.route import Route, route_missing, route_of
from designs.finding import Open
from designs.gates.facts import Facts
from designs.gates.sample_size import size_sign_off
from designs.protocol.errors import ProtocolError
from designs.protocol.words import in_words
from designs.suitability.review import review
from designs.suitability.staleness import unconfirmed
from designs.surge import open_in_surge
from designs.variants.review import review_texts
from designs.variants.sign_offs import open_texts

GateName = Literal["suitability", "consulted", "gateway_1", "designed", "signed_off", "gateway_2", "lock"]
NAMES: Final[tuple[GateName, ...]] = get_args(GateName)


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate on the way to the lock.

    Attributes:
        name: Which.
        open: What is missing or wrong, and what only warns; in the order of the plan.
    """

    name: GateName
    open: tuple[Open, ...]

    @property
    def blocking(self) -> tuple[Open, ...]:
        """What stands in the way."""
        return tuple(each for each in self.open if each.severity == "blocks")

    @property
    def passed(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.blocking


def gates_of(facts: Facts) -> tuple[Gate, ...]:
    """Every gate that the route of a design asks for, in order; the lock comes last.

    A plan that names no directorate has no route: only the lock is asked for, and the lock is outside it.
    """
    route = route_of(facts.plan)
    return tuple(Gate(name, tuple(_open(name, facts))) for name in NAMES if name in _asked_for(route))


def missing_before_lock(facts: Facts) -> tuple[tuple[Gate, Open], ...]:
    """Everything that stands in the way of the lock, with its gate; nothing for a plan outside the route.

    Examples:
        >>> from datetime import date
        >>> missing_before_lock(Facts(None, (), {}, {}, {}, (), date(2026, 2, 2)))
        ()
    """
    if route_of(facts.plan).kind == "outside":
        return ()
    return tuple((gate, each) for gate in gates_of(facts) for each in gate.blocking)


def _asked_for(route: Route) -> tuple[GateName, ...]:
    if route.kind == "outside":
        return ("lock",)
    gateways = ("gateway_1", "gateway_2") if route.kind == "steering_group" else ("gateway_2",)
    return tuple(name for name in NAMES if not name.startswith("gateway") or name in gateways)


def _open(name: GateName, facts: Facts) -> Iterator[Open]:
    plan, recorded, today = facts.plan, facts.recorded, facts.today
    match name:
        case "suitability":
            if plan is not None:
                yield from review(plan, recorded, today, facts.counts).open
        case "consulted":
            yield from order_findings(recorded, today)
            yield from missing(recorded, plan, today, before="gateway_1")
        case "gateway_1":
            yield from _confirmed("gateway_1", facts)
            yield from (each for each in gateways_missing(recorded, plan, today) if each.where != "gateway_2")
        case "designed":
            yield from map(not_a_protocol, facts.errors)
            yield from _wording(facts)
            if plan is not None:
                yield from open_in_surge(plan)
        case "signed_off":
            if plan is not None:
                yield from open_texts(plan, facts.versions, recorded)
                yield from _sample_size(facts)
        case "gateway_2":
            yield from _confirmed("gateway_2", facts)
            yield from (each for each in gateways_missing(recorded, plan, today) if each.where == "gateway_2")
            yield from route_missing(recorded, plan)
        case "lock":
            yield from _before_the_lock(facts)


def _confirmed(gate: Literal["gateway_1", "gateway_2", "lock"], facts: Facts) -> tuple[Open, ...]:
    return () if facts.plan is None else unconfirmed(facts.plan, facts.texts, facts.recorded, gate)


def not_a_protocol(error: ProtocolError) -> Open:
    """An error of a plan as one thing that is open."""
    where, remedy = error.path or "plan", f"keep the rule: {error.rule}"
    return Open("not_a_protocol_yet", "blocks", where, error.problem, remedy, "designer")


def _wording(facts: Facts) -> tuple[Open, ...]:
    """What the texts say and how they read, whether customers who prefer Welsh have one; without who signed what."""
    if facts.plan is None:
        return ()
    reviewed = review_texts(facts.plan, facts.contents_by_name, facts.versions, facts.recorded)
    signatures = set(open_texts(facts.plan, facts.versions, facts.recorded))
    return tuple(each for each in reviewed.open if each not in signatures)


def _sample_size(facts: Facts) -> Iterator[Open]:
    found = size_sign_off(facts.plan, facts.recorded, facts.customers)
    on = "" if found.signed is None else in_words(found.signed.on)
    if found.state == "missing":
        problem = "KAI has not signed that the sample is large enough"
        yield Open("sample_size_unsigned", "blocks", "sample_size", problem, "ask for it", "kai")
    elif found.state == "void":
        problem = f"KAI signed the sample on {on}; what its size follows from has changed, and that is void"
        yield Open("sample_size_void", "blocks", "sample_size", problem, "have it signed as it is now", "kai")
    elif found.state == "fewer" and found.signed is not None:
        signed, now = found.signed.customers, facts.customers
        size = "before it was known how many customers take part" if signed is None else f"for {signed:,} customers"
        problem = f"KAI signed the sample on {on} {size}; {now:,} take part now, and that is void"
        yield Open("sample_size_void", "blocks", "sample_size", problem, "have it signed as it is now", "kai")
    for point in found.points:
        problem = f"KAI signed the sample on {on} without a yes to \u201c{point.asks}\u201d"
        remedy = "make the sample large enough, and have it signed again"
        yield Open("sample_size_incomplete", "blocks", "sample_size", problem, remedy, "kai")


def _before_the_lock(facts: Facts) -> Iterator[Open]:
    if route_of(facts.plan).kind != "outside":
        yield from _confirmed("lock", facts)
    else:
        yield from route_missing(facts.recorded, facts.plan)
    if not facts.population:
        problem, remedy = "no population is loaded", "load the file of customers"
        yield Open("no_population", "blocks", "population", problem, remedy, "designer")
