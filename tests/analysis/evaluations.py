"""Protocols for the tests of evaluation, and small trials written down as columns."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from analysis.evaluate import evaluate
from analysis.results import Check, Evaluation
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of


def declared(**changes: Any) -> Protocol:
    """A two-arm trial of letters with a paid-by-day-23 primary; sections given replace the defaults."""
    whole: dict[str, Any] = {
        "schema": 1,
        "id": "letters",
        "title": "Letters",
        "hypothesis": "A letter raises payment.",
        "population": {"unit": "customer_id"},
        "arms": [
            {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
            {"id": "letter", "kind": "otm", "label": "Reminder letter", "share": 1, "channel": "letter"},
        ],
        "randomisation": {"method": "complete"},
        "outcomes": [{"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}],
        "analysis": {},
    }
    return Protocol.model_validate_json(json.dumps({**whole, **changes}))


def arm(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "otm", "label": name.capitalize(), "share": 1, "channel": "letter", **more}


NFA = {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1}


def evaluated(protocol: Protocol, columns: dict[str, Any], *, checks: tuple[Check, ...] = ()) -> Evaluation:
    return evaluate(frame_of(columns, protocol, checks=checks), protocol, protocol_digest="f" * 64)


def trial(seed=1, n=4000, effect=0.05, pounds=0.0, arms=("nfa", "letter")):
    """Customers assigned evenly; paying follows the arm, and pounds follow paying."""
    rng = np.random.default_rng(seed)
    assigned = np.repeat(np.array(arms), n // len(arms))
    reason = rng.choice(["forgot", "cannot_pay", "confused"], len(assigned))
    paid = rng.random(len(assigned)) < 0.3 + effect * (assigned != "nfa")
    amount = np.where(paid, rng.gamma(4.0, 25.0, len(assigned)), 0.0) + pounds * (assigned != "nfa")
    return {
        "arm": assigned,
        "paid_23": paid.astype(float),
        "collected": amount,
        "complaint": (rng.random(len(assigned)) < 0.02).astype(float),
        "reason": reason,
        "age": rng.normal(50, 10, len(assigned)),
    }


PAID = {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}
COLLECTED = {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase", "cap": 120}
COMPLAINT = {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.01}
DECISION = {"benefits": [{"outcome": "collected", "value": 1}]}


def money_trial(cost=0.0, *, set_up=0.0, roll_out=100_000, outcomes=(PAID, COLLECTED), **sections):
    return declared(
        arms=[NFA, arm("letter", cost_per_customer=cost)],
        outcomes=list(outcomes),
        decision={**DECISION, "set_up": set_up, "roll_out_customers": roll_out},
        **sections,
    )


def of(evaluation, name):
    return next(money for money in evaluation.net_benefit.arms if money.arm == name)


def segment_trial(seed=4, n=24_000):
    """Only those who forgot respond, and strongly; the others lose what the letter costs."""
    data = trial(seed, n, effect=0.0)
    rng = np.random.default_rng(seed)
    moved = (data["arm"] == "letter") & (data["reason"] == "forgot") & (rng.random(n) < 0.25)
    data["paid_23"] = np.maximum(data["paid_23"], moved)
    data["collected"] = np.where(moved & (data["collected"] == 0), 100.0, data["collected"])
    return data
