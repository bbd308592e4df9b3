"""Guardrails exactly at their margins, and arms with one half of the evidence each, through the whole evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from analysis.results import Evaluation
from tests.analysis.evaluations import NFA, arm, declared, evaluated
from tests.calibration.rates import ALPHA, at_most, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

Columns = dict[str, Any]

PAID = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}
MARGIN = 0.1  # calls a customer
CALLS = 0.3
SMALL, LARGE = 300, 5_700
GUARDRAILS, EACH, EVENTS, HARM = 5, 2_000, 0.03, 0.02
VALUED = {"benefits": [{"outcome": "paid", "value": 50}]}


def counts(size: int, seed: int) -> Iterator[Figure]:
    """Calls a customer, a few of whom call often: with the letter as many more as the margin lets pass."""
    calls = {"id": "calls", "role": "guardrail", "kind": "count", "direction": "decrease", "margin": MARGIN}
    for letters, others in ((SMALL, LARGE), (LARGE, SMALL)):
        protocol = declared(
            arms=[{**NFA, "share": others}, arm("letter", share=letters)], outcomes=[PAID, calls], decision=VALUED
        )

        def draw(rng: np.random.Generator, letters: int = letters, others: int = others) -> Columns:
            sent = np.arange(letters + others) < letters
            rate = (CALLS + MARGIN * sent) * np.exp(1.2 * rng.standard_normal(sent.size) - 0.72)
            return {
                "arm": np.where(sent, "letter", "nfa"),
                "paid": (rng.random(sent.size) < 0.3 + 0.3 * sent).astype(float),
                "calls": rng.poisson(rate).astype(float),
            }

        rng = stream(seed, f"count guardrails {letters}")
        found = [evaluated(protocol, draw(rng)) for _ in range(size)]
        name = f"calls at their margin, letter {letters:,}, no contact {others:,}"
        yield at_most(
            name,
            "guardrail passed",
            _share(found, lambda e: bool(e.verdict.arms[0].guardrails_passed)),
            ALPHA / 2,
            size,
        )
        yield at_most(
            name, "harm established", _share(found, lambda e: e.verdict.arms[0].code == "harmful"), ALPHA / 4, size
        )


def several(size: int, seed: int) -> Iterator[Figure]:
    """Five events, each as much more frequent with the letter as its margin lets pass."""
    events = [
        {"id": f"event_{i}", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": HARM}
        for i in range(GUARDRAILS)
    ]
    protocol = declared(arms=[NFA, arm("letter")], outcomes=[PAID, *events], decision=VALUED)
    rng, sent = stream(seed, "several guardrails"), np.arange(2 * EACH) < EACH
    found = []
    for _ in range(size):
        columns: Columns = {"arm": np.where(sent, "letter", "nfa"), "paid": (rng.random(2 * EACH) < 0.3).astype(float)}
        columns |= {of["id"]: (rng.random(2 * EACH) < EVENTS + HARM * sent).astype(float) for of in events}
        found.append(evaluated(protocol, columns))
    name = f"{GUARDRAILS} guardrails at their margins"
    yield at_most(name, "harmful", _share(found, lambda e: e.verdict.arms[0].code == "harmful"), ALPHA / 2, size)
    worse = _share(found, lambda e: e.verdict.code == "no_further_action")
    yield at_most(name, "no_further_action", worse, ALPHA / 2, size)
    yield at_most(
        name, "all passed", _share(found, lambda e: bool(e.verdict.arms[0].guardrails_passed)), ALPHA / 2, size
    )


def strata(size: int, seed: int) -> Iterator[Figure]:
    """An event at its margin among everyone, its harm and the letter's share of the customers differing by stratum."""
    event = {"id": "event", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.01}
    protocol = declared(
        arms=[NFA, arm("letter")], randomisation={"method": "external", "arm_column": "arm", "strata": ["region"]},
        outcomes=[PAID, event], decision=VALUED,
    )  # fmt: skip
    # region -> customers, letters among them
    regions = {"x": (8_000, 4_000), "y": (4_000, 200)}
    region = np.repeat(list(regions), [customers for customers, _ in regions.values()])
    sent = np.concatenate([np.arange(customers) < letters for customers, letters in regions.values()])
    for base, in_x, in_y in ((0.02, 0.0, 0.03), (0.1, 0.05, -0.07), (0.1, -0.02, 0.07)):
        harm = np.where(region == "x", in_x, in_y)
        rng = stream(seed, f"strata {base} {in_x} {in_y}")
        found = []
        for _ in range(size):
            columns: Columns = {
                "arm": np.where(sent, "letter", "nfa"), "region": region,
                "paid": (rng.random(sent.size) < 0.3 + 0.1 * sent).astype(float),
                "event": (rng.random(sent.size) < base + harm * sent).astype(float),
            }  # fmt: skip
            found.append(evaluated(protocol, columns))
        name = f"harm {in_x:+} where half get the letter, {in_y:+} where a twentieth do"
        passed = _share(found, lambda e: bool(e.verdict.arms[0].guardrails_passed))
        yield at_most(name, "guardrail passed", passed, ALPHA / 2, size)
        worse = _share(found, lambda e: e.verdict.code == "no_further_action")
        yield at_most(name, "no_further_action", worse, ALPHA / 2, size)


def halves(size: int, seed: int) -> Iterator[Figure]:
    """One arm makes nobody pay and brings money; the other makes many pay and brings none."""
    pounds = {"id": "pounds", "role": "secondary", "kind": "amount", "direction": "increase"}
    protocol = declared(
        arms=[NFA, arm("money"), arm("payers")],
        outcomes=[PAID, pounds],
        decision={"benefits": [{"outcome": "pounds", "value": 1}]},
    )
    rng, names = stream(seed, "halves"), np.repeat(["nfa", "money", "payers"], 1_000)
    found = []
    for _ in range(size):
        paid = rng.random(names.size) < 0.3 + 0.15 * (names == "payers")
        amount = 100.0 + 10.0 * rng.standard_normal(names.size) + 5.0 * (names == "money")
        found.append(evaluated(protocol, {"arm": names, "paid": paid.astype(float), "pounds": amount}))
    name = "two arms with one half of the evidence each"
    yield at_most(name, "scale", _share(found, lambda e: e.verdict.code == "scale"), ALPHA / 2, size)
    either = _share(found, lambda e: e.verdict.code == "no_further_action")
    yield at_most(name, "no_further_action", either, ALPHA / 2, size)


def _share(found: list[Evaluation], of: Callable[[Evaluation], bool]) -> float:
    return share([of(evaluation) for evaluation in found])


SUITES = (
    Suite("guardrail-counts", "Count guardrails exactly at their margins, one arm small", counts, size=2_000),
    Suite("guardrail-strata", "Binary guardrail at its margin, unlike shares and harm by stratum", strata, size=2_000),
    Suite("guardrails-several", "Five guardrails exactly at their margins", several, size=2_000),
    Suite("halves", "Two arms with one half of the evidence each", halves, size=2_000),
)
