"""A cell that cannot be read is a missing value with a reason: however it is spelled, its row stays (issue 9, 3a)."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.results import Check, Estimate, Evaluation
from data.errors import DataRefused
from tests.golden.external import analysed, arm, outcome, protocol, row
from trials.stages.analyse import analyse

SPELLINGS = ["NA", ".", "..", "-", "[x]", "n.k.", "nil", "#REF!", "not known", "?"]
ARMS = [arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")]
N = 2000


def check(evaluation: Evaluation, name: str) -> Check:
    return next(made for made in evaluation.checks if made.name == name)


def customers(seed: int = 5) -> pd.DataFrame:
    """No effect of anything; text everywhere, as in a file."""
    rng = np.random.default_rng(seed)
    paid = rng.random(N) < 0.3
    numbers = {
        "paid": paid.astype(int),
        "amount": np.where(paid, np.round(rng.lognormal(4, 0.5, N), 2), 0),
        "calls": rng.poisson(0.4, N),
        "days": rng.integers(1, 30, N),
        "ended": (rng.random(N) < 0.6).astype(int),
        "debt": np.round(rng.lognormal(5, 0.5, N), 2),
    }
    texts = {
        "id": [f"c{i:05d}" for i in range(N)],
        "group": np.where(np.arange(N) % 2 == 0, "Control", "Letter"),
        "region": np.where(np.arange(N) % 4 < 2, "north", "south"),
        "band": rng.choice(["low", "high"], N),
    }
    return pd.DataFrame(texts | {name: [str(value) for value in values] for name, values in numbers.items()})


def declared() -> dict[str, Any]:
    outcomes = [
        outcome("paid", "binary"),
        {"id": "amount", "role": "secondary", "kind": "amount", "direction": "increase"},
        {"id": "calls", "role": "guardrail", "kind": "count", "direction": "decrease", "margin": 0.5},
        {"id": "ttp", "role": "secondary", "kind": "time_to_event", "direction": "increase", "time": "days"}
        | {"event": "ended", "horizon": 28},
    ]
    analysis = {"adjustment": "additive", "covariates": [{"column": "debt"}], "subgroups": [{"column": "band"}]}
    return protocol(
        arms=ARMS,
        outcomes=outcomes,
        arm_column="group",
        population={"unit": "id"},
        randomisation={"strata": ["region"]},
        analysis=analysis,
        decision={"benefits": [{"outcome": "amount", "value": 1}]},
    )


def alike(rows: tuple[Estimate, ...], others: tuple[Estimate, ...]) -> bool:
    """The same, but for the order in which threads add."""
    return len(rows) == len(others) and all(
        value == other or (isinstance(value, float) and value == pytest.approx(other, rel=1e-9, abs=1e-12))
        for row, twin in zip(rows, others, strict=True)
        for value, other in zip(asdict(row).values(), asdict(twin).values(), strict=True)
    )


@pytest.mark.parametrize("lossy", ["Control", "Letter"])
@pytest.mark.parametrize("column", ["paid", "amount", "calls", "days", "ended", "debt"])
def test_a_missing_value_is_one_however_it_is_spelled(tmp_path: Path, column: str, lossy: str) -> None:
    """Every figure and the verdict are those of blank cells; only the spellings are counted apart."""
    data = customers()
    lost = np.flatnonzero(data.group == lossy)[::7]
    data.loc[lost, column] = ""
    blank = analysed(tmp_path, declared(), data)
    assert blank.unreadable == ()
    first = ["paid", "amount", "calls", "days", "ended", "debt"].index(column) + 6 * (lossy == "Letter")
    for spelled in (SPELLINGS[(3 * first + i) % len(SPELLINGS)] for i in range(3)):
        data.loc[lost, column] = spelled
        evaluation = analysed(tmp_path, declared(), data)
        assert alike(evaluation.estimates, blank.estimates)
        assert evaluation.verdict.code == blank.verdict.code
        assert evaluation.flow == blank.flow
        if spelled != "NA":  # a mark that every tool writes: blank
            assert [(cell.row, cell.field) for cell in evaluation.unreadable] == [(i + 1, column) for i in lost]
            counted = check(evaluation, "cells_read")
            other = "letter" if lossy == "Control" else "nfa"
            of_lossy = "nfa" if lossy == "Control" else "letter"
            assert counted.figures == {
                "cells": len(lost),
                f"{column}_nfa": 0,
                f"{column}_letter": 0,
                f"{column}_{of_lossy}": len(lost),
            }
            assert counted.severity == "warns"
            assert f"{column}_{other}" in counted.figures
    if column in ("paid", "amount", "calls"):  # what the verdict rests on
        assert blank.verdict.code == "invalid"


@pytest.mark.parametrize("column", ["region", "band", "debt"])
@pytest.mark.parametrize("spelled", ["", "NA", "n.k.", "[x]"])
def test_nobody_leaves_for_a_cell_of_any_column(tmp_path: Path, column: str, spelled: str) -> None:
    data = customers()
    data.loc[::9, column] = spelled
    flow = analysed(tmp_path, declared(), data).flow
    assert (flow.rows_read, flow.rejected, flow.allocated, flow.analysed) == (N, 0, N, N)


def test_who_has_no_level_is_counted(tmp_path: Path) -> None:
    data = customers()
    data.loc[:8, "band"] = ""
    assert "9 customers have no band, so that no level of it holds them." in analysed(tmp_path, declared(), data).notes


def test_amounts_not_known_of_non_payers_scale_nothing(tmp_path: Path) -> None:
    """Experiment a19 of the audit: a quarter of the letter's non-payers lost their row, and the letter was scaled."""
    rng = np.random.default_rng(19)
    data = pd.DataFrame({"id": [f"c{i}" for i in range(8000)], "group": ["Control", "Letter"] * 4000})
    paid = rng.random(8000) < 0.3
    data["paid"] = paid.astype(int)
    amount = np.where(paid, np.round(rng.lognormal(4, 0.5, 8000), 2), 0.0).astype(str)
    unknown = (data.group == "Letter") & ~paid & (rng.random(8000) < 0.25)
    data["amount"] = np.where(unknown, "not known", amount)
    outcomes = [
        outcome("paid", "binary"),
        {"id": "amount", "role": "secondary", "kind": "amount", "direction": "increase"},
    ]
    rules = protocol(
        arms=ARMS,
        outcomes=outcomes,
        arm_column="group",
        population={"unit": "id"},
        decision={"benefits": [{"outcome": "paid", "value": 50}, {"outcome": "amount", "value": 1}]},
    )
    evaluation = analysed(tmp_path, rules, data)
    assert evaluation.flow.allocated == 8000
    assert evaluation.flow.analysed == 8000  # the rows stay, for the outcome that is known
    assert evaluation.estimates == ()
    lost = check(evaluation, "missing_amount")
    assert (lost.passed, lost.figures["unreadable_letter"]) == (False, int(unknown.sum()))
    assert evaluation.verdict.code == "invalid"


