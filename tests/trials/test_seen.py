"""Every act on a stored result rests on what its author read; what came in meanwhile is refused and told."""

from __future__ import annotations

from datetime import date

import pytest

from tests.trials.examples import FIRST, OTHER_SEED, SECOND, Files, allocated
from tests.trials.stages.test_findings import better, cut, detail_of, rows_of
from trials.errors import TrialRefused
from trials.seen import read_of
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.release import release
from trials.stages.void import confirm_void, request_void

LATER = date(2999, 12, 31)
TERMS = {"choice": "accept", "action": "do not scale", "reason": "not shown", "review_on": LATER}
WHICH = r"it has 2 evaluations, and which of them was read is not said.*rests on the result that its person read"


def decided(registry, trial, read=None):
    return decide(registry, FIRST, trial, **TERMS, finding=read)


def released(registry, trial, **read):
    return release(registry, FIRST, trial, reason="it is over", **read)


def asked_void(registry, trial, **read):
    return request_void(registry, FIRST, trial, reason="the wrong file", **read)


def confirmed_void(registry, trial, **read):
    if detail_of(registry, Named(trial)).void is None:
        request_void(registry, FIRST, trial, reason="the wrong file", read=1)
    return confirm_void(registry, SECOND, trial, **read)


class Named:
    def __init__(self, trial):
        self.trial = trial


ACTS = {"decision": decided, "release": released, "void": asked_void, "second signature of a void": confirmed_void}


def make_twice(registry, files):
    allocated(registry, files)
    return cut(registry, files, rows_of(files)), cut(registry, files, better(registry, files), after=60)


@pytest.fixture
def twice(copied):
    """A finding that shows little, and a later cut on which the SMS had worked."""
    registry, (finding, update) = copied(make_twice)
    return registry, finding, update


@pytest.mark.parametrize("act", ACTS)
def test_with_several_evaluations_what_was_read_is_said(twice, files, act):
    registry, finding, update = twice
    before = detail_of(registry, files)
    with pytest.raises(TrialRefused, match=WHICH):
        ACTS[act](registry, files.trial)
    with pytest.raises(TrialRefused, match=r"that was evaluation 2, and evaluation 1 is the finding"):
        ACTS[act](registry, files.trial, read=2)
    with pytest.raises(TrialRefused, match=r"no evaluation of this trial has the number 7"):
        ACTS[act](registry, files.trial, read=7)
    with pytest.raises(TrialRefused, match=r"no evaluation of this trial has the digest feed"):
        ACTS[act](registry, files.trial, read="feed")
    after = detail_of(registry, files)
    assert (after.decisions, after.release, after.summary.state) == (
        before.decisions, before.release, before.summary.state,
    )  # fmt: skip
    if act != "decision":
        ACTS[act](registry, files.trial, read=finding.digest)
        return
    with pytest.raises(TrialRefused, match=r"evaluation 2 came after the finding and has another verdict"):
        decide(registry, FIRST, files.trial, **TERMS, finding=1)
    decide(registry, FIRST, files.trial, **TERMS, finding=1, also_read=[update.id])


@pytest.mark.parametrize("act", ACTS)
def test_a_stale_result_is_refused_in_words_that_say_what_changed(twice, files, act):
    registry, _finding, update = twice
    request_correction(registry, FIRST, files.trial, reason="last year's file")
    confirm_correction(registry, SECOND, files.trial)
    if act == "second signature of a void":
        request_void(registry, FIRST, files.trial, reason="the wrong file", read=2)
    with pytest.raises(TrialRefused, match="the result changed since it was read") as refused:
        ACTS[act](registry, files.trial, read=1)
    said = str(refused.value)
    assert "that was evaluation 1, and evaluation 2 is the finding" in said
    assert "The verdict was “Not shown to beat no further action: do not scale” and is “Scale the SMS reminder”" in said
    assert "Per 1,000 customers, paid: was " in said
    assert "The data were as at " in said
    assert f"read evaluation 2, digest {update.digest}" in said
    ACTS[act](registry, files.trial, read=2)


@pytest.mark.parametrize("act", ACTS)
def test_the_only_evaluation_need_not_be_named_and_no_other_can_be(registry, files, act):
    allocated(registry, files)
    if act in ("void", "second signature of a void"):
        with pytest.raises(TrialRefused, match="this trial has no evaluation 1 that a void could rest on"):
            asked_void(registry, files.trial, read=1)
    cut(registry, files, rows_of(files))
    with pytest.raises(TrialRefused, match="no evaluation of this trial has the number 2"):
        ACTS[act](registry, files.trial, read=2)
    ACTS[act](registry, files.trial)


def test_a_correction_names_what_takes_the_place_where_it_could_be_another(twice, files):
    registry, _, update = twice
    third = cut(registry, files, [*rows_of(files)[:-1], rows_of(files)[-1] | {"paid": 1, "collected": 7}], after=70)
    with pytest.raises(TrialRefused, match=r"evaluations 2 and 3 could take its place.*--evaluation 3"):
        request_correction(registry, FIRST, files.trial, reason="last year's file")
    with pytest.raises(TrialRefused, match="that was evaluation 2, and evaluation 1 is the finding"):
        request_correction(registry, FIRST, files.trial, reason="last year's", evaluation=3, in_place_of=update.digest)
    request_correction(registry, FIRST, files.trial, reason="last year's file", evaluation=2, in_place_of=1)
    with pytest.raises(TrialRefused, match="that was evaluation 3, and evaluation 2 is what it rests on now"):
        confirm_correction(registry, SECOND, files.trial, evaluation=3)
    confirm_correction(registry, SECOND, files.trial, evaluation=update.digest)
    # From here on both could be another's: of the first correction, which somebody may have read and not the second.
    with pytest.raises(TrialRefused, match="it has 3 evaluations, and which of them was read is not said"):
        request_correction(registry, FIRST, files.trial, reason="the true file", evaluation=3)
    with pytest.raises(TrialRefused, match="that was evaluation 1, and evaluation 2 is the finding"):
        request_correction(registry, FIRST, files.trial, reason="the true file", evaluation=3, in_place_of=1)
    request_correction(registry, FIRST, files.trial, reason="the true file", evaluation=3, in_place_of=2)
    with pytest.raises(TrialRefused, match="which of them was read is not said"):
        confirm_correction(registry, SECOND, files.trial)
    with pytest.raises(TrialRefused, match="that was evaluation 2, and evaluation 3 is what it rests on now"):
        confirm_correction(registry, SECOND, files.trial, evaluation=2)
    confirm_correction(registry, SECOND, files.trial, evaluation=third.id)
    assert detail_of(registry, files).evaluation.id == 3


def test_an_evaluation_is_named_by_its_number_or_its_digest():
    digest = "1" * 64
    assert (read_of(" 2 "), read_of("ABC"), read_of(digest), read_of("²")) == (2, "abc", digest, "²")


def test_an_evaluation_of_another_trial_is_none_of_this_one(done, tmp_path):
    registry, files = done.registry, done.files
    other = Files(tmp_path / "other", trial="others", population="others", first=1_000)
    allocated(registry, other, seed=OTHER_SEED)
    foreign = cut(registry, other, rows_of(other))
    with pytest.raises(TrialRefused, match="no evaluation of this trial has the digest"):
        decide(registry, FIRST, files.trial, **TERMS, finding=foreign.digest)
