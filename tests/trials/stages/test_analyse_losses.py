"""A file of a trial randomised elsewhere whose gaps help an approach, in every column that a comparison rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.results import Check, Evaluation
from tests.golden.external import analysed, arm, outcome, protocol

ARMS = [arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")]
N = 6_000
STRATA = {"randomisation": {"strata": ["region"]}}
SEGMENTS = {"analysis": {"subgroups": [{"column": "region"}]}}
QUANTILES = {"analysis": {"subgroups": [{"column": "age", "quantiles": 2}]}}
ADJUSTED = {"analysis": {"adjustment": "additive", "covariates": ["age"]}}
LEVELS = {"analysis": {"adjustment": "additive", "covariates": ["region"]}}


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:06d}" for i in range(N)],
            "group": np.where(np.arange(N) % 2 == 0, "Control", "Letter"),
            "paid": (rng.random(N) < 0.3).astype(int),
            "region": np.where(np.arange(N) // 2 % 2 == 0, "north", "south"),
            "age": rng.integers(20, 70, N).astype(object),
            "flag": "no",
        }
    )


def spoilt(data: pd.DataFrame, column: str, value: Any, most: int = 290, label: str = "Letter") -> pd.DataFrame:
    """Non-payers of the letter (payers of the control) whose cell of one column says something else."""
    found = np.flatnonzero((data.group == label) & (data.paid == (label == "Control")))[:most]
    data = data.astype({column: object})
    data.loc[found, column] = [value(k) for k in range(len(found))] if callable(value) else value
    return data


def declared(**sections: Any) -> dict[str, Any]:
    made = protocol(arms=ARMS, outcomes=[outcome("paid", "binary")], arm_column="group",
                    population={"unit": "customer_id", **sections.pop("population", {})},
                    analysis=sections.pop("analysis", {}))  # fmt: skip
    made["randomisation"] |= sections.pop("randomisation", {})
    return made | sections


def check(evaluation: Evaluation, name: str) -> Check:
    return next(check for check in evaluation.checks if check.name == name)


def unique(k: int) -> str:
    return f"x{k}"


@pytest.mark.parametrize(
    ("sections", "column", "value"),
    [
        pytest.param(STRATA, "region", "Nroth", id="a stratum misspelt"),
        pytest.param(STRATA, "region", "", id="a stratum blank"),
        pytest.param(STRATA, "region", unique, id="a stratum each"),
        pytest.param({"randomisation": {"strata": ["region"], "merge": ["region"]}}, "region", "zz", id="merged"),
        pytest.param(SEGMENTS, "region", "", id="a segment blank"),
        pytest.param(SEGMENTS, "region", "Nroth", id="a segment misspelt"),
        pytest.param(QUANTILES, "age", "", id="a quantile group blank"),
        pytest.param(ADJUSTED, "age", "", id="a covariate blank"),
        pytest.param(ADJUSTED, "age", "n.k.", id="a covariate not known"),
        pytest.param(LEVELS, "region", "Nroth", id="a covariate misspelt"),
        pytest.param(LEVELS, "region", unique, id="a covariate of their own"),
    ],
)
@pytest.mark.parametrize("label", ["Letter", "Control"])
def test_what_was_known_before_cannot_differ_by_arm(
    tmp_path: Path, sections: Any, column: str, value: Any, label: str
) -> None:
    data = rows()
    honest = analysed(tmp_path, declared(**sections), data)
    assert "known_before" not in {check.name for check in honest.checks}
    assert honest.verdict.code != "invalid"
    evaluation = analysed(tmp_path, declared(**sections), spoilt(data, column, value, label=label))
    found = check(evaluation, "known_before")
    assert (found.passed, found.severity) == (False, "blocks")
    assert evaluation.verdict.code == "invalid"
    assert "What was known before customers were assigned differs between arms" in evaluation.verdict.sentence


@pytest.mark.parametrize(
    ("sections", "column"), [(STRATA, "region"), (SEGMENTS, "region"), (QUANTILES, "age"), (ADJUSTED, "age")]
)
def test_gaps_alike_in_both_arms_pass(tmp_path: Path, sections: Any, column: str) -> None:
    data = rows().astype({column: object})
    data.loc[np.random.default_rng(6).random(N) < 0.08, column] = ""
    evaluation = analysed(tmp_path, declared(**sections), data)
    assert check(evaluation, "known_before").passed is True
    assert evaluation.verdict.code != "invalid"


def test_strata_that_chance_leaves_to_one_arm_pass(tmp_path: Path) -> None:
    data, rng = rows(), np.random.default_rng(5)
    data["region"] = np.where(rng.random(N) < 0.04, [f"village {k}" for k in rng.integers(0, 100, N)], "town")
    evaluation = analysed(tmp_path, declared(**STRATA), data)
    assert check(evaluation, "known_before").passed is True
    assert evaluation.estimates[0].n_left_out > 10


def test_shares_that_differ_by_stratum_are_no_difference(tmp_path: Path) -> None:
    """4:1 in the north and 1:4 in the south; the region of more northern customers is blank."""
    data, rng = rows(), np.random.default_rng(5)
    north = data.region == "north"
    data["group"] = np.where(rng.random(N) < np.where(north, 0.8, 0.2), "Letter", "Control")
    data.loc[rng.random(N) < np.where(north, 0.06, 0.02), "region"] = ""
    evaluation = analysed(tmp_path, declared(**STRATA), data)
    assert check(evaluation, "known_before").passed is True
