"""Money that only comes earlier is never told as extra: the plan says which it is, and the verdict repeats it."""

from __future__ import annotations

import re

import pytest

from analysis.deciding.net_benefit import components, only_earlier
from tests.analysis.evaluations import COLLECTED, NFA, arm, declared, evaluated, trial
from tests.analysis.evaluations import PAID as PAID_23

PAID = {"outcome": "paid_23", "value": {"low": 40, "central": 50, "high": 60}}
SPENT = {"outcome": "spent", "value": 1}


def plan(**money):
    outcomes = [
        {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
        {"id": "spent", "role": "secondary", "kind": "amount"},
    ]
    return declared(
        arms=[NFA, arm("b", label="Letter B")], outcomes=outcomes, decision={"benefits": [PAID | money, SPENT]}
    )


@pytest.mark.parametrize(("scenario", "pounds"), [("low", 4.0), ("central", 5.0), ("high", 6.0)])
def test_the_part_that_only_comes_earlier_is_valued_as_the_scenario_says(scenario, pounds):
    difference = {"paid_23": 0.1, "spent": 7.0}.get
    assert only_earlier(plan(money="earlier"), scenario, difference) == pytest.approx(pounds)
    for kind in ("extra", "cost_saved"):
        assert only_earlier(plan(money=kind), scenario, difference) == 0.0
    assert only_earlier(plan(), scenario, difference) == 0.0


def test_each_part_of_the_net_benefit_says_what_its_money_is():
    rows = components(plan(money="earlier"), {"paid_23": 0.1, "spent": 7.0}.get)
    assert [(row.outcome, row.money) for row in rows] == [("paid_23", "earlier"), ("spent", None)]


def test_the_verdict_says_how_much_of_its_gain_only_comes_earlier():
    told = {}
    for kind in ("earlier", "extra"):
        protocol = declared(
            arms=[NFA, arm("letter", cost_per_customer=1.0)],
            outcomes=[PAID_23, COLLECTED],
            decision={"benefits": [{"outcome": "collected", "value": 1, "money": kind}]},
        )
        told[kind] = evaluated(protocol, trial(effect=0.2, pounds=20.0)).verdict
    assert re.search(r"£[\d,]+ of its benefits only comes earlier, and is not extra\.", told["earlier"].sentence)
    assert "earlier" not in told["extra"].sentence
    assert told["earlier"].code == told["extra"].code == "scale"
