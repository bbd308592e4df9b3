"""For every approach and every planned segment: what was shown, and the condition that kept it from passing."""

from __future__ import annotations

import pytest

from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.explanation import explain
from analysis.deciding.guardrails import Harm
from analysis.deciding.verdict import decide
from analysis.inference.intervals import Effect
from analysis.results import Segment
from tests.analysis.evaluations import NFA, arm, declared

RULES = DecisionRules(0.05, "holm", None, valued=True, guardrails=1, capacity=True)
LETTER = arm("b", label="Letter B", cost_per_customer=0.85)
SMS = arm("sms", label="SMS reminder", channel="sms", cost_per_customer=0.05)
SAFE = Harm("complaint", 0.002, 0.0, 0.001, -0.001, passed=True, established=False)
UNSURE = Harm("complaint", 0.002, 0.001, 0.003, -0.001, passed=False, established=False)
HARMFUL = Harm("complaint", 0.002, 0.010, 0.012, 0.008, passed=False, established=True)
SHOWN, NOT_SHOWN = Effect(0.05, 0.005), Effect(0.001, 0.005)
PAYS, LOSES = Effect(1.2, 0.1), Effect(0.01, 0.1)


def said(cells, arms=None, rules=RULES):
    protocol = declared(
        arms=[NFA, LETTER, SMS],
        outcomes=[
            {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
            {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.002},
        ],
    )
    arms = arms or (Evidence("b", NOT_SHOWN, LOSES, (SAFE,)), Evidence("sms", NOT_SHOWN, LOSES, (SAFE,)))
    trial = TrialEvidence((), tuple(arms), tuple(cells))
    return explain(protocol, trial, rules, decide(trial, rules))


def cell(evidence, level="confused", interaction_p=0.0001, customers=9000):
    return CellEvidence("reason", level, evidence, interaction_p, customers)


CASES = [
    (Evidence("b", SHOWN, PAYS, (UNSURE,)), {}, ("guardrail",),
     "effect and gain after costs shown; complaint not shown to stay within the limit"),
    (Evidence("b", SHOWN, PAYS, (HARMFUL,)), {}, ("guardrail", "worse"),
     "effect and gain after costs shown; complaint shown to go beyond the limit; shown to be worse"),
    (Evidence("b", SHOWN, LOSES, (SAFE,)), {}, ("net_benefit",), "effect shown; gain after costs not shown"),
    (Evidence("b", NOT_SHOWN, PAYS, (SAFE,)), {}, ("effect",), "gain after costs shown; effect not shown"),
    (Evidence("b", SHOWN, PAYS, (SAFE,)), {"interaction_p": 0.2}, ("interaction",),
     "effect and gain after costs shown; not shown to work differently here than elsewhere"),
    (Evidence("b", SHOWN, PAYS, (SAFE,)), {"interaction_p": None}, ("interaction",),
     "effect and gain after costs shown; not shown to work differently here than elsewhere"),
    (Evidence("b", SHOWN, Effect(1.2, 0.1, skewness=0.3), (SAFE,)), {}, ("skewness",),
     "effect shown; gain not supported by the test that allows for a few very large amounts"),
    (Evidence("b", Effect(0.05, 0.005, skewness=0.3), PAYS, (SAFE,)), {}, ("skewness",),
     "gain after costs shown; effect not supported by the test that allows for a few very large amounts"),
    (Evidence("b", Effect(None, None, reason="no customer has it"), PAYS, (SAFE,)), {}, ("effect",),
     "gain after costs shown; effect not estimated (no customer has it)"),
]  # fmt: skip


@pytest.mark.parametrize(("evidence", "more", "failed", "words"), CASES)
def test_a_segment_says_what_it_lacked(evidence, more, failed, words):
    verdict = said([cell(evidence, **more)])
    (finding,) = verdict.segments
    assert (finding.arm, finding.segment, finding.passes) == ("b", Segment("reason", "confused"), False)
    assert finding.failed == failed
    assert finding.sentence == f"The letter B for reason = confused: {words}."
    assert finding.guardrails == (("complaint",) if "guardrail" in failed else ())
    assert verdict.code == "not_shown"


def test_every_arm_in_every_segment_has_a_finding_whatever_the_verdict():
    strong, weak = Evidence("b", SHOWN, PAYS, (SAFE,)), Evidence("sms", NOT_SHOWN, LOSES, (SAFE,))
    cells = [cell(evidence, level) for evidence in (strong, weak) for level in ("confused", "forgot")]
    scaled = said(cells, (strong, weak))
    assert scaled.code == "scale"
    assert [(f.arm, str(f.segment), f.passes) for f in scaled.segments] == [
        ("b", "reason = confused", True), ("b", "reason = forgot", True),
        ("sms", "reason = confused", False), ("sms", "reason = forgot", False),
    ]  # fmt: skip
    assert [finding.near_miss for finding in scaled.arms] == [
        None, "Effect not shown; gain after costs not shown.",
    ]  # fmt: skip


def test_an_arm_barred_everywhere_by_harm_says_so_in_its_segments():
    harmful = Evidence("b", SHOWN, PAYS, (HARMFUL,))
    verdict = said([cell(Evidence("b", SHOWN, PAYS, (SAFE,)))], (harmful, Evidence("sms", NOT_SHOWN, LOSES, (SAFE,))))
    assert verdict.segments[0].failed == ("harm",)
    assert verdict.segments[0].sentence.endswith("shown to do harm among everyone.")


def test_harm_in_a_segment_is_a_reason_of_a_trial_that_scales_to_everyone():
    """It is told once: of an approach that does harm among everyone, no segment is named."""
    safe = Evidence("b", SHOWN, PAYS, (SAFE,))
    harmed = cell(Evidence("b", SHOWN, PAYS, (HARMFUL,)))
    verdict = said([harmed], (safe, Evidence("sms", NOT_SHOWN, LOSES, (SAFE,))))
    assert verdict.code == "scale"
    beyond = "“Complaint” is shown to go beyond the limit that the plan declares"
    assert f"Among customers with reason = confused, the letter B does harm: {beyond}." in verdict.reasons
    verdict = said([harmed], (Evidence("b", SHOWN, PAYS, (HARMFUL,)), Evidence("sms", NOT_SHOWN, LOSES, (SAFE,))))
    assert [reason for reason in verdict.reasons if "harm" in reason] == [f"The letter B does harm: {beyond}."]


def test_all_passing_segments_are_named_and_nobody_is_shut_out_who_passes():
    letter, sms = Evidence("b", SHOWN, PAYS, (SAFE,)), Evidence("sms", SHOWN, PAYS, (SAFE,))
    verdict = said([cell(letter, "confused"), cell(letter, "forgot", customers=500), cell(sms, "deliberate")])
    assert verdict.code == "scale_segment"
    assert verdict.sentence.endswith(
        "Scale the letter B to customers with reason = confused or reason = forgot and the SMS reminder to customers "
        "with reason = deliberate, and to nobody else."
    )
    assert verdict.segment == Segment("reason", "confused")
    assert [f.sentence for f in verdict.arms] == [
        "Worth sending to customers with reason = confused and reason = forgot; not shown to be worth sending to "
        "everyone.",
        "Worth sending to customers with reason = deliberate; not shown to be worth sending to everyone.",
    ]


def test_where_two_approaches_pass_in_one_segment_the_cheaper_is_named_and_the_other_is_a_reason():
    letter = Evidence("b", SHOWN, Effect(1.3, 0.1), (SAFE,), cost=0.85)
    sms = Evidence("sms", SHOWN, PAYS, (SAFE,), cost=0.05)
    verdict = said([cell(letter), cell(sms)])
    assert (verdict.code, verdict.arm) == ("scale_segment", "sms")
    assert "Scale the SMS reminder to customers with reason = confused, and to nobody else." in verdict.sentence
    assert "The letter B also passes for reason = confused" in " ".join(verdict.reasons)


def test_ranges_are_those_that_decided():
    """Six alike arms: one interval in twenty of a trial with nothing to find would exclude nothing by itself."""
    arms = [arm(f"a{number}", label=f"Letter {number}") for number in range(6)]
    protocol = declared(arms=[NFA, *arms])
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=True)
    evidence = tuple(Evidence(a["id"], Effect(0.021, 0.01), Effect(2.1, 1.0)) for a in arms)
    trial = TrialEvidence((), evidence)
    verdict = explain(protocol, trial, rules, decide(trial, rules))
    assert verdict.code == "not_shown"
    half_width = 2.638257 * 10  # of 1 − 0.05 / 6, in thousandths
    assert verdict.arms[0].reasons[0] == (
        f"21 more paid by day 23 for every 1,000 customers ({half_width - 21:.1f} fewer to {21 + half_width:.0f} more)."
    )
    assert "estimated to gain £2,100 (£540 lost to £4,740 gained)" in verdict.sentence


def test_a_loss_is_shown_with_the_bound_that_showed_it():
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=1, capacity=True)
    arms = (
        Evidence("b", NOT_SHOWN, Effect(-2.4, 1.0), (SAFE,)),
        Evidence("sms", NOT_SHOWN, Effect(-2.4, 1.0), (SAFE,)),
    )
    verdict = said([], arms, rules)
    assert verdict.code == "no_further_action"
    assert verdict.arms[0].reasons[1].endswith("an estimated £2,400 lost (£4,640 to £160).")  # z of 1 − 0.05 / 4
