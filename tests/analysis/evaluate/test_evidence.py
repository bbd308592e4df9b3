"""Judging reads nothing: what it needs is settled by arithmetic, read once, and put together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from analysis.deciding.verdict import decide
from analysis.evaluate import evaluate, specify
from analysis.evaluate.evidence.gather import gather_evidence
from analysis.evaluate.evidence.rules import rules_of
from analysis.evaluate.fits import Fits
from analysis.inference.redrawn import Redrawn
from analysis.regression import regress
from data.engine import DuckDBEngine
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COLLECTED, COMPLAINT, NFA, PAID, arm, declared, money_trial, trial
from tests.analysis.frames import frame_of
from tests.analysis.test_skewed_verdicts import skewed


class Watched(DuckDBEngine):
    """An engine that remembers the columns of all that was brought into memory."""

    def __init__(self) -> None:
        super().__init__(threads=1, memory_limit=None, scratch=None)
        self.read: list[tuple[str, ...]] = []

    def collect(self, frame: Any) -> pa.Table:
        found = super().collect(frame)
        self.read.append(tuple(found.column_names))
        return found


def gathered(protocol: Protocol, data: dict[str, Any]) -> tuple[Any, Counter[str]]:
    """The evidence of one trial, and how often events and rows were read for it."""
    engine = Watched()
    frame = frame_of(data, protocol, engine=engine)
    kinds = specify.column_kinds(frame)
    specification = specify.specification_of(frame, protocol, kinds)
    fits = Fits(regress(frame, specification, specify.responses_of(protocol, capped=False), skewness=True))
    engine.read.clear()
    evidence, _ = gather_evidence(frame, protocol, "f" * 64, rules_of(protocol), fits)
    return evidence, Counter(_what(columns) for columns in engine.read)


def _what(columns: tuple[str, ...]) -> str:
    return "events" if any(name.startswith("events:") for name in columns) else "rows"


GUARDED = (PAID, COLLECTED, {**COMPLAINT, "margin": 0.02})


def test_rows_are_redrawn_only_where_a_bound_leans() -> None:
    _, nothing = gathered(money_trial(outcomes=GUARDED), trial(effect=0.0, seed=2))
    assert nothing == {"events": 1}
    _, passing = gathered(money_trial(outcomes=GUARDED), trial(effect=0.2))
    assert passing == {"events": 1}


def test_scenarios_that_differ_in_costs_alone_share_their_redraws() -> None:
    evidence, read = gathered(money_trial({"low": 1, "central": 2, "high": 5}), skewed(8, 60.0))
    assert read["rows"] == 2  # how many there are, and they themselves
    gains = {scenario: evidence[scenario].arms[0].net_benefit for scenario in ("low", "central", "high")}
    assert all(isinstance(gain.redrawn, Redrawn) and abs(gain.skewness) > 0.05 for gain in gains.values())
    assert gains["low"].redrawn.p_greater() == gains["central"].redrawn.p_greater(3.0)
    assert gains["high"].redrawn.p_greater() == gains["central"].redrawn.p_greater(-1.0)


def test_scenarios_with_values_of_their_own_are_redrawn_by_themselves() -> None:
    protocol = declared(
        arms=[NFA, arm("letter")],
        outcomes=[PAID, COLLECTED],
        decision={"benefits": [{"outcome": "collected", "value": {"low": 0.5, "central": 1, "high": 2}}]},
    )
    evidence, read = gathered(protocol, skewed(8, 60.0))
    assert read["rows"] == 6
    # Skewness has no unit: twice the value of the one outcome leaves it where it is.
    skewness = [evidence[scenario].arms[0].net_benefit.skewness for scenario in ("low", "central", "high")]
    assert skewness == pytest.approx([skewness[0]] * 3, rel=1e-9)


def test_where_nothing_is_valued_there_is_one_scenario() -> None:
    protocol = money_trial().model_copy(update={"decision": None})
    evidence, _ = gathered(protocol, trial(effect=0.2))
    assert list(evidence) == ["central"]
    assert evidence["central"].arms[0].net_benefit is None


def test_the_same_evidence_gives_the_same_verdict_as_the_whole_evaluation() -> None:
    protocol, data = money_trial(2.0, outcomes=GUARDED), trial(effect=0.1)
    evidence, _ = gathered(protocol, data)
    whole = evaluate(frame_of(data, protocol), protocol, protocol_digest="f" * 64)
    assert decide(evidence["central"], rules_of(protocol)).code == whole.verdict.code
    assert {name: decide(of, rules_of(protocol)).code for name, of in evidence.items()} == dict(
        whole.net_benefit.scenario_verdicts  # type: ignore[union-attr]
    )
