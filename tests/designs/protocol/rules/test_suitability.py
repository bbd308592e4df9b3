"""Every rule about the reasons given for a trial refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.protocol.canonical import parse_canonical
from tests.designs.protocol.examples import ABSENT, ANSWERED, Case, changed, loaded

SURGE = "suitability.operations.surge"
SURGING = changed(
    ANSWERED,
    (SURGE, {"customers": 100, "by_day": [0.5, 0.5], "arms": {"letter": {"call": 0.1}, "sms": {"write": 0.1}}}),
)

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
    Case(
        SURGING,
        {f"{SURGE}.arms": {"letter": {"call": 0.1}}},
        "missing",
        "0 is a prediction too",
        at=f"{SURGE}.arms.sms",
    ),
    Case(SURGING, {f"{SURGE}.arms.post": {"call": 0.1}}, '"post" is not an arm', "by arm id", at=f"{SURGE}.arms.post"),
    Case(
        SURGING,
        {f"{SURGE}.segments": {"late": {"share": 0.5, "arms": {"post": {}}}}},
        '"post" is not an arm',
        "by arm id",
        at=f"{SURGE}.segments.late.arms.post",
    ),
    Case(SURGING, {f"{SURGE}.by_day": [0.5, 0.4]}, "come to 0.9", "its sum is 1", at=SURGE),
    Case(SURGING, {f"{SURGE}.arms.letter.call": 1.1}, "out of range", "a number"),
    Case(SURGING, {f"{SURGE}.customers": 0}, "0", "at least 1"),
    Case(
        SURGING,
        {
            f"{SURGE}.segments": {
                "a": {"share": 0.6, "arms": {"sms": {"call": 0}}},
                "b": {"share": 0.6, "arms": {"sms": {"call": 0}}},
            }
        },
        "come to 1.2",
        "their sum is 1 at most",
        at=SURGE,
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


@pytest.mark.requirement("S16")
def test_predicted_contact_comes_back_from_what_is_stored_and_enters_the_digest_where_it_is_used(
    tmp_path: Path,
) -> None:
    before, after = loaded(tmp_path, ANSWERED), loaded(tmp_path, SURGING)
    assert "surge" not in before.canonical
    assert parse_canonical(after.canonical).suitability == after.protocol.suitability
    assert after.digest != before.digest
