"""A trial whose plan was amended says so on every page; what is unplanned stands apart, and the verdict stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from designs.protocol.canonical import canonical_json
from tests.dashboards.conftest import shown
from tests.small_registry import SMALL_DEBTS
from trials.access import Actor
from trials.registry import queries
from trials.registry.plan import plan_of
from trials.stages.amend import amend, confirm_amendment
from trials.stages.evaluate import evaluate

WHY = "the price of a text message was wrong"
ONE, TWO = Actor("Person One", "all"), Actor("Person Two", "all")


@pytest.mark.requirement("K16")
def test_every_page_says_that_a_plan_was_amended_and_what_became_unplanned(
    open_page, own_registry, recorded, tmp_path, monkeypatch
):
    verdict = recorded(SMALL_DEBTS).evaluation.verdict.sentence
    path = dearer(own_registry, tmp_path)
    amend(own_registry, ONE, SMALL_DEBTS, path, reason=WHY)
    waiting = shown(open_page("results", trial=SMALL_DEBTS))
    assert "it is not in force" in waiting
    confirm_amendment(own_registry, TWO, SMALL_DEBTS, 1)
    made = evaluate(own_registry, ONE, SMALL_DEBTS)
    assert made.document["unplanned"]["net_benefit"] is not None
    for page in ("portfolio", "decision", "results"):
        words = shown(open_page(page, trial=SMALL_DEBTS))
        assert WHY in words, page
        assert "Person One" in words, page
        assert "What was amended after the draw is unplanned, and decides nothing." in words, page
    decision = shown(open_page("decision", trial=SMALL_DEBTS))
    assert verdict in decision
    results = shown(open_page("results", trial=SMALL_DEBTS, evaluation=str(made.id)))
    assert "Unplanned: what follows rests on what was amended after the draw." in results
    assert "It changes: arms, sms, cost per customer" in results


def dearer(registry, folder: Path) -> Path:
    """The plan in force, with another cost of a text message, as a file."""
    with registry.inspect(ONE, "read") as session:
        plan = plan_of(session, SMALL_DEBTS)
        values = json.loads(queries.protocol_of(session, SMALL_DEBTS).canonical)
    assert json.loads(canonical_json(plan.protocol, {}))["id"] == SMALL_DEBTS
    for arm in values["arms"]:
        arm.pop("text", None)
        if arm["id"] == "sms":
            arm["cost_per_customer"] = 0.5
    path = folder / "amended.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    return path
