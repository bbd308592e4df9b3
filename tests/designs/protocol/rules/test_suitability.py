"""Every rule about the reasons given for a trial refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.protocol.canonical import parse_canonical
from tests.designs.protocol.examples import ABSENT, ANSWERED, Case, changed, errors_of, loaded

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
    Case(SURGING, {f"{SURGE}.by_day": [0.5, 0.4]}, "come to 0.9", "its sum is 1"),
    Case(
        SURGING, {f"{SURGE}.arms.letter.call": 1.1}, "1.1 does not fit", "a share from 0 to 1, or low, central and high"
    ),
    Case(SURGING, {f"{SURGE}.arms.letter.call": True}, "true does not fit", "a share from 0 to 1"),
    *(
        Case(SURGING, {f"{SURGE}.arms.letter.call": share}, "does not fit", "low, central and high ones in that order")
        for share in (
            {"low": 0.3, "central": 0.2, "high": 0.4},
            {"low": 0.1, "central": 0.2, "high": 1.2},
            {"low": 0.1, "high": 0.2},
        )
    ),
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


@pytest.mark.requirement("S10")
def test_a_reaction_with_a_range_comes_back_and_a_plain_one_is_written_as_it_was(tmp_path: Path) -> None:
    ranged = {"low": 0.02, "central": 0.04, "high": 0.08}
    plan = loaded(tmp_path, changed(SURGING, (f"{SURGE}.arms.letter", {"call": ranged, "write": 0.01})))
    assert parse_canonical(plan.canonical).suitability == plan.protocol.suitability
    assert '"call":{"central":0.04,"high":0.08,"low":0.02},"write":0.01' in plan.canonical


@pytest.mark.requirement("S10")
@pytest.mark.parametrize("money", ["administration", "exchequer_loss"])
def test_both_costs_to_the_department_are_needed_each_with_its_range_and_evidence(tmp_path: Path, money: str) -> None:
    at = f"suitability.cost.{money}"
    assert [error.path for error in errors_of(tmp_path, changed(ANSWERED, (at, ABSENT)))] == [at]
    unordered = changed(ANSWERED, (at, {"low": 3, "central": 2, "high": 4}))
    assert [error.path for error in errors_of(tmp_path, unordered)] == [at]
    unproven = changed(ANSWERED, ("suitability.cost.evidence", ABSENT))
    assert [error.path for error in errors_of(tmp_path, unproven)] == ["suitability.cost.evidence"]
