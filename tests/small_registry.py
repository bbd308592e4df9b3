"""A small registry for the screens: some hundred invented customers, six trials, made by the stages that a user calls.

Effects are planted so large that each trial's verdict is certain: a call that works and is not worth making beside
an SMS that is, a message that works in one segment only, one that does nothing, and outcomes that were lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.identifiers import ledger_ids
from tests.trials.examples import load_outcomes, write_csv
from trials.access import LOCAL_ACTOR, Actor
from trials.registry import Registry, open_registry, queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

SMALL_DEBTS = "small-debts-2026"
FIVE_MESSAGES = "five-messages-2026"
LATE_RETURNS = "late-returns-2026"
LOST_OUTCOMES = "lost-outcomes-2026"
STALLED = "stalled-2026"
DRAFTED = "drafted-2026"

Rows = list[dict[str, Any]]
REASONS = ("forgot", "cannot_pay", "confused", "deliberate")
NFA = {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 3}
LETTER = {
    "id": "letter", "kind": "otm", "label": "Plain reminder letter", "share": 2, "channel": "letter",
    "cost_per_customer": {"low": 40, "central": 45, "high": 50},
}  # fmt: skip
SMS = {
    "id": "sms", "kind": "otm", "label": "SMS reminder", "share": 2, "channel": "sms",
    "cost_per_customer": {"low": 0.03, "central": 0.05, "high": 0.08},
}  # fmt: skip
CALL = {
    "id": "call", "kind": "otm", "label": "Outbound call", "share": 2, "channel": "call",
    "cost_per_customer": {"low": 80, "central": 90, "high": 100},
}  # fmt: skip
PAID_23 = {
    "id": "paid_23", "label": "Paid by day 23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23,
}  # fmt: skip
COLLECTED = {
    "id": "collected_12m", "label": "Collected in 12 months", "role": "secondary", "kind": "amount",
    "direction": "increase", "day": 365, "cap": 250,
}  # fmt: skip
DAYS_TO_PAY = {
    "id": "days_to_pay", "label": "Days to pay", "role": "secondary", "kind": "time_to_event", "time": "days_to_pay",
    "event": "paid", "horizon": 365, "marks": {"first penalty": 30},
}  # fmt: skip
MINUTES = {
    "id": "inbound_minutes", "label": "Inbound minutes", "role": "secondary", "kind": "amount", "unit": "minutes",
    "direction": "decrease",
}  # fmt: skip
COMPLAINT = {
    "id": "complaint", "label": "Complaint", "role": "guardrail", "kind": "binary", "direction": "decrease",
    "margin": 0.1,
}  # fmt: skip


_SURE = {"evidence": "the last campaign", "confidence": "confident"}
ANSWERS = {
    "customers": {"answer": 1000, **_SURE},
    "cost": {"administration": 1000, "exchequer_loss": 2000, **_SURE},
    "behaviour": {"answer": "they pay", **_SURE},
    "same_reason": {"answer": "no", **_SURE},
    "message": {"answer": "a reminder", "opens_check": False, **_SURE},
    "reaction": {"answer": {"pay": 0.4, "call": 0.5}, **_SURE},
    "follow_up": {"answer": "nobody is asked to review", "asks_for_review": False, **_SURE},
    "operations": {
        "answer": "it can be taken", **_SURE,
        "surge": {
            "customers": 1000, "by_day": [0.1, 0.2, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05],
            "arms": {"letter": {"call": 0.5}, "sms": {"call": 0.5}, "call": {"call": 0.5}},
            "came": {"call": "days_to_call"},
        },
    },
}  # fmt: skip
"""To the eight questions, with the contact that is predicted."""


@dataclass(frozen=True)
class SmallTrial:
    """One trial: what its protocol adds to the others', and what its messages do.

    Args:
        id: The trial's.
        title: The trial's.
        arms: Beside no further action.
        effects: What each arm adds to the chance of paying, for everybody or by reason.
        customers: In the population file.
        more: Sections of the protocol that are its own.
        lost: The arm whose outcomes were cut short, and the share lost.
    """

    id: str
    title: str
    arms: tuple[dict[str, Any], ...]
    effects: Mapping[str, float | Mapping[str, float]]
    customers: int = 720
    more: Mapping[str, Any] = field(default_factory=dict)
    lost: tuple[str, float] | None = None

    def protocol(self) -> dict[str, Any]:
        """As its file says it."""
        return {
            "schema": 1,
            "id": self.id,
            "title": self.title,
            "hypothesis": "A plain reminder raises payment by day 23.",
            "population": {
                "unit": "customer_id",
                "exclude": [
                    {"when": {"column": "hnw", "equals": True}, "reason": "worked by the HNW/Expat team"},
                    {"when": {"column": "support", "equals": True}, "reason": "enhanced support comes first"},
                ],
            },
            "arms": [NFA, *self.arms],
            "randomisation": {"method": "complete"},
            "clock": {"drawn_on": "2025-01-06", "cut_on": "2026-01-12"},
            "outcomes": [PAID_23],
            "analysis": {"adjustment": "none", "standard_errors": "HC2"},
            **self.more,
        }


TRIALS = (
    SmallTrial(
        SMALL_DEBTS, "Reminders for small Self Assessment debts", (LETTER, SMS, CALL),
        {
            "letter": 0.25,
            "sms": {"forgot": 0.45, "cannot_pay": 0.1, "confused": 0.4, "deliberate": 0.35},
            "call": 0.3,
        },
        1_000,
        {
            "randomisation": {"method": "complete", "strata": ["reason"]},
            "outcomes": [PAID_23, DAYS_TO_PAY, COLLECTED, MINUTES, COMPLAINT],
            "analysis": {
                "adjustment": "lin", "covariates": ["age_days"], "standard_errors": "HC2",
                "subgroups": [{"column": "reason"}], "complier": {"received": "reached"},
            },
            "decision": {
                "benefits": [
                    {"outcome": "collected_12m", "value": 1},
                    {"outcome": "paid_23", "value": {"low": 0.5, "central": 1, "high": 2}},
                ],
                "costs": [
                    {"outcome": "inbound_minutes", "value": {"low": 0.35, "central": 0.46, "high": 0.6}},
                    {"outcome": "complaint", "value": {"low": 60, "central": 120, "high": 200}},
                ],
                "set_up": 20_000,
                "roll_out_customers": 400_000,
            },
            "behaviour": {
                "who": "those with a small debt", "action": "pay", "by_day": 23, "observed_in": "the debt ledger",
            },
            "suitability": ANSWERS,
        },
    ),
    SmallTrial(
        FIVE_MESSAGES, "Five messages to late payers of Self Assessment",
        (
            {**LETTER, "id": "norm", "label": "Letter “Most people pay”", "cost_per_customer": 0.85},
            {**SMS, "label": "SMS about penalties"},
        ),
        {"norm": {"forgot": 0.5, "cannot_pay": -0.2, "confused": -0.2, "deliberate": -0.1}, "sms": 0.0},
        more={
            "outcomes": [PAID_23, COLLECTED],
            "analysis": {"adjustment": "none", "standard_errors": "HC2", "subgroups": [{"column": "reason"}]},
            "decision": {"benefits": [{"outcome": "collected_12m", "value": 1}]},
        },
    ),
    SmallTrial(
        LATE_RETURNS, "Late returns: a first reminder by letter",
        (
            {**LETTER, "cost_per_customer": 0.85},
            {**LETTER, "id": "firm", "label": "Firm letter", "cost_per_customer": 1},
        ),
        {"letter": 0.0, "firm": 0.0},
        400,
        {"outcomes": [PAID_23, COLLECTED], "decision": {"benefits": [{"outcome": "collected_12m", "value": 1}]}},
    ),
    SmallTrial(
        LOST_OUTCOMES, "Letters to landlords", (LETTER, {**SMS, "id": "email", "label": "Email", "channel": "email"}),
        {"letter": 0.3, "email": 0.0},
        400,
        lost=("letter", 0.4),
    ),
)  # fmt: skip
LOCKED = SmallTrial(STALLED, "Phone calls before the second penalty", (CALL,), {}, 200)
DRAFT = SmallTrial(
    DRAFTED, "Emails before the return is late", ({**SMS, "id": "email", "label": "Email", "channel": "email"},), {}
)


def build(home: Path, files: Path) -> None:
    """Four trials evaluated and one of them decided; a fifth locked, a sixth registered, and no more."""
    files.mkdir(parents=True)
    registry = open_registry(Settings(home=home))
    for number, trial in enumerate(TRIALS, start=1):
        _evaluated(registry, trial, files, number)
    _locked(registry, LOCKED, files, len(TRIALS) + 1)
    register(registry, LOCAL_ACTOR, _protocol(DRAFT, files))
    decide(
        registry, Actor("Demonstrator", "all"), FIVE_MESSAGES, choice="accept", action="Scale to those who forgot",
        reason="It pays for itself.", conditions="Keep 5% on no further action.",
        review_on=now().date() + timedelta(days=182),
    )  # fmt: skip
    registry.close()


def _locked(registry: Registry, trial: SmallTrial, files: Path, number: int) -> Rows:
    people, protocol = _people(trial.customers, number), _protocol(trial, files)
    # A row without an id, as real files have them.
    rows = [*people, {**people[0], "customer_id": ""}]
    load_population(registry, LOCAL_ACTOR, write_csv(files / f"{trial.id}.csv", rows), protocol, synthetic=True)
    register(registry, LOCAL_ACTOR, protocol)
    lock(registry, LOCAL_ACTOR, trial.id)
    return people


def _protocol(trial: SmallTrial, files: Path) -> Path:
    path = files / f"{trial.id}.yaml"
    path.write_text(json.dumps(trial.protocol()), encoding="utf-8")  # JSON is YAML
    return path


def _evaluated(registry: Registry, trial: SmallTrial, files: Path, number: int) -> None:
    people = _locked(registry, trial, files, number)
    randomise(registry, LOCAL_ACTOR, trial.id, demonstration_seed=f"{number:02d}" * 32)
    rows = _behaviour(trial, people, arms_of(registry, trial.id, people), number)
    load_outcomes(registry, LOCAL_ACTOR, trial.id, write_csv(files / f"{trial.id}-outcomes.csv", rows))
    evaluate(registry, LOCAL_ACTOR, trial.id)


def drawn_and_cut(registry: Registry, files: Path, as_at: date) -> None:
    """Draw the trial that is locked only, and evaluate it as at one day; it is drawn on 6 January 2025."""
    files.mkdir(parents=True, exist_ok=True)
    number = len(TRIALS) + 1
    people = _people(LOCKED.customers, number)
    randomise(registry, LOCAL_ACTOR, LOCKED.id, demonstration_seed=f"{number:02d}" * 32)
    rows = _behaviour(LOCKED, people, arms_of(registry, LOCKED.id, people), number)
    load_outcomes(registry, LOCAL_ACTOR, LOCKED.id, write_csv(files / f"{LOCKED.id}-outcomes.csv", rows), as_at=as_at)
    evaluate(registry, LOCAL_ACTOR, LOCKED.id)


def _people(count: int, seed: int) -> Rows:
    rng = np.random.default_rng([1, seed])
    return [
        {
            "customer_id": f"C{number:05d}",
            "reason": REASONS[number % 4],
            "age_days": int(rng.integers(10, 300)),
            "hnw": int(rng.random() < 0.03),
            "support": int(rng.random() < 0.03),
        }
        for number in range(count)
    ]


def arms_of(registry: Registry, trial: str, people: Rows) -> dict[str, str]:
    """The arm of each customer who was assigned one."""
    with registry.inspect(LOCAL_ACTOR, "verify", trial) as session:
        waves = [allocation.snapshot_digest for allocation in queries.allocations_of(session, trial)]
    assigned = pa.concat_tables(
        pq.read_table(registry.snapshots.opened(digest).path, columns=[LEDGER_ID, "arm"]) for digest in waves
    )
    arms = dict(zip(assigned.column(LEDGER_ID).to_pylist(), assigned.column("arm").to_pylist(), strict=True))
    ids = [row["customer_id"] for row in people]
    ledger = ledger_ids(SYNTHETIC_KEY, pa.array(ids)).to_pylist()
    return {customer: arms[key] for customer, key in zip(ids, ledger, strict=True) if key in arms}


def _behaviour(trial: SmallTrial, people: Rows, arms: Mapping[str, str], seed: int) -> Rows:
    """What each customer did; the last of one arm are lost where the trial says so."""
    rng, calls = np.random.default_rng([2, seed]), np.random.default_rng([3, seed])
    rows = []
    for person in people:
        arm = arms.get(person["customer_id"])
        if arm is None:
            continue
        effect = trial.effects.get(arm, 0.0)
        gained = effect if isinstance(effect, float) else effect[person["reason"]]
        paid = rng.random() < 0.3 + gained
        later = bool(paid or rng.random() < 0.2)
        rows.append({
            "customer_id": person["customer_id"],
            "paid_23": int(paid),
            "days_to_pay": int(rng.integers(1, 24)) if paid else int(rng.integers(24, 365)) if later else 365,
            "paid": int(later),
            "collected_12m": round(float(rng.uniform(60, 300)), 2) if later else 0.0,
            "inbound_minutes": int(rng.poisson(0.5 + (arm == "sms"))),
            "complaint": int(rng.random() < 0.01),
            "reached": int(arm != "nfa" and rng.random() < 0.8),
            "days_to_call": int(calls.integers(0, 9)) if calls.random() < (0.6 if arm != "nfa" else 0.1) else "",
        })  # fmt: skip
    if trial.lost is None:
        return rows
    arm, share = trial.lost
    held = [row for row in rows if arms[row["customer_id"]] == arm]
    lost = {row["customer_id"] for row in held[round(len(held) * (1 - share)) :]}
    return [row for row in rows if row["customer_id"] not in lost]
