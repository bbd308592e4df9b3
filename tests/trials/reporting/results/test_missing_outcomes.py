"""What the missing would have to be like, in a manager's words and in the analyst's table."""

from __future__ import annotations

from dataclasses import replace

from analysis.results import Segment, TippingPoint
from tests.trials.reporting import examples
from trials.cli.results import show_evaluation
from trials.reporting.results.missing_outcomes import tipping_lines, tipping_points
from trials.reporting.results.trust import change_lines
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)
LETTER = TippingPoint("paid_23", "letter", 676, 4000, 0.31, -0.124, "not_shown")
CALL = TippingPoint("collected_12m", "call", 40, 4000, 84.2, 12.5, "scale", "call")
NOWHERE = TippingPoint("paid_23", "nfa", 120, 4000, 0.29)
NOBODY = TippingPoint("paid_23", "sms", 4000, 4000, None, reason="nobody of this arm has the outcome")
SEGMENT = TippingPoint("paid_23", "nfa", 7, 4000, 0.3, 0.002, "scale_segment", "sms", Segment("reason", "forgot"))


def test_a_manager_is_told_how_unlike_the_others_they_would_have_to_be():
    assert tipping_lines([LETTER, CALL], NAMES) == [
        "The verdict would no longer hold if, of the 676 without “Paid by day 23” with the plain reminder letter, 12.4 "
        "points fewer had it than is assumed (31.0%): it would be “Not shown to beat no further action: do not scale”.",
        "The verdict would no longer hold if, of the 40 without “Collected in 12 months” with the outbound call, each "
        "had £12.50 more on average than is assumed (£84.20): it would be “Scale the outbound call”.",
    ]
    (line,) = tipping_lines([SEGMENT], NAMES)
    assert "of the 7 without “Paid by day 23” with no further action, 0.20 points more had it" in line
    assert line.endswith("it would be “Scale the SMS reminder to a segment: reason is forgot”.")


def test_what_they_could_not_undo_is_said_once_for_an_outcome():
    lines = tipping_lines([NOWHERE, replace(NOWHERE, arm="letter", missing=3), NOBODY], NAMES)
    assert lines == [
        "Nothing that the customers without “Paid by day 23” could have done by themselves would change the verdict: "
        "120 with no further action and 3 with the plain reminder letter."
    ]


def test_the_table_keeps_its_counts_as_counts():
    table = tipping_points([LETTER, NOWHERE, NOBODY], NAMES)
    assert [row[2:] for row in table.rows] == [
        ("676", "31.0%", "−12.4 points", "Not shown to beat no further action: do not scale"),
        ("120", "29.0%", "nowhere", "as it is"),
        ("4,000", "none", "nobody of this arm has the outcome", "as it is"),
    ]
    assert [cell.kind for cell in table.cells[0][2:4]] == ["customers", "share"]


def test_it_stands_among_what_would_change_the_verdict_and_on_the_terminal(capsys):
    whole = replace(examples.evaluation(), tipping_points=(LETTER,))
    assert any("of the 676 without" in line for line in change_lines(whole, NAMES))
    show_evaluation(whole, examples.PLAN)
    said = capsys.readouterr().out
    assert "How unlike the others the missing would have to be" in said
    assert "−12.4 points" in said
    show_evaluation(examples.evaluation(), examples.PLAN)
    assert "How unlike the others" not in capsys.readouterr().out
