"""What the missing would have to be like, in a manager's words and in the analyst's table."""

from __future__ import annotations

from dataclasses import replace

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.verdict import decide
from analysis.deciding.what_would_change import what_would_change
from analysis.inference.intervals import Effect
from analysis.results import CostThreshold, Segment, Thresholds, TippingPoint, WouldBe
from tests.trials.reporting import examples
from trials.cli.results import show_evaluation
from trials.reporting.results.missing_outcomes import tipping_lines, tipping_points
from trials.reporting.results.trust import change_lines
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)
LETTER = TippingPoint("paid_23", "letter", 676, 4000, 0.31, -0.124, WouldBe("not_shown"))
CALL = TippingPoint("collected_12m", "call", 40, 4000, 84.2, 12.5, WouldBe("scale", "call"))
NOWHERE = TippingPoint("paid_23", "nfa", 120, 4000, 0.29)
NOBODY = TippingPoint("paid_23", "sms", 4000, 4000, None, reason="nobody of this arm has the outcome")
FORGOT, OLD = Segment("reason", "forgot"), Segment("age", "old")
SEGMENTS = WouldBe("scale_segment", None, (("letter", OLD), ("sms", FORGOT)))
SEGMENT = TippingPoint("paid_23", "nfa", 7, 4000, 0.3, 0.002, SEGMENTS)


def test_a_manager_is_told_how_unlike_the_others_they_would_have_to_be():
    assert tipping_lines([LETTER, CALL], NAMES) == [
        "If, of the 676 without “Paid by day 23” with the plain reminder letter, 12.4 points fewer had it than is "
        "assumed (31.0%), the verdict would be: not shown to be worth it.",
        "If, of the 40 without “Collected in 12 months” with the outbound call, each had £12.50 more on average than "
        "is assumed (£84.20), the verdict would be: scale the outbound call.",
    ]
    (line,) = tipping_lines([SEGMENT], NAMES)
    assert "of the 7 without “Paid by day 23” with no further action, 0.20 points more had it" in line
    assert line.endswith(
        "the verdict would be: scale the plain reminder letter to age = old and the SMS reminder to reason = forgot."
    )


def test_a_verdict_that_would_be_is_said_in_the_words_of_what_would_change():
    """One verdict, by a cost and by the missing, in one sentence's words."""
    trial = TrialEvidence((), (Evidence("letter", Effect(0.1, 0.01), Effect(5.0, 1.0)),))
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=True)
    for becomes in (SEGMENTS, WouldBe("scale", "call"), WouldBe("no_further_action"), WouldBe("not_shown")):
        found = Thresholds((CostThreshold("letter", 0.85, 2.0, becomes),))
        (by_cost, *_) = what_would_change(examples.PLAN, trial, rules, decide(trial, rules), found=found, customers=9)
        (by_missing,) = tipping_lines([replace(LETTER, becomes=becomes)], NAMES)
        assert by_cost.split("the verdict would be: ")[1] == by_missing.split("the verdict would be: ")[1]


def test_what_they_could_not_undo_is_said_once_for_an_outcome():
    lines = tipping_lines([NOWHERE, replace(NOWHERE, arm="letter", missing=3), NOBODY], NAMES)
    assert lines == [
        "Nothing that the customers without “Paid by day 23” could have done by themselves would change the verdict: "
        "120 with no further action and 3 with the plain reminder letter."
    ]


def test_the_table_keeps_its_counts_as_counts():
    table = tipping_points([LETTER, NOWHERE, NOBODY], NAMES)
    assert [row[2:] for row in table.rows] == [
        ("676", "31.0%", "18.6%", "not shown to be worth it"),
        ("120", "29.0%", "nowhere", "as it is"),
        ("4,000", "none", "nobody of this arm has the outcome", "not known"),
    ]
    assert [cell.kind for cell in table.cells[0][2:4]] == ["customers", "share"]


def test_it_stands_among_what_would_change_the_verdict_and_on_the_terminal(capsys):
    whole = replace(examples.evaluation(), tipping_points=(LETTER,))
    assert any("of the 676 without" in line for line in change_lines(whole, NAMES))
    show_evaluation(whole, examples.PLAN)
    said = capsys.readouterr().out
    assert "How unlike the others the missing would have to be" in said
    assert "18.6%" in said
    show_evaluation(examples.evaluation(), examples.PLAN)
    assert "How unlike the others" not in capsys.readouterr().out
