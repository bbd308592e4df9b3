"""Saturation trials for tests: clusters at shares treated, with effects of treatment and of the cluster's share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.frame import SATURATION_COLUMN
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COMPLAINT, NFA, PAID, arm, declared

MARGIN = 0.02


def name_of(share: float) -> str:
    return f"share-{round(100 * share)}"


def saturated(shares: Sequence[float], *, cost: float = 0.0, **sections: Any) -> Protocol:
    """A letter sent to these shares of offices; a payer is worth fifty pounds, complaints guard."""
    levels = [{"id": name_of(share), "treated": share, "share": 1} for share in shares]
    whole: dict[str, Any] = {
        "arms": [NFA, arm("letter", cost_per_customer=cost)],
        "population": {"unit": "customer_id", "cluster": "office"},
        "randomisation": {"method": "saturation", "saturations": levels},
        "outcomes": [PAID, {**COMPLAINT, "margin": MARGIN}],
        "analysis": {"standard_errors": "CR2"},
        "decision": {"benefits": [{"outcome": "paid_23", "value": 50}]},
    }
    return declared(**{**whole, **sections})


def customers(
    shares: Sequence[float],
    *,
    seed: int,
    base: float = 0.4,
    direct: float = 0.0,
    by_share: float = 0.0,
    complaints: tuple[float, float] = (0.01, 0.01),
    offices: int = 200,
    size: int = 30,
    between: float = 0.0,
    arms: Sequence[str] = ("letter",),
) -> dict[str, np.ndarray]:
    """Offices at these shares in turn; a customer pays with chance base + direct if treated + by_share of the share.

    Args:
        complaints: chances of a complaint, untreated and treated.
        between: standard deviation of the offices' own chances of paying.
        arms: approaches, of which a treated customer gets one at random.
    """
    rng = np.random.default_rng(seed)
    share = rng.permutation(np.resize(np.asarray(shares, dtype=float), offices))
    treated = np.zeros((offices, size), dtype=bool)
    for office in range(offices):
        take = int(np.floor(size * share[office] + rng.random()))
        treated[office, rng.permutation(size)[:take]] = True
    flat, of = treated.ravel(), np.repeat(np.arange(offices), size)
    chance = base + direct * flat + by_share * share[of] + between * rng.normal(size=offices)[of]
    return {
        "arm": np.where(flat, rng.choice(list(arms), flat.size), "nfa"),
        "office": np.char.add("office ", of.astype(str)),
        "paid_23": (rng.random(flat.size) < np.clip(chance, 0, 1)).astype(float),
        "complaint": (rng.random(flat.size) < np.where(flat, complaints[1], complaints[0])).astype(float),
        SATURATION_COLUMN: np.array([name_of(value) for value in share])[of],
    }
