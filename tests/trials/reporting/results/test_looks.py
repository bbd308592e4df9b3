"""The looks of a trial in words: which were taken, which comes next and when, and what was concluded."""

from __future__ import annotations

from dataclasses import replace

from analysis.deciding.looks import look_words
from analysis.results import Look
from tests.analysis.evaluate.test_looks import conducted, customers, cut, planned
from trials.reporting.results.looks import declared_looks, inference, looks_of
from trials.reporting.words.names import Names

PLAN = planned()
NAMES = Names(PLAN)


def rows(evaluation, names=NAMES):
    table = looks_of(evaluation, names)
    assert table is not None
    return [row[1:] for row in table.rows]


def test_a_plan_says_its_looks_in_a_line():
    assert declared_looks(PLAN) == (
        "4 looks, at 25%, 50% and 75% of customers due and when all are. A look may stop the trial for benefit or for "
        "harm, and an approach for harm. Little of the error is spent early (O'Brien and Fleming's kind of boundary)."
    )
    assert "for harm. The error is spent evenly" in declared_looks(planned(may="harm", spending="pocock"))


def test_taken_next_and_to_come():
    data = customers(0.0)
    first = cut(PLAN, data, 1)
    second = cut(PLAN, data, 2, looks=(first.look,))
    assert rows(second) == [
        ("25%", "25%", "28 January 2026", "Go on"),
        ("50%", "50%", "4 February 2026", "Go on"),
        ("75%", "", "due 11 February 2026", "Next"),
        ("100%", "", "due 18 February 2026", "To come"),
    ]
    assert inference(second, NAMES) is None


def test_passed_over_and_the_end():
    data = customers(0.0)
    third = cut(PLAN, data, 3)
    assert [row[-1] for row in rows(third)] == ["Passed over", "Passed over", "Go on", "Next"]
    end = cut(PLAN, data, 4, looks=(third.look,))
    assert rows(end)[2:] == [
        ("75%", "75%", "11 February 2026", "Go on"), ("100%", "100%", "18 February 2026", "The final analysis"),
    ]  # fmt: skip
    table = inference(end, NAMES)
    assert [row[1] for row in table.rows] == ["Paid by day 23", "Net benefit, a customer"]


def test_a_trial_that_ended_needs_no_other_look():
    evaluation, _ = conducted(PLAN, customers(0.15))
    said = [row[-1] for row in rows(evaluation)]
    number = evaluation.look.number
    assert said[number - 1] == "Ended with a verdict: an approach passes"
    assert set(said[number:]) == {"Not needed: the trial had ended"}


def test_a_look_that_was_passed_over_stays_so_when_a_later_one_ends_the_trial():
    second = cut(PLAN, customers(0.0), 2)
    third = cut(PLAN, customers(0.3), 3, looks=(second.look,))
    assert third.look.action == "stop_for_benefit"
    assert [row[-1] for row in rows(third)] == [
        "Passed over", "Go on", "Ended with a verdict: an approach passes", "Not needed: the trial had ended",
    ]  # fmt: skip


def test_a_look_whose_share_nobody_knows_says_how_many_are_due():
    second = cut(PLAN, customers(0.0), 2)
    unknown = replace(second.look, overrun=True, due=2_000, customers=2_000, fraction=0.5)
    assert unknown.share_unknown
    assert rows(replace(second, look=unknown))[1][1] == "2,000 customers"
    assert look_words(unknown) == "Look 2 of 4, 2,000 customers due"


def test_without_looks_there_is_no_table_and_a_cut_between_looks_names_the_next():
    plain = planned().model_copy(update={"analysis": planned().analysis.model_copy(update={"looks": None})})
    assert looks_of(cut(plain, customers(), 4), Names(plain)) is None
    assert declared_looks(plain) is None
    late = planned(fractions=(0.5,))
    assert rows(cut(late, customers(), 1), Names(late)) == [
        ("50%", "", "due 4 February 2026", "Next"), ("100%", "", "due 18 February 2026", "To come"),
    ]  # fmt: skip


def test_a_look_whose_data_failed_is_still_to_be_taken():
    evaluation = cut(PLAN, customers(), 2)
    failed = replace(evaluation, look=replace(evaluation.look, action="not_taken"))
    assert rows(failed)[1][-1] == "Not taken: the data failed a check"
    stopped = replace(evaluation.look, stopped=("letter",))
    assert isinstance(stopped, Look)
    assert rows(replace(evaluation, look=stopped))[1][-1] == "Go on; stopped for harm: Letter"
