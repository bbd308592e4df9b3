"""How one evaluation of a trial differs from another, in the words of its page: verdict, figures, cut."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest

from analysis.document import from_document
from analysis.results import Evaluation
from analysis.wording.phrases import day
from trials.concealment import KEPT
from trials.registry.records import EvaluationRecord
from trials.reporting.results.headline import headline
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import verdict


def result_changes(before: EvaluationRecord, after: EvaluationRecord, names: Names) -> tuple[str, ...]:
    """Sentences: what was read, and what is there instead. The verdict comes first, whether or not it changed.

    Args:
        before, after: Two evaluations of one trial.
        names: Of its arms and outcomes.
    """
    old, new = from_document(before.document), from_document(after.document)
    return (_verdicts(old, new, names), *_figures(old, new, names), _cuts(before, after))


def _verdicts(old: Evaluation, new: Evaluation, names: Names) -> str:
    was, now = _verdict(old, names), _verdict(new, names)
    if was == now:
        return f"The verdict is the same, “{now}”."
    return f"The verdict was “{was}” and is “{now}”."


def _verdict(evaluation: Evaluation, names: Names) -> str:
    reached = evaluation.verdict
    approach = names.approach(reached.arm) if reached.arm else None
    return verdict(reached.code, approach, names.where_to_scale(reached), names.nothing, names.columns)


def _figures(old: Evaluation, new: Evaluation, names: Names) -> tuple[str, ...]:
    """Each headline figure that differs; those of the other approach where the verdict came to be about another."""
    was, now = headline(old, names), headline(new, names)
    before = was.figures if was is not None else ()
    after = now.figures if now is not None else ()
    approaches = {found.arm for found in (was, now) if found is not None}
    lines = []
    for first, second in zip_longest(before, after):
        figure = second or first
        if figure is None or (first and second and (first.value, first.span) == (second.value, second.span)):
            continue
        shown = [
            "not shown"
            if found is None or of is None
            else f"{of.value} ({of.span})" + (f" for {names.approach(found.arm)}" if len(approaches) > 1 else "")
            for found, of in ((was, first), (now, second))
        ]
        lines.append(f"{figure.label}: was {shown[0]}, is {shown[1]}.")
    return tuple(lines)


def _cuts(before: EvaluationRecord, after: EvaluationRecord) -> str:
    if before.as_at != after.as_at:
        return f"The data were as at {_day(before.as_at)} and are as at {_day(after.as_at)}."
    if KEPT in (before.data_digest, after.data_digest):
        return f"Both are of data as at {_day(after.as_at)}."
    other = "the same files" if before.data_digest == after.data_digest else "other files"
    return f"Both are of data as at {_day(after.as_at)}, and of {other}."


def _day(cut: date | None) -> str:
    return "a day that was not recorded" if cut is None else day(cut)
