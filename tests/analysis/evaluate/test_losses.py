"""Losses never help: what is missing more often in one arm holds a verdict back, whichever outcome it is."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.results import Check, Evaluation
from tests.analysis.evaluations import COLLECTED, COMPLAINT, NFA, PAID, arm, declared, evaluated, money_trial, trial

DECISION = {"benefits": [{"outcome": "collected", "value": 1}]}


def check(evaluation: Evaluation, name: str) -> Check:
    return next(check for check in evaluation.checks if check.name == name)


def lost(data: dict, column: str, share: float, *, arm: str = "letter", where=None, seed: int = 5) -> dict:
    """The same customers, some of one arm without an outcome."""
    rng = np.random.default_rng(seed)
    gone = (data["arm"] == arm) & (rng.random(len(data["arm"])) < share)
    if where is not None:
        gone &= where
    return data | {column: np.where(gone, np.nan, data[column])}


def test_amounts_that_one_arm_lacks_void_a_trial_that_they_would_scale():
    """Audit a14 e: 1,275 of 4,000 amounts are missing in the letter arm, and amounts are all that is valued."""
    rng = np.random.default_rng(14)
    assigned = np.repeat(["nfa", "letter"], 4000)
    paid = rng.random(8000) < 0.3 + 0.05 * (assigned == "letter")
    amount = np.where(paid, rng.gamma(4.0, 25.0, 8000), 0.0)
    protocol = money_trial(13.0, outcomes=(PAID, COLLECTED))
    whole = {"arm": assigned, "paid_23": paid.astype(float), "collected": amount}
    assert evaluated(protocol, whole).verdict.code == "no_further_action"
    none = np.flatnonzero((assigned == "letter") & (amount == 0))[:1275]
    gappy = whole | {"collected": np.where(np.isin(np.arange(8000), none), np.nan, amount)}
    evaluation = evaluated(protocol, gappy)
    assert evaluation.verdict.code == "invalid"
    found = check(evaluation, "missing_collected")
    assert (found.passed, found.severity, found.subject) == (False, "blocks", "collected")
    assert "No further action 0 of 4,000, Letter 1,275 of 4,000" in evaluation.verdict.sentence
    assert check(evaluation, "retention").passed is True


@pytest.mark.parametrize(
    ("column", "outcomes", "blocks"),
    [
        ("collected", (PAID, COLLECTED), True),
        ("complaint", (PAID, COLLECTED, COMPLAINT), True),
        ("calls", (PAID, COLLECTED, {"id": "calls", "role": "secondary", "kind": "count"}), False),
    ],
)
@pytest.mark.parametrize("side", ["letter", "nfa"])
def test_what_is_valued_or_guards_blocks_and_what_does_neither_warns(column, outcomes, blocks, side):
    data = trial(n=8000)
    data["calls"] = np.zeros(8000)
    evaluation = evaluated(money_trial(outcomes=outcomes), lost(data, column, 0.08, arm=side))
    found = check(evaluation, f"missing_{column}")
    assert (found.passed, found.severity) == (False, "blocks" if blocks else "warns")
    assert (evaluation.verdict.code == "invalid") is blocks


def test_an_outcome_that_is_valued_as_a_cost_blocks_too():
    calls = {"id": "calls", "role": "secondary", "kind": "count"}
    protocol = declared(
        arms=[NFA, arm("letter")],
        outcomes=[PAID, COLLECTED, calls],
        decision={**DECISION, "costs": [{"outcome": "calls", "value": 3}]},
    )
    data = trial(n=8000) | {"calls": np.zeros(8000)}
    assert evaluated(protocol, data).verdict.code != "invalid"
    assert evaluated(protocol, lost(data, "calls", 0.08)).verdict.code == "invalid"


def test_arms_and_the_outcomes_that_a_verdict_rests_on_are_one_family():
    data = lost(lost(trial(n=8000), "collected", 0.03), "complaint", 0.03)
    alone = evaluated(money_trial(outcomes=(PAID, COLLECTED)), data)
    both = evaluated(money_trial(outcomes=(PAID, COLLECTED, COMPLAINT)), data)
    of_two = check(alone, "missing_collected").figures["p_adjusted_letter"]
    assert of_two < 1e-20
    more, less = sorted(
        (check(both, f"missing_{name}").figures["p_adjusted_letter"] for name in ("collected", "complaint")),
        reverse=True,
    )
    steps = {"smallest of two": of_two / 2 * 3, "second of two": of_two / 2 * 2}
    assert any(p == pytest.approx(step) for p in (less, more) for step in steps.values())
    assert check(both, "retention").figures["p_adjusted_letter"] == 1.0


REGIONS = {"method": "external", "arm_column": "arm", "strata": ["region"]}


def two_regions(seed: int, n: int = 8000) -> dict:
    """Audit a21: shares 2:1 and 1:2, retention 95% and 88% whatever the arm, 20% and 50% pay, no effect."""
    rng = np.random.default_rng(seed)
    region = np.repeat(["north", "south"], n // 2)
    assigned = np.where(rng.random(n) < np.where(region == "north", 2 / 3, 1 / 3), "letter", "nfa")
    paid = (rng.random(n) < np.where(region == "north", 0.2, 0.5)).astype(float)
    paid[rng.random(n) > np.where(region == "north", 0.95, 0.88)] = np.nan
    return {"arm": assigned, "region": region, "paid_23": paid}


def test_regions_that_lose_more_void_no_trial_whose_arms_lose_alike():
    protocol = declared(randomisation=REGIONS, analysis={"standard_errors": "HC2"})
    unstratified = declared(randomisation={"method": "external", "arm_column": "arm"})
    pooled, within = 0, 0
    for seed in range(60):
        data = two_regions(seed)
        within += check(evaluated(protocol, data), "retention").passed is False
        pooled += check(evaluated(unstratified, data), "retention").passed is False
    assert within == 0
    assert pooled > 30  # what was said of the same trials


def test_a_loss_within_strata_is_found_though_the_arms_keep_the_same_share():
    """The letter loses more in both regions and is commoner where fewer are lost: pooled, nothing is seen."""
    rng = np.random.default_rng(2)
    n = 20_000
    region = np.repeat(["north", "south"], n // 2)
    assigned = np.where(rng.random(n) < np.where(region == "north", 0.8, 0.2), "letter", "nfa")
    kept = np.where(region == "north", 0.96, 0.90) - 0.036 * (assigned == "letter")
    paid = np.where(rng.random(n) < kept, 1.0 * (rng.random(n) < 0.3), np.nan)
    data = {"arm": assigned, "region": region, "paid_23": paid}
    found = check(evaluated(declared(randomisation=REGIONS), data), "retention")
    assert found.passed is False
    assert found.figures["difference_letter"] == pytest.approx(-0.036, abs=0.01)
    assert "among customers of the same stratum the difference is Reminder letter" in found.detail
    pooled = declared(randomisation={"method": "external", "arm_column": "arm"})
    assert check(evaluated(pooled, data), "retention").passed is True


@pytest.mark.parametrize(
    ("declared_level", "kept", "code", "severity"),
    [
        (None, 0.88, "invalid", "blocks"),
        (None, 0.92, "scale", "blocks"),
        (0.8, 0.88, "scale", "blocks"),
        (0.95, 0.92, "invalid", "blocks"),
        (1.0, 1.0, "scale", "blocks"),
    ],
)
def test_too_few_outcomes_void_a_trial_whose_arms_lose_alike(declared_level, kept, code, severity):
    data = trial(n=8000, effect=0.1)
    gone = np.arange(8000) % 100 >= round(kept * 100)
    data["paid_23"] = np.where(gone, np.nan, data["paid_23"])
    analysis = {} if declared_level is None else {"coverage": declared_level}
    evaluation = evaluated(money_trial(analysis=analysis), data)
    found = check(evaluation, "coverage_paid_23")
    assert found.figures == {"share": pytest.approx(kept), "least": declared_level or 0.9}
    assert (evaluation.verdict.code, found.severity, found.subject) == (code, severity, "paid_23")
    assert check(evaluation, "retention").passed is True


@pytest.mark.parametrize("column", ["paid_23", "collected", "complaint", "calls"])
def test_coverage_is_asked_of_every_outcome_that_a_verdict_rests_on(column):
    calls = {"id": "calls", "role": "secondary", "kind": "count"}
    data = trial(n=8000, effect=0.1) | {"calls": np.zeros(8000)}
    data[column] = np.where(np.arange(8000) % 8 == 0, np.nan, data[column])
    evaluation = evaluated(money_trial(outcomes=(PAID, COLLECTED, COMPLAINT, calls)), data)
    judged = {row.subject: row.passed for row in evaluation.checks if row.kind == "coverage"}
    assert judged == {name: name != column for name in ("paid_23", "collected", "complaint")}
    assert (evaluation.verdict.code == "invalid") is (column != "calls")


def test_an_outcome_may_have_a_level_of_its_own():
    data = trial(n=8000, effect=0.1)
    data["collected"] = np.where(np.arange(8000) % 8 == 0, np.nan, data["collected"])
    assert evaluated(money_trial(), data).verdict.code == "invalid"
    assert evaluated(money_trial(outcomes=(PAID, COLLECTED | {"coverage": 0.85})), data).verdict.code == "scale"
    assert evaluated(money_trial(outcomes=(PAID | {"coverage": 0.5}, COLLECTED)), data).verdict.code == "invalid"


def test_a_trial_randomised_elsewhere_is_warned_where_it_declares_nothing():
    data = trial(n=8000, effect=0.1)
    data["paid_23"] = np.where(np.arange(8000) % 8 == 0, np.nan, data["paid_23"])
    elsewhere = {"method": "external", "arm_column": "arm"}
    silent = evaluated(money_trial(randomisation=elsewhere), data)
    found = check(silent, "coverage_paid_23")
    assert (found.passed, found.severity, silent.verdict.code) == (False, "warns", "scale")
    assert "no least share is declared (usual is 90%)" in found.detail
    said = evaluated(money_trial(randomisation=elsewhere, analysis={"coverage": 0.9}), data)
    assert said.verdict.code == "invalid"
    assert "“Paid by day 23” is known of 7,000 of 8,000 customers (87.5%), and must be of 90%" in said.verdict.sentence


@pytest.mark.parametrize(("margin", "code"), [(None, "invalid"), (0.05, "scale"), (0.03, "invalid")])
def test_the_point_by_which_arms_may_differ_is_declared(margin, code):
    data = lost(trial(n=20_000, effect=0.15), "paid_23", 0.04)
    analysis = {} if margin is None else {"retention_margin": margin}
    assert evaluated(money_trial(analysis=analysis), data).verdict.code == code
