"""The chance of each verdict as drawn from estimates, beside whole trials of the same plan through `evaluate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from scipy.stats import betabinom

from analysis.diagnosis import declared_world, verdict_chances
from analysis.diagnosis.results import TruthName
from designs.protocol.models import Protocol
from tests.analysis.evaluations import NFA, arm, declared
from tests.calibration.rates import SURE
from tests.suites import Figure, Suite
from trials.stages.diagnose import simulated

DIGEST = "0" * 64
DRAWS: Final = 10_000
PAID = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23, "baseline": 0.34,
        "minimum_effect": 0.05}  # fmt: skip
COMPLAINED = {"id": "complained", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.01,
              "baseline": 0.02}  # fmt: skip
CALLS = {"id": "calls", "role": "guardrail", "kind": "amount", "direction": "decrease", "margin": 0.1, "baseline": 1.0,
         "standard_deviation": 1.0}  # fmt: skip
WORTH = {"benefits": [{"outcome": "paid", "value": 50}]}


def _alike(outcome: dict[str, Any], correlation: float) -> dict[str, Any]:
    return {**outcome, "intracluster_correlation": correlation}


def plan_of(**changes: Any) -> Protocol:
    """A letter at 85p that is worth £50 for each payer, with complaints and calls as guardrails."""
    return declared(
        **{
            "arms": [NFA, arm("letter", cost_per_customer=0.85)],
            "outcomes": [PAID, COMPLAINED, CALLS],
            "decision": WORTH,
            **changes,
        }
    )


PLANS: Final[dict[str, tuple[Protocol, int]]] = {
    "complete": (plan_of(), 6_000),
    "stratified, with segments": (
        plan_of(
            randomisation={"method": "complete", "strata": ["region"]},
            population={
                "unit": "customer_id",
                "columns": {"region": {"label": "Region", "levels": {"n": "North", "s": "South", "w": "West"}}},
            },
            analysis={"subgroups": [{"column": "region"}]},
        ),
        8_000,
    ),
    "clustered": (
        plan_of(
            randomisation={"method": "complete", "cluster": "agent"},
            analysis={"standard_errors": "CR2"},
            population={"unit": "customer_id", "cluster_size": 40.0},
            outcomes=[_alike(PAID, 0.02), _alike({**COMPLAINED, "margin": 0.015}, 0.01), _alike(CALLS, 0.01)],
        ),
        8_000,
    ),
    "few clusters": (
        plan_of(
            randomisation={"method": "complete", "cluster": "agent"},
            analysis={"standard_errors": "CR2"},
            population={"unit": "customer_id", "cluster_size": 200},
            outcomes=[_alike({**PAID, "minimum_effect": 0.1}, 0.02), _alike({**CALLS, "margin": 0.2}, 0.02)],
        ),
        4_000,
    ),
    "five arms": (
        plan_of(arms=[NFA, *(arm(f"v{number}", cost_per_customer=0.6 + 0.1 * number) for number in range(1, 5))]),
        15_000,
    ),
    "five arms, unequal shares, an approach that loses": (
        plan_of(
            arms=[
                {**NFA, "share": 3},
                *(arm(f"v{number}", cost_per_customer=0.6 + 0.1 * number) for number in range(1, 4)),
                arm("dear", cost_per_customer=9.0, share=0.5),
            ]
        ),
        15_000,
    ),
}
TRUTHS: Final[tuple[TruthName, ...]] = ("none", "low", "central", "high")


def figures(size: int, seed: int) -> Iterator[Figure]:
    """Shares of whole trials, each in the band in which it falls 99.9 times in 100 after what the draws counted."""
    for name, (plan, customers) in PLANS.items():
        world = declared_world(plan, customers=customers)
        whole = {at.truth: at for at in simulated(world, DIGEST, replicates=size, seed=seed).truths}
        for truth in TRUTHS:
            drawn = verdict_chances(world, truth=truth, draws=DRAWS, seed=seed)
            for code, chance in drawn.verdicts.items():
                assert chance.value is not None
                found = whole[truth].verdicts[code].value
                assert found is not None
                yield Figure(
                    f"{name}, {truth} effect", f"{code.replace('_', ' ')}, drawn {chance.value:.3f}", found,
                    *after(chance.value, size), size,
                )  # fmt: skip


def after(share: float, size: int) -> tuple[float, float]:
    """Where a share of so many trials falls 99.9 times in 100, after ``DRAWS`` draws that had another."""
    held = round(share * DRAWS)
    known = betabinom(size, held + 0.5, DRAWS - held + 0.5)
    tail = (1 - SURE) / 2
    return float(known.ppf(tail)) / size, float(known.ppf(1 - tail)) / size


SUITES = (Suite("verdict-chances", "The chance of each verdict, drawn and by whole trials", figures, size=400),)
