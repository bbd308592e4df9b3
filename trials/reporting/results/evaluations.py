"""The evaluations of one trial: which is the finding, what the others are, and what was put in whose place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analysis.wording.numbers import count
from analysis.wording.phrases import day, moment, sentence_case
from trials.findings import Role
from trials.registry.records import ChangedRecord, CorrectionRecord, EvaluationLine, TrialDetail
from trials.reporting.results.table import Table
from trials.reporting.words.vocabulary import evaluation_role


def evaluation_line(detail: TrialDetail) -> str | None:
    """What the evaluation that is shown is, and of which day; with what was found later, which does not replace it."""
    shown = detail.evaluation
    if shown is None:
        return None
    line = _told(shown.role, shown.count, shown.id, shown.as_at)
    replaced = [row.replaced for row in detail.corrections if row.holds and row.replacing == shown.id]
    if replaced:
        verdicts = {row.number: row.verdict_code for row in detail.evaluations}
        line += (
            f". Two people put it in the place of evaluation {replaced[-1]}, whose verdict was "
            f"“{sentence_case(verdicts[replaced[-1]])}”"
        )
    updates = sum(row.role == "update" and row.number > shown.id for row in detail.evaluations)
    again = sum(row.role == "repeat" for row in detail.evaluations)
    if updates:
        later = "1 later update is" if updates == 1 else f"{updates} later updates are"
        line += f". {later} listed under Reproduce; the verdict stays that of the finding"
    if again:
        told = "1 look was taken again" if again == 1 else f"{again} looks were taken again"
        line += f". {told} on other files: see Reproduce; it counts once two people sign a correction"
    return f"{line}."


def other_evaluations(detail: TrialDetail) -> tuple[tuple[str, int], ...]:
    """Every evaluation but the one that is shown, in order: what it is, in words, and its number."""
    shown = detail.evaluation
    return tuple(
        (_told(row.role, row.count, row.number, row.as_at), row.number)
        for row in detail.evaluations
        if shown is not None and row.number != shown.id
    )


def _told(role: Role, count: int, number: int, as_at: date | None) -> str:
    line = f"{evaluation_role(role, count)}: evaluation {number}"
    return line if as_at is None else f"{line}, data as at {day(as_at)}"


def not_the_finding(detail: TrialDetail) -> str | None:
    """That another evaluation is shown than the one whose verdict the trial has; ``None`` where it is that one."""
    shown = detail.evaluation
    finding = next((row.number for row in detail.evaluations if row.role == "finding"), None)
    if shown is None or finding is None or shown.id == finding:
        return None
    what = evaluation_role(shown.role, shown.count)
    return f"{what}, evaluation {shown.id}: the verdict of the trial is that of its finding, evaluation {finding}."


def evaluations_table(detail: TrialDetail) -> Table:
    """Every evaluation, in order: what it is, its cut, its verdict, and its digest."""
    rows = tuple(
        (
            evaluation_role(row.role, row.count),
            str(row.number),
            "not recorded" if row.as_at is None else day(row.as_at),
            sentence_case(row.verdict_code),
            row.evaluated_by,
            moment(row.evaluated_at),
            row.digest,
        )
        for row in detail.evaluations
    )
    columns = ("What it is", "Evaluation", "Data as at", "Verdict", "Evaluated by", "When", "Digest")
    return Table("Evaluations, in order", columns, rows)


def correction_lines(detail: TrialDetail) -> list[str]:
    """Corrections: who asked, why, and who signed."""
    lines = []
    for row in detail.corrections:
        ending = (
            f"and confirmed by {row.confirmed_by} on {moment(row.confirmed_at)}. Evaluation {row.replaced} is kept."
            if row.holds
            else "and waits for a second person to confirm it."
        )
        lines.append(
            f"A correction of evaluation {row.replaced} by evaluation {row.replacing} was asked for by "
            f"{row.requested_by} on {moment(row.requested_at)} ({row.reason}), {ending}"
            + ("" if row.changed is None else f" {changed_words(row.changed)}")
        )
    return lines


def correction_done(correction: CorrectionRecord, evaluations: Sequence[EvaluationLine]) -> str:
    """What a correction that was just confirmed has changed."""
    role = next(row.role for row in evaluations if row.number == correction.replacing)
    kept = f"Evaluation {correction.replaced} is kept."
    if role == "finding":
        return f"Evaluation {correction.replacing} is the finding. {kept}"
    now = "the true files fail a check" if role == "attempt" else "the trial goes on"
    return (
        f"Evaluation {correction.replacing} takes the place of evaluation {correction.replaced}: {now}, and there is "
        f"no finding. {kept}"
    )


def changed_words(changed: ChangedRecord) -> str:
    """What corrected outcomes change, in a sentence.

    >>> changed_words(ChangedRecord(412, {"amount": 12, "paid": 400}, 30, 0))
    'Corrected outcomes differ for 412 customers (amount 12; paid 400), and 30 customers of the old file are gone.'
    """
    columns = "; ".join(f"{name} {count(number)}" for name, number in changed.by_column.items())
    words = f"Corrected outcomes differ for {_customers(changed.customers)} ({columns})"
    for number, ending in ((changed.vanished, "of the old file are gone"), (changed.added, "are new")):
        if number:
            words += f", and {_customers(number)} {ending}"
    return f"{words}."


def _customers(number: int) -> str:
    return "1 customer" if number == 1 else f"{count(number)} customers"
