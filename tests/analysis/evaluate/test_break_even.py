"""A break-even effect has its sign: a plan about those who have not paid says the same as one about those who have."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.results import Evaluation
from designs.protocol.models import Protocol
from designs.protocol.valuations import open_questions
from tests.analysis.evaluations import COLLECTED, NFA, PAID, arm, declared, evaluated, of, trial

UNPAID = {**PAID, "id": "unpaid_23", "direction": "decrease"}


def plan(primary: dict[str, Any], break_even: float, cost: float = 0.0) -> Protocol:
    paid = primary is PAID
    return declared(
        arms=[NFA, arm("letter", cost_per_customer=cost)],
        outcomes=[primary],
        decision={
            "benefits": [{"outcome": primary["id"], "value": 100 if paid else -100}],
            "break_even": break_even,
        },
    )


def both(effect: float, break_even: float, cost: float = 0.0) -> tuple[Evaluation, Evaluation]:
    data = trial(n=8_000, effect=effect)
    mirrored = data | {"unpaid_23": 1.0 - data["paid_23"]}
    return evaluated(plan(PAID, break_even, cost), data), evaluated(plan(UNPAID, -break_even, cost), mirrored)


@pytest.mark.parametrize("break_even", [-0.05, 0.01, 0.05, 0.2])
@pytest.mark.parametrize(("effect", "cost"), [(0.0, 0.0), (0.08, 0.0), (0.08, 8.0), (-0.1, 0.0)])
def test_the_mirror_has_the_same_verdict(effect, break_even, cost):
    paid, unpaid = both(effect, break_even, cost)
    assert unpaid.verdict.code == paid.verdict.code
    (one,), (other,) = paid.verdict.arms, unpaid.verdict.arms
    assert (other.code, other.failed, other.worse_than_comparison) == (one.code, one.failed, one.worse_than_comparison)
    assert any("break-even" in reason for reason in one.reasons) == any("break-even" in r for r in other.reasons)
    assert of(unpaid, "letter").break_even_effect == -of(paid, "letter").break_even_effect


def test_falling_short_of_it_and_reaching_it_differ():
    """A fall of 8 points passes where 5 points less are asked for, and is worse where 20 are."""
    assert both(0.08, 0.05)[1].verdict.code == "scale"
    short = both(0.08, 0.2)[1].verdict
    assert short.code == "no_further_action"
    assert "Its effect is shown to fall short of the break-even effect that was declared." in short.arms[0].reasons


def test_beside_an_amount_it_decides_nothing_and_that_is_said():
    decision = {"benefits": [{"outcome": "collected", "value": 1}], "break_even": 0.5}
    protocol = declared(arms=[NFA, arm("letter", cost_per_customer=1)], outcomes=[PAID, COLLECTED], decision=decision)
    evaluation = evaluated(protocol, trial(effect=0.1))
    assert evaluation.verdict.code == "scale"
    assert of(evaluation, "letter").break_even_effect != 0.5
    assert any("break-even effect decides nothing" in note for note in evaluation.notes)
    assert any("it decides nothing" in question for question in open_questions(protocol))
    without = evaluated(declared(arms=[NFA, arm("letter")], outcomes=[PAID, COLLECTED]), trial(effect=0.1))
    assert not any("break-even" in note for note in without.notes)


ASKED = [(PAID, 0.05, False), (PAID, -0.05, True), (UNPAID, -0.05, False), (UNPAID, 0.05, True)]


@pytest.mark.parametrize(("primary", "break_even", "asked"), ASKED)
def test_the_plan_is_asked_where_it_lets_the_primary_get_worse(primary, break_even, asked):
    assert any("get worse by 0.05" in question for question in open_questions(plan(primary, break_even))) == asked
