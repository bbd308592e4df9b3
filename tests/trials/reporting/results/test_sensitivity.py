"""What else was tried, and what missing outcomes could hide."""

from dataclasses import replace

from analysis.results import OutcomeBounds, Posterior, PosteriorArm, Variant
from tests.trials.reporting import examples
from trials.reporting.results.sensitivity import bounds, posterior, sensitivity
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)
HC3 = Variant("standard_errors", standard_errors="HC3")


def test_what_else_was_tried_has_a_row_a_change_and_a_column_an_arm():
    base = examples.evaluation().estimates[0]
    rows = [
        replace(base, arm=arm, variant=variant, standard_errors=errors)
        for variant, errors in ((HC3, "HC3"), (Variant("logit"), "HC0"))
        for arm in ("letter", "sms")
    ]
    table = sensitivity([*rows, replace(base, arm="call", variant=HC3, estimate=None, reason="no fit")], NAMES)
    assert table.columns[2:] == ("Plain reminder letter", "SMS reminder", "Outbound call")
    assert [row[:2] for row in table.rows] == [
        ("Paid by day 23", "HC3"),
        ("Paid by day 23", "logit, average marginal effect"),
    ]
    assert table.rows[0][2] == "+2.1 points (1.7 to 2.6), p <0.001"
    assert table.rows[0][4] == "no fit"
    assert table.rows[1][4] == "not tried"


def test_bounds_give_their_reason_where_there_are_none():
    known = OutcomeBounds("paid_23", "sms", "nfa", "worst_case", 0.01, 0.12, 0.0, 0.13)
    unknown = OutcomeBounds("paid_23", "sms", "nfa", "lee", None, None, reason="nobody is missing")
    table = bounds((known, unknown), NAMES)
    assert table.rows[0][3:] == ("1.0 to 12.0", "0.0 to 13.0")
    assert table.rows[1][3:] == ("nobody is missing", "nobody is missing")


def test_probabilities_speak_pounds_per_thousand_and_leave_no_further_action_without_a_rival():
    arms = (
        PosteriorArm("nfa", 0.0, 0.0, 0.0, None, 0.02, 0.9),
        PosteriorArm("sms", 0.92, 0.41, 1.43, 0.98, 0.98, 0.001),
    )
    table = posterior(Posterior("net_benefit", "flat", arms), NAMES)
    assert table.rows[0] == ("No further action", "£0", "none", "2.0%", "£900 lost")
    assert table.rows[1] == ("SMS reminder", "£920 gained (£410 to £1,430)", "98.0%", "98.0%", "£1 lost")
