"""A file of a trial randomised elsewhere whose gaps help an approach, in every column that a comparison rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.results import Check, Evaluation
from designs.protocol import Protocol
from tests.golden.external import analysed, arm, outcome, protocol
from trials.reporting.results.flow import flow_diagram
from trials.reporting.words.names import Names

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


EXCLUDED = {"population": {"exclude": [{"when": {"column": "flag", "equals": "yes"}, "reason": "deceased"}]}}
ASKED = {"population": {"where": [{"column": "flag", "equals": "no"}]}}
CLOSED = {"arms": [ARMS[0], {**ARMS[1], "not_for": [{"when": {"column": "flag", "equals": "yes"}, "reason": "none"}]}]}


@pytest.mark.parametrize(
    ("sections", "value"),
    [
        pytest.param(EXCLUDED, "yes", id="excluded"),
        pytest.param(ASKED, "No", id="not asked for"),
        pytest.param(CLOSED, "yes", id="in an arm that was closed to them"),
    ],
)
def test_exclusions_are_alike_in_every_arm(tmp_path: Path, sections: Any, value: str) -> None:
    data = rows()
    honest = data.copy()
    if sections is not CLOSED:
        honest.loc[np.random.default_rng(6).random(N) < 0.1, "flag"] = value
    assert analysed(tmp_path, declared(**sections), honest).verdict.code == "not_shown"
    evaluation = analysed(tmp_path, declared(**sections), spoilt(data, "flag", value))
    found = check(evaluation, "left_out")
    assert (found.passed, found.severity) == (False, "blocks")
    assert "Control 100.0%, Letter 90.3%" in found.detail.replace("Nfa", "Control")
    assert evaluation.verdict.code == "invalid"


def test_exclusions_that_follow_the_stratum_are_no_difference_where_shares_follow_it_too(tmp_path: Path) -> None:
    data, rng = rows(), np.random.default_rng(5)
    north = data.region == "north"
    data["group"] = np.where(rng.random(N) < np.where(north, 2 / 3, 1 / 3), "Letter", "Control")
    data.loc[rng.random(N) < np.where(north, 0.2, 0.02), "flag"] = "yes"
    evaluation = analysed(tmp_path, declared(**EXCLUDED, **STRATA), data)
    assert "left_out" not in {check.name for check in evaluation.checks}
    assert evaluation.verdict.code != "invalid"


def test_a_condition_on_the_arms_column_chooses_arms(tmp_path: Path) -> None:
    arms = [*ARMS, arm("sms", "Text", channel="sms")]
    data = rows()
    data.loc[np.arange(N) % 3 == 0, "group"] = "Text"
    where = [{"column": "group", "one_of": ["Control", "Letter"]}, {"column": "flag", "equals": "no"}]
    evaluation = analysed(tmp_path, declared(arms=arms, population={"where": where}), data)
    assert "left_out" not in {check.name for check in evaluation.checks}


def test_rows_turned_away_are_held_against_those_who_take_part(tmp_path: Path) -> None:
    """Ten times as many rows of people who take no part used to make 29 lost rows of one arm a warning."""
    data = spoilt(rows(), "group", "n.k.", most=29)
    others = pd.concat([rows().assign(flag="yes", customer_id=[f"S{k}-{i}" for i in range(N)]) for k in range(10)])
    evaluation = analysed(tmp_path, declared(**ASKED), pd.concat([data, others]))
    found = check(evaluation, "rows_taken")
    assert (found.passed, found.severity, found.figures["read"]) == (False, "blocks", N)
    assert found.detail.startswith("29 of 6,000 rows were turned away")
    assert evaluation.flow.rows_read == 11 * N


def test_where_rows_have_no_ids_it_is_said_that_repeats_were_not_looked_for(tmp_path: Path) -> None:
    with_ids = analysed(tmp_path, declared(), rows())
    without = analysed(tmp_path, declared(population={"unit": "row"}), rows())
    assert (with_ids.flow.repeats_unknown, without.flow.repeats_unknown) == (False, True)
    made = Names(Protocol.model_validate_json(json.dumps(declared())))
    assert "nobody looked whether a customer is among them twice" in flow_diagram(without.flow, made).sums
    assert "nobody looked" not in flow_diagram(with_ids.flow, made).sums
