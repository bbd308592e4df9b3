"""What a plan leaves open about its pounds is asked, and never stops it."""

from __future__ import annotations

from designs.protocol import check
from designs.protocol.valuations import open_questions
from tests.analysis.evaluations import NFA, arm, declared


def plan(*benefits, costs=()):
    outcomes = [
        {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
        {"id": "calls", "role": "secondary", "kind": "count"},
    ]
    decision = {"benefits": list(benefits), "costs": list(costs)}
    return declared(arms=[NFA, arm("b")], outcomes=outcomes, decision=decision)


def test_each_value_is_asked_what_its_money_is_and_why_so_much():
    paid = {"outcome": "paid_23", "value": 50}
    calls = {"outcome": "calls", "value": 3}
    assert [question.split(":")[0] for question in open_questions(plan(paid, costs=[calls]))] == [
        "decision.benefits[0].money", "decision.benefits[0].because", "decision.costs[0].because",
    ]  # fmt: skip


def test_nothing_is_asked_where_it_is_said_or_where_nothing_is_valued():
    paid = {"outcome": "paid_23", "value": 50, "because": "interest", "money": "earlier"}
    assert not list(open_questions(plan(paid)))
    assert not list(open_questions(declared(arms=[NFA, arm("b")])))


def test_a_benefit_of_what_should_become_less_is_asked_about_its_sign():
    paid = {"outcome": "paid_23", "value": 50, "because": "interest", "money": "earlier"}
    outcome = {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "decrease", "day": 23}

    def questions(value: float) -> list[str]:
        decision = {"benefits": [paid | {"value": value}]}
        return list(open_questions(declared(arms=[NFA, arm("b")], outcomes=[outcome], decision=decision)))

    assert [question.split(":")[0] for question in questions(50)] == ["decision.benefits[0].value"]
    assert not questions(-50)


def test_the_shared_protocols_are_asked_and_still_pass(reference_data):
    for path in sorted((reference_data.parent / "protocols").glob("*.yaml")):
        loaded = check(path)
        assert all(question.startswith("decision.") for question in open_questions(loaded.protocol))
