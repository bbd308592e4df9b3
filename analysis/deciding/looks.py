"""A look before the end in words: go on, stop one approach, or stop with a verdict."""

from __future__ import annotations

from dataclasses import replace

from analysis.deciding.harm import stopped_reasons
from analysis.deciding.verdict import Decided
from analysis.results import ArmFinding, Look, Maturity, Verdict, overrun
from analysis.wording.naming import approach, change_in_behaviour
from analysis.wording.numbers import count, gained
from analysis.wording.phrases import capitalised, day, listed
from designs.protocol.models import Looks, Protocol

_MAY = {
    "harm": "This look could only show that an approach does harm or loses money, and it does not.",
    "harm_and_benefit": "Neither a gain nor harm is shown at the level that this look has.",
}


OVERRUN = "as many as were planned are allocated, and waves are still to come"


def look_words(look: Look) -> str:
    """Which look it is, and how much was due: customers, where nobody knows how many there will be.

    >>> from datetime import date
    >>> look_words(Look(2, 4, date(2026, 2, 4), 0.5, 0.512, 512, 1000, "harm", "pocock", "go_on"))
    'Look 2 of 4, 51% of customers due'
    """
    if look.final:
        return f"The final analysis, look {look.number} of {look.looks}"
    due = f"{count(look.due)} customers" if look.share_unknown else f"{look.fraction:.0%} of customers"
    return f"Look {look.number} of {look.looks}, {due} due"


def go_on(protocol: Protocol, look: Look, decided: Decided) -> Verdict:
    """No verdict at this look. No effect is told; an approach whose harm is shown is stopped, and that is told.

    Args:
        look: with what it did.
        decided: at this look, without a verdict.
    """
    stopped = [approach(protocol.arm(arm)) for arm in look.stopped]
    sentence = f"{look_words(look)}: go on."
    if stopped:
        sentence = f"{look_words(look)}: contact nobody else with {listed(stopped)}, and go on with the rest."
    return Verdict(
        code=decided.code,
        sentence=sentence,
        reasons=(*(stopped_reasons(protocol, look) if stopped else (_MAY[look.may],)), _due(look), *_again(look)),
        arms=tuple(
            _stopped(protocol, look, arm.id)
            if arm.id in look.stopped
            else ArmFinding(arm.id, "not_estimable", "Not judged: no boundary is crossed at this look.")
            for arm in protocol.otm_arms
        ),
    )


def _stopped(protocol: Protocol, look: Look, arm: str) -> ArmFinding:
    return ArmFinding(
        arm,
        "harmful",
        "Does harm beyond what was declared acceptable: contact nobody else with it.",
        reasons=stopped_reasons(protocol, replace(look, stopped=(arm,))),
        guardrails_passed=False,
        worse_than_comparison=True,
        guardrails=tuple(harm.guardrail for harm in look.harms if harm.arm == arm),
    )


def at_look(verdict: Verdict, look: Look) -> Verdict:
    """A verdict with the look that gave it, and whose error it counts."""
    if look.action == "not_taken":
        told = f"{look_words(look)}: not taken, for the data failed a check. It may be taken on corrected files."
    elif look.ended_before is not None:
        told = (
            f"The trial ended at look {look.ended_before} of {look.looks}, and these data came in after: ranges and "
            "p-values stand in the place of that look's, and allow for those before it."
        )
    elif look.final:
        earlier = "a look" if look.number == 2 else "looks"
        told = f"{look_words(look)}: ranges and tests allow for {earlier} before it, and estimates are as observed."
        if look.overrun:
            told += " More customers came than were planned: what was spent stays spent, and this look has the rest."
    else:
        told = f"{look_words(look)}: a boundary is crossed, so the trial ends here. {_due(look)}"
    return replace(verdict, reasons=(told, *_again(look), *verdict.reasons))


def _again(look: Look) -> tuple[str, ...]:
    if not look.again or look.action == "not_taken":
        return ()
    return (
        "This look was taken before. What is found now counts once two people put it in the place of that look "
        "(otm correct).",
    )


def as_observed(protocol: Protocol, look: Look, arm: str) -> str:
    """Which estimates a sentence gives at a look that ended a trial early, and what they are allowing for the looks.

    A trial stops early the sooner the more chance helped, so that what was observed is too large on average; the
    median-unbiased estimates are not (Jennison & Turnbull 2000, section 8.3).

    Returns:
        A sentence; empty at the end, and where no verdict was reached.
    """
    if look.action not in ("stop_for_benefit", "stop_for_harm"):
        return ""
    estimates = {row.quantity: row.estimate for row in look.inference if row.arm == arm}
    effect, money = estimates.get("primary"), estimates.get("net_benefit")
    allowing = [] if effect is None else [change_in_behaviour(protocol.primary, effect)]
    allowing += [] if money is None else [gained(money * 1000.0)]
    told = f"These are the estimates as observed at look {look.number} of {look.looks}, which ended the trial"
    return f"{told}; allowing for the looks they are {listed(allowing)}." if allowing else f"{told}."


def no_look(looks: Looks, matured: Maturity, planned: int, following: int | None, ended: Look | None = None) -> str:
    """Why a cut is at no look, and which one comes.

    Args:
        matured: how much was due at the cut.
        planned: customers of the whole trial.
        following: number of the next look; ``None`` where the final analysis is next.
        ended: the look that ended the trial with a verdict.
    """
    if ended is not None:
        return f"The trial ended at look {ended.number} of {ended.looks}, with a verdict: no look comes after it."
    number = len(looks.fractions) + 1
    if following is None:
        comes = f"the final analysis, look {number} of {number}, comes on {day(matured.due_on)}"
        comes += " at the earliest" if matured.to_come else ""
    else:
        at = looks.fractions[following - 1]
        on = matured.reached_on(at * planned)
        comes = f"look {following} of {number} comes at {at:.0%}" + (f", on {day(on)}" if on else "")
    due = f"{matured.due / planned:.0%} of customers are due"
    if matured.to_come and overrun(looks, matured):
        due = f"{count(matured.due)} customers are due, {OVERRUN}"
    return f"No look is declared for this cut: {due}, and {comes}."


def _due(look: Look) -> str:
    if look.share_unknown:
        return f"{count(look.due)} customers have every outcome due; {OVERRUN}."
    return capitalised(f"{count(look.due)} of {count(look.customers)} customers have every outcome due.")
