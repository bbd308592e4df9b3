"""The words of a verdict, to the letter, for each way that a trial can end."""

from __future__ import annotations

import pytest

from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.explanation import explain
from analysis.deciding.verdict import decide
from analysis.evaluate.evidence.rules import capacity_of
from analysis.inference.intervals import Effect
from analysis.results import Check, Segment
from tests.analysis.evaluations import NFA, arm, declared
from tests.designs.protocol.examples import ANSWERED, changed

RULES = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=True)
UNVALUED = DecisionRules(0.05, "holm", None, valued=False, guardrails=0, capacity=True)
LETTER = arm("b", label="Letter B", cost_per_customer=0.85)
SMS = arm("sms", label="SMS reminder", channel="sms", cost_per_customer=0.05)


def said(protocol, arms, rules=RULES, *, cells=(), failed=()):
    trial = TrialEvidence(tuple(check.name for check in failed), tuple(arms), tuple(cells))
    return explain(protocol, trial, rules, decide(trial, rules), failed=failed)


def test_the_letter_that_works_and_should_not_be_sent():
    """The sentence of the domain's own example."""
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.024, 0.004), Effect(-0.49, 0.27))])
    assert verdict.sentence == (
        "For every 1,000 customers assigned the letter B, 24 more paid by day 23 than with no further action. After "
        "costs the department is estimated to lose £490 (£1,020 lost to £39 gained). Not shown to beat no further "
        "action: do not scale."
    )
    (finding,) = verdict.arms
    assert (finding.code, finding.worse_than_comparison) == ("works_worth_unknown", False)
    assert finding.sentence == "Works; whether it is worth sending is not known."
    assert finding.reasons == (
        "24 more paid by day 23 for every 1,000 customers (16 more to 32 more).",
        "For every 1,000 customers, after costs, an estimated £490 lost (£1,020 lost to £39 gained).",
    )


def test_a_letter_that_works_and_is_shown_to_lose():
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.024, 0.004), Effect(-0.49, 0.1))])
    assert verdict.sentence.endswith("No further action is better: do not scale.")
    (finding,) = verdict.arms
    assert finding.sentence == "Works, and is not worth sending."
    assert finding.net_benefit_range[1] < 0.0
    assert "It is shown to lose money against no further action." in finding.reasons


def test_a_letter_that_works_and_falls_short_of_the_break_even():
    rules = DecisionRules(0.05, "holm", 0.05, valued=True, guardrails=0, capacity=True)
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.024, 0.004), Effect(-0.49, 0.27))], rules)
    (finding,) = verdict.arms
    assert finding.sentence == "Works, and falls short of the break-even effect that was declared."


def test_the_range_beside_a_finding_never_says_more_than_the_finding():
    """One arm and six routes: the range that is simultaneous over the arms lies below nought, and no loss is shown."""
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=5, capacity=True)
    unsure, sure = (
        said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.024, 0.004), Effect(net, 0.1))], rules).arms[0]
        for net in (-0.22, -0.3)
    )
    assert unsure.code == "works_worth_unknown"
    assert unsure.net_benefit_range[1] > 0.0
    assert sure.code == "works_not_worth_sending"
    assert sure.net_benefit_range[1] < 0.0


def test_the_arm_to_scale_is_the_one_spoken_of():
    evidence = [
        Evidence("b", Effect(0.03, 0.004), Effect(2.0, 0.3), cost=0.85),
        Evidence("sms", Effect(0.07, 0.004), Effect(0.85, 0.1), cost=0.05),
    ]
    verdict = said(declared(arms=[NFA, LETTER, SMS]), evidence)
    assert verdict.sentence == (
        "For every 1,000 customers assigned the SMS reminder, 70 more paid by day 23 than with no further action. "
        "After costs the department is estimated to gain £850 (£630 to £1,070 gained). Scale the SMS reminder."
    )
    assert verdict.reasons == (
        "The letter B and the SMS reminder pass; the SMS reminder is the cheapest, and no dearer one is shown to gain "
        "more.",
    )


def test_no_further_action():
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(-0.001, 0.004), Effect(-0.9, 0.1))])
    assert verdict.sentence.endswith(
        "1 fewer paid by day 23 than with no further action. After costs the department is "
        "estimated to lose £900 (£1,100 to £700 lost). "
        "No further action is better: do not scale."
    )
    assert verdict.arms[0].sentence == "Worse than no further action."
    assert "It is shown to lose money against no further action." in verdict.arms[0].reasons


