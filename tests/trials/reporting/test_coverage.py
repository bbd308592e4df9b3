"""Gaps and waiting, from summaries alone."""

from dataclasses import replace
from datetime import date

import pytest

from designs.likeness import Traits
from tests.trials.reporting.examples import summary
from trials.access import Actor
from trials.life import Next, Standing, may_be_released
from trials.reporting.coverage import gaps_of, waiting_for

TODAY = date(2026, 12, 1)


def about(behaviour: str, *segments: str) -> Traits:
    return Traits(behaviour, frozenset(segments))


def trial(**more):
    return replace(summary(), **more)


@pytest.mark.requirement("K05")
def test_every_pair_that_no_locked_trial_covers_is_listed_once():
    trials = [
        trial(state="decided", about=about("pay the debt", "age")),
        trial(state="locked", about=about("Pay debts", "region")),
        trial(state="draft", about=about("send the return", "age")),
        trial(state="void", about=about("send the return", "region")),
    ]
    gaps = gaps_of(trials, [about("register", "size of business")])
    assert gaps.behaviours == ("Pay the debt", "Register", "Send the return")
    assert gaps.segments == ("Age", "Region", "Size of business")
    assert gaps.covered == 2
    assert len(gaps.uncovered) == len(set(gaps.uncovered)) == 7
    assert ("Pay the debt", "Age") not in gaps.uncovered
    assert ("Send the return", "Region") in gaps.uncovered


@pytest.mark.parametrize("step", ["confirm_void", "confirm_correction", "confirm_amendment"])
def test_what_takes_two_people_waits_for_another_one_in_a_role_that_may(step):
    waiting = trial(next=Next(step, None, other_than="Ada Byrne"))
    manager, same = Actor("Mo", "manager"), Actor("ada byrne", "manager")
    assert len(waiting_for(manager, [waiting], [], TODAY)) == 1
    assert waiting_for(same, [waiting], [], TODAY) == ()
    assert waiting_for(Actor("Rob", "reviewer"), [waiting], [], TODAY) == ()


@pytest.mark.parametrize(("due", "waits"), [(date(2026, 12, 2), 0), (TODAY, 1), (date(2026, 11, 1), 1)])
def test_a_review_waits_from_the_day_on_which_it_is_due(due, waits):
    waiting = trial(next=Next("review", "manager", due=due))
    assert len(waiting_for(Actor("Mo", "manager"), [waiting], [], TODAY)) == waits
    assert waiting_for(Actor("An", "analyst"), [waiting], [], TODAY) == ()


def test_a_release_waits_for_the_randomiser_beside_what_comes_next():
    waiting = trial(next=Next("decide", "manager"), release_due=True)
    (release,) = waiting_for(Actor("Rae", "randomiser"), [waiting], [], TODAY)
    assert release.what.startswith("Release")
    assert len(waiting_for(Actor("Everyone", "all"), [waiting], [], TODAY)) == 2


def test_nothing_waits_where_nobody_is_to_act():
    assert waiting_for(Actor("Everyone", "all"), [trial(next=Next("nothing", None))], [], TODAY) == ()


@pytest.mark.parametrize(
    ("standing", "waits"),
    [
        (Standing("t", waves_allocated=1, finding=1), True),
        (Standing("t", waves_allocated=1), False),
        (Standing("t", finding=1), False),  # nothing was drawn here
        (Standing("t", waves_allocated=1, finding=1, released=True), False),
        (Standing("t", waves_allocated=1, finding=1, void=True), False),
    ],
)
def test_a_draw_waits_for_its_release_from_the_finding_on(standing, waits):
    assert may_be_released(standing) == waits
