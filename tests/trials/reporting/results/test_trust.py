"""What a manager reads about the grounds: failures first and in full, nothing untested called passed."""

import json
from dataclasses import replace
from typing import get_args

from analysis.results import Check, CheckKind
from designs.protocol import Protocol
from tests.trials.reporting import examples
from trials.reporting.results import integrity
from trials.reporting.results.decisions import decision_lines
from trials.reporting.results.trust import change_lines, check_lines, value_lines
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import CHECKS

NAMES = Names(examples.PLAN)


def test_failures_come_first_and_untested_checks_are_never_called_passed():
    checks = (
        Check("duplicate_ids", True, "Every customer appears once.", "blocks"),
        Check("delivery", None, "No rate is declared.", "warns"),
        Check("balance", False, "The largest difference is 0.3.", "warns"),
        Check("retention", False, "5% of one arm are lost.", "blocks"),
    )
    assert check_lines(checks, NAMES) == (
        "Warning: Balance. The largest difference is 0.3.",
        "Failed: Retention. 5% of one arm are lost.",
        "Passed: Duplicates. No customer appears twice.",
        "Not tested: Delivery. No rate is declared.",
    )


def test_outcomes_with_something_missing_are_one_line_unless_one_fails():
    passed = tuple(
        Check("missing_outcomes", True, "None.", "warns", subject=name) for name in ("complaint", "collected_12m")
    )
    assert len(check_lines(passed, NAMES)) == 1
    failed = Check("missing_outcomes", False, "9% of letter, 2% of nfa.", "warns", subject="complaint")
    assert check_lines((*passed, failed), NAMES)[0] == "Warning: Missing: complaint. 9% of letter, 2% of nfa."


def test_a_check_of_an_outcome_has_the_outcomes_label():
    outcomes = [{"id": "ttp", "label": "Time to pay agreed", "role": "primary", "kind": "binary"}]
    names = Names(Protocol.model_validate_json(json.dumps({**examples.PROTOCOL, "outcomes": outcomes})))
    failed = Check("missing_outcomes", False, "9% lack it.", "warns", subject="ttp")
    assert check_lines((failed,), names) == ("Warning: Missing: time to pay agreed. 9% lack it.",)
    assert integrity.checks((failed,), names).rows[0][0] == "Missing: time to pay agreed"


def test_every_kind_of_check_has_a_title_and_words():
    assert set(CHECKS) == set(get_args(CheckKind))
    assert all(title and words.endswith(".") for title, words in CHECKS.values())


def test_what_would_change_it_is_never_silent():
    base = examples.evaluation()
    silent = replace(base, verdict=replace(base.verdict, flips=()), net_benefit=None)
    assert change_lines(silent, NAMES) == ("Nothing was recorded that would change it.",)
    assert change_lines(base, NAMES)[0] == "The verdict holds until an SMS costs 90p."
    assert "the SMS reminder +1.2 points" in change_lines(base, NAMES)[-1]


def test_scenarios_are_told_where_no_sentence_was_recorded():
    base = examples.evaluation()
    assert base.net_benefit is not None
    money = replace(base.net_benefit, scenario_verdicts={"low": "not_shown", "central": "scale", "high": "scale"})
    lines = change_lines(replace(base, net_benefit=money, verdict=replace(base.verdict, flips=())), NAMES)
    assert lines[0] == (
        "Low benefits with high costs: the verdict becomes “Not shown to beat no further action: do not scale”."
    )
    assert lines[1] == "High benefits with low costs: the verdict is the same."


def test_an_invalid_trial_needs_data_that_pass():
    assert change_lines(examples.invalid(), NAMES) == (
        "Data that pass the checks: mend what failed, then evaluate again.",
    )


def test_a_decision_is_told_with_everything_that_binds_it():
    lines = decision_lines(replace(examples.decision(), choice="override", conditions=None))
    assert lines == (
        "On 20 November 2026 demonstrator overrode the verdict. Scale the SMS reminder.",
        "Reason: It pays for itself.",
        "To be reviewed on 20 May 2027.",
    )
    stored = replace(examples.decision(), evaluation=3, evaluation_digest="c0ffee")
    assert decision_lines(stored)[-1] == "It rests on evaluation 3 and its verdict, “Scale”; digest c0ffee."


def test_what_the_money_is_and_what_the_plan_leaves_open_is_said():
    paid = {
        "outcome": "paid_23",
        "value": {"low": 1, "central": 1, "high": 1},
        "money": "earlier",
        "because": "interest",
    }
    collected = {"outcome": "collected_12m", "value": {"low": 1, "central": 1, "high": 1}}
    plan = examples.PROTOCOL | {"decision": {"benefits": [paid, collected], "roll_out_customers": 9}}
    assert value_lines(Names(Protocol.model_validate_json(json.dumps(plan)))) == (
        "Money that only comes earlier, and is not extra, is counted for: paid by day 23.",
        "The plan does not say whether money is extra or only comes earlier, for: collected in 12 months.",
        "The plan does not say why so many pounds, for: collected in 12 months.",
    )