def test_a_segment():
    strong = Evidence("b", Effect(0.05, 0.008), Effect(1.2, 0.2))
    cell = CellEvidence("reason", "forgot", strong, 0.001, 9000)
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.01, 0.004), Effect(-0.1, 0.2))], cells=[cell])
    assert verdict.sentence == (
        "For every 1,000 customers with reason = forgot assigned the letter B, 50 more paid by day 23 than with no "
        "further action. After costs the department is estimated to gain £1,200 (£810 to £1,590 gained). Scale the "
        "letter B to customers with reason = forgot, and to nobody else."
    )
    assert verdict.segment == Segment("reason", "forgot")
    assert verdict.arms[0].sentence == (
        "Worth sending to customers with reason = forgot; not shown to be worth sending to everyone."
    )
    loses = [Evidence("b", Effect(0.01, 0.004), Effect(-0.9, 0.2))]
    verdict = said(declared(arms=[NFA, LETTER]), loses, cells=[cell])
    assert verdict.arms[0].sentence == "Worth sending to customers with reason = forgot, and not to everyone."


def test_an_invalid_trial_speaks_of_nothing_else():
    failed = Check("retention", False, "The share with an outcome differs between b and nfa: nfa 99%, b 90%.", "blocks")
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.1, 0.01), Effect(5, 1))], failed=[failed])
    assert verdict.sentence == (
        "This trial is invalid, so no effect is shown as a finding. The share with an outcome differs between b and "
        "nfa: nfa 99%, b 90%."
    )
    assert verdict.arms[0].sentence == "Not judged: the trial is invalid."
    assert verdict.arms[0].reasons == ()


def test_business_as_usual_is_named_where_it_is_the_comparison():
    bau = {"id": "today", "kind": "bau", "label": "Today's letter", "share": 1, "channel": "letter"}
    protocol = declared(arms=[bau, LETTER], nfa_waived="every debt gets a letter")
    verdict = said(protocol, [Evidence("b", Effect(0.01, 0.02), Effect(0.1, 0.2))])
    assert "than with business as usual (Today's letter)" in verdict.sentence
    assert verdict.sentence.endswith("Not shown to beat business as usual (Today's letter): do not scale.")


def test_an_outcome_that_should_fall_is_told_as_it_was_measured():
    outcomes = [{"id": "late_30", "role": "primary", "kind": "binary", "direction": "decrease", "day": 30}]
    verdict = said(
        declared(arms=[NFA, LETTER], outcomes=outcomes), [Evidence("b", Effect(0.02, 0.004), Effect(1, 0.1))]
    )
    assert "20 fewer late by day 30" in verdict.sentence
    assert verdict.arms[0].reasons[0] == "20 fewer late by day 30 for every 1,000 customers (28 fewer to 12 fewer)."


def test_without_values_what_it_is_worth_is_said_to_be_open():
    verdict = said(declared(arms=[NFA, LETTER]), [Evidence("b", Effect(0.08, 0.003), None)], UNVALUED)
    assert "What that is worth was not declared. Not shown to beat no further action: do not scale." in verdict.sentence
    assert verdict.arms[0].sentence == "Changes behaviour; whether that is worth its cost was not declared."


@pytest.mark.parametrize(
    ("contact", "capacity", "words"),
    [
        ({}, None, "was not declared, so it was not tested"),
        ({"capacity_per_day": 900}, None, "how many to expect on the busiest day at roll-out is not declared"),
        ({"capacity_per_day": 900, "peak_contacts_per_day": 1000}, False, "There is no capacity for the extra contact"),
        ({"capacity_per_day": 900, "peak_contacts_per_day": 900}, True, None),
    ],
)
def test_capacity_is_said(contact, capacity, words):
    protocol = declared(
        arms=[NFA, LETTER], suitability=changed(ANSWERED, ("suitability.operations.answer", contact))["suitability"]
    )
    assert capacity_of(protocol) is capacity
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=capacity)
    verdict = said(protocol, [Evidence("b", Effect(0.1, 0.01), Effect(5, 1))], rules)
    assert [words in reason for reason in verdict.reasons if "apacity" in reason] == ([True] if words else [])
    assert verdict.code == ("not_shown" if capacity is False else "scale")
