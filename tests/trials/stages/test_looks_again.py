"""A look whose file was wrong is taken again on the corrected one; two people put it in the place of the first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from analysis.document import from_document
from tests.trials.examples import FIRST, LOCAL_ACTOR, SECOND, Files, allocated, load_outcomes
from tests.trials.stages.test_looks import ALL_DUE, LOW_DUE, cut, field, planned, waved
from trials.errors import TrialRefused
from trials.registry import queries
from trials.reporting.results.decisions import decision_lines
from trials.stages.allocate import randomise
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.verify import verify

LOOKS = "{fractions: [0.3, 0.9], may: harm_and_benefit}"


@pytest.fixture
def large(tmp_path):
    return Files(tmp_path / "large", count=1_200)


def again(registry, files, **came_back):
    """The corrected file, loaded a week later, as at the day of the look."""
    later = LOW_DUE + timedelta(days=7)
    load_outcomes(registry, FIRST, files.trial, field(registry, files, **came_back), as_at=later)
    return from_document(evaluate(registry, FIRST, files.trial, as_at=LOW_DUE).document)


def corrected(registry, files, **which):
    asked = request_correction(registry, FIRST, files.trial, reason="The extract was of another trial.", **which)
    return confirm_correction(registry, SECOND, files.trial, evaluation=asked.replacing)


def roles(registry, files):
    with registry.read(LOCAL_ACTOR) as reader:
        return [row.role for row in reader.trial(files.trial).evaluations]


def state(registry, files):
    with registry.read(LOCAL_ACTOR) as reader:
        trial = reader.trial(files.trial).summary
    return trial.state, trial.next.step, trial.verdict_code


def accept(registry, files):
    words = {"action": "Scale it.", "reason": "It works.", "review_on": date(2100, 1, 1)}
    with registry.read(LOCAL_ACTOR) as reader:
        read = reader.trial(files.trial)
    everything = [row.number for row in read.evaluations]
    return decide(
        registry, FIRST, files.trial, choice="accept", finding=read.evaluation.id, also_read=everything, **words
    )


def test_a_scale_at_a_look_on_a_wrong_file_is_taken_back_and_the_trial_goes_on(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    assert cut(registry, files, LOW_DUE, letter=0.5).verdict.code == "scale"
    accept(registry, files)
    right = again(registry, files)
    assert (right.verdict.code, right.look.number, right.look.again) == ("not_due", 1, True)
    assert any("taken before" in reason for reason in right.verdict.reasons)
    assert (right.estimates, right.net_benefit, right.looks_before) == ((), None, ())
    assert roles(registry, files) == ["finding", "repeat"]
    assert state(registry, files)[2] == "scale"
    corrected(registry, files)
    assert roles(registry, files) == ["replaced", "not_due"]
    assert state(registry, files) == ("in_field", "load_outcomes", "not_due")
    with pytest.raises(TrialRefused, match="no verdict to decide on"):
        accept(registry, files)
    end = cut(registry, files, ALL_DUE)
    assert (end.look.number, end.look.action, end.look.ended_before) == (3, "final", None)
    assert [(look.number, look.action) for look in end.looks_before] == [(1, "go_on")]
    assert roles(registry, files)[-1] == "finding"
    assert state(registry, files)[:2] == ("analysed", "decide_again")
    assert [proof.name for proof in verify(registry, LOCAL_ACTOR, files.trial) if proof.faults] == []


def test_what_the_right_file_shows_at_the_look_is_the_finding_once_two_have_signed(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE, letter=0.5)
    right = again(registry, files, letter=0.4)
    assert (right.verdict.code, right.look.action, right.look.again) == ("scale", "stop_for_benefit", True)
    first = from_document(_stored(registry, files, 1))
    assert right.look.critical_benefit == first.look.critical_benefit  # no error is spent on taking it again
    assert right.estimates[0].estimate != first.estimates[0].estimate
    done = corrected(registry, files)
    assert (done.replaced, done.replacing, done.evaluations) == (1, 2, 2)
    assert roles(registry, files) == ["replaced", "finding"]
    assert state(registry, files) == ("analysed", "decide", "scale")


def test_a_look_that_went_on_is_corrected_too(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    assert cut(registry, files, LOW_DUE).verdict.code == "not_due"
    right = again(registry, files, letter=0.5)
    assert (right.verdict.code, right.look.again) == ("scale", True)
    assert roles(registry, files) == ["not_due", "repeat"]
    assert state(registry, files) == ("in_field", "load_outcomes", "not_due")  # nobody has signed yet
    with pytest.raises(TrialRefused, match="no verdict to decide on"):
        accept(registry, files)
    corrected(registry, files)
    assert roles(registry, files) == ["replaced", "finding"]
    assert state(registry, files) == ("analysed", "decide", "scale")


def test_what_rests_on_a_look_falls_with_it(registry, large):
    """The letter was stopped for harm by a wrong file, and the end could not scale it."""
    files = planned(large, LOOKS)
    allocated(registry, files)
    stopped = cut(registry, files, LOW_DUE, letter=-0.3)
    assert stopped.look.number == 1
    ended = cut(registry, files, ALL_DUE, letter=0.5)
    found = len(roles(registry, files))
    right = again(registry, files, letter=0.02)
    assert (right.look.number, right.look.again, right.looks_before) == (1, True, ())
    corrected(registry, files)
    assert roles(registry, files)[:found] == ["replaced"] * found
    assert "finding" not in roles(registry, files)
    anew = cut(registry, files, ALL_DUE, letter=0.5)
    assert (anew.verdict.code, anew.look.stopped) == ("scale", ())
    assert roles(registry, files)[-1] == "finding"
    assert ended.verdict.code == "scale" or ended.look.stopped


def test_with_waves_that_are_never_drawn_a_look_can_be_corrected(registry, tmp_path):
    files = waved(Files(tmp_path / "large", count=1_200), 1_800)
    allocated(registry, files)
    assert cut(registry, files, LOW_DUE, letter=0.5).verdict.code == "scale"
    assert again(registry, files).look.again
    corrected(registry, files)
    assert state(registry, files)[0] == "in_field"


def test_a_trial_whose_other_waves_are_not_drawn_is_ended_without_a_finding(registry, tmp_path):
    """It never comes to be due, so that no verdict can be accepted; and one of a single draw waits for its day."""
    files = waved(Files(tmp_path / "large", count=1_200), 1_800)
    allocated(registry, files)
    assert cut(registry, files, LOW_DUE).verdict.code == "not_due"
    with pytest.raises(TrialRefused, match=r"no verdict to decide on.*with --override"):
        accept(registry, files)
    words = {"action": "Stop.", "reason": "The duty was repealed.", "review_on": date(2100, 1, 1)}
    made = decide(registry, FIRST, files.trial, choice="override", **words)
    assert (made.verdict_code, made.evaluation) == ("not_due", 1)
    assert state(registry, files)[:2] == ("decided", "review")
    with registry.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
    assert "decided without a finding, for the trial ended" in decision_lines(made, detail.evaluations)[0]
    assert cut(registry, files, LOW_DUE + timedelta(days=1)).verdict.code == "not_due"
    assert state(registry, files)[:2] == ("decided", "review")


def test_a_trial_of_one_draw_is_not_ended_before_its_day(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE)
    words = {"action": "Stop.", "reason": "Enough.", "review_on": date(2100, 1, 1)}
    with pytest.raises(TrialRefused, match="no verdict to decide on"):
        decide(registry, FIRST, files.trial, choice="override", **words)


def test_true_files_that_fail_a_check_take_the_finding_away_where_they_are_named(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE, letter=0.5)
    lost = again(registry, files, letter=0.5, lost=0.5)
    assert (lost.verdict.code, lost.look.action) == ("invalid", "not_taken")
    assert roles(registry, files) == ["finding", "repeat"]
    with pytest.raises(TrialRefused, match="no later update"):
        request_correction(registry, FIRST, files.trial, reason="Half of them are gone.")
    corrected(registry, files, evaluation=2)
    assert roles(registry, files) == ["replaced", "attempt"]
    assert state(registry, files) == ("analysed", "correct_files", "invalid")
    mended = again(registry, files, letter=0.4)
    assert (mended.verdict.code, mended.look.again) == ("scale", True)  # what the look has spent stays spent
    assert roles(registry, files) == ["replaced", "attempt", "repeat"]
    corrected(registry, files, in_place_of=2)
    assert roles(registry, files) == ["replaced", "replaced", "finding"]


def test_the_same_file_is_no_correction_of_a_look(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE, letter=0.5)
    same = from_document(evaluate(registry, FIRST, files.trial, as_at=LOW_DUE).document)
    assert same.look.again
    with pytest.raises(TrialRefused, match="read the same files as evaluation 1"):
        request_correction(registry, FIRST, files.trial, reason="To be sure.")


def test_data_after_the_end_stand_in_the_place_of_the_look_that_ended_the_trial(registry, large):
    """In the stage-wise order nothing later lies further out than what an earlier look crossed for: p would be the
    error that it spent, whatever was found since."""
    files = planned(large, "{fractions: [0.3, 0.9], may: harm_and_benefit, spending: pocock}")
    allocated(registry, files)
    first = cut(registry, files, LOW_DUE, letter=0.5)
    update = cut(registry, files, ALL_DUE, letter=0.5)
    assert (update.verdict.code, update.look.ended_before) == ("scale", 1)
    assert "The trial ended at look 1 of 3" in update.verdict.reasons[0]
    letter = next(row for row in update.estimates if row.arm == "letter" and row.role == "primary")
    assert letter.p_value < 1e-12
    assert letter.p_value < next(row for row in first.estimates if row.arm == "letter" and row.declared).p_value
    assert roles(registry, files) == ["finding", "update"]


@pytest.mark.parametrize("evaluated", [False, True], ids=["loaded alone", "evaluated as well"])
def test_a_look_is_not_chosen_among_days_gone_by(registry, large, evaluated):
    """All is there, and whoever may choose the day of a look finds one that says more than the end."""
    files = planned(large, LOOKS)
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, field(registry, files, letter=0.5), as_at=ALL_DUE)
    if evaluated:
        evaluate(registry, FIRST, files.trial)
    before = roles(registry, files)
    with pytest.raises(TrialRefused, match=r"look 1 cannot be taken as at 2026-02-25.*never chosen among days gone by"):
        evaluate(registry, FIRST, files.trial, as_at=LOW_DUE)
    load_outcomes(registry, FIRST, files.trial, field(registry, files, letter=0.4), as_at=LOW_DUE)
    with pytest.raises(TrialRefused, match="look 1 cannot be taken"):
        evaluate(registry, FIRST, files.trial)
    assert roles(registry, files) == before


def test_a_look_that_ended_the_trial_is_put_right_as_that_look(registry, large):
    """An update allows for the look's having ended the trial: were that look wrong, its p-value would be too small."""
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE, letter=0.5)
    again(registry, files)
    assert cut(registry, files, ALL_DUE, letter=0.09).look.ended_before == 1
    with pytest.raises(TrialRefused, match="evaluation 3 cannot take another's place"):
        request_correction(registry, FIRST, files.trial, reason="The look was wrong.", evaluation=3)
    assert corrected(registry, files).replacing == 2
    assert roles(registry, files) == ["replaced", "not_due", "replaced"]
    end = from_document(evaluate(registry, FIRST, files.trial).document)
    assert (end.look.ended_before, roles(registry, files)[-1]) == (None, "finding")


