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
from analysis.regression import regress
from data.engine import DuckDBEngine
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COLLECTED, COMPLAINT, NFA, PAID, arm, declared, money_trial, trial
from tests.analysis.frames import frame_of
from tests.analysis.test_evaluate import skewed


class Watched(DuckDBEngine):
    """An engine that remembers the columns of all that was brought into memory."""

    def __init__(self) -> None:
        super().__init__(threads=1, memory_limit=None, scratch=None)
        self.read: list[tuple[str, ...]] = []

    def collect(self, frame: Any) -> pa.Table:
        found = super().collect(frame)
        self.read.append(tuple(found.column_names))
        return found


def gathered(protocol: Protocol, data: dict[str, Any], failed: tuple[str, ...] = ()) -> tuple[Any, Counter[str]]:
    """The evidence of one trial, and how often third moments, events and rows were read for it."""
    engine = Watched()
    frame = frame_of(data, protocol, engine=engine)
    kinds = specify.column_kinds(frame)
    specification = specify.specification_of(frame, protocol, kinds)
    fits = Fits(regress(frame, specification, specify.responses_of(protocol, capped=False)))
    engine.read.clear()
    evidence = gather_evidence(frame, protocol, "f" * 64, rules_of(protocol), fits, failed)
    return evidence, Counter(_what(columns) for columns in engine.read)


def _what(columns: tuple[str, ...]) -> str:
    if any(name.startswith("s3:") for name in columns):
        return "third moments"
    return "events" if any(name.startswith("events:") for name in columns) else "rows"


GUARDED = (PAID, COLLECTED, {**COMPLAINT, "margin": 0.02})


def test_third_moments_are_read_only_where_an_arm_would_pass_without_them() -> None:
    _, nothing = gathered(money_trial(outcomes=GUARDED), trial(effect=0.0, seed=2))
    assert nothing == {"events": 1}
    _, passing = gathered(money_trial(outcomes=GUARDED), trial(effect=0.2))
    assert passing == {"events": 1, "third moments": 1}  # one scan for three scenarios of the same values


def test_rows_are_redrawn_only_where_the_moments_ask_for_it() -> None:
    evidence, read = gathered(money_trial(), skewed(8, 60.0))
    assert read["third moments"] == 1
    assert read["rows"] > 0
    for scenario in ("low", "central", "high"):
        (arm,) = evidence[scenario].arms
        assert arm.randomisation_p is not None
        assert abs(arm.skewness) > 0.05


def test_scenarios_with_values_of_their_own_have_moments_of_their_own() -> None:
    protocol = declared(
        arms=[NFA, arm("letter")],
        outcomes=[PAID, COLLECTED],
        decision={"benefits": [{"outcome": "collected", "value": {"low": 0.5, "central": 1, "high": 2}}]},
    )
    evidence, read = gathered(protocol, trial(effect=0.2))
    assert read["third moments"] == 1
    # Skewness has no unit: twice the value of the one outcome leaves it where it is.
    skewness = [evidence[scenario].arms[0].skewness for scenario in ("low", "central", "high")]
    assert skewness == pytest.approx([skewness[0]] * 3, rel=1e-9)


def test_nothing_is_read_for_an_invalid_trial() -> None:
    protocol = money_trial(outcomes=GUARDED)
    evidence, read = gathered(protocol, trial(effect=0.2), failed=("retention",))
    assert read == {}
    assert {decide(of, rules_of(protocol)).code for of in evidence.values()} == {"invalid"}


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
