"""Point 14: the milestones of the approach and of its evaluation, as they happened or are expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from analysis.wording.naming import outcome_label
from analysis.wording.phrases import day as day_in_words
from designs.consultation import DoneElsewhere, Review, review
from designs.consultation.gateways import planned_launch
from designs.gates import size_sign_off
from designs.protocol import Protocol
from designs.variants.checklists import Body
from designs.variants.sign_offs import sign_offs
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Missing, Paragraph, Table
from trials.reporting.proposal.idea import DESIGNER
from trials.reporting.proposal.people import GRADES

_DECISIONS = {
    "approved": "approved", "approved_with_conditions": "approved with conditions", "deferred": "deferred",
    "rejected": "rejected",
}  # fmt: skip
Milestone = tuple[str, date, str]
"""What, when, and whether it happened, is planned or is expected."""


def consultation(dossier: Dossier) -> Review:
    """Where the consultation stands before the lock, with what other rooms know to be done."""
    facts = dossier.facts
    return review(facts.recorded, facts.plan, facts.today, finished=done_elsewhere(dossier))


def done_elsewhere(dossier: Dossier) -> dict[DoneElsewhere, date]:
    """What is done beside the consultation, and since when: signatures that hold, the lock, the launch."""
    plan, facts = dossier.plan, dossier.facts
    done: dict[DoneElsewhere, date] = {}
    if plan is None:
        return done
    sized = size_sign_off(plan, facts.recorded, facts.customers)
    if sized.state == "stands" and sized.signed is not None:
        done["sign_off_kai"] = sized.signed.on
    signed = sign_offs(plan, facts.versions, facts.recorded)
    names: dict[Body, DoneElsewhere] = {
        "taa": "sign_off_taa",
        "copgu": "sign_off_copgu",
        "communications": "sign_off_communications",
    }
    for body, name in names.items():
        of_body = [each for each in signed if each.body == body]
        days = [each.record.entry.on for each in of_body if each.state == "stands" and each.record is not None]
        if days and len(days) == len(of_body):
            done[name] = max(days)
    if dossier.lock is not None:
        done["lock"] = done["design"] = locked_on(dossier)
    if dossier.drawn_on is not None:
        done["launch"] = dossier.drawn_on
    return done


def milestones(dossier: Dossier) -> tuple[Block, ...]:
    """Those of the approach, then those of the evaluation."""
    plan = dossier.plan
    blocks: list[Block] = []
    approach = sorted(_approach(dossier), key=lambda each: each[1])
    if approach:
        blocks.append(_table("Milestones of the approach", approach))
    if dossier.lock is None:
        blocks += _earliest(consultation(dossier))
    day_zero = launch(dossier)
    evaluation = [] if plan is None else sorted(_evaluation(plan, day_zero[0]), key=lambda each: each[1])
    if evaluation:
        caption = f"Milestones of the evaluation, after a launch on {day_in_words(day_zero[0])} ({day_zero[1].lower()})"
        blocks.append(_table(caption, evaluation))
    else:
        blocks.append(Missing("No outcome has a day, so that no day of the evaluation follows.", DESIGNER))
    return tuple(blocks)


def _table(caption: str, rows: list[Milestone]) -> Table:
    cells = tuple((what, day_in_words(day), state) for what, day, state in rows)
    return Table(caption, ("What", "When", "Where it stands"), cells, widths=(6, 3, 3))


def _approach(dossier: Dossier) -> Iterator[Milestone]:
    """What happened, then what is still to come."""
    reviewed = consultation(dossier)
    for line in reviewed.line:
        yield f"{GRADES[line.grade]} signed", line.on, "Happened"
    answers = [each for each in reviewed.register if each.status == "responded" and each.responded_on is not None]
    for each in answers:
        assert each.responded_on is not None
        yield f"{each.name} answered", each.responded_on, "Happened"
    for gateway in reviewed.gateways:
        if gateway.decision is not None and gateway.decided_on is not None:
            decided = _DECISIONS[gateway.decision]
            yield f"Gateway {gateway.gateway} decided: {decided}", gateway.decided_on, "Happened"
    for name, what in (("sign_off_kai", "KAI signed the sample"), ("sign_off_taa", "TAA signed the wording"),
                       ("sign_off_copgu", "COPGU signed the wording")):  # fmt: skip
        on = reviewed.timeline.row(name).activity.finished if _has(reviewed, name) else None
        if on is not None:
            yield what, on, "Happened"
    if dossier.lock is not None:
        yield "Plan locked", locked_on(dossier), "Happened"
        yield "Launch: customers are contacted", *launch(dossier)
        return
    for row in reviewed.timeline.rows:
        if row.state != "done":
            yield row.activity.name, row.finish, "Under way" if row.state == "under_way" else "Expected"


def _has(reviewed: Review, activity: str) -> bool:
    return any(row.activity.id == activity for row in reviewed.timeline.rows)


def _earliest(reviewed: Review) -> Iterator[Block]:
    timeline = reviewed.timeline
    names = {row.activity.id: row.activity.name for row in timeline.rows}
    path = "; ".join(names[each] for each in timeline.critical_path)
    yield Paragraph(f"Earliest launch: {day_in_words(timeline.end)}. It waits for, in this order: {path}.")


def locked_on(dossier: Dossier) -> date:
    """The day of the lock; of invented customers no later than the day that stands for their draw."""
    assert dossier.lock is not None
    locked, drawn = dossier.lock.locked_at.date(), _invented_draw(dossier)
    return locked if drawn is None else min(locked, drawn)


def _invented_draw(dossier: Dossier) -> date | None:
    return None if dossier.plan is None or dossier.plan.clock is None else dossier.plan.clock.drawn_on


def launch(dossier: Dossier) -> tuple[date, str]:
    """Day 0, and whether it happened, is planned, or is the earliest that can be expected."""
    planned = planned_launch(dossier.plan)
    if dossier.drawn_on is not None:
        return max(planned or dossier.drawn_on, dossier.drawn_on), "Happened"
    if dossier.lock is not None:
        planned = planned or _invented_draw(dossier)
    return (consultation(dossier).timeline.end, "Expected") if planned is None else (planned, "Planned")


def _evaluation(plan: Protocol, launch: date) -> Iterator[Milestone]:
    """The last day of each outcome for those who are contacted first."""
    for outcome in plan.outcomes or ():
        day = outcome.horizon if outcome.kind == "time_to_event" else outcome.day
        if day is not None:
            yield f"{outcome_label(outcome)}: counted in full", launch + timedelta(days=float(day)), f"Day {day:g}"
    if plan.clock is not None and plan.clock.cut_on is not None and plan.clock.cut_on > launch:
        yield "Data cut, then the evaluation", plan.clock.cut_on, "Planned"