def test_what_is_evaluated_between_request_and_confirmation_falls_too(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE, letter=0.5)
    again(registry, files)
    request_correction(registry, FIRST, files.trial, reason="The look was wrong.")
    assert cut(registry, files, ALL_DUE, letter=0.5).verdict.code == "scale"
    confirm_correction(registry, SECOND, files.trial)
    assert roles(registry, files) == ["replaced", "not_due", "replaced"]
    assert state(registry, files)[2] == "not_due"


def test_a_look_taken_again_is_not_shown_before_two_have_signed(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE)
    assert again(registry, files, lost=0.5).verdict.code == "invalid"
    assert state(registry, files) == ("in_field", "load_outcomes", "not_due")


def test_outcomes_of_those_who_were_not_looked_at_correct_no_look(registry, large):
    files = planned(large, LOOKS)
    allocated(registry, files)
    cut(registry, files, LOW_DUE, only=("low",))
    end = cut(registry, files, ALL_DUE)
    same = from_document(evaluate(registry, FIRST, files.trial, as_at=LOW_DUE).document)
    assert (same.look.again, end.look.action) == (True, "final")
    with pytest.raises(TrialRefused, match="the same outcomes of everybody who was due at that look"):
        request_correction(registry, FIRST, files.trial, reason="There is more now.")


def test_no_wave_is_drawn_once_there_is_a_finding(registry, tmp_path):
    files = waved(Files(tmp_path / "large", count=1_200), 1_800)
    allocated(registry, files)
    assert cut(registry, files, LOW_DUE, letter=0.5).verdict.code == "scale"
    with pytest.raises(TrialRefused, match="the trial has its finding"):
        randomise(registry, FIRST, files.trial)


def _stored(registry, files, number):
    with registry.inspect(LOCAL_ACTOR, "verify", files.trial) as session:
        return queries.evaluation_numbered(session, files.trial, number).document
