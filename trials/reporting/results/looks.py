"""The looks of a trial on a line of time: declared, taken, and the one that comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.results import Evaluation, Look, LookAction, ended_at, next_look, planned_customers
from analysis.wording.numbers import count, difference, interval, p_value
from analysis.wording.phrases import day, listed
from designs.protocol.models import Looks, Protocol
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names

ACTIONS: Final[Mapping[LookAction, str]] = {
    "go_on": "Go on",
    "stop_for_benefit": "Ended with a verdict: an approach passes",
    "stop_for_harm": "Ended with a verdict: no further action is better",
    "final": "The final analysis",
    "not_taken": "Not taken: the data failed a check",
}
MAY: Final = {
    "harm": "A look may stop the trial or an approach for harm.",
    "harm_and_benefit": "A look may stop the trial for benefit or for harm, and an approach for harm.",
}
SPENDING: Final = {
    "obrien_fleming": "Little of the error is spent early (O'Brien and Fleming's kind of boundary).",
    "pocock": "The error is spent evenly (Pocock's kind of boundary).",
}


def declared_looks(protocol: Protocol) -> str | None:
    """What a plan says about looks, in one line; ``None`` where it declares none."""
    looks = protocol.analysis.looks
    if looks is None:
        return None
    shares = listed([f"{fraction:.0%}" for fraction in looks.fractions])
    count = len(looks.fractions) + 1
    return f"{count} looks, at {shares} of customers due and when all are. {MAY[looks.may]} {SPENDING[looks.spending]}"


def looks_of(evaluation: Evaluation, names: Names) -> Table | None:
    """Every look in order: when it was or will be, how much was due, and what it did; ``None`` without looks."""
    looks = names.plan.analysis.looks
    if looks is None:
        return None
    taken = (*evaluation.looks_before, *([evaluation.look] if evaluation.look else []))
    count = len(looks.fractions) + 1
    rows = []
    for number in range(1, count + 1):
        at = looks.fractions[number - 1] if number < count else 1.0
        look = next((look for look in taken if look.number == number), None)
        title = f"Look {number} of {count}" + (", the final analysis" if number == count else "")
        rows.append((title, f"{at:.0%}", *(_taken(look, names) if look else _to_come(evaluation, looks, number, at))))
    columns = ("Look", "Declared at, customers due", "Due in fact", "Date", "What it did")
    return Table("Looks before the end, and the end", columns, tuple(rows), frozenset({1, 2}))


def _taken(look: Look, names: Names) -> tuple[str, str, str]:
    stopped = listed([names.arm(arm) for arm in look.stopped])
    action = ACTIONS[look.action] + (f"; stopped for harm: {stopped}" if stopped and look.action == "go_on" else "")
    due = f"{count(look.due)} customers" if look.share_unknown else f"{look.fraction:.0%}"
    return due, day(look.as_at), action


def _to_come(evaluation: Evaluation, looks: Looks, number: int, at: float) -> tuple[str, str, str]:
    """A look that was not taken: passed over, not needed any more, the next one, or one after that."""
    taken = [look for look in (*evaluation.looks_before, evaluation.look) if look is not None]
    taken = [look for look in taken if look.action != "not_taken"]
    matured, last = evaluation.maturity, number == len(looks.fractions) + 1
    if last and matured is not None and matured.complete:
        return "100%", day(matured.as_at), ACTIONS["final"]
    if number < max((look.number for look in taken), default=0):
        return "", "", "Passed over"
    if ended_at(taken) is not None:
        return "", "", "Not needed: the trial had ended"
    following = next_look(looks, taken)
    if matured is not None and matured.complete:
        return "", "", "Passed over"
    on = None
    if matured is not None:
        on = matured.due_on if last else matured.reached_on(at * planned_customers(looks, matured))
    is_next = number == following or (last and following is None)
    return "", "" if on is None else f"due {day(on)}", "Next" if is_next else "To come"


def inference(evaluation: Evaluation, names: Names) -> Table | None:
    """What the sequential design makes of each approach; ``None`` where no look, nor the end after some, judged."""
    look = evaluation.look
    if look is None or not look.inference:
        return None
    rows = []
    for row in look.inference:
        measure = names.measure(names.primary) if row.quantity == "primary" else "pounds"
        title = names.outcome(names.primary) if row.quantity == "primary" else "Net benefit, a customer"
        rows.append(
            (
                names.arm(row.arm),
                title,
                "none" if row.estimate is None else difference(measure, row.estimate),
                "none"
                if row.ci_lower is None or row.ci_upper is None
                else interval(measure, row.ci_lower, row.ci_upper),
                p_value(row.p_value) if row.p_value is not None else row.reason or "none",
            )
        )
    columns = ("Approach", "Quantity", "Median-unbiased estimate", f"{names.confidence} interval", "p")
    return Table("Allowing for the looks", columns, tuple(rows), frozenset({2, 3, 4}))
