"""Invented customers of a random trial: who they are, what was sent to them, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.properties.any_plan import Chance

Rows = list[dict[str, Any]]


def people(chance: Chance, count: int, first: int, arms: int) -> Rows:
    """Invented customers in households and in tuples of one for each arm; numbers and words have gaps now and then."""
    rng, members, gaps = chance.rng, chance.of(2, 3, 8), chance.one_in(3)
    rows = []
    for number in range(first, first + count):
        household = number // members
        rows.append({
            "customer_id": f"C{number:06d}",
            "household": f"H{household}",
            "pair": f"P{(number - first) // arms}",
            "band": ("low", "high")[rng.integers(2)],
            "side": ("left", "right")[household % 2],
            "streets": household * 7 % 13,
            "phone": "none" if rng.random() < 0.1 else "present",
            "debt": "" if gaps and rng.random() < 0.1 else round(float(rng.gamma(2.0, 200.0)), 2),
            "reason": "" if gaps and rng.random() < 0.05 else ("forgot", "confused", "cannot")[rng.integers(3)],
            "flag": int(rng.random() < 0.5),
            "trust": int(rng.random() < 0.1),
            "hnw": int(rng.random() < 0.05),
        })  # fmt: skip
    return rows


def behaviour(chance: Chance, rows: Rows) -> Rows:
    """What they did: rare, constant or common, and missing for nobody, some or many."""
    rng, missing, rate = chance.rng, chance.of(0, 0, 0.05, 0.3), chance.of(0.3, 0.3, 0.01, 0, 1)
    observed: Rows = []
    for row in rows:
        paid = int(rng.random() < rate)
        values = {
            "paid": paid,
            "pounds": round(paid * float(rng.lognormal(5.0, 1.0)), 2),
            "collected": round(paid * float(rng.lognormal(5.0, 1.0)), 2),
            "complaint": int(rng.random() < 0.02),
            "calls": int(rng.poisson(2.0)),
            "days": int(rng.integers(1, 60)),
        }
        seen = {name: "" if rng.random() < missing else value for name, value in values.items()}
        known = {"done": int(rng.random() < 0.8), "got": int(rng.random() < 0.6)}
        observed.append({"customer_id": row["customer_id"], **seen, **known})
    return observed[: -max(1, len(observed) // 20)] if chance.one_in(5) else observed


def with_competing(chance: Chance, observed: Rows) -> Rows:
    """Some of those whose days ended paid nothing: something else came first, and it cannot be paid any more."""
    rng = np.random.default_rng([20_264, chance.seed, len(observed)])
    return [row | {"done": 2} if row["done"] and rng.random() < 0.2 else row for row in observed]


def with_an_effect(chance: Chance, observed: Rows, arms: Mapping[str, str]) -> Rows:
    """In two trials of five most of whoever was contacted pays, and soon."""
    rng = np.random.default_rng([20_265, chance.seed])
    if rng.random() < 0.6:
        return observed
    draws = rng.random(len(observed))
    moved: Rows = []
    for row, draw in zip(observed, draws, strict=True):
        change: dict[str, Any] = {}
        if draw < 0.7 and arms.get(row["customer_id"], "nfa") != "nfa":
            change = {"paid": 1, "pounds": 400 + 10 * draw, "collected": 300 - 10 * draw, "days": 1 + int(20 * draw)}
        moved.append(row | {name: value for name, value in change.items() if row[name] != ""})
    return moved


def contacts(chance: Chance, export_ids: list[str], channel: str) -> Rows:
    """What a supplier says of one list: most were sent, some of those arrived, a few were sent twice."""
    rng = chance.rng
    rows = [
        {
            "export_id": export_id,
            "channel": channel,
            "sent_on": "2026-03-03",
            "delivered": int(rng.random() < 0.95),
            "got": int(rng.random() < 0.8),
        }
        for export_id in export_ids
        if rng.random() < 0.97
    ]
    return rows + [row | {"sent_on": "2026-03-17"} for row in rows if rng.random() < 0.05]
