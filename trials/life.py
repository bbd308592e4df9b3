"""A trial's life: which state it is in, what comes next and who does it, and what may be done at all.

All of it follows from what has happened to the trial, which one query gathers into a :class:`Standing`. Nothing here
reads or writes. A stage asks :func:`require` before it works and again as it writes, since somebody else may have been
there in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, get_args

from trials.access import Role, UseCase, same_person
from trials.errors import TrialRefused
from trials.needs import Need, words_of

Milestone = Literal["suitability", "consulted", "gateway_1", "designed", "signed_off", "gateway_2"]
"""What a design reaches on its way to the lock, in this order, where its directorate's route asks for it."""

FollowUp = Literal["applied", "adapted", "stopped"]
"""What became of a decision."""

State = Literal[
    "draft", "suitability", "consulted", "gateway_1", "designed", "signed_off", "gateway_2", "locked", "allocated",
    "in_field", "data_cut", "analysed", "decided", "applied", "adapted", "stopped", "void",
]  # fmt: skip

Phase = Literal["design", "locked", "allocated", "in_field", "analysed", "decided"]
"""The life of a trial as a reader of a list follows it; each gathers some states."""

Step = Literal[
    "answer_suitability", "consult", "pass_gateway_1", "design", "sign_off", "pass_gateway_2", "lock", "randomise",
    "resume_randomise", "issue", "load_outcomes", "evaluate", "correct_files", "decide", "review", "confirm_void",
    "confirm_correction", "analyse_elsewhere", "nothing", "decide_again", "lock_loaded", "next_wave",
    "issue_rest", "confirm_amendment",
]  # fmt: skip

