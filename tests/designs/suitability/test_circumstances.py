"""Nobody in difficulty is open to an approach that warns of consequences."""

from __future__ import annotations

from typing import Any

import pytest

from designs.suitability import review
from tests.designs.protocol.examples import Change, changed
from tests.designs.suitability.plans import SETTLED, TODAY, codes, plan_of

FLAG: dict[str, Any] = {"circumstance": "needs_support", "levels": {"true": "customers who need extra support"}}
PLAN = changed(SETTLED, ("population.columns.support", FLAG), ("arms[1].technique", "Deterrence"))
CLOSED = {"when": {"column": "support", "equals": True}, "reason": "support comes first"}
OPEN = [("open_to_those_in_difficulty", "blocks", "arms[1].not_for")]


def opened(*changes: Change) -> list[tuple[str, str, str]]:
    return codes(review(plan_of(PLAN, *changes), [], TODAY).open)


@pytest.mark.requirement("S07")
def test_an_approach_that_warns_is_closed_to_those_who_need_support() -> None:
    assert opened() == OPEN
    (found,) = review(plan_of(PLAN), [], TODAY).open
    assert found.problem == "letter warns of consequences, and customers who need extra support could get it"
    assert opened(("arms[1].not_for", [CLOSED])) == []
    assert opened(("population.exclude", [CLOSED])) == []
    assert opened(("population.where[1]", {"column": "support", "equals": False})) == []
    assert opened(("arms[1].technique", "reminder")) == []
    assert opened(("population.columns.support.circumstance", None)) == []


@pytest.mark.requirement("S07")
@pytest.mark.parametrize("technique", ["deterrence", "loss framing", "omission as  choice"])
def test_every_technique_that_warns_is_meant(technique: str) -> None:
    assert opened(("arms[1].technique", technique), ("arms[2].technique", technique)) == [
        OPEN[0], ("open_to_those_in_difficulty", "blocks", "arms[2].not_for"),
    ]  # fmt: skip


@pytest.mark.requirement("S07")
@pytest.mark.parametrize(
    "when",
    [
        [{"column": "support", "equals": True}, {"column": "welsh", "equals": True}],
        {"column": "support", "equals": False},
        {"column": "support", "missing": True},
        {"column": "support", "not_equals": True},
        {"column": "trust", "equals": True},
    ],
)
def test_what_leaves_some_of_them_in_closes_nothing(when: Any) -> None:
    assert opened(("arms[1].not_for", [{"when": when, "reason": "by hand"}])) == OPEN
    agreed = CLOSED | {"agreement": "with the support team, 2 March 2026"}
    assert opened(("population.exclude", [agreed])) == OPEN
