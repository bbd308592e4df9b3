"""Guardrails in matched pairs of customers: counted by pair, where both outcomes are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.deciding.guardrails import EventCounts, score_bounds
from analysis.evaluate import evaluate
from analysis.evaluate.pair_tallies import paired_events
from analysis.evaluate.specify import levels_of
from analysis.inference.paired_shares import PairedEvents, paired_score_bounds
from analysis.specification import Cell
from tests.analysis.evaluations import COMPLAINT, NFA, PAID, arm, declared
from tests.analysis.frames import frame_of

MARGIN = COMPLAINT["margin"]


def columns(pairs: int = 1_000, seed: int = 1) -> dict[str, Any]:
    """A letter, a text and no further action in every triple; who complains depends on the triple alone."""
    rng = np.random.default_rng(seed)
    n = 3 * pairs
    prone = np.repeat(rng.random(pairs) < 0.1, 3)
    complaint = (prone & (rng.random(n) < 0.95)).astype(float)
    complaint[rng.random(n) < 0.04] = np.nan
    return {
        "arm": np.tile(["nfa", "letter", "sms"], pairs),
        "pair": np.repeat([f"P{number}" for number in range(pairs)], 3).astype(object),
        "reason": np.repeat(rng.choice(["forgot", "confused"], pairs), 3).astype(object),
        "paid_23": (rng.random(n) < 0.3).astype(float),
        "complaint": complaint,
    }


def harms(data: dict[str, Any], **analysis: Any) -> Any:
    protocol = declared(
        arms=[NFA, arm("letter"), arm("sms")],
        outcomes=[PAID, COMPLAINT],
        randomisation={"method": "matched_pairs", "pairs": "pair"},
        analysis={"standard_errors": "HC2", "adjustment": "none", "coverage": 0.5, **analysis},
        decision={"benefits": [{"outcome": "paid_23", "value": 100}]},
    )
    return evaluate(frame_of(data, protocol), protocol, protocol_digest="f" * 64)


def counted(data: dict[str, Any], name: str, *, reason: str | None = None) -> PairedEvents:
    """By hand, pair by pair."""
    value = {(pair, of): y for pair, of, y in zip(data["pair"], data["arm"], data["complaint"], strict=True)}
    level = dict(zip(data["pair"], data["reason"], strict=True))
    both = [
        (value[pair, name], value[pair, "nfa"])
        for pair in level
        if not np.isnan(value[pair, name] + value[pair, "nfa"]) and reason in (None, level[pair])
    ]
    return PairedEvents(sum(x > y for x, y in both), sum(x < y for x, y in both), len(both))


@pytest.mark.parametrize("name", ["letter", "sms"])
def test_a_guardrail_is_judged_by_the_pairs_that_differ(name):
    data = columns()
    found = {finding.arm: finding for finding in harms(data).verdict.arms}[name]
    assert paired_score_bounds(counted(data, name), 0.05)[1] < MARGIN
    known = ~np.isnan(data["complaint"])
    shares = [(int(data["complaint"][known & (data["arm"] == of)].sum()), int((known & (data["arm"] == of)).sum()))
              for of in (name, "nfa")]  # fmt: skip
    assert score_bounds(EventCounts.of(arm=shares[0], comparison=shares[1]), 0.05)[1] > MARGIN
    assert found.guardrails_passed is True


def test_harm_is_established_by_the_pairs_that_differ():
    data = columns()
    harmed = (data["arm"] == "letter") & (np.arange(3_000) % 12 == 1)
    data["complaint"] = np.where(harmed, 1.0, data["complaint"])
    assert paired_score_bounds(counted(data, "letter"), 0.025)[0] > MARGIN
    codes = {finding.arm: finding.code for finding in harms(data).verdict.arms}
    assert codes["letter"] == "harmful"
    assert codes["sms"] != "harmful"


def test_the_evidence_holds_the_bound_of_pairs_among_everyone_and_in_segments():
    data = columns()
    protocol = declared(
        arms=[NFA, arm("letter"), arm("sms")], outcomes=[PAID, COMPLAINT],
        randomisation={"method": "matched_pairs", "pairs": "pair"}, analysis={"subgroups": [{"column": "reason"}]},
    )  # fmt: skip
    frame = frame_of(data, protocol)
    by = levels_of(frame, protocol.analysis.subgroups[0])
    cells = [Cell(name, "nfa", *of) for name in ("letter", "sms") for of in ((), (by, "forgot"), (by, "confused"))]
    found = paired_events(frame, {"complaint": "complaint"}, cells, "pair")
    for cell in cells:
        assert found["complaint", cell] == counted(data, cell.arm, reason=cell.level)


def test_what_the_missing_of_a_pair_could_change_is_said_to_be_unknown() -> None:
    """Whoever lacks the outcome takes the pair along: no mean of theirs is assumed, and nothing is called safe."""
    data = columns(pairs=300)
    data["paid_23"][:15] = np.nan
    evaluation = harms(data)
    assert evaluation.tipping_points
    assert {(row.assumed, row.shift) for row in evaluation.tipping_points} == {(None, None)}
    assert all("takes their pair out of the estimate" in (row.reason or "") for row in evaluation.tipping_points)
    assert any("lack “Paid by day 23”, and their pairs are left out" in line for line in evaluation.verdict.reasons)
