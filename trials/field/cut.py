"""The day on which outcomes were cut: said by whoever loads them, else the day of the load, and never a day to come."""

from __future__ import annotations

from datetime import date

from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial


def cut_of_load(trial: AllocatedTrial, as_at: date | None, today: date) -> date:
    """The day on which a file that is loaded today was cut.

    Args:
        trial: Whose outcomes they are.
        as_at: As it was said; None for the clock of synthetic customers, where they have one, else for today.
        today: The day of the load.

    Raises:
        TrialRefused: It is ahead, and the customers are real.
    """
    clock = trial.plan.protocol.clock
    said = as_at or (clock.cut_on if clock else None) or today
    _refuse_to_come(trial, said, today, "the day of its load")
    return said


def cut_of_evaluation(trial: AllocatedTrial, as_at: date | None, cut: date) -> date:
    """The day as at which outcomes are evaluated that were cut on another, or the same.

    Args:
        trial: Whose outcomes they are.
        as_at: As it was said; None for the day of the cut.
        cut: The day on which the file was cut.

    Raises:
        TrialRefused: It is after the cut, and the customers are real: a file knows nothing of later days.
    """
    said = as_at or cut
    _refuse_to_come(trial, said, cut, "the day on which its outcomes were cut")
    return said


def _refuse_to_come(trial: AllocatedTrial, said: date, latest: date, what: str) -> None:
    if said > latest and not trial.population.synthetic:
        raise TrialRefused(
            f"data cannot be as at {said.isoformat()}, which is after {latest.isoformat()}, {what}",
            where=f"{trial.plan.trial}, --as-at",
            rule="a file knows what had happened by the day on which it was cut, and nothing of later days",
            remedy="give the day on which the data were extracted, or load a later cut",
        )
