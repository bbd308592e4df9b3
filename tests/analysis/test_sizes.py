"""An analysis that could not be held is refused before its matrices are made: number, rule and remedy are named."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.regression.model import COLLINEAR, _sweep
from analysis.regression.moments import read_cells
from analysis.regression.plan import make_plan
from analysis.regression.size import refuse_many_sums
from analysis.sensitivity.design_matrix import independent_columns
from analysis.specification import Column, Response, Specification
from designs.protocol.effects import MOST_EFFECTS, comparisons, declared_levels, effects_asked
from designs.protocol.rules import breaches
from tests.analysis.evaluations import NFA, PAID, arm, declared, evaluated, trial
from tests.analysis.frames import frame_of

MIB = 1024 * 1024


def _amounts(count: int) -> list[dict[str, object]]:
    return [{"id": f"y{i}", "role": "secondary", "kind": "amount", "direction": "increase"} for i in range(count)]


def _wide(arms: int, outcomes: int, subgroups: int, **analysis: object) -> object:
    return declared(
        arms=[NFA, *(arm(f"a{i}") for i in range(arms))],
        outcomes=[PAID, *_amounts(outcomes - 1)],
        analysis={"subgroups": [{"column": f"s{i}", "quantiles": 10} for i in range(subgroups)], **analysis},
    )


def test_a_plan_of_too_many_effects_is_refused_where_it_is_written() -> None:
    plan = _wide(12, 25, 15)
    assert effects_asked(plan, declared_levels(plan)) == 12 * 25 * 151
    [breach] = [breach for breach in breaches(plan) if "effects" in breach.problem]
    assert breach.path == ("analysis", "subgroups")
    assert "45,300 effects: 12 comparisons of arms × 25 outcomes × 151" in breach.problem
    assert f"at most {MOST_EFFECTS:,} effects; declare fewer" in breach.rule


def test_a_large_plan_that_can_be_held_is_not() -> None:
    assert not [breach for breach in breaches(_wide(5, 10, 6)) if "effects" in breach.problem]


def test_pairs_of_very_many_arms_are_counted_and_not_listed() -> None:
    plan = _wide(100, 2, 0, contrasts="all_pairs")
    assert comparisons(plan) == len(plan.contrasts) == 5_050
    [breach] = [breach for breach in breaches(plan) if "together" in breach.problem]
    assert breach.path == ("analysis", "contrasts")
    assert "5,050 comparisons together" in breach.problem


def test_levels_that_only_the_data_know_are_counted_before_anything_is_fitted() -> None:
    # Ten subgroups by their values: the plan says two levels each, and the data have 60.
    plan = declared(
        arms=[NFA, *(arm(f"a{i}") for i in range(8))],
        outcomes=[PAID, *_amounts(4)],
        analysis={"subgroups": [{"column": f"s{i}"} for i in range(10)]},
    )
    assert not [breach for breach in breaches(plan) if "effects" in breach.problem]
    columns = trial(n=9 * 600, arms=("nfa", *(f"a{i}" for i in range(8))))
    n = len(columns["arm"])
    rng = np.random.default_rng(0)
    columns |= {f"y{i}": rng.normal(size=n) for i in range(4)}
    columns |= {f"s{i}": np.array([f"v{k % 60}" for k in range(n)], dtype=object) for i in range(10)}
    with pytest.raises(AnalysisRefused, match=r"24,040 effects.*at most 20,000.*declare fewer") as refused:
        evaluated(plan, columns)
    assert "600 levels" in str(refused.value)


@pytest.mark.parametrize("adjustment", ["additive", "lin"])
def test_a_category_of_thousands_of_values_is_refused_before_its_matrix_is_made(adjustment: str) -> None:
    levels = 6_000 if adjustment == "additive" else 4_000
    plan = declared(analysis={"adjustment": adjustment, "covariates": ["postcode"]})
    columns = trial(n=4 * levels)
    n = len(columns["arm"])
    columns["postcode"] = np.array([f"p{i % levels}" for i in range(n)], dtype=object)
    tracemalloc.start()
    try:
        with pytest.raises(AnalysisRefused, match=r"adjusting takes [\d,]+ columns.*at most 25,000,000.*coarser"):
            evaluated(plan, columns)
        assert tracemalloc.get_traced_memory()[1] < 120 * MIB  # its matrix alone would take 256 or 288 MB
    finally:
        tracemalloc.stop()


def test_a_category_that_would_fill_the_balance_is_refused() -> None:
    plan = declared(
        arms=[NFA, *(arm(f"a{i}") for i in range(40))],
        analysis={"adjustment": "none", "covariates": ["postcode"]},
    )
    columns = trial(n=41 * 500, arms=("nfa", *(f"a{i}" for i in range(40))))
    n = len(columns["arm"])
    columns["postcode"] = np.array([f"p{i % 10_000}" for i in range(n)], dtype=object)
    with pytest.raises(AnalysisRefused, match=r"column postcode: it is a category of 10,000 values, in 41 arms"):
        evaluated(plan, columns)


def test_sums_of_cells_are_counted_before_they_are_made() -> None:
    refuse_many_sums(100_000, 20, 5)
    with pytest.raises(AnalysisRefused, match=r"200,000 combinations.*at most 60,000,000"):
        refuse_many_sums(200_000, 20, 5)
    n = 15_000
    rng = np.random.default_rng(0)
    numbers = {f"x{i}": rng.normal(size=n) for i in range(70)}
    columns = {
        "arm": np.where(np.arange(n) % 2, "letter", "nfa"),
        "office": np.array([f"o{i // 2 % 7_000}" for i in range(n)], dtype=object),
        "y": rng.normal(size=n),
        **numbers,
    }
    specification = Specification(
        ("nfa", "letter"),
        (("letter", "nfa"),),
        "lin",
        "HC2",
        (Column("office", "category"), *(Column(name, "number") for name in numbers)),
    )
    frame = frame_of(columns)
    plan = make_plan(frame, specification, [Response("y", (("y", 1.0),))], None, by_cluster=False)
    with pytest.raises(AnalysisRefused, match=r"14,000 combinations of arm, stratum and category, with 70 numeric"):
        read_cells(frame, plan)


def _one_by_one(scaled: NDArray[np.float64]) -> list[bool]:
    """Which columns the ones before them leave something of, by regressing each on those that were kept."""
    keep: list[bool] = []
    for j in range(scaled.shape[1]):
        kept = np.flatnonzero(keep)
        left = scaled[j, j] - scaled[j, kept] @ np.linalg.pinv(scaled[np.ix_(kept, kept)]) @ scaled[kept, j]
        keep.append(bool(left > COLLINEAR))
    return keep


def test_which_columns_stay_is_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        X = rng.normal(size=(60, 12))
        for j in rng.choice(np.arange(1, 12), 4, replace=False):
            X[:, j] = X[:, :j] @ rng.normal(size=j)
        gram = X.T @ X
        norm = np.sqrt(np.diag(gram))
        scaled = gram / np.outer(norm, norm)
        assert _sweep(scaled[None], np.ones((1, 12), dtype=bool)).tolist() == _one_by_one(scaled)


def test_independent_columns_are_those_of_one_by_one() -> None:
    rng = np.random.default_rng(4)
    arms = np.where(np.arange(80) % 2, "letter", "nfa")
    for _ in range(20):
        X = rng.normal(size=(80, 9))
        for j in rng.choice(np.arange(1, 9), 3, replace=False):
            X[:, j] = X[:, :j] @ rng.normal(size=j)
        expected: list[int] = []
        for j in range(9):
            part = [np.column_stack([np.ones(40), X[arms == a][:, [*expected, j]]]) for a in ("nfa", "letter")]
            if all(np.linalg.matrix_rank(columns) == columns.shape[1] for columns in part):
                expected.append(j)
        kept = independent_columns(X, arms, in_arms=["nfa", "letter"])
        assert np.array_equal(kept, X[:, expected])
