"""What the author of an act had read: it rests on a result that they saw, and never on one that came in meanwhile.

Every act on a stored result asks this inside its own transaction, so nothing can come in after the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from sqlalchemy.orm import Session

from trials.access import Actor, same_person
from trials.errors import TrialRefused
from trials.findings import shown
from trials.registry import queries
from trials.registry.plan import plan_of
from trials.registry.records import (
    EnteredRecord,
    EvaluationLine,
    EvaluationRecord,
    outcomes_gone,
)

Read = int | str
"""An evaluation as its reader names it: by its number, or by its digest."""

Act = Literal["decision", "release", "void", "correction"]
_LONGEST_NUMBER = 9  # more digits than that are the beginning of a digest


def require_read(
    session: Session,
    trial_id: str,
    act: Act,
    *,
    read: Read | None,
    rests_on: int | None,
    also_read: Collection[Read] | None = None,
) -> None:
    """Let an act pass whose author read what it rests on, or refuse it and say what changed.

    It need not be named where the trial has one result alone: no other can be meant.

    Args:
        session: Of the act's own transaction.
        trial_id: The trial.
        act: What is done.
        read: The evaluation that its author read; None where they do not say.
        rests_on: The number of the one that the act rests on; None where the trial has none.
        also_read: The later ones that they read. Where given, one with another verdict must be among them.

    Raises:
        TrialRefused: Another one was read, which one was read is not said, or a later one says otherwise.
    """
    made = queries.evaluations_of(session, trial_id)
    rested_on = next((line for line in made if line.number == rests_on), None)
    if read is None and (rested_on is None or not _could_be_another(made, rested_on)):
        return
    if rested_on is None:
        raise TrialRefused(
            f"this trial has no evaluation {read} that a {act} could rest on",
            where=trial_id,
            rule=_rule(act),
            remedy="see otm trials for where it stands",
        )
    if read is None:
        raise TrialRefused(
            f"it has {len(made)} evaluations, and which of them was read is not said",
            where=trial_id,
            rule=_rule(act),
            remedy=_remedy(act, rested_on),
        )
    line = _named(made, read)
    if line is None or line.number != rested_on.number:
        raise _stale(session, trial_id, act, read, line, rested_on)
    if also_read is not None:
        _require_no_other_verdict(session, trial_id, act, rested_on, made, also_read)


def read_of(text: str) -> Read:
    """What somebody typed: a number, or a digest.

    Examples:
        >>> read_of(" 2 "), read_of("AB12")
        (2, 'ab12')
    """
    typed = text.strip().lower()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_NUMBER else typed


def require_shown_read(session: Session, trial_id: str, act: Act, read: Read | None) -> None:
    """The same for an act on the trial as a whole: what it rests on is the evaluation that pages show."""
    require_read(session, trial_id, act, read=read, rests_on=shown(queries.places_of(session, trial_id)))


def _could_be_another(made: Sequence[EvaluationLine], rested_on: EvaluationLine) -> bool:
    """Whether somebody could have read another result; before everything was due there was none to read."""
    return any(line != rested_on and (line.role != "not_due" or rested_on.role == "not_due") for line in made)


def _named(made: Sequence[EvaluationLine], read: Read) -> EvaluationLine | None:
    return next((line for line in made if read in (line.number, line.digest)), None)


def _stale(
    session: Session, trial_id: str, act: Act, read: Read, line: EvaluationLine | None, rested_on: EvaluationLine
) -> TrialRefused:
    what = {"finding": "the finding", "attempt": "the latest attempt, and there is no finding"}.get(
        rested_on.role, "what it rests on now"
    )
    if line is None:
        named = f"has the number {read}" if isinstance(read, int) else f"has the digest {read}"
        problem = f"no evaluation of this trial {named}, and evaluation {rested_on.number} is {what}"
    else:
        problem = (
            f"the result changed since it was read: that was evaluation {line.number}, and evaluation "
            f"{rested_on.number} is {what}. {changes_between(session, trial_id, line.number, rested_on.number)}"
        ).rstrip(".")
    return TrialRefused(problem, where=trial_id, rule=_rule(act), remedy=_remedy(act, rested_on))


def _require_no_other_verdict(
    session: Session,
    trial_id: str,
    act: Act,
    rested_on: EvaluationLine,
    made: Sequence[EvaluationLine],
    also_read: Collection[Read],
) -> None:
    unread = [
        line
        for line in made
        if line.role == "update" and line.number > rested_on.number and not line.agrees(rested_on)
        and not {line.number, line.digest} & set(also_read)
    ]  # fmt: skip
    if not unread:
        return
    latest = unread[-1]
    raise TrialRefused(
        f"evaluation {latest.number} came after the finding and has another verdict. "
        + changes_between(session, trial_id, rested_on.number, latest.number).rstrip("."),
        where=trial_id,
        rule=f"{_rule(act)}; later data that say otherwise are read first, and the finding stays",
        remedy="read it, then say so as well: "
        + " ".join(f"--also-read {line.number}" for line in unread)
        + f" beside --evaluation {rested_on.number}",
    )


def require_outcomes_stand(session: Session, trial_id: str, evaluation: EvaluationRecord) -> None:
    """Let a verdict be accepted whose outcomes stand, or that a later evaluation of outcomes that stand agrees with.

    Raises:
        TrialRefused: Outcomes that it read were withdrawn since.
    """
    lines = queries.evaluations_of(session, trial_id)
    gone = outcomes_gone(queries.returned_of(session, trial_id), lines, evaluation.id)
    if not gone:
        return
    said = "; ".join(
        f"load {file.withdraws} ({file.file_name}) by {file.loaded_by} on {file.loaded_at:%Y-%m-%d}: {file.reason}"
        for file in gone
    )
    raise TrialRefused(
        f"outcomes that evaluation {evaluation.id} rests on were withdrawn: {said}",
        where=trial_id,
        rule="a verdict is accepted on outcomes that stand",
        remedy=f"load the right outcomes, then otm evaluate {trial_id}, and otm correct {trial_id} where its verdict "
        "is another; or end the trial without the finding by a decision with --override",
    )


def require_latest_read(
    trial_id: str, actor: Actor, what: str, option: str, entered: Sequence[EnteredRecord], read: int | None
) -> None:
    """Let an act pass that fixes the latest of several things, where its author entered that one or names it.

    Args:
        trial_id: The trial.
        actor: The act's author.
        what: What each of them is.
        option: By which the one that was read is named.
        entered: All that there are, in order; at least one.
        read: The one that the author read; None where they do not say.

    Raises:
        TrialRefused: Another one was read, or somebody else entered the last and which was read is not said.
    """
    last = entered[-1]
    if read == last.number or (read is None and (len(entered) == 1 or same_person(last.by, actor.name))):
        return
    said = ", ".join(f"{of.number} (by {of.by} at {of.at:%Y-%m-%d %H:%M} UTC)" for of in entered[-3:])
    problem = f"the last {what} is not yours, and which was read is not said" if read is None else (
        f"{what} {read} is not the last one"
    )  # fmt: skip
    raise TrialRefused(
        f"{problem}; there are {len(entered)}, the last of them {said}",
        where=trial_id,
        rule="what is fixed is the last one, by somebody who read it",
        remedy=f"see otm lock {trial_id} --check, then say {option} {last.number} with it",
    )


def changes_between(session: Session, trial_id: str, before: int, after: int) -> str:
    """What changed between two evaluations of a trial, in sentences."""
    from trials.reporting.results.changed_results import result_changes
    from trials.reporting.words.names import Names

    old, new = (queries.evaluation_numbered(session, trial_id, number) for number in (before, after))
    return " ".join(result_changes(old, new, Names(plan_of(session, trial_id).protocol)))


def _rule(act: Act) -> str:
    return f"a {act} rests on the result that its person read"


def _remedy(act: Act, rested_on: EvaluationLine) -> str:
    return (
        f"read evaluation {rested_on.number}, digest {rested_on.digest}, then say --evaluation {rested_on.number} "
        f"with the {act}"
    )
