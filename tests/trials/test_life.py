"""A trial's life follows from what has happened to it: every standing that use cases can lead to is walked through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from typing import get_args

import pytest

from trials.access import UseCase, roles_allowed
from trials.errors import TrialRefused
from trials.life import (
    FINISHED,
    MILESTONES,
    NEEDS,
    PHASES,
    FollowUp,
    Next,
    Standing,
    State,
    Step,
    has_reached,
    next_step,
    open_to,
    phase_of,
    require,
    state_of,
)
from trials.needs import Need
from trials.reporting.words.vocabulary import STATES, STEPS

REVIEW = date(2026, 10, 5)
DUE = date(2026, 3, 1)
DRAWN = Standing("t", locked=True, seed_drawn=True)
ALLOCATED = replace(DRAWN, waves_allocated=1)
EVALUATED = replace(ALLOCATED, issued=True, outcomes=1, evaluated=1)
HALF_ISSUED = replace(ALLOCATED, issued=True, unissued=("sms",))
REST = Next("issue_rest", "randomiser", arms=("sms",))
FOUND = replace(EVALUATED, finding=1)
CORRECTABLE = replace(EVALUATED, replaceable=True)
DECIDED = replace(EVALUATED, finding=1, decided_on=1, review_on=REVIEW)


def after(standing: Standing, use_case: UseCase) -> Iterator[Standing]:
    """What has happened once a use case was carried out; a draw may be interrupted after its seed."""
    match use_case:
        case "lock":
            yield replace(standing, locked=True)
        case "randomise":
            yield replace(standing, seed_drawn=True)
            left = ("letter", "sms") if standing.issued else ()
            yield replace(standing, seed_drawn=True, waves_allocated=standing.waves_allocated + 1, unissued=left)
        case "issue":
            yield replace(standing, issued=True, unissued=("sms",))
            yield replace(standing, issued=True, unissued=())
        case "load_outcomes":
            yield replace(standing, outcomes=min((standing.outcomes or 0) + 1, 2))
        case "evaluate":
            read = replace(standing, evaluated=standing.outcomes, waits_until=None)
            yield read  # an attempt
            yield replace(
                read, finding=standing.finding or 1, replaceable=standing.replaceable or standing.finding is not None
            )
            if standing.evaluated is None or standing.waits_until is not None:
                yield replace(read, waits_until=DUE)
        case "request_correction":
            yield replace(standing, correction_asked_by="A. Person")
        case "confirm_correction":
            yield replace(standing, correction_asked_by=None, finding=2, waits_until=None)
            fell = standing.decided_on is not None  # the look that was taken again goes on: there is no finding
            yield replace(standing, correction_asked_by=None, finding=None, decision_fell=fell, waits_until=DUE)
        case "decide":
            made_on = standing.finding or 3  # 3: an attempt
            yield replace(standing, review_on=REVIEW, decided_on=made_on, decision_fell=False)
        case "release":
            yield replace(standing, released=True)
        case "request_void":
            yield replace(standing, void_asked_by="A. Person")
        case "confirm_void":
            yield replace(standing, void=True)
        case _:
            yield standing


def every_life(first: Standing) -> set[Standing]:
    """Every standing that use cases lead to from a first one."""
    seen, waiting = {first}, [first]
    while waiting:
        standing = waiting.pop()
        for use_case in open_to(standing):
            for later in after(standing, use_case):
                if later not in seen:
                    seen.add(later)
                    waiting.append(later)
    return seen


@pytest.fixture(scope="module", params=[1, 2], ids=["one wave", "two waves"])
def life(request: pytest.FixtureRequest) -> set[Standing]:
    return every_life(Standing("t", waves_planned=request.param))


def test_a_trial_without_gateways_goes_from_draft_to_locked_and_on_to_its_decision(life):
    reached = {state_of(standing) for standing in life}
    assert reached == set(get_args(State)) - set(MILESTONES) - set(get_args(FollowUp))


def test_what_comes_next_can_be_done_whatever_has_happened(life):
    steps_of = {"resume_randomise": "randomise", "decide_again": "decide", "correct_files": "load_outcomes"}
    steps_of |= {"next_wave": "randomise", "lock_loaded": "lock", "issue_rest": "issue"}
    for standing in life:
        step = next_step(standing).step
        use_case = steps_of.get(step, step)
        if use_case in NEEDS:
            require(standing, use_case, by="B. Person")
        else:
            assert step in ("review", "nothing")


def test_no_fact_comes_before_the_one_it_stands_on(life):
    """What the stages promise each other; none of these is checked anywhere else."""
    for standing in life:
        assert standing.locked or not standing.seed_drawn
        assert standing.seed_drawn or not standing.waves_allocated
        assert standing.waves_allocated or not (standing.issued or standing.outcomes or standing.released)
        assert (standing.evaluated or 0) <= (standing.outcomes or 0)
        assert standing.evaluated or not standing.review_on
        assert standing.waits_until is None or standing.finding is None
        ended = standing.decision_fell or standing.waves_allocated < standing.waves_planned
        assert standing.waits_until is None or standing.review_on is None or ended or standing.waves_planned > 1
        # A correction can take the finding away after the draw was released.
        assert standing.waits_until is None or standing.void or not standing.released or standing.replaceable
        assert standing.replaceable or not standing.correction_asked_by
        assert standing.waves_allocated <= standing.waves_planned
        assert standing.evaluated or standing.void or not standing.released
        assert standing.void_asked_by or not standing.void


def test_nothing_is_built_on_a_void_draw(life):
    for standing in life:
        if standing.void:
            assert state_of(standing) == "void"
            assert next_step(standing) == Next("nothing", None)
            assert set(open_to(standing)) <= {"certificate", "release", "whois"}  # none of them builds on it


def test_a_life_goes_forward_but_for_another_cut_of_the_data(life):
    for standing in life:
        state = state_of(standing)
        for use_case in open_to(standing):
            for later in map(state_of, after(standing, use_case)):
                back = [("analysed", "data_cut"), ("data_cut", "in_field")]
                if use_case in ("evaluate", "confirm_correction"):  # there is another finding than was decided on
                    back.append(("decided", "analysed"))
                if use_case == "confirm_correction":  # the look that ended the trial goes on, taken again
                    back += [("decided", "in_field"), ("analysed", "in_field"), ("decided", "data_cut")]
                if (state, later) not in back and later != "void":
                    assert has_reached(later, state), (use_case, state, later)


def test_a_trial_randomised_elsewhere_is_never_locked_here():
    elsewhere = Standing("t", randomised_here=False)
    assert every_life(elsewhere) == {elsewhere}
    assert next_step(elsewhere) == Next("analyse_elsewhere", "analyst")
    with pytest.raises(TrialRefused, match=r"randomised elsewhere.*otm analyse"):
        require(elsewhere, "lock")


@pytest.mark.parametrize("route", [(), MILESTONES, ("gateway_1", "gateway_2"), ("consulted",)])
def test_a_design_goes_through_the_milestones_of_its_route_before_the_lock(route):
    names = {
        "suitability": "answer_suitability", "consulted": "consult", "gateway_1": "pass_gateway_1",
        "designed": "design", "signed_off": "sign_off", "gateway_2": "pass_gateway_2",
    }  # fmt: skip
    standing = Standing("t", route=route)
    assert state_of(standing) == "draft"
    for milestone in route:
        assert next_step(standing).step == names[milestone]
        with pytest.raises(TrialRefused, match=f"the design has not reached {milestone.replace('_', ' ')}"):
            require(standing, "lock")
        standing = replace(standing, reached=standing.reached | {milestone})
        assert state_of(standing) == milestone
    assert next_step(standing).step == "lock"
    require(standing, "lock")
    assert state_of(replace(standing, locked=True)) == "locked"


def test_a_later_milestone_does_not_stand_in_for_one_that_is_missing():
    skipped = Standing("t", route=("gateway_1",), reached=frozenset({"suitability", "gateway_2"}))
    assert state_of(skipped) == "suitability"
    assert next_step(skipped).step == "pass_gateway_1"


@pytest.mark.parametrize("milestones", list(product([False, True], repeat=len(MILESTONES))))
def test_the_state_of_a_design_is_the_last_of_what_it_reached_in_order(milestones):
    reached = frozenset(name for name, is_reached in zip(MILESTONES, milestones, strict=True) if is_reached)
    unbroken = [name for place, name in enumerate(MILESTONES) if set(MILESTONES[: place + 1]) <= reached]
    assert state_of(Standing("t", route=MILESTONES, reached=reached)) == (unbroken[-1] if unbroken else "draft")
    latest = [name for name in MILESTONES if name in reached]
    assert state_of(Standing("t", reached=reached)) == (latest[-1] if latest else "draft")


@pytest.mark.parametrize(
    ("standing", "state", "coming"),
    [
        (Standing("t"), "draft", Next("lock", "designer")),
        (Standing("t", population=True), "draft", Next("lock_loaded", "designer")),
        (Standing("t", locked=True), "locked", Next("randomise", "randomiser")),
        (DRAWN, "locked", Next("resume_randomise", "randomiser")),
        (ALLOCATED, "allocated", Next("issue", "randomiser")),
        (replace(ALLOCATED, waves_planned=2), "allocated", Next("issue", "randomiser")),
        (replace(ALLOCATED, issued=True), "in_field", Next("load_outcomes", "analyst")),
        (replace(ALLOCATED, issued=True, waves_planned=2), "in_field", Next("next_wave", "randomiser")),
        (HALF_ISSUED, "in_field", REST),
        (replace(HALF_ISSUED, waves_planned=2), "in_field", REST),  # this wave before the next
        (replace(HALF_ISSUED, outcomes=1), "data_cut", Next("evaluate", "analyst")),
        (replace(HALF_ISSUED, outcomes=1, evaluated=1, waits_until=DUE), "in_field", REST),
        (replace(FOUND, unissued=("sms",)), "analysed", Next("decide", "manager")),
        (
            replace(EVALUATED, waits_until=DUE, waves_planned=2, released=True),
            "in_field",
            Next("load_outcomes", "analyst", due=DUE),
        ),
        (replace(ALLOCATED, outcomes=1), "data_cut", Next("evaluate", "analyst")),
        (FOUND, "analysed", Next("decide", "manager")),
        (EVALUATED, "analysed", Next("correct_files", "analyst")),  # an attempt, and no finding
        (replace(EVALUATED, review_on=REVIEW, decided_on=1), "decided", Next("review", "manager", due=REVIEW)),
        (replace(EVALUATED, outcomes=2), "data_cut", Next("evaluate", "analyst")),
        (replace(EVALUATED, waits_until=DUE), "in_field", Next("load_outcomes", "analyst", due=DUE)),
        (replace(EVALUATED, outcomes=2, waits_until=DUE), "data_cut", Next("evaluate", "analyst")),
        (
            replace(EVALUATED, replaceable=True, correction_asked_by="A"),
            "analysed",
            Next("confirm_correction", None, other_than="A"),
        ),
        (replace(EVALUATED, review_on=REVIEW), "decided", Next("review", "manager", due=REVIEW)),
        (DECIDED, "decided", Next("review", "manager", due=REVIEW)),
        (replace(DECIDED, finding=2), "analysed", Next("decide_again", "manager")),
        (replace(DECIDED, finding=2, outcomes=2), "analysed", Next("decide_again", "manager")),
        (replace(DECIDED, finding=2, follow_up="applied"), "analysed", Next("decide_again", "manager")),
        (replace(DECIDED, finding=None), "decided", Next("review", "manager", due=REVIEW)),
        (
            replace(DECIDED, finding=2, correction_asked_by="A"),
            "analysed",
            Next("confirm_correction", None, other_than="A"),
        ),
        (replace(DECIDED, finding=2, void_asked_by="A", void=True), "void", Next("nothing", None)),
        (
            replace(DECIDED, finding=None, decision_fell=True, waits_until=DUE),
            "in_field",
            Next("load_outcomes", "analyst", due=DUE),
        ),
        (replace(DECIDED, finding=None, decision_fell=True, outcomes=2), "data_cut", Next("evaluate", "analyst")),
        (replace(DECIDED, finding=None, decision_fell=True), "analysed", Next("correct_files", "analyst")),
        (replace(EVALUATED, outcomes=2, review_on=REVIEW), "decided", Next("review", "manager", due=REVIEW)),
        (replace(EVALUATED, review_on=REVIEW, follow_up="adapted"), "adapted", Next("review", "manager", due=REVIEW)),
        (replace(EVALUATED, void_asked_by="A"), "analysed", Next("confirm_void", None, other_than="A")),
        (
            Standing("t", locked=True, amendment_asked_by="A"),
            "locked",
            Next("confirm_amendment", None, other_than="A"),
        ),
        (replace(DRAWN, amendment_asked_by="A"), "locked", Next("resume_randomise", "randomiser")),
        (replace(DRAWN, void_asked_by="A"), "locked", Next("confirm_void", None, other_than="A")),
        (replace(EVALUATED, void_asked_by="A", void=True), "void", Next("nothing", None)),
    ],
)
def test_state_and_next_step(standing, state, coming):
    assert (state_of(standing), next_step(standing)) == (state, coming)


# For each use case and each of its needs: what a trial is that lacks this alone, and what is said.
LACKING: dict[tuple[UseCase, Need], tuple[Standing, str]] = {
    ("lock", "not_locked"): (Standing("t", locked=True), r"locked already.*a lock is taken once"),
    ("lock", "randomised_here"): (Standing("t", randomised_here=False), "was randomised elsewhere"),
    ("lock", "milestones"): (Standing("t", route=("gateway_1",)), "has not reached gateway 1"),
    ("randomise", "locked"): (Standing("t"), r"plan is not locked.*otm lock t"),
    ("randomise", "not_void"): (replace(DRAWN, void=True), r"draw of this trial is void.*nothing is built on it"),
    ("randomise", "wave_left"): (ALLOCATED, r"has been randomised.*one draw a trial"),
    ("randomise", "not_released"): (
        replace(ALLOCATED, waves_planned=2, released=True),
        "seed is public.*could be worked out",
    ),
    ("randomise", "not_found"): (
        replace(ALLOCATED, waves_planned=2, finding=1),
        "has its finding.*in no comparison",
    ),
    ("randomise", "amendment_settled"): (
        Standing("t", locked=True, amendment_asked_by="A"),
        "an amendment of the plan waits.*otm amend t",
    ),
    ("amend", "locked"): (Standing("t"), "plan is not locked.*changed, not amended"),
    ("amend", "not_void"): (replace(DRAWN, void=True), "is void"),
    ("amend", "amendment_not_open"): (replace(DRAWN, amendment_asked_by="A"), "waits for a second.*one amendment"),
    ("confirm_amendment", "amendment_open"): (DRAWN, "no amendment waits"),
    ("confirm_amendment", "not_void"): (replace(DRAWN, amendment_asked_by="A", void=True), "is void"),
    ("confirm_amendment", "another_than_amends"): (
        replace(DRAWN, amendment_asked_by="B"),
        r"^B: who proposed an amendment cannot confirm it.*two different",
    ),
    ("withdraw_amendment", "amendment_open"): (DRAWN, "no amendment waits"),
    ("certificate", "allocated"): (DRAWN, r"nothing has been allocated.*otm randomise t"),
    ("whois", "allocated"): (DRAWN, r"nothing has been allocated.*otm randomise t"),
    ("issue", "locked"): (replace(ALLOCATED, locked=False), "plan is not locked"),
    ("issue", "not_void"): (replace(ALLOCATED, void=True), r"is void.*under another id"),
    ("issue", "allocated"): (DRAWN, r"nothing has been allocated.*otm randomise t"),
    ("load_contacts", "locked"): (replace(ALLOCATED, locked=False), "plan is not locked"),
    ("load_contacts", "not_void"): (replace(ALLOCATED, void=True), "is void"),
    ("load_contacts", "allocated"): (DRAWN, r"nothing has been allocated.*is joined to the allocation"),
    ("load_outcomes", "locked"): (replace(ALLOCATED, locked=False), "plan is not locked"),
    ("load_outcomes", "not_void"): (replace(ALLOCATED, void=True), "is void"),
    ("load_outcomes", "allocated"): (DRAWN, r"nothing has been allocated.*is joined to the allocation"),
    ("evaluate", "locked"): (replace(EVALUATED, locked=False), "plan is not locked"),
    ("evaluate", "not_void"): (replace(EVALUATED, void=True), "is void"),
    ("evaluate", "allocated"): (replace(EVALUATED, waves_allocated=0), "nothing has been allocated"),
    ("evaluate", "outcomes"): (ALLOCATED, r"no outcomes are loaded.*otm outcomes load t FILE"),
    ("decide", "not_void"): (replace(EVALUATED, void=True), "a void trial decides nothing"),
    ("decide", "evaluated"): (ALLOCATED, r"no evaluation to decide on.*otm evaluate t"),
    ("decide", "verdict"): (replace(EVALUATED, waits_until=DUE), r"no verdict to decide on.*before all is due"),
    ("request_correction", "not_void"): (replace(CORRECTABLE, void=True), "is void"),
    ("request_correction", "update"): (
        replace(CORRECTABLE, replaceable=False),
        "nothing could take the finding's place",
    ),
    ("request_correction", "correction_not_asked"): (
        replace(CORRECTABLE, correction_asked_by="A"),
        "asked for already",
    ),
    ("confirm_correction", "correction_asked"): (CORRECTABLE, "nobody asked for a correction"),
    ("confirm_correction", "not_void"): (replace(CORRECTABLE, correction_asked_by="A", void=True), "is void"),
    ("confirm_correction", "second_signature"): (
        replace(CORRECTABLE, correction_asked_by="B"),
        r"^B: who asked for a correction cannot confirm it.*two different people",
    ),
    ("release", "allocated"): (replace(DRAWN, void=True), "what is released is a draw"),
    ("release", "not_released"): (replace(EVALUATED, released=True), "released already"),
    ("release", "concluded"): (EVALUATED, r"still running.*arms stay concealed.*the finding.*otm void t"),
    ("request_void", "seed"): (Standing("t", locked=True), "no seed has been drawn"),
    ("request_void", "void_not_asked"): (replace(DRAWN, void_asked_by="A"), r"asked for already.*by somebody else"),
    ("confirm_void", "void_asked"): (DRAWN, "nobody asked for a void"),
    ("confirm_void", "not_void"): (replace(DRAWN, void_asked_by="A", void=True), "void already"),
    ("confirm_void", "second_person"): (replace(DRAWN, void_asked_by="B"), r"^B: the person who asked .* cannot"),
}


def test_every_need_of_every_use_case_is_tried_below():
    assert set(LACKING) == {(use_case, need) for use_case, needs in NEEDS.items() for need in needs}


@pytest.mark.parametrize(("use_case", "need"), LACKING, ids=lambda name: name)
def test_a_use_case_is_refused_for_what_it_lacks(use_case, need):
    standing, said = LACKING[use_case, need]
    with pytest.raises(TrialRefused, match=said):
        require(standing, use_case, by="B")


def test_a_wave_that_was_allocated_is_not_allocated_again_while_others_are_to_come():
    running = replace(ALLOCATED, waves_planned=3)
    require(running, "randomise")
    require(running, "randomise", wave=2)
    with pytest.raises(TrialRefused, match="has been randomised"):
        require(running, "randomise", wave=1)
    require(running, "certificate", wave=1)
    with pytest.raises(TrialRefused, match="nothing has been allocated"):
        require(running, "certificate", wave=2)


def test_whoever_is_next_holds_the_role_for_it():
    standings = every_life(Standing("t")) | {Standing("t", randomised_here=False)}
    for coming in map(next_step, standings):
        uses: dict[str, str] = {
            "resume_randomise": "randomise",
            "decide_again": "decide",
            "correct_files": "load_outcomes",
            "issue_rest": "issue",
        }
        use_case = uses.get(coming.step, coming.step)
        if use_case in get_args(UseCase) and coming.role is not None:
            assert coming.role in roles_allowed(use_case)


def test_every_state_has_one_phase_but_void_and_every_code_has_its_words():
    assert [state for states in PHASES.values() for state in states] == [*get_args(State)[:-1]]
    assert phase_of("void") is None
    assert {"decided", "applied", "adapted", "stopped", "void"} == FINISHED
    assert set(STATES) == set(get_args(State))
    assert set(STEPS) == set(get_args(Step))
    assert not has_reached("adapted", "applied")
