"""How a verdict depends on the capacity that was typed: said where it would be another, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.verdict import decide
from analysis.deciding.what_would_change import what_would_change
from analysis.evaluate.evidence.rules import capacity_of
from analysis.inference.intervals import Effect
from analysis.results import Thresholds
from tests.analysis.evaluations import NFA, arm, declared
from tests.designs.protocol.examples import ANSWERED, changed

pytestmark = pytest.mark.requirement("S10", "S16")
LETTER = arm("b", label="Letter B", cost_per_customer=0.85)
PASSES = Evidence("b", Effect(0.1, 0.01), Effect(5, 1))
SHOWS_NOTHING = Evidence("b", Effect(0.001, 0.01), Effect(0.1, 1))


def said(contact: dict[str, Any], evidence: Evidence = PASSES) -> list[str]:
    answers = changed(ANSWERED, ("suitability.operations.answer", contact))["suitability"]
    protocol = declared(arms=[NFA, LETTER], suitability=answers)
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=capacity_of(protocol))
    trial = TrialEvidence((), (evidence,), ())
    changes = what_would_change(protocol, trial, rules, decide(trial, rules), found=Thresholds(), customers=1000)
    return [sentence for sentence in changes if "in a day" in sentence]


def test_capacity_that_is_enough_says_from_where_on_it_would_not_be() -> None:
    (sentence,) = said({"capacity_per_day": 900, "peak_contacts_per_day": 620})
    assert sentence.startswith(
        "If more than 900 contacts came on the busiest day at roll-out (620 are expected), or fewer than 620 could be "
        "taken in a day (900 can), the verdict would be: "
    )
    assert "not shown" in sentence.lower()


def test_capacity_that_is_missing_says_how_much_would_do() -> None:
    (sentence,) = said({"capacity_per_day": 900, "peak_contacts_per_day": 1000})
    assert sentence.startswith(
        "If 1,000 contacts could be taken in a day (900 can), or no more than 900 came on the busiest day at roll-out "
        "(1,000 are expected), the verdict would be: "
    )
    assert "scale" in sentence.lower()


def test_a_peak_that_was_not_typed_is_asked_about() -> None:
    (sentence,) = said({"capacity_per_day": 900})
    assert sentence.startswith(
        "If more than 900 contacts, which is what can be taken in a day, came on the busiest day at roll-out, the "
    )


@pytest.mark.parametrize(
    ("contact", "evidence"),
    [
        ({}, PASSES),
        ({"peak_contacts_per_day": 620}, PASSES),
        ({"capacity_per_day": 900, "peak_contacts_per_day": 620}, SHOWS_NOTHING),
        ({"capacity_per_day": 900, "peak_contacts_per_day": 1000}, SHOWS_NOTHING),
    ],
)
def test_nothing_is_said_where_capacity_decides_nothing(contact: dict[str, Any], evidence: Evidence) -> None:
    assert said(contact, evidence) == []