MILESTONES: Final[tuple[Milestone, ...]] = get_args(Milestone)
PHASES: Final[Mapping[Phase, tuple[State, ...]]] = {
    "design": ("draft", *MILESTONES),
    "locked": ("locked",),
    "allocated": ("allocated",),
    "in_field": ("in_field", "data_cut"),
    "analysed": ("analysed",),
    "decided": ("decided", *get_args(FollowUp)),
}
FINISHED: Final[frozenset[State]] = frozenset({*PHASES["decided"], "void"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What has happened to one trial.

    Attributes:
        trial: Its id.
        randomised_here: Whether the service assigns its customers; False for a trial randomised elsewhere.
        route: The milestones that must be reached before the lock; none for a trial without gateways.
        reached: The milestones that were reached.
        population: A population is loaded under the name that the plan gives it.
        locked: The plan and its population are fixed.
        seed_drawn: The seed is committed to.
        waves_planned: How many waves the plan allocates; 1 where it declares none.
        waves_allocated: How many it has allocated.
        issued: At least one list was issued.
        unissued: The arms of which somebody is on no list, in the order of the plan; only once a list was issued.
        outcomes: The version of the latest file of outcomes; None before the first.
        evaluated: The version of the outcomes that the latest evaluation read; None before the first.
        waits_until: The day on which everything is due, where no evaluation so far was of outcomes that were all due.
        replaceable: There is an evaluation that could take the place of the finding, or of a look.
        correction_asked_by: Who asked for a correction of the finding that nobody else has confirmed yet.
        finding: The number of the evaluation that is the finding; None before there is one.
        decided_on: The number of the evaluation that the latest decision rests on; None before the first decision.
        decision_fell: A correction took that evaluation away.
        review_on: When that decision is looked at again; None before the first.
        follow_up: What became of that decision; None where nothing is recorded.
        released: The seed is public.
        amendment_asked_by: Who proposed an amendment that is neither confirmed nor withdrawn yet.
        void_asked_by: Who asked for the draw to be made void; None where nobody did.
        void: Somebody else confirmed it.
    """

    trial: str
    randomised_here: bool = True
    route: tuple[Milestone, ...] = ()
    reached: frozenset[Milestone] = frozenset()
    population: bool = False
    locked: bool = False
    seed_drawn: bool = False
    waves_planned: int = 1
    waves_allocated: int = 0
    issued: bool = False
    unissued: tuple[str, ...] = ()
    outcomes: int | None = None
    evaluated: int | None = None
    waits_until: date | None = None
    replaceable: bool = False
    correction_asked_by: str | None = None
    finding: int | None = None
    decided_on: int | None = None
    decision_fell: bool = False
    review_on: date | None = None
    follow_up: FollowUp | None = None
    released: bool = False
    amendment_asked_by: str | None = None
    void_asked_by: str | None = None
    void: bool = False

    @property
    def decision_outdated(self) -> bool:
        """Whether the latest decision rests on what is not, or no longer, the finding: then there is none on it.

        A decision on an attempt stands until there is a finding, for it ends a trial that has none.
        """
        if self.review_on is None:
            return False
        return self.decision_fell or (self.finding is not None and self.decided_on != self.finding)


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of a trial's life.

    Attributes:
        step: What it is.
        role: Whose it is; None where it is nobody's, or anybody's but one person's.
        other_than: Who may not take it, because they took the step before.
        due: When; None for now.
        arms: Of which arms, by id, where it is about some.
    """

    step: Step
    role: Role | None
    other_than: str | None = None
    due: date | None = None
    arms: tuple[str, ...] = ()


def as_told(standing: Standing, *, few: bool) -> Standing:
    """What has happened, as far as it depends on nobody's arm: which lists are left, and of few whether one was issued.

    Args:
        standing: What has happened.
        few: So few customers are drawn that a list issued, or none, says in which arm they are.

    Examples:
        >>> in_field = Standing("t", locked=True, waves_allocated=1, issued=True, unissued=("letter",))
        >>> next_step(in_field).step, next_step(as_told(in_field, few=False)).step
        ('issue_rest', 'load_outcomes')
    """
    return replace(standing, unissued=(), issued=standing.issued and not few)


def state_of(standing: Standing) -> State:
    """The state of a trial: the furthest thing that happened to it, and still holds.

    Examples:
        >>> state_of(Standing("t")), state_of(Standing("t", locked=True, seed_drawn=True, waves_allocated=1))
        ('draft', 'allocated')
    """
    if standing.void:
        return "void"
    if standing.review_on is not None and not standing.decision_outdated:
        return standing.follow_up or "decided"
    if standing.finding is not None and standing.decision_outdated:
        return "analysed"
    if standing.outcomes is not None:
        if standing.evaluated != standing.outcomes:
            return "data_cut"
        return "in_field" if standing.waits_until is not None else "analysed"
    if standing.issued:
        return "in_field"
    if standing.waves_allocated:
        return "allocated"
    return "locked" if standing.locked else _state_of_design(standing)


def _state_of_design(standing: Standing) -> State:
    """The last milestone reached with none missing before it that the route asks for."""
    state: State = "draft"
    for milestone in MILESTONES:
        if milestone in standing.reached:
            state = milestone
        elif milestone in standing.route:
            break
    return state


def may_be_released(standing: Standing) -> bool:
    """Whether the draw waits for its release: the trial has its finding, and its draw is neither released nor void."""
    return standing.finding is not None and standing.waves_allocated > 0 and not (standing.released or standing.void)


def has_reached(state: State, goal: State) -> bool:
    """Whether a trial in one state has been in another, or is in it. A void trial has got nowhere.

    Examples:
        >>> has_reached("data_cut", "allocated"), has_reached("locked", "allocated"), has_reached("void", "draft")
        (True, False, False)
    """
    if state == "void" or goal == "void" or goal in get_args(FollowUp):
        return state == goal
    order: tuple[State, ...] = get_args(State)
    return order.index(state) >= order.index(goal)


def phase_of(state: State) -> Phase | None:
    """The phase that a state belongs to; None for a void trial.

    Examples:
        >>> phase_of("data_cut"), phase_of("void")
        ('in_field', None)
    """
    return next((phase for phase, states in PHASES.items() if state in states), None)


_STEP_TO: Final[Mapping[Milestone, tuple[Step, Role]]] = {
    "suitability": ("answer_suitability", "designer"),
    "consulted": ("consult", "designer"),
    "gateway_1": ("pass_gateway_1", "manager"),
    "designed": ("design", "designer"),
    "signed_off": ("sign_off", "analyst"),
    "gateway_2": ("pass_gateway_2", "manager"),
}
_STEP_AFTER: Final[Mapping[State, tuple[Step, Role]]] = {
    "locked": ("randomise", "randomiser"),
    "allocated": ("issue", "randomiser"),
    "in_field": ("load_outcomes", "analyst"),
    "data_cut": ("evaluate", "analyst"),
    "analysed": ("decide", "manager"),
}


def next_step(standing: Standing) -> Next:
    """What comes next, and who does it.

    Examples:
        >>> next_step(Standing("t", locked=True))
        Next(step='randomise', role='randomiser', other_than=None, due=None, arms=())
    """
    state = state_of(standing)
    if state == "void":
        return Next("nothing", None)
    if standing.void_asked_by is not None:
        return Next("confirm_void", None, other_than=standing.void_asked_by)
    if state == "locked" and standing.amendment_asked_by is not None and not standing.seed_drawn:
        return Next("confirm_amendment", None, other_than=standing.amendment_asked_by)
    if state == "locked" and standing.seed_drawn:
        return Next("resume_randomise", "randomiser")
    if standing.correction_asked_by is not None:
        return Next("confirm_correction", None, other_than=standing.correction_asked_by)
    if state == "analysed" and standing.finding is None:  # its data make every evaluation that stands invalid
        return Next("correct_files", "analyst")
    if standing.decision_outdated and state == "analysed":
        return Next("decide_again", "manager")
    if state in PHASES["decided"]:
        return Next("review", "manager", due=standing.review_on)
    if state == "in_field" and standing.unissued and not standing.released:
        return Next("issue_rest", "randomiser", arms=standing.unissued)
    if state == "in_field" and standing.waves_allocated < standing.waves_planned and not standing.released:
        return Next("next_wave", "randomiser")
    if state in _STEP_AFTER:
        return Next(*_STEP_AFTER[state], due=standing.waits_until if state == "in_field" else None)
    if not standing.randomised_here:
        return Next("analyse_elsewhere", "analyst")
    missing = _missing_milestones(standing)
    if missing:
        return Next(*_STEP_TO[missing[0]])
    return Next("lock_loaded" if standing.population else "lock", "designer")


def _missing_milestones(standing: Standing) -> list[Milestone]:
    return [milestone for milestone in MILESTONES if milestone in standing.route and milestone not in standing.reached]


_RETURNED: Final[tuple[Need, ...]] = ("locked", "not_void", "allocated")
NEEDS: Final[Mapping[UseCase, tuple[Need, ...]]] = {
    "lock": ("not_locked", "randomised_here", "milestones"),
    "amend": ("locked", "not_void", "amendment_not_open"),
    "confirm_amendment": ("amendment_open", "not_void", "another_than_amends"),
    "withdraw_amendment": ("amendment_open",),
    "randomise": ("locked", "not_void", "wave_left", "not_released", "not_found", "amendment_settled"),
    "certificate": ("allocated",),
    "issue": _RETURNED,
    "whois": ("allocated",),
    "load_contacts": _RETURNED,
    "load_outcomes": _RETURNED,
    "evaluate": (*_RETURNED, "outcomes"),
    "decide": ("not_void", "evaluated", "verdict"),
    "request_correction": ("not_void", "update", "correction_not_asked"),
    "confirm_correction": ("correction_asked", "not_void", "second_signature"),
    "release": ("allocated", "not_released", "concluded"),
    "request_void": ("seed", "void_not_asked"),
    "confirm_void": ("void_asked", "not_void", "second_person"),
}
"""What each use case on one trial needs; the first that is missing is the one that a refusal names."""


def require(standing: Standing, use_case: UseCase, *, by: str | None = None, wave: int | None = None) -> None:
    """Let a use case pass as things stand, or refuse it.

    Args:
        standing: What has happened to the trial.
        use_case: What is about to be done.
        by: Who does it, where two people are needed.
        wave: Which wave it is about, from 1; the next one, or any, where it is not given.

    Raises:
        TrialRefused: Something that it needs is not so.

    Examples:
        >>> require(Standing("t", locked=True), "randomise")
        >>> require(Standing("t"), "randomise")
        Traceback (most recent call last):
            ...
        trials.errors.TrialRefused: t: the plan is not locked. Rule: nothing is allocated or loaded ...
    """
    for need in NEEDS[use_case]:
        if not _is_met(need, standing, by, wave):
            raise _refusal(need, use_case, standing, by)


def open_to(standing: Standing) -> tuple[UseCase, ...]:
    """Every use case on this trial that nothing stands in the way of."""
    return tuple(
        use_case
        for use_case, needs in NEEDS.items()
        if all(_is_met(need, standing, by=None, wave=None) for need in needs)
    )


def _is_met(need: Need, standing: Standing, by: str | None, wave: int | None) -> bool:
    match need:
        case "randomised_here":
            return standing.randomised_here
        case "not_locked":
            return not standing.locked
        case "milestones":
            return not _missing_milestones(standing)
        case "locked":
            return standing.locked
        case "seed":
            return standing.seed_drawn
        case "wave_left":
            return standing.waves_allocated < (standing.waves_planned if wave is None else wave)
        case "allocated":
            return standing.waves_allocated >= (wave or 1)
        case "outcomes":
            return standing.outcomes is not None
        case "evaluated":
            return standing.evaluated is not None
        case "verdict":
            # A wave that is never drawn never comes to be due: such a trial is ended without a verdict.
            return standing.waits_until is None or standing.waves_allocated < standing.waves_planned
        case "concluded":
            # What its data make invalid is evaluated again: with the arms open, the finding would be made by them.
            return standing.void or standing.finding is not None
        case "update":
            return standing.replaceable
        case "correction_not_asked":
            return standing.correction_asked_by is None
        case "correction_asked":
            return standing.correction_asked_by is not None
        case "second_signature":
            return by is None or not same_person(by, standing.correction_asked_by or "")
        case "amendment_not_open":
            return standing.amendment_asked_by is None
        case "amendment_open":
            return standing.amendment_asked_by is not None
        case "amendment_settled":  # a seed that is drawn is of the plan as it was, and what is proposed since no other
            return standing.amendment_asked_by is None or standing.seed_drawn
        case "another_than_amends":
            return by is None or not same_person(by, standing.amendment_asked_by or "")
        case "not_released":
            return not standing.released
        case "not_found":
            return standing.finding is None
        case "not_void":
            return not standing.void
        case "void_not_asked":
            return standing.void_asked_by is None
        case "void_asked":
            return standing.void_asked_by is not None
        case "second_person":
            return by is None or not same_person(by, standing.void_asked_by or "")


def _refusal(need: Need, use_case: UseCase, standing: Standing, by: str | None) -> TrialRefused:
    words = words_of(need, use_case)
    missing = ", ".join(milestone.replace("_", " ") for milestone in _missing_milestones(standing))
    return TrialRefused(
        words.problem.format(missing=missing),
        where=by if need in ("second_person", "second_signature", "another_than_amends") else standing.trial,
        rule=words.rule,
        remedy=words.remedy and words.remedy.format(trial=standing.trial),
    )
