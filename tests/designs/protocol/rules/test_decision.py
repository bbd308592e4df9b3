"""Every rule about pounds refuses, at its path; and a gain is let through on its own side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.designs.protocol.examples import HERE, Case, changed, errors_of

COST = {"outcome": "complaint", "value": 120, "because": "a letter and an hour"}
COSTED = changed(HERE, ("decision.costs", [COST]), ("outcomes[1].direction", "increase"))
RANGE = {"low": -1, "central": 2, "high": 5}
BROKEN = [
    Case(COSTED, {"decision.costs[0].value": -50}, "-50 is a gain", "give it under benefits, with its money"),
    Case(COSTED, {"decision.costs[0].value": RANGE}, "-1 is a gain", "0 or more"),
    *(
        Case(COSTED, {"decision.costs[0].money": money}, "a cost has no money", "what a benefit stands for")
        for money in ("earlier", "extra", "cost_saved")
    ),
    Case(COSTED, {"decision.benefits[0].value": -50}, "-50 is a loss", "under costs"),
    Case(COSTED, {"decision.benefits[0].value": RANGE}, "-1 is a loss", "direction is decrease"),
    Case(HERE, {"decision.benefits[0].value": -50}, "-50 is a loss", "under costs"),
    Case(HERE, {"arms[1].cost_per_customer": -5}, "-5 is a gain", "0 or more"),
    Case(HERE, {"arms[0].cost_per_customer": -5}, "-5 is a gain", "0 or more"),
    Case(HERE, {"arms[1].cost_per_customer": RANGE}, "-1 is a gain", "0 or more"),
    Case(HERE, {"decision.set_up": -500}, "-500 is a gain", "0 or more"),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


@pytest.mark.parametrize(
    "protocol",
    [
        COSTED,
        changed(COSTED, ("decision.costs[0].value", 0), ("arms[1].cost_per_customer", 0)),
        changed(HERE, ("outcomes[1].direction", "decrease"), ("decision.benefits[0].value", -1)),
        changed(COSTED, ("decision.benefits[0].money", "earlier")),
    ],
)
def test_pounds_on_their_own_side_are_let_through(tmp_path: Path, protocol: dict[str, Any]) -> None:
    assert [str(error) for error in errors_of(tmp_path, protocol)] == []
