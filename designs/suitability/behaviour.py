"""What should change, how that is seen, and what else could be done: the parts of a proposal that are no questions."""

from __future__ import annotations

from collections.abc import Iterator

from designs.finding import Open
from designs.protocol.models import Outcome, Protocol


def open_in_behaviour(plan: Protocol) -> Iterator[Open]:
    """What the behaviour lacks: who, what, by which day, and whether the plan reads what shows it."""
    behaviour = plan.behaviour
    if behaviour is None:
        problem = "nobody says what behaviour should change"
        remedy = "say who should do what, by which day, and in which data it is seen"
        yield Open("no_behaviour", "blocks", "behaviour", problem, remedy, "designer")
        return
    if behaviour.by_day is None:
        problem = "nobody says by which day the customers should have acted"
        remedy = "give the day, which is the day of the primary outcome"
        yield Open("behaviour_without_day", "blocks", "behaviour.by_day", problem, remedy, "designer")
    shown_in = _data_read(plan)
    if _plain(behaviour.observed_in) not in {_plain(name) for name in shown_in}:
        problem = (
            f"the behaviour is to be seen in \u201c{behaviour.observed_in}\u201d, which no outcome of the plan reads"
        )
        known = f": {'; '.join(shown_in)}" if shown_in else ""
        remedy = f"name an outcome, or the source that is declared of its column{known}"
        yield Open("behaviour_not_measured", "blocks", "behaviour.observed_in", problem, remedy, "designer")


def open_in_alternatives(plan: Protocol) -> Iterator[Open]:
    """Whether something else was considered, and no further action always."""
    if not plan.alternatives:
        problem = "no alternative is recorded"
        remedy = (
            "say what else could be done (a check of each customer, mending a process, nothing more), and why it is not"
        )
        yield Open("no_alternative", "blocks", "alternatives", problem, remedy, "designer")
    arms = plan.arms or ()
    if all(arm.kind != "nfa" for arm in arms) and plan.nfa_waived is None:
        problem = "no further action is not among what is compared, and nobody says why"
        remedy = "add an arm of no further action, or give the reason for waiving it"
        yield Open("no_further_action_absent", "blocks", "arms" if arms else "nfa_waived", problem, remedy, "designer")


def _data_read(plan: Protocol) -> tuple[str, ...]:
    """What people may call the data of the outcomes: an outcome's label, id or column, or the source of its columns."""
    declared = plan.population.columns if plan.population is not None else {}
    outcomes = sorted(plan.outcomes or (), key=lambda outcome: outcome.role != "primary")
    named: list[str] = []
    for outcome in outcomes:
        columns = _columns(outcome)
        sources = [declared[column].source for column in columns if column in declared]
        named += [name for name in (outcome.label, outcome.id, *columns, *sources) if name is not None]
    return tuple(dict.fromkeys(named))


def _columns(outcome: Outcome) -> tuple[str, ...]:
    if outcome.kind == "time_to_event":
        return tuple(name for name in (outcome.time, outcome.event) if name is not None)
    return (outcome.header,)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
