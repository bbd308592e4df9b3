"""Who takes part is asked before arms are: a third arm and customers without one may be left out by the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.results import Evaluation
from data.errors import DataRefused
from designs.protocol import ProtocolRefused
from tests.golden.external import analysed, arm, outcome, protocol
from trials.stages.analyse import analyse

BY_COLUMN = {"column": "in_trial", "equals": "yes"}


@pytest.mark.parametrize(
    ("plan", "file", "effect", "customers", "left_out"),
    [
        ("by_column", "three_arms", -0.03, (100, 100), 100),
        ("by_arm", "three_arms", -0.03, (100, 100), 100),
        ("by_column", "blank_arms", -0.045789, (95, 100), 5),
        ("plain", "two_arms", -0.03, (100, 100), 0),
    ],
)
def test_case_45(
    reference_data: Path, plan: str, file: str, effect: float, customers: tuple[int, int], left_out: int
) -> None:
    folder = reference_data.parent / "cases" / "45-where-and-a-third-arm"
    evaluation = analyse(folder / f"{plan}.yaml", folder / f"{file}.csv")
    (row,) = (row for row in evaluation.estimates if row.estimand == "itt")
    assert (round(row.estimate or 0, 6), row.n_arm, row.n_comparison) == (effect, *customers)
    assert sum(exclusion.customers for exclusion in evaluation.flow.excluded) == left_out
    assert evaluation.flow.rejected == 0
    assert evaluation.verdict.code == "not_shown"


def rows(n: int = 300) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "group": np.array(["nfa", "letter", "call"])[np.arange(n) % 3],
            "in_trial": np.where(np.arange(n) % 3 < 2, "yes", "no"),
            "paid": np.random.default_rng(1).integers(0, 2, n),
        }
    )


def evaluated(folder: Path, data: pd.DataFrame, **population: Any) -> Evaluation:
    arms = [arm("nfa", None, "nfa"), arm("letter", None, channel="letter")]
    plan = protocol(
        arms=[{key: value for key, value in one.items() if value is not None} for one in arms],
        outcomes=[outcome("paid", "binary")],
        arm_column="group",
        population={"unit": "customer_id", **population},
    )
    return analysed(folder, plan, data)


def taken(evaluation: Evaluation) -> tuple[int, int, int]:
    flow = evaluation.flow
    assert flow.rows_read == flow.rejected + sum(row.customers for row in flow.excluded) + flow.allocated
    return flow.rejected, sum(row.customers for row in flow.excluded), flow.allocated


@pytest.mark.parametrize(
    "leaving_out",
    [
        {"where": [BY_COLUMN]},
        {"where": [{"column": "group", "not_equals": "call"}]},
        {"where": [{"column": "group", "one_of": ["nfa", "letter"]}]},
        {"exclude": [{"when": {"column": "group", "equals": "call"}, "reason": "another trial"}]},
        {"exclude": [{"when": {"column": "in_trial", "equals": "no"}, "reason": "another trial"}]},
    ],
)
def test_an_arm_of_another_trial_may_be_left_out(tmp_path: Path, leaving_out: dict[str, Any]) -> None:
    evaluation = evaluated(tmp_path, rows(), **leaving_out)
    assert taken(evaluation) == (0, 100, 200)
    assert {row.arm: row.allocated for row in evaluation.flow.arms} == {"nfa": 100, "letter": 100}


@pytest.mark.parametrize("spelled", [None, "NA", "-", "n.k.", "le\x01tter"])
def test_customers_without_an_arm_whom_the_plan_leaves_out_are_no_loss(tmp_path: Path, spelled: str | None) -> None:
    data = rows()
    data.loc[data.in_trial == "no", "group"] = spelled
    evaluation = evaluated(tmp_path, data, where=[BY_COLUMN])
    assert taken(evaluation) == (0, 100, 200)
    assert all(check.kind not in ("cells_read", "rows_taken") or check.passed for check in evaluation.checks)


@pytest.mark.parametrize("spelled", [None, "-", "le\x01tter"])
@pytest.mark.parametrize(
    "conditions",
    [
        [],
        [BY_COLUMN],
        [{"column": "group", "one_of": ["nfa", "letter"]}],
        [{"column": "group", "not_equals": "call"}],
    ],
)
def test_who_may_take_part_and_has_no_arm_is_lost(
    tmp_path: Path, spelled: str | None, conditions: list[dict[str, Any]]
) -> None:
    """A comparison with an arm that is not known says nothing of it."""
    data = rows()
    if conditions == []:
        data = data[data.group != "call"].reset_index(drop=True)
    data.loc[[3, 7], "group"] = spelled
    evaluation = evaluated(tmp_path, data, where=conditions)
    lost = next(check for check in evaluation.checks if check.name == "rows_taken")
    assert (evaluation.flow.rejected, lost.severity, lost.figures["rejected"]) == (2, "blocks", 2)
    assert "row 4, group" in lost.detail
    assert evaluation.verdict.code == "invalid"


def test_a_file_of_all_customers_of_whom_some_have_an_arm(tmp_path: Path) -> None:
    """The plan asks whether the arm is missing, which is known of everybody."""
    data = rows()
    data.loc[data.group == "call", "group"] = None
    assert taken(evaluated(tmp_path, data, where=[{"column": "group", "missing": False}])) == (0, 100, 200)


def test_a_condition_of_which_nothing_is_known_does_not_hide_a_lost_arm(tmp_path: Path) -> None:
    data = rows()
    data.loc[[0, 1], ["group", "in_trial"]] = None
    assert evaluated(tmp_path, data, where=[BY_COLUMN]).flow.rejected == 2


def test_a_label_that_no_arm_has_is_refused_where_it_takes_part(tmp_path: Path) -> None:
    data = rows()
    data.loc[0, "group"] = "nfaa"
    with pytest.raises(ProtocolRefused, match=r"(?s)column group.*1 error.*nfaa"):
        evaluated(tmp_path, data, where=[BY_COLUMN])


def test_nobody_has_an_arm(tmp_path: Path) -> None:
    data = rows().assign(group=None)
    with pytest.raises(DataRefused, match="not one of the 300 rows can be taken: group: group is missing"):
        evaluated(tmp_path, data)
