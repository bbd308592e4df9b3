"""What was decided, on which evaluation and on what verdict; and whether that still is the finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from analysis.wording.phrases import day, sentence_case
from trials.registry.records import DecisionRecord, EvaluationLine, ReturnedFileRecord, TrialDetail, outcomes_gone
from trials.reporting.words.vocabulary import evaluation_role

_CHOSEN: Final[Mapping[str, str]] = {"accept": "accepted", "override": "overrode"}
_WITHOUT: Final[Mapping[str, str]] = {
    "invalid": "the data are invalid",
    "not_due": "the trial ended before everything was due",
}


def decision_lines(
    decision: DecisionRecord,
    evaluations: Sequence[EvaluationLine] = (),
    returned: Sequence[ReturnedFileRecord] = (),
) -> tuple[str, ...]:
    """A recorded decision, in sentences.

    Args:
        evaluations: all of its trial's, in order.
        returned: every file that came back, and every withdrawal.
    """
    word = f"{_CHOSEN[decision.choice]} the verdict"
    if decision.choice == "override" and decision.verdict_code in _WITHOUT:
        word = f"decided without a finding, for {_WITHOUT[decision.verdict_code]}"
    lines = [f"On {day(decision.decided_at)} {decision.decided_by} {word}. {decision.action}."]
    lines.append(f"Reason: {decision.reason}")
    if decision.conditions:
        lines.append(f"Conditions: {decision.conditions}")
    lines.append(f"To be reviewed on {day(decision.review_on)}.")
    if decision.evaluation_digest:
        verdict = f"“{sentence_case(decision.verdict_code)}”"
        lines.append(
            f"It rests on evaluation {decision.evaluation} and its verdict, {verdict}; digest "
            f"{decision.evaluation_digest}."
        )
    after = (_since(decision, evaluations), gone_words(decision, evaluations, returned))
    return (*lines, *(words for words in after if words is not None))


def decision_notice(detail: TrialDetail) -> str | None:
    """What whoever reads a page of the trial must know of its latest decision: that it is outdated, or contradicted, or
    rests on outcomes that were withdrawn."""
    if not detail.decisions:
        return None
    decision = detail.decisions[-1]
    gone = gone_words(decision, detail.evaluations, detail.returned)
    since = " ".join(words for words in (_since(decision, detail.evaluations), gone) if words is not None)
    if not since:
        return None
    chosen = f"{_CHOSEN[decision.choice]} “{sentence_case(decision.verdict_code)}”"
    words = f"The decision of {day(decision.decided_at)}, by {decision.decided_by}, who {chosen}, rests on evaluation "
    again = " Decide again." if outdated(decision, detail.evaluations) and _finding(detail.evaluations) else ""
    return f"{words}{decision.evaluation}. {since}{again}"


def gone_words(
    decision: DecisionRecord, evaluations: Sequence[EvaluationLine], returned: Sequence[ReturnedFileRecord]
) -> str | None:
    """Which outcomes, of those that a decision's evaluation was made of, were withdrawn; None where they stand."""
    gone = outcomes_gone(returned, evaluations, decision.evaluation)
    if not gone:
        return None
    said = "; ".join(
        f"load {file.withdraws} ({file.file_name}), by {file.loaded_by} on {day(file.loaded_at)}: {file.reason}"
        for file in gone
    )
    return f"Outcomes that evaluation {decision.evaluation} was made of were withdrawn: {said}."


def outdated(decision: DecisionRecord, evaluations: Sequence[EvaluationLine]) -> bool:
    """Whether a decision rests on what has been replaced, or on what is not the finding of a trial that has one."""
    finding = _finding(evaluations)
    replaced = any(row.number == decision.evaluation and row.role == "replaced" for row in evaluations)
    return replaced or (finding is not None and finding.number != decision.evaluation)


def contradiction(detail: TrialDetail, number: int) -> str | None:
    """What the latest decision accepted, where an evaluation that was just made has another verdict."""
    if not detail.decisions:
        return None
    decision = detail.decisions[-1]
    of = {row.number: row for row in detail.evaluations}
    rested_on, made = of.get(decision.evaluation), of[number]
    if rested_on is None or made.role in ("not_due", "attempt") or made.agrees(rested_on):
        return None
    words = (
        f"It disagrees with the decision of {day(decision.decided_at)}, by {decision.decided_by}, which rests on "
        f"evaluation {decision.evaluation}, “{sentence_case(decision.verdict_code)}”; its own verdict is "
        f"“{sentence_case(made.verdict_code)}”"
    )
    return f"{words}. Decide again." if outdated(decision, detail.evaluations) else f"{words}."


def _since(decision: DecisionRecord, evaluations: Sequence[EvaluationLine]) -> str | None:
    """What has become of the evaluation that a decision rests on."""
    rested_on = next((row for row in evaluations if row.number == decision.evaluation), None)
    finding = _finding(evaluations)
    if rested_on is not None and finding is None and rested_on.role == "replaced":
        return f"Evaluation {rested_on.number} has been replaced, and the trial has no finding now."
    if rested_on is None or finding is None:
        return None
    if finding.number != rested_on.number:
        became = "was an attempt" if rested_on.role == "attempt" else "has been replaced"
        return (
            f"Evaluation {rested_on.number} {became}: the finding is evaluation {finding.number}, with the verdict "
            f"“{sentence_case(finding.verdict_code)}”."
        )
    others = [
        f"{evaluation_role(row.role, row.count).lower()} (evaluation {row.number}): “{sentence_case(row.verdict_code)}”"
        for row in evaluations
        if row.role == "update" and row.number > rested_on.number and not row.agrees(rested_on)
    ]
    if not others:
        return None
    return f"Later data have another verdict than what was decided on: {'; '.join(others)}. The finding stays."


def _finding(evaluations: Sequence[EvaluationLine]) -> EvaluationLine | None:
    return next((row for row in evaluations if row.role == "finding"), None)
