"""A row says where its range leans, and only there."""

from __future__ import annotations

import numpy as np

from tests.analysis.evaluations import NFA, arm, declared, evaluated

LEANS = "the outcome is skewed for arms of these sizes: the {} end of the range is less sure than stated"
OUTCOMES = [
    {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
    {"id": "pounds", "role": "secondary", "kind": "amount", "direction": "increase", "cap": 1500},
]


def trial(nfa, letter, *, rate=0.3, seed=3):
    rng = np.random.default_rng(seed)
    n = nfa + letter
    paid = rng.random(n) < rate
    return {
        "arm": np.repeat(["nfa", "letter"], [nfa, letter]),
        "paid": paid.astype(float),
        "pounds": np.where(paid, rng.lognormal(6.0, 1.2, n), 0.0),
        "half": np.where(np.arange(n) % 2 == 0, "even", "odd"),
    }


def protocol(**more):
    return declared(arms=[NFA, arm("letter")], outcomes=OUTCOMES, **more)


def notes(evaluation):
    rows = (*evaluation.estimates, *(row for row in evaluation.sensitivity if row.variant is not None))
    return {(row.outcome, row.level, row.variant is not None): row.note for row in rows}


def test_pounds_lean_where_the_comparison_is_a_twentieth_and_not_in_equal_halves():
    found = notes(evaluated(protocol(), trial(500, 9_500)))
    assert found["pounds", None, False] == LEANS.format("lower")
    assert found["paid", None, False] is None
    assert notes(evaluated(protocol(), trial(5_000, 5_000)))["pounds", None, False] is None


def test_the_other_end_leans_where_the_arm_is_the_small_one():
    assert notes(evaluated(protocol(), trial(9_500, 500)))["pounds", None, False] == LEANS.format("upper")


def test_a_small_arm_that_happens_to_lack_large_payments_leans_all_the_same():
    """Its own third moment then looks harmless: in one trial in six it would have kept the warning away."""
    for seed in range(12):
        found = notes(evaluated(protocol(), trial(1_000, 3_000, rate=0.28, seed=seed)))
        assert found["pounds", None, False] == LEANS.format("lower")


def test_a_rare_event_leans_too():
    assert notes(evaluated(protocol(), trial(500, 9_500, rate=0.02)))["paid", None, False] == LEANS.format("lower")


def test_a_cap_takes_the_lean_away():
    found = notes(evaluated(protocol(), trial(2_000, 38_000)))
    assert found["pounds", None, False] == LEANS.format("lower")
    assert found["pounds", None, True] is None


def test_levels_of_a_subgroup_lean_by_their_own_numbers():
    columns = trial(40_000, 40_000)
    columns["half"] = np.where(np.arange(80_000) < 38_000, "even", np.where(np.arange(80_000) < 78_000, "odd", "even"))
    found = notes(evaluated(protocol(analysis={"subgroups": [{"column": "half"}]}), columns))
    assert found["pounds", None, False] is None
    assert found["pounds", "even", False] == LEANS.format("upper")  # 38,000 against 2,000
    assert found["pounds", "odd", False] == LEANS.format("lower")  # 2,000 against 38,000
