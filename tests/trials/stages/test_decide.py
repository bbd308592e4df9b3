from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.trials.examples import FIRST, SECOND, allocated, evaluated
from tests.trials.stages.test_findings import better, cut, rows_of
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.registry.tables.columns import now
from trials.reporting.portfolio import next_action
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.void import confirm_void, request_void

LATER = date(2999, 12, 31)


def terms(**changes):
    return {"choice": "accept", "action": "do not scale", "reason": "not shown", "review_on": LATER} | changes


@pytest.mark.requirement("K17")
def test_a_decision_names_who_why_and_when_it_is_looked_at_again(either, files):
    evaluated(either, files)
    decide(either, FIRST, files.trial, **terms(conditions=" until the call centre has room "))
    decide(either, SECOND, files.trial, **terms(choice="override", action="send the SMS", reason="it costs pennies"))
    with either.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
    first, second = detail.decisions
    assert (first.decided_by, first.choice, first.conditions) == (
        "First Person",
        "accept",
        "until the call centre has room",
    )
    assert (second.decided_by, second.choice, second.review_on) == ("Second Person", "override", LATER)
    assert first.verdict_code == detail.summary.verdict_code
    assert next_action(detail.summary.next) == "Review the decision on 31 December 2999"


def test_a_decision_on_what_was_read_is_refused_where_another_is_the_finding_now(either, files):
    allocated(either, files)
    read = cut(either, files, rows_of(files))
    with pytest.raises(TrialRefused, match=r"no evaluation of this trial has the digest 0ld, and evaluation 1 is the"):
        decide(either, FIRST, files.trial, **terms(finding="0ld"))
    decide(either, FIRST, files.trial, **terms(finding=read.digest))
    update = cut(either, files, better(either, files))
    # An update does not take its place, but one that says otherwise is read first.
    with pytest.raises(
        TrialRefused, match=r"evaluation 2 came after the finding and has another verdict.*--also-read 2"
    ):
        decide(either, FIRST, files.trial, **terms(finding=read.digest))
    decide(either, FIRST, files.trial, **terms(finding=read.digest, also_read=[update.digest]))
    with pytest.raises(TrialRefused, match="that was evaluation 2, and evaluation 1 is the finding"):
        decide(either, FIRST, files.trial, **terms(finding=update.digest))
    request_correction(either, FIRST, files.trial, reason="last year's file")
    confirm_correction(either, SECOND, files.trial)
    problem = r"the result changed since it was read: that was evaluation 1, and evaluation 2 is the finding"
    with pytest.raises(TrialRefused, match=rf"{problem}.*rests on the result that its person read.*{update.digest}"):
        decide(either, FIRST, files.trial, **terms(finding=read.digest))
    assert decide(either, FIRST, files.trial, **terms(finding=update.digest)).evaluation == 2
    with either.read(LOCAL_ACTOR) as reader:
        assert [row.evaluation for row in reader.trial(files.trial).decisions] == [1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"reason": "  "}, "a decision needs its reason"),
     ({"action": ""}, "a decision needs its action"),
     ({"choice": "perhaps"}, r"'perhaps' is no choice.*one of accept, override"),
     ({"review_on": date(2020, 1, 1)}, "the review on 2020-01-01 is not ahead")],
)  # fmt: skip
def test_a_decision_that_leaves_something_out_is_refused(done, changes, problem):
    registry, files = done.registry, done.files
    with pytest.raises(TrialRefused, match=problem):
        decide(registry, FIRST, files.trial, **terms(**changes))
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.trial(files.trial).decisions == ()


def test_a_review_today_is_not_ahead(done):
    registry, files = done.registry, done.files
    today = now().date()
    with pytest.raises(TrialRefused, match="not ahead"):
        decide(registry, FIRST, files.trial, **terms(review_on=today))
    decide(registry, FIRST, files.trial, **terms(review_on=today + timedelta(days=1)))


def test_there_is_nothing_to_decide_before_the_evaluation_or_after_a_void(registry, files):
    allocated(registry, files)
    with pytest.raises(TrialRefused, match=r"no evaluation to decide on.*otm evaluate reminders"):
        decide(registry, FIRST, files.trial, **terms())
    request_void(registry, FIRST, files.trial, reason="wrong")
    confirm_void(registry, SECOND, files.trial)
    with pytest.raises(TrialRefused, match="void"):
        decide(registry, FIRST, files.trial, **terms())


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_void_needs_a_reason(registry, files, reason):
    allocated(registry, files)
    with pytest.raises(TrialRefused, match="a void needs a reason"):
        request_void(registry, FIRST, files.trial, reason=reason)


def test_a_void_is_asked_for_once_and_confirmed_once_by_somebody_else(registry, files):
    with pytest.raises(TrialRefused, match="there is no trial"):
        request_void(registry, FIRST, files.trial, reason="wrong")
    allocated(registry, files)
    with pytest.raises(TrialRefused, match="nobody asked for a void"):
        confirm_void(registry, SECOND, files.trial)
    request_void(registry, FIRST, files.trial, reason="wrong")
    with pytest.raises(TrialRefused, match="asked for already"):
        request_void(registry, SECOND, files.trial, reason="wrong")
    with pytest.raises(TrialRefused, match=r"First Person: the person who asked for a void cannot confirm it"):
        confirm_void(registry, FIRST, files.trial)
    confirm_void(registry, SECOND, files.trial)
    with pytest.raises(TrialRefused, match="void already"):
        confirm_void(registry, SECOND, files.trial)
