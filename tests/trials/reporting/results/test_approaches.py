"""Each approach for the manager."""

from dataclasses import replace

from tests.trials.reporting import examples
from trials.reporting.results.approaches import approaches
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)


def test_each_approach_has_its_finding_effect_cost_and_net():
    table = approaches(examples.evaluation(), NAMES)
    assert table.rows[0] == (
        "Plain reminder letter",
        "Works; whether it is worth sending is not known",
        "+2.1 points (1.7 to 2.6)",
        "£0.85 a customer",
        "£480 lost (£990 lost to £31 gained)",
        "Passed",
    )


def test_without_money_each_approach_says_not_declared():
    table = approaches(examples.without_money(), NAMES)
    assert {row[3] for row in table.rows} == {"not declared"}


def test_a_guardrail_that_was_not_tested_is_not_called_passed():
    base = examples.evaluation()
    arms = tuple(replace(arm, guardrails_passed=None) for arm in base.verdict.arms)
    table = approaches(replace(base, verdict=replace(base.verdict, arms=arms)), NAMES)
    assert {row[-1] for row in table.rows} == {"None declared or tested"}
