"""Competing events by their declared codes: how they are read, what is estimated, and what the verdict makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.results import Estimate, Evaluation
from analysis.survival.kaplan_meier import cumulative_incidence, kaplan_meier, life_table
from designs.protocol import load_protocol
from tests.analysis.evaluations import NFA, arm, declared, evaluated
from trials.stages.analyse import analyse

HORIZON = 60
WORDS = {0: "open", 1: "paid", 2: "remitted", 3: "insolvent"}


def outcome(**codes: Any) -> dict[str, Any]:
    return {"id": "wait", "role": "primary", "kind": "time_to_event", "time": "days", "event": "ended",
            "horizon": HORIZON, **codes}  # fmt: skip


def trial(seed: int = 1, n: int = 2_000, ratio: float = 1.5, remitted: float = 0.02) -> dict[str, Any]:
    """Debts are paid, or remitted (2) or insolvent (3), or open (0) when follow-up ends, after day 30."""
    rng = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 1
    pays, ends = rng.exponential(1 / (0.02 * np.where(treated, ratio, 1.0))), rng.uniform(30, 200, n)
    remits = rng.exponential(1 / remitted, n)
    days = np.ceil(np.minimum(np.minimum(pays, remits), ends))
    code = np.where(pays <= np.minimum(remits, ends), 1, np.where(remits <= ends, 2 + rng.integers(0, 2, n), 0))
    return {"arm": np.where(treated, "letter", "nfa"), "days": days, "ended": code}


def protocol(primary: dict[str, Any], **sections: Any):
    return declared(arms=[NFA, arm("letter")], outcomes=[primary], **sections)


def row(evaluation: Evaluation, estimand: str) -> Estimate:
    (found,) = (r for r in evaluation.estimates if r.estimand == estimand)
    return found


def incidence(data: dict[str, Any], name: str) -> tuple[float, float]:
    inside = data["arm"] == name
    codes = np.minimum(data["ended"][inside], 2)
    at = cumulative_incidence(life_table(data["days"][inside], codes, np.ones(inside.sum())), HORIZON)
    return at.estimate, at.variance


def test_the_share_is_the_cumulative_incidence() -> None:
    data = trial()
    evaluation = evaluated(protocol(outcome(competing=[2, 3])), data)
    (letter, its), (nfa, others) = (incidence(data, name) for name in ("letter", "nfa"))
    ours = row(evaluation, "survival_difference")
    assert ours.estimate == pytest.approx(nfa - letter)
    assert ours.std_error == pytest.approx((its + others) ** 0.5)
    assert (ours.method, ours.standard_errors) == ("aalen_johansen", "delta method")
    counts = [int(np.sum((data["arm"] == name) & (data["ended"] >= 2))) for name in ("letter", "nfa")]
    assert ours.note == f"competing events in {counts[0]} and {counts[1]} customers"
    last = {curve.arm: curve.surviving[-1] for curve in evaluation.curves}
    assert last == {"letter": pytest.approx(1 - letter), "nfa": pytest.approx(1 - nfa)}
    ratio = row(evaluation, "log_hazard_ratio")
    assert "cause-specific" in str(ratio.note)
    assert ratio.estimate == pytest.approx(np.log(1.5), abs=0.2)


def test_a_curve_has_the_variance_of_each_of_its_horizons() -> None:
    data = trial(2, 400)
    table = life_table(data["days"], np.minimum(data["ended"], 2), np.ones(400))
    curve = kaplan_meier(table)
    for place in range(0, table.times.size, 7):
        at = cumulative_incidence(table, float(table.times[place]))
        assert curve.survival[place] == pytest.approx(1 - at.estimate)
        assert curve.std_error[place] == pytest.approx(at.variance**0.5)


def test_to_censor_a_competing_event_says_too_much() -> None:
    """Many debts of either arm are remitted early on: fewer can pay, however many would have."""
    data = trial(3, 6_000, remitted=0.04)
    competing = evaluated(protocol(outcome(competing=[2, 3])), data)
    # Who is not followed to the horizon lacks the outcome, so a trial of these must say that it puts up with it.
    censored = evaluated(protocol(outcome(event_codes=[1], coverage=0.3)), data)
    paid = {rate: rate / (rate + 0.04) * (1 - np.exp(-(rate + 0.04) * HORIZON)) for rate in (0.02, 0.03)}
    alone = {rate: 1 - np.exp(-rate * HORIZON) for rate in (0.02, 0.03)}
    for evaluation, share in ((competing, paid), (censored, alone)):
        difference = row(evaluation, "survival_difference")
        assert difference.estimate == pytest.approx(share[0.02] - share[0.03], abs=4 * difference.std_error)
        left = {curve.arm: curve.surviving[-1] for curve in evaluation.curves}
        assert left["nfa"] == pytest.approx(1 - share[0.02], abs=0.04)


@pytest.mark.parametrize(
    ("codes", "values"),
    [
        pytest.param({"competing": [2, 3]}, None, id="numbers"),
        pytest.param({"competing": [2, 3]}, float, id="numbers with a fraction of nil"),
        pytest.param({"event_codes": ["paid"], "competing": ["remitted", "insolvent"]}, WORDS, id="words"),
        pytest.param({"event_codes": ["1"], "competing": ["2", "3"]}, str, id="digits as text"),
    ],
)
def test_codes_are_read_as_the_file_holds_them(codes: dict[str, Any], values: Any, tmp_path: Path) -> None:
    """Through the door that a user takes; no row is turned away for its code."""
    data = trial(4, 600)
    declared_whole = {
        "schema": 1, "id": "codes", "title": "Codes", "hypothesis": "A letter brings payment forward.",
        "population": {"unit": "id"}, "analysis": {}, "outcomes": [outcome(**codes)],
        "arms": [{"id": "nfa", "kind": "nfa"}, {"id": "letter", "kind": "otm"}],
        "randomisation": {"method": "external", "arm_column": "arm"},
    }  # fmt: skip
    (tmp_path / "p.json").write_text(json.dumps(declared_whole), encoding="utf-8")
    (tmp_path / "p.yaml").write_text(json.dumps(declared_whole), encoding="utf-8")
    said = [values[c] if isinstance(values, dict) else values(c) if values else c for c in data["ended"].tolist()]
    lines = [f"C{i},{a},{d:g},{c}" for i, (a, d, c) in enumerate(zip(data["arm"], data["days"], said, strict=True))]
    (tmp_path / "d.csv").write_text("\n".join(["id,arm,days,ended", *lines]) + "\n", encoding="utf-8")
    evaluation = analyse(tmp_path / "p.yaml", tmp_path / "d.csv")
    assert (evaluation.flow.rejected, evaluation.flow.analysed) == (0, 600)
    ours = row(evaluation, "survival_difference")
    assert ours.estimate == pytest.approx(incidence(data, "nfa")[0] - incidence(data, "letter")[0])


def test_missing_codes_are_missing_and_other_codes_end_follow_up() -> None:
    data = trial(5, 800)
    known = np.arange(800) // 2 % 10 != 0  # alike in both arms
    ended = pa.array([WORDS[c] for c in data["ended"]], mask=~known)
    evaluation = evaluated(protocol(outcome(event_codes=["paid"], coverage=0.3)), {**data, "ended": ended})
    assert row(evaluation, "survival_difference").n_arm == int(np.sum(known & (data["arm"] == "letter")))


def test_a_verdict_rests_on_it() -> None:
    money = {"benefits": [{"outcome": "collected", "value": 1}]}
    collected = {"id": "collected", "role": "secondary", "kind": "amount"}
    data = trial(6)
    data["collected"] = np.where(data["ended"] == 1, 50.0, 0.0)
    both = declared(arms=[NFA, arm("letter")], outcomes=[outcome(competing=[2, 3]), collected], decision=money)
    assert evaluated(both, data).verdict.code == "scale"
    hopeless = trial(6, remitted=0.6)  # nobody is left to pay
    hopeless["collected"] = np.where(hopeless["ended"] == 1, 50.0, 0.0)
    assert evaluated(both, hopeless).verdict.code == "not_shown"


def test_a_protocol_without_codes_keeps_its_digest(tmp_path: Path) -> None:
    document = {
        "schema": 1, "id": "codes", "title": "Codes", "hypothesis": "h", "population": {"unit": "id"}, "analysis": {},
        "arms": [{"id": "nfa", "kind": "nfa"}, {"id": "letter", "kind": "otm"}], "outcomes": [outcome()],
        "randomisation": {"method": "external", "arm_column": "arm"},
    }  # fmt: skip
    digests = set()
    for name, more in (("a", {}), ("b", {"competing": []}), ("c", {"event_codes": []})):
        document["outcomes"] = [outcome(**more)]
        (tmp_path / f"{name}.yaml").write_text(json.dumps(document), encoding="utf-8")
        digests.add(load_protocol(tmp_path / f"{name}.yaml").digest)
    assert len(digests) == 1
