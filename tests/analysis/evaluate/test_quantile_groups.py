"""Quantile groups where customers share values: groups that hold somebody, named by what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import AnalysisRefused
from analysis.evaluate.quantile_groups import merged_note, quantile_levels
from analysis.specification import Levels
from tests.analysis.evaluations import declared, evaluated
from tests.analysis.frames import frame_of
from trials.reporting.results.effects import cut_points
from trials.stages.analyse import analyse


def levels(x: np.ndarray, groups: int = 4) -> Levels:
    return quantile_levels(frame_of({"arm": np.full(len(x), "nfa"), "x": np.asarray(x, dtype=float)}), "x", groups)


def held(by: Levels) -> list[tuple[str, float, float, int]]:
    return [(group.name, group.lower, group.upper, group.customers) for group in by.groups]


@pytest.mark.parametrize(
    ("protocol", "data", "zero", "above"),
    [
        ("p", "three_quarters", (-0.164796, 146, 152), (2.061088, 54, 48)),
        ("worth", "four_fifths", (-0.047788, 399, 415), (2.743525, 101, 85)),
    ],
)
def test_a_column_of_many_zeros_has_two_groups(
    protocol: str, data: str, zero: tuple[float, ...], above: tuple[float, ...], reference_data: Path
) -> None:
    folder = reference_data.parent / "cases" / "03-quantile-groups-of-many-zeros"
    evaluation = analyse(folder / f"{protocol}.yaml", folder / f"{data}.csv")
    rows = {row.level: (row.estimate, row.n_arm, row.n_comparison) for row in evaluation.estimates if row.subgroup}
    assert rows == {"Q1–Q3": pytest.approx(zero, abs=5e-7), "Q4": pytest.approx(above, abs=5e-7)}
    (note,) = (note for note in evaluation.notes if note.startswith("So many customers share a value of x"))
    assert note.endswith(f"are one group: Q1–Q3 is 0 ({zero[1] + zero[2]} customers).")
    assert [(level.level, level.customers) for level in evaluation.cut_levels] == [
        ("Q1–Q3", zero[1] + zero[2]), ("Q4", above[1] + above[2])
    ]  # fmt: skip
    assert cut_points(evaluation.cut_levels, "x").rows[0] == ("Q1–Q3", "0", str(zero[1] + zero[2]))


def test_without_ties_they_are_the_linear_quantiles() -> None:
    x = np.random.default_rng(1).normal(size=997)
    by = levels(x, 5)
    assert by.names == ("Q1", "Q2", "Q3", "Q4", "Q5")
    assert by.cuts == pytest.approx(np.quantile(x, [0.2, 0.4, 0.6, 0.8]).tolist())
    assert merged_note(by) is None


@pytest.mark.parametrize(
    ("x", "groups", "expected"),
    [
        pytest.param([1] * 5 + [2] * 30 + [3] * 5, 4, [("Q1", 1, 1, 5), ("Q2–Q4", 2, 3, 35)], id="a middle value"),
        pytest.param([0] * 10 + [1] * 30, 4, [("Q1", 0, 0, 10), ("Q2–Q4", 1, 1, 30)], id="the highest value"),
        pytest.param([7] * 12, 3, [("Q1–Q3", 7, 7, 12)], id="one value"),
        pytest.param([0, 1] * 20, 2, [("Q1", 0, 0, 20), ("Q2", 1, 1, 20)], id="halves"),
        pytest.param([0] * 26 + [1] * 14, 10, [("Q1–Q6", 0, 0, 26), ("Q7–Q10", 1, 1, 14)], id="two values in tenths"),
        pytest.param(
            [0] * 12 + list(range(1, 29)), 4,
            [("Q1", 0, 0, 12), ("Q2", 1, 8, 8), ("Q3", 9, 18, 10), ("Q4", 19, 28, 10)], id="the first cut alone",
        ),
    ],
)  # fmt: skip
def test_everybody_is_in_a_group_that_is_named_by_what_it_holds(
    x: list[int], groups: int, expected: list[tuple[str, float, float, int]]
) -> None:
    assert held(levels(np.array(x), groups)) == expected


@pytest.mark.parametrize("seed", range(20))
def test_groups_part_the_customers_in_their_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.poisson(rng.choice([0.2, 1.0, 4.0]), rng.integers(5, 200)) * rng.choice([1.0, 0.1])
    groups = int(rng.integers(2, 11))
    by = levels(x, groups)
    assert sum(group.customers for group in by.groups) == len(x)
    assert all(group.customers > 0 for group in by.groups)
    assert all(a.upper < b.lower for a, b in zip(by.groups, by.groups[1:], strict=False))
    assert len(by.names) == len(set(by.names)) == len(by.cuts) + 1 == len(by.groups)
    assert by.names[0].startswith("Q1")
    assert by.names[-1].endswith(f"Q{groups}")
    place = np.searchsorted(by.cuts, x, side="right")
    assert [int(np.sum(place == i)) for i in range(len(by.names))] == [group.customers for group in by.groups]


def test_a_column_of_one_value_is_one_group_and_evaluates() -> None:
    rng = np.random.default_rng(3)
    data = {"arm": np.repeat(["nfa", "letter"], 50), "x": np.full(100, 3.0), "y": rng.normal(size=100)}
    protocol = declared(
        outcomes=[{"id": "y", "role": "primary", "kind": "amount"}],
        analysis={"subgroups": [{"column": "x", "quantiles": 4}]},
    )
    evaluation = evaluated(protocol, data)
    assert {row.level for row in evaluation.estimates if row.subgroup} == {"Q1–Q4"}
    assert [test.reason for test in evaluation.interactions] == ["fewer than two levels can be estimated"]


def test_a_column_without_a_value_is_refused() -> None:
    with pytest.raises(AnalysisRefused, match="no value"):
        levels(np.full(5, np.nan))
