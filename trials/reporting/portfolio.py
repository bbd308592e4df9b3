"""The portfolio in words, and what its filters keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.wording.phrases import capitalised, day, listed, sentence_case
from designs.likeness import folded
from trials.life import Next
from trials.registry.records import TrialSummary
from trials.reporting.words.vocabulary import CHANNELS, STATES, STEPS, VOID, state, verdict


@dataclass(frozen=True, slots=True)
class Filters:
    """Words chosen from :class:`Choices`; an empty tuple keeps everything, and so do no ``words``."""

    states: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of a portfolio can offer, in words."""

    states: tuple[str, ...]
    segments: tuple[str, ...]
    channels: tuple[str, ...]


def choices(trials: Iterable[TrialSummary]) -> Choices:
    """Every state, segment and channel that some trial has."""
    trials = tuple(trials)
    held = {trial.state for trial in trials}
    return Choices(
        states=tuple(word for code, word in STATES.items() if code in held),
        segments=tuple(sorted({_segment(trial, column) for trial in trials for column in trial.segments})),
        channels=tuple(sorted({_channel(channel) for trial in trials for channel in trial.channels})),
    )


def filtered(trials: Iterable[TrialSummary], filters: Filters) -> tuple[TrialSummary, ...]:
    """The trials that meet every filter which is on; within one filter, any of its words."""
    return tuple(
        trial
        for trial in trials
        if _meets(filters.states, (state(trial.state),))
        and _meets(filters.segments, (_segment(trial, column) for column in trial.segments))
        and _meets(filters.channels, map(_channel, trial.channels))
        and _found(filters.words, trial)
    )


def _meets(wanted: tuple[str, ...], held: Iterable[str]) -> bool:
    return not wanted or any(word in wanted for word in held)


def _found(wanted: str, trial: TrialSummary) -> bool:
    """Whether each word that is looked for begins a word of what a trial is about, or of how it stands."""
    parts = folded(wanted).split()
    if not parts:
        return True
    about = trial.about
    texts = (
        trial.id, trial.title, state(trial.state), verdict_of(trial), about.behaviour, *about.segments,
        *about.techniques, *trial.arms, *map(_channel, trial.channels),
    )  # fmt: skip
    words = folded(" ".join(texts)).split()
    return all(any(word.startswith(part) for word in words) for part in parts)


def _segment(trial: TrialSummary, column: str) -> str:
    """A column of segments as a heading."""
    label = trial.words.label(column)
    return sentence_case(column) if label is None else capitalised(label)


def _channel(code: str) -> str:
    return CHANNELS.get(code, sentence_case(code))


def outside_route(trial: TrialSummary) -> str | None:
    """That a trial was locked outside the route of approval, and why; None where it was not.

    It is said of it for ever: on its pages, in its certificate and in whatever is exported.
    """
    return None if trial.outside is None else f"Locked outside the route of approval: {trial.outside.rstrip('.')}."


def next_action(coming: Next) -> str:
    """What comes next, in words.

    >>> from datetime import date
    >>> next_action(Next("review", "manager", due=date(2026, 10, 5)))
    'Review the decision on 5 October 2026'
    >>> next_action(Next("issue_rest", "randomiser", arms=("letter", "sms")))
    'Issue the lists that are left, of letter and sms'
    """
    words = STEPS[coming.step]
    if coming.arms:
        words += f", of {listed(coming.arms)}"
    return words if coming.due is None else f"{words} on {day(coming.due)}"


def next_actor(coming: Next) -> str:
    """Who does what comes next, in words.

    >>> next_actor(Next("confirm_void", None, other_than="K. Bell"))
    'someone other than K. Bell'
    """
    if coming.other_than is not None:
        return f"someone other than {coming.other_than}"
    return coming.role or "nobody"


def verdict_of(trial: TrialSummary) -> str:
    """The verdict of one trial, in words; a trial whose draw is void has none, whatever was evaluated before."""
    if trial.state == "void":
        return VOID
    return verdict(trial.verdict_code, trial.verdict_approach, trial.verdict_where, trial.comparison, trial.words)


def dates_of(trial: TrialSummary) -> tuple[tuple[str, str], ...]:
    """When a trial was registered, and its latest step: pairs of a word and a date."""
    later = (("Decided", trial.decided_on), ("Evaluated", trial.evaluated_on), ("Allocated", trial.allocated_on))
    latest = next(((word, day(when)) for word, when in later if when is not None), None)
    first = ("Registered", day(trial.created_on))
    return (first,) if latest is None else (first, latest)