@pytest.mark.parametrize(
    ("written", "why"),
    [("maybe", "is not 0, 1, true or false"), ("Yes", "is not 0, 1, true or false"), ("2", "is not 0, 1")],
)
def test_of_two_values_one_cannot_be_read(tmp_path: Path, written: str, why: str) -> None:
    """Who has the other would be nobody: 0 and 100, or 1 and No, are refused."""
    data = customers()
    data["paid"] = np.where(data.paid == "1", written, "0")
    with pytest.raises(DataRefused, match=f"of the two values of paid only one can be read: '{written}' {why}"):
        analysed(tmp_path, declared(), data)


@pytest.mark.parametrize("kind", ["covariate", "subgroup"])
def test_a_code_list_with_a_letter_in_it_stays_one(tmp_path: Path, kind: str) -> None:
    """Numbers are not a quantity when every third code is a word; a few marks do not make a quantity a category."""
    data = customers()
    data["band"] = np.resize(["1", "2", "X"], N)
    rules = declared()
    rules["analysis"]["covariates"] = [{"column": "band"}] if kind == "covariate" else []
    evaluation = analysed(tmp_path, rules, data)
    assert evaluation.unreadable == ()
    assert {e.level for e in evaluation.estimates if e.subgroup == "band"} == {"1", "2", "X"}


# The cases in the folder beside the published trials.


def case(reference_data: Path, name: str, rules: str, data: str) -> Evaluation:
    folder = reference_data.parent / "cases" / name
    return analyse(folder / rules, folder / data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("decimal_comma.csv", r"all 40 cells\): '1144,03' is not a number \(thousands separators and decimal commas"),
        ("pounds.csv", r"all 40 cells\): '£1261.68' is not a number \(signs of a currency"),
        ("thousands.csv", r"all 40 cells\): '1,251.19' is not a number \(thousands separators"),
        ("too_large.csv", r"all 40 cells\): '\d{21}' is an integer too long"),
    ],
)
def test_no_amount_can_be_read(reference_data: Path, data: str, said: str) -> None:
    with pytest.raises(DataRefused, match=f"no cell of y can be read .{said}"):
        case(reference_data, "14-no-amount-can-be-read", "p.yaml", data)


