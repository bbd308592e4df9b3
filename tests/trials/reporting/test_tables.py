"""Tables of words: sums that hold, and reasons in place of what is missing."""

import re
from dataclasses import replace

from analysis.results import Interaction, OutcomeBounds, Posterior, PosteriorArm, Variant
from tests.dashboards import examples
from trials.reporting import tables
from trials.reporting.names import names_of

NAMES = names_of(examples.PROTOCOL)
HC3 = Variant("standard_errors", standard_errors="HC3")


def amount(words: str) -> float:
    figure = float(re.sub(r"[^0-9.]", "", words))
    return -figure if words.startswith("−") else figure


def test_the_parts_of_the_money_sum_to_the_net_benefit():
    benefit = examples.evaluation().net_benefit
    assert benefit is not None
    table = tables.components(benefit.arms, NAMES)
    for place in range(1, len(table.columns)):
        *parts, total = (amount(row[place]) for row in table.rows)
        assert abs(sum(parts) - total) <= len(parts)  # each is rounded to a pound


def test_each_approach_has_its_finding_effect_cost_and_net():
    table = tables.approaches(examples.evaluation(), NAMES)
    assert table.rows[0] == (
        "Plain reminder letter",
        "Works, and is not worth sending",
        "+2.1 points (1.7 to 2.6)",
        "£0.85 a customer",
        "£480 lost (£990 lost to £31 gained)",
        "Passed",
    )


def test_without_money_each_approach_says_not_declared():
    table = tables.approaches(examples.without_money(), NAMES)
    assert {row[3] for row in table.rows} == {"not declared"}


def test_the_arms_of_the_flow_end_with_their_sum():
    table = tables.flow_arms(examples.evaluation().flow, NAMES)
    assert table.rows[-1] == ("All arms", "299,739", "299,739", "0")


def test_what_was_not_estimated_shows_its_reason():
    row = replace(examples.evaluation().estimates[0], estimate=None, ci_lower=None, reason="an arm is empty")
    assert tables.effects([row], NAMES, "x").rows[0][2] == "an arm is empty"
    test = Interaction("paid_23", "reason", "sms", "nfa", None, None, None, None, "one level is empty")
    assert tables.interactions([test], NAMES, "x").rows[0][-1] == "one level is empty"


def test_capped_amounts_stand_beside_uncapped_ones():
    table = tables.amounts(examples.evaluation(), NAMES)
    assert [row[:2] for row in table.rows] == [("Collected in 12 months, capped at £250", "Plain reminder letter")]
    assert table.rows[0][2].startswith("+£0.52")
    assert table.rows[0][3].startswith("+£0.47")


def test_a_guardrail_that_was_not_tested_is_not_called_passed():
    base = examples.evaluation()
    arms = tuple(replace(arm, guardrails_passed=None) for arm in base.verdict.arms)
    table = tables.approaches(replace(base, verdict=replace(base.verdict, arms=arms)), NAMES)
    assert {row[-1] for row in table.rows} == {"None declared or tested"}


def test_bounds_give_their_reason_where_there_are_none():
    known = OutcomeBounds("paid_23", "sms", "nfa", "worst_case", 0.01, 0.12, 0.0, 0.13)
    unknown = OutcomeBounds("paid_23", "sms", "nfa", "lee", None, None, reason="nobody is missing")
    table = tables.bounds((known, unknown), NAMES)
    assert table.rows[0][3:] == ("1.0 to 12.0", "0.0 to 13.0")
    assert table.rows[1][3:] == ("nobody is missing", "nobody is missing")


def test_probabilities_speak_pounds_per_thousand_and_leave_no_further_action_without_a_rival():
    arms = (
        PosteriorArm("nfa", 0.0, 0.0, 0.0, None, 0.02, 0.9),
        PosteriorArm("sms", 0.92, 0.41, 1.43, 0.98, 0.98, 0.001),
    )
    table = tables.posterior(Posterior("net_benefit", "flat", arms), NAMES)
    assert table.rows[0] == ("No further action", "£0", "none", "2.0%", "£900 lost")
    assert table.rows[1] == ("SMS reminder", "£920 gained (£410 to £1,430)", "98.0%", "98.0%", "£1 lost")


def test_what_else_was_tried_has_a_row_a_change_and_a_column_an_arm():
    base = examples.evaluation().estimates[0]
    rows = [
        replace(base, arm=arm, variant=variant, standard_errors=errors)
        for variant, errors in ((HC3, "HC3"), (Variant("logit"), "HC0"))
        for arm in ("letter", "sms")
    ]
    table = tables.sensitivity([*rows, replace(base, arm="call", variant=HC3, estimate=None, reason="no fit")], NAMES)
    assert table.columns[2:] == ("Plain reminder letter", "SMS reminder", "Outbound call")
    assert [row[:2] for row in table.rows] == [
        ("Paid by day 23", "HC3"),
        ("Paid by day 23", "logit, average marginal effect"),
    ]
    assert table.rows[0][2] == "+2.1 points (1.7 to 2.6), p <0.001"
    assert table.rows[0][4] == "no fit"
    assert table.rows[1][4] == "not tried"


def test_a_share_of_payers_is_never_said_in_pounds():
    row = replace(examples.evaluation().estimates[1], variant=Variant("share_with_any", "pounds"), estimate=0.021)
    assert tables.effect_words(row, NAMES) == "+2.1 points"
