"""Every rule about the reasons given for a trial refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs.protocol.examples import ABSENT, ANSWERED, Case

BROKEN = [
    Case(ANSWERED, {"suitability.reaction": ABSENT}, "missing", "required"),
    Case(ANSWERED, {"suitability.reaction.answer": ABSENT}, "missing", "required"),
    Case(ANSWERED, {"suitability.cost.exchequer_loss": ABSENT}, "missing", "required"),
    Case(ANSWERED, {"suitability.message.administration": 1}, "not known", "known keys", allowed="answer"),
    Case(ANSWERED, {"suitability.message.asks_for_review": True}, "not known", "known keys", allowed="evidence"),
    Case(ANSWERED, {"suitability.same_reason.answer": "mostly"}, "mostly", "options", allowed="yes, no, unknown"),
    Case(ANSWERED, {"suitability.same_reason.answer": False}, "false", "options", allowed="yes, no, unknown"),
    Case(ANSWERED, {"suitability.reaction.answer": {"pay": [1]}}, "mapping", "keys with these"),
    Case(ANSWERED, {"suitability.reaction.confidence": "sure"}, "sure", "options", allowed="in_doubt"),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_a_day": 900}},
        "not known; did you mean capacity_per_day",
        "text, or evidence",
        at="suitability.operations.answer.capacity_a_day",
        allowed="peak_contacts_per_day",
    ),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_per_day": "about 900"}},
        '"about 900" does not fit',
        "a number at least 0",
        at="suitability.operations.answer.capacity_per_day",
    ),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_per_day": True}},
        "true does not fit",
        "a number at least 0",
        at="suitability.operations.answer.capacity_per_day",
    ),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_per_day": 900, "peak_contacts_per_day": -1}},
        "-1 does not fit",
        "a number at least 0",
        at="suitability.operations.answer.peak_contacts_per_day",
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)
