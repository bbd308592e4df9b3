"""What a library of past trials is made of: trials that ended or have a finding, and designs that ended as such."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from analysis.results import Estimate
from designs.entries import Instead
from designs.protocol import Protocol
from trials.registry.records.trials import TrialSummary


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A trial that has a finding, is invalid, was decided, stopped or made void.

    Attributes:
        summary: Its line of the portfolio.
        plan: The plan in force.
        effects: On the primary outcome of everybody assigned, as the evaluation that is shown has them; none of a
            trial whose draw is void or whose data are invalid.
        why: Why there are none.
    """

    summary: TrialSummary
    plan: Protocol
    effects: tuple[Estimate, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True)
class EndedDesign:
    """A design that ended without a trial.

    Attributes:
        id: Of the design.
        title: What people called it; its id where it had no title.
        plan: As far as it was filled; None where nothing of it could be read.
        ended_on: The day on which that was recorded.
        instead: What was done instead: something else, or no further action.
        what: Which, in words.
        reason: Why.
    """

    id: str
    title: str
    plan: Protocol | None
    ended_on: date
    instead: Instead
    what: str
    reason: str