@pytest.mark.parametrize(
    ("name", "ending", "lost", "truth", "true_verdict"),
    [
        ("15-non-payers-unreadable-in-one-arm", ".csv", 701, 3.55, "not_shown"),
        ("16-payers-unreadable-in-comparison", ".csv.gz", 163, -0.0016, "not_shown"),
    ],
)
def test_losses_in_one_arm_void_however_they_are_spelled(
    reference_data: Path, name: str, ending: str, lost: int, truth: float, true_verdict: str
) -> None:
    unread, blank, whole = (case(reference_data, name, "p.yaml", data + ending) for data in ("d", "blank", "truth"))
    assert (unread.verdict.code, blank.verdict.code, whole.verdict.code) == ("invalid", "invalid", true_verdict)
    assert alike(unread.estimates, blank.estimates)
    assert (unread.flow.rejected, len(unread.unreadable), len(blank.unreadable)) == (0, lost, 0)
    assert check(unread, "retention").figures["unreadable"] == lost
    assert row(whole, outcome="y").estimate == pytest.approx(truth, abs=0.005 if truth > 1 else 5e-5)


def test_marks_for_a_missing_outcome(reference_data: Path) -> None:
    names = ["blank", "na", "dot", "two_dots", "dash", "bracketed"]
    made = [case(reference_data, "46-marks-for-a-missing-outcome", "p.yaml", f"{name}.csv.gz") for name in names]
    assert {evaluation.verdict.code for evaluation in made} == {"invalid"}
    assert all(alike(evaluation.estimates, made[0].estimates) for evaluation in made)
    assert all([row.missing for row in evaluation.flow.arms] == [50, 297] for evaluation in made)


def test_counts_that_are_no_counts(reference_data: Path) -> None:
    evaluation = case(reference_data, "21-counts-that-are-no-counts", "p.yaml", "d.csv")
    reasons = [re.sub(r"^\S+ ", "", cell.reason) for cell in evaluation.unreadable]
    assert (reasons.count("is below 0"), reasons.count("is not a whole number")) == (20, 20)
    assert evaluation.flow.analysed == 40


def test_shorthand_among_numbers(reference_data: Path) -> None:
    name = "24-shorthand-among-numbers"
    clean, shorthand = (case(reference_data, name, "p.yaml", data) for data in ("clean.csv", "shorthand.csv"))
    assert row(clean, outcome="paid").estimate == pytest.approx(0.1126, abs=5e-5)
    assert row(shorthand, outcome="paid").estimate == pytest.approx(0.1123, abs=5e-5)
    assert [cell.field for cell in shorthand.unreadable] == ["debt"] * 3
    for rules, data in [("p.yaml", "comma.csv"), ("p.yaml", "pounds.csv"), ("number.yaml", "comma.csv")]:
        with pytest.raises(DataRefused, match=r"no cell of debt can be read \(all 400 cells"):
            case(reference_data, name, rules, data)


def test_a_code_that_reads_as_missing(reference_data: Path) -> None:
    for rules in ("p.yaml", "declared.yaml"):
        evaluation = case(reference_data, "58-a-code-that-reads-as-missing", rules, "d.csv")
        of_nan = row(evaluation, outcome="paid", subgroup="sector", level="nan")
        assert (of_nan.n_arm, of_nan.n_comparison) == (43, 48)
        assert of_nan.estimate == pytest.approx(0.173450, abs=5e-7)
        levels = [e for e in evaluation.estimates if e.subgroup == "sector"]
        assert sum((e.n_arm or 0) + (e.n_comparison or 0) for e in levels) == 400


@pytest.mark.parametrize("spelled", ["", "n.k.", "#REF!"])
def test_who_is_left_out_because_nothing_is_known_must_be_alike_in_every_arm(tmp_path: Path, spelled: str) -> None:
    """A gap in a column that ``where`` asks for takes the customer away, which is a loss like any other."""
    data = customers()
    lost = np.flatnonzero((data.group == "Letter") & (data.paid == "0"))[::5]
    rules = declared()
    rules["population"]["where"] = [{"column": "debt", "above": 0}]
    whole = analysed(tmp_path, rules, data)
    assert all(made.name != "conditions_known" for made in whole.checks)
    data.loc[lost, "debt"] = spelled
    evaluation = analysed(tmp_path, rules, data)
    known = check(evaluation, "conditions_known")
    assert (known.passed, known.severity, evaluation.verdict.code) == (False, "blocks", "invalid")
    assert [cell.row for cell in evaluation.unreadable] == ([i + 1 for i in lost] if spelled else [])
    data.loc[np.arange(N) % 7 == 0, "debt"] = spelled
    data.loc[lost, "debt"] = "12"
    assert check(analysed(tmp_path, rules, data), "conditions_known").passed
