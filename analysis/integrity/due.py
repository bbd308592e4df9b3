"""Which outcomes were due when the data were cut, and when all of them are.

An outcome that is counted by day d is due for a customer on day d after that customer's day 0, the planned issue date
of the batch; one without a day is due with the primary. A verdict needs every allocated customer due, in every arm,
for every outcome that it reads: the primary, those that have a value, and those that guard. A message that only
brings payment forward looks like one that works until the last customer's day has come.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from analysis.results import Check, DueBy, DueShare, Maturity
from analysis.wording.phrases import day as in_words
from designs.protocol.models import Outcome, Protocol


def days_due(protocol: Protocol) -> dict[str, int]:
    """The day after day 0 on which each outcome that the verdict reads is due, by its id.

    Empty where the primary has no day, and nothing else has one: then nobody can say what is due.
    """
    with_primary = _day(protocol.primary)
    days = {outcome.id: _day(outcome) or with_primary for outcome in read_by_the_verdict(protocol)}
    return {name: day for name, day in days.items() if day is not None}


def read_by_the_verdict(protocol: Protocol) -> tuple[Outcome, ...]:
    """The primary, every outcome that has a value, and every one that guards, in the protocol's order."""
    decision = protocol.decision
    valued = {valuation.outcome for valuation in (*decision.benefits, *decision.costs)} if decision else set()
    return tuple(
        outcome for outcome in protocol.outcomes if outcome.role in ("primary", "guardrail") or outcome.id in valued
    )


def _day(outcome: Outcome) -> int | None:
    """A time to an event is followed to its horizon; an event on the horizon itself still counts."""
    known = [day for day in (outcome.day, outcome.horizon) if day is not None]
    return math.ceil(max(known)) if known else None


def maturity(
    days: Mapping[str, int],
    day_zeros: Mapping[str, Mapping[date, int]],
    as_at: date,
    *,
    planned: Iterable[date] = (),
) -> Maturity | None:
    """What was due on one day, by outcome and arm, and the day on which everything is.

    Args:
        days: The day after day 0 on which each outcome is due, as :func:`days_due` gives it.
        day_zeros: Of each arm, how many customers have which day 0.
        as_at: The day on which the data were cut.
        planned: Day 0 of customers who are still to be allocated, in later waves.

    Returns:
        None where no outcome has a day, or no customer a day 0.

    Examples:
        >>> zeros = {"nfa": {date(2026, 1, 5): 60, date(2026, 1, 12): 40}, "sms": {date(2026, 1, 5): 100}}
        >>> found = maturity({"paid": 23}, zeros, date(2026, 1, 28))
        >>> [(row.arm, row.due, row.customers) for row in found.shares], str(found.due_on), found.complete
        ([('nfa', 60, 100), ('sms', 100, 100)], '2026-02-04', False)
    """
    planned = tuple(planned)
    zeros = {day for by_day in day_zeros.values() for day in by_day} | set(planned)
    if not days or not zeros:
        return None
    shares = tuple(
        DueShare(
            outcome=outcome,
            day=day,
            arm=arm,
            customers=sum(by_day.values()),
            due=sum(n for zero, n in by_day.items() if zero + timedelta(days=day) <= as_at),
        )
        for outcome, day in days.items()
        for arm, by_day in day_zeros.items()
    )
    last = timedelta(days=max(days.values()))
    arms = day_zeros.values()
    due_by = tuple(
        DueBy(zero + last, sum(n for by_day in arms for day, n in by_day.items() if day <= zero))
        for zero in sorted({day for by_day in arms for day in by_day})
    )
    return Maturity(as_at, max(zeros) + last, shares, due_by, to_come=any(zero + last > as_at for zero in planned))


def maturity_check(found: Maturity) -> Check:
    """Whether everything was due; while it is not, there is no verdict, so it blocks."""
    if found.complete:
        detail = f"Every outcome was due for every customer by {in_words(found.due_on)}; the data are as at "
        detail += f"{in_words(found.as_at)}."
    else:
        detail = f"The data are as at {in_words(found.as_at)}; every outcome is due for every customer on "
        detail += f"{in_words(found.due_on)}."
    figures: dict[str, float | int | str | None] = {"as_at": found.as_at.isoformat()}
    figures |= {"due_on": found.due_on.isoformat()}
    figures |= {f"due_{outcome}": found.share(outcome) for outcome in dict.fromkeys(r.outcome for r in found.shares)}
    return Check("maturity", found.complete, detail, "blocks", figures)
