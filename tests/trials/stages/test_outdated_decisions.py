"""A decision holds as long as what it rests on is the finding; everything that shows one says what it accepted."""

from __future__ import annotations

import json

import pytest

from tests.trials.examples import FIRST, SECOND
from tests.trials.stages.test_findings import LATER, better, cut, detail_of, lossy, rows_of
from trials.cli.commands import application
from trials.life import Next
from trials.reporting.portfolio import dates_of, next_action
from trials.reporting.results.decisions import contradiction, decision_lines, decision_notice
from trials.reporting.results.evaluations import evaluation_line
from trials.reporting.results.record import people
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide


def decided(registry, files, choice="accept"):
    """By somebody who read all that was there."""
    detail = detail_of(registry, files)
    read = {"finding": detail.evaluation.id, "also_read": [row.number for row in detail.evaluations]}
    terms = {"action": "stop", "reason": "it is so", "review_on": LATER}
    return decide(registry, FIRST, files.trial, choice=choice, **terms, **read)


def corrected(registry, files):
    """By two people who read what is replaced, and what takes its place."""
    finding = detail_of(registry, files).evaluation.id
    asked = request_correction(registry, FIRST, files.trial, reason="last year's file", in_place_of=finding)
    return confirm_correction(registry, SECOND, files.trial, evaluation=asked.replacing)


def test_a_correction_of_the_finding_asks_for_another_decision(drawn, files):
    cut(drawn, files, rows_of(files))
    decided(drawn, files)
    cut(drawn, files, better(drawn, files))
    assert detail_of(drawn, files).summary.state == "decided"  # an update takes nothing away
    corrected(drawn, files)
    detail = detail_of(drawn, files)
    summary = detail.summary
    assert (summary.state, summary.next) == ("analysed", Next("decide_again", "manager"))
    assert next_action(summary.next).startswith("Decide again")
    assert (summary.decision.verdict_code, summary.decision.evaluation, summary.decision.outdated) == (
        "not_shown", 1, True,
    )  # fmt: skip
    assert summary.decided_on is None
    assert dates_of(summary)[-1][0] == "Evaluated"
    said = "Evaluation 1 has been replaced: the finding is evaluation 2, with the verdict “Scale”."
    assert decision_lines(detail.decisions[0], detail.evaluations)[-1] == said
    notice = decision_notice(detail)
    assert "First Person, who accepted “Not shown”, rests on evaluation 1." in notice
    assert notice.endswith(f"{said} Decide again.")
    assert "in the place of evaluation 1, whose verdict was “Not shown”" in evaluation_line(detail)
    assert "Decided on evaluation 1, “Not shown”" in {row[0] for row in people(detail).rows}


def test_deciding_again_settles_it_and_the_earlier_decision_says_what_it_accepted(drawn, files):
    cut(drawn, files, rows_of(files))
    decided(drawn, files)
    cut(drawn, files, better(drawn, files))
    corrected(drawn, files)
    assert decided(drawn, files).evaluation == 2
    detail = detail_of(drawn, files)
    assert (detail.summary.state, detail.summary.next.step) == ("decided", "review")
    assert not detail.summary.decision.outdated
    assert decision_notice(detail) is None
    first, second = detail.decisions
    assert "has been replaced" in decision_lines(first, detail.evaluations)[-1]
    assert "It rests on evaluation 2 and its verdict, “Scale”" in decision_lines(second, detail.evaluations)[-1]


def test_a_finding_after_a_decision_without_one_asks_for_another_decision(drawn, files):
    cut(drawn, files, lossy(drawn, files))
    decided(drawn, files, "override")
    assert detail_of(drawn, files).summary.state == "decided"
    cut(drawn, files, lossy(drawn, files), after=60)
    detail = detail_of(drawn, files)
    assert (detail.summary.state, decision_notice(detail)) == ("decided", None)  # still no finding
    cut(drawn, files, better(drawn, files), after=70)
    detail = detail_of(drawn, files)
    assert (detail.summary.state, detail.summary.next.step) == ("analysed", "decide_again")
    assert "Evaluation 1 was an attempt: the finding is evaluation 3, with the verdict “Scale”" in decision_notice(
        detail
    )


def test_a_later_evaluation_that_disagrees_is_said_and_takes_nothing_away(drawn, files, capsys):
    cut(drawn, files, rows_of(files))
    decided(drawn, files)
    agreeing = cut(drawn, files, rows_of(files), after=40)
    assert contradiction(detail_of(drawn, files), agreeing.id) is None
    assert decision_notice(detail_of(drawn, files)) is None
    cut(drawn, files, better(drawn, files), after=60)
    detail = detail_of(drawn, files)
    assert detail.summary.state == "decided"
    assert (
        "Later data have another verdict than what was decided on: update 2 (evaluation 3): “Scale”. The finding "
        in (decision_notice(detail))
    )
    capsys.readouterr()
    application()(["evaluate", files.trial], standalone_mode=False)
    told = capsys.readouterr().err
    assert "It disagrees with the decision of" in told
    assert "which rests on evaluation 1, “Not shown”; its own verdict is “Scale”." in told
    application()(["evaluate", files.trial, "--json", "-"], standalone_mode=False)
    said = capsys.readouterr()
    assert json.loads(said.out)["evaluation_role"] == "update"
    assert "It disagrees with the decision" in said.err


def test_the_list_of_trials_and_the_correction_say_that_the_decision_is_outdated(drawn, files, capsys, monkeypatch):
    cut(drawn, files, rows_of(files))
    decided(drawn, files)
    cut(drawn, files, better(drawn, files))
    request_correction(drawn, FIRST, files.trial, reason="last year's file")
    monkeypatch.setenv("OTM_ACTOR", "Second Person:all")
    capsys.readouterr()
    application()(["correct", files.trial, "--confirm"], standalone_mode=False)
    assert "Evaluation 1 has been replaced" in capsys.readouterr().err
    application()(["trials", "--json", "-"], standalone_mode=False)
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert (trial["state"], trial["verdict"]["code"]) == ("analysed", "scale")
    assert (trial["decision"]["verdict"], trial["decision"]["evaluation"], trial["decision"]["outdated"]) == (
        "not_shown", 1, True,
    )  # fmt: skip
    assert trial["next"]["action"].startswith("Decide again")
    application()(["trials"], standalone_mode=False)
    assert "Decide again" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize("times", [1, 2])
def test_each_correction_in_a_chain_asks_again(drawn, files, times):
    cut(drawn, files, rows_of(files))
    for _ in range(times):
        decided(drawn, files)
        cut(drawn, files, better(drawn, files) if times == 1 or _ == 0 else rows_of(files), after=50)
        corrected(drawn, files)
    detail = detail_of(drawn, files)
    assert detail.summary.state == "analysed"
    assert detail.summary.next.step == "decide_again"
    assert all("has been replaced" in decision_lines(row, detail.evaluations)[-1] for row in detail.decisions)
