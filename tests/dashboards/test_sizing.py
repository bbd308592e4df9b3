"""The size page says what scaling an approach takes, and warns of a trial that could hardly ever end in it."""

from __future__ import annotations

from typing import Any

import pytest

from designs.drafting import Draft
from tests.dashboards.conftest import ANN, shown
from tests.trials.stages.test_diagnose_record import PLAN, TRIAL
from trials.registry import Registry
from trials.stages.design import begin_design

pytestmark = pytest.mark.usefixtures("at_work")
PAGE = "design/size"
HEADING = "How large it has to be"


def page_of(registry: Registry, open_page: Any, **changes: Any) -> str:
    begin_design(registry, ANN, TRIAL, Draft({**PLAN, **changes}, {}), {}, origin={"kind": "empty"})
    return shown(open_page(PAGE, design=TRIAL))


def valued(cost: float) -> dict[str, Any]:
    arms = [{**arm, "cost_per_customer": cost} if arm["kind"] != "nfa" else arm for arm in PLAN["arms"]]
    primary = next(outcome for outcome in PLAN["outcomes"] if outcome["role"] == "primary")
    sized = {**primary, "baseline": 0.34, "minimum_effect": 0.02}
    guardrail = {"id": "complained", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.002,
                 "baseline": 0.01, "day": sized.get("day", 23)}  # fmt: skip
    return {
        "arms": arms,
        "outcomes": [sized, guardrail],
        "decision": {"benefits": [{"outcome": sized["id"], "value": 50}]},
    }


def test_sizes_of_effect_money_and_guardrails_are_shown(own_registry: Registry, open_page: Any) -> None:
    words = page_of(own_registry, open_page, **valued(0.85))
    assert HEADING in words
    assert "8,925" in words
    assert "That money is gained" in words
    assert "No harm beyond its margin" in words
    assert "38,852" in words
    assert "That money is gained, which begins at an effect of +1.7 points" in words
    assert "How often it ends in each verdict" in words
    assert "Not shown" in words
    assert "2,000 draws of what a trial of" in words


def test_what_the_plan_does_not_say_is_said_once(own_registry: Registry, open_page: Any) -> None:
    changes = valued(0.85)
    guardrail = {key: value for key, value in changes["outcomes"][1].items() if key != "baseline"}
    words = page_of(own_registry, open_page, **{**changes, "outcomes": [changes["outcomes"][0], guardrail]})
    assert words.count("Complained: the plan does not say the share expected without contact.") == 1
    assert "baseline" not in words


def test_an_approach_that_costs_more_than_it_gains_is_named(own_registry: Registry, open_page: Any) -> None:
    words = page_of(own_registry, open_page, **valued(1.5))
    assert "Letter: at the declared effect it gains nothing: -0.50 pounds a customer." in words


def test_a_plan_that_cannot_be_read_is_not_sized(own_registry: Registry, open_page: Any) -> None:
    words = page_of(own_registry, open_page, outcomes=[])
    assert "It can be said once nothing is missing in the plan" in words
