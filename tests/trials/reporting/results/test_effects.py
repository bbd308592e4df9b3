"""Effects in their units, and reasons in place of what is missing."""

from dataclasses import replace

from analysis.results import Estimate, Interaction, Variant
from designs.protocol.models import Outcome
from tests.trials.reporting import examples
from trials.reporting.results.effects import as_judged, effect_words, effects, interactions
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)


def test_what_was_not_estimated_shows_its_reason():
    row = replace(examples.evaluation().estimates[0], estimate=None, ci_lower=None, reason="an arm is empty")
    assert effects([row], NAMES, "x").rows[0][2] == "an arm is empty"
    test = Interaction("paid_23", "reason", "sms", "nfa", None, None, None, None, "one level is empty")
    assert interactions([test], NAMES, "x").rows[0][-1] == "one level is empty"


def test_a_share_of_payers_is_never_said_in_pounds():
    row = replace(examples.evaluation().estimates[1], variant=Variant("share_with_any", "pounds"), estimate=0.021)
    assert effect_words(row, NAMES) == "+2.1 points"


def test_a_primary_over_time_is_read_as_the_share_with_the_event():
    row = Estimate(
        "wait", "primary", "sms", "nfa", "survival_difference", "kaplan_meier", "Greenwood", estimate=-0.092,
        std_error=0.02, statistic=-4.6, p_value=1e-5, ci_lower=-0.13, ci_upper=-0.05,
    )  # fmt: skip
    secondary = replace(row, role="secondary")
    shown, left, segment = as_judged([row, secondary, replace(secondary, subgroup="reason", level="forgot")])
    assert (shown.estimate, shown.ci_lower, shown.ci_upper, shown.statistic) == (0.092, 0.05, 0.13, 4.6)
    assert shown.declared
    assert left == secondary
    assert segment.estimate == 0.092
    wait = Outcome(id="wait", role="primary", kind="time_to_event", time="days", event="paid", horizon=90)
    names = Names(examples.PLAN.model_copy(update={"outcomes": (wait,)}))
    assert effect_words(shown, names, shown.ci_lower, shown.ci_upper) == "+9.2 points (5.0 to 13.0)"
    assert names.per_thousand("wait", shown.estimate) == "92 more"
    assert effect_words(replace(row, estimand="rmst_difference", estimate=-6.7), names) == "−6.7 days"


def test_a_test_by_the_normal_distribution_has_no_end_of_degrees_of_freedom():
    test = Interaction("wait", "reason", "sms", "nfa", 2.0, 3.0, None, 0.11)
    assert interactions([test], NAMES, "x").rows[0][2] == "3 and ∞"
