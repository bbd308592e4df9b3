"""Which levels of a category have a column of their own, and what is said of those that have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import NFA, arm, declared, evaluated
from tests.analysis.frames import frame_of
from trials.stages.analyse import analyse

Y = {"id": "y", "role": "primary", "kind": "amount"}


def offices(seed: int = 1, n: int = 300) -> dict[str, Any]:
    """Three arms in eight offices; each of the last four lacks one arm or two, and is far from the others."""
    rng = np.random.default_rng(seed)
    office = rng.choice(list("ABCDEFGH"), n, p=[0.3, 0.2, 0.2, 0.15, 0.05, 0.04, 0.03, 0.03])
    number = rng.integers(0, 3, n)
    number = np.where(office == "E", number % 2, number)
    number = np.where(office == "F", 1, number)
    number = np.where(office == "G", 2, number)
    number = np.where(office == "H", 0, number)
    far = np.array([ord(name) - ord("A") for name in office]) ** 2.0
    return {"arm": np.array(["nfa", "letter", "sms"])[number], "office": office, "y": far + number + rng.normal(size=n)}


def protocol(adjustment: str, errors: str = "classical"):
    analysis = {"adjustment": adjustment, "covariates": ["office"], "standard_errors": errors}
    return declared(arms=[NFA, arm("letter"), arm("sms")], outcomes=[Y], analysis=analysis)


def test_additive_adjustment_keeps_the_offices_of_one_arm(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "23-levels-that-one-arm-lacks"
    evaluation = analyse(folder / "p.yaml", folder / "d.csv")
    (row,) = evaluation.estimates
    assert (row.estimate, row.std_error, row.df) == pytest.approx((2.613467, 0.717277, 49), abs=5e-7)
    assert not any("merged" in note for note in evaluation.notes)


@pytest.mark.parametrize("errors", ["classical", "HC1", "HC2"])
def test_every_level_that_occurs_has_a_column_in_every_kind_of_error(errors: str) -> None:
    """Ordinary least squares on arms and offices, each a column of its own."""
    data = offices()
    columns = [np.ones(300), *(data["arm"] == a for a in ("letter", "sms")), *(data["office"] == o for o in "BCDEFGH")]
    design = np.column_stack([column.astype(float) for column in columns])
    coefficients = np.linalg.lstsq(design, data["y"], rcond=None)[0]
    evaluation = evaluated(protocol("additive", errors), data)
    assert [row.estimate for row in evaluation.estimates] == pytest.approx(coefficients[1:3].tolist())
    if errors == "classical":
        assert {row.df for row in evaluation.estimates} == {290.0}


def test_the_second_opinion_keeps_them_too() -> None:
    declaration, data = protocol("additive"), offices(2)
    frame = frame_of(data)
    checks = with_sensitivity(frame, declaration, evaluated(declaration, data)).checks
    opinion = next(check for check in checks if check.kind == "second_opinion")
    assert opinion.passed, opinion.detail


def test_lin_merges_what_some_arm_lacks_and_says_how_many_customers_those_are() -> None:
    data = offices(3)
    evaluation = evaluated(protocol("lin", "HC2"), data)
    lacking = ", ".join(f"office = {o} ({np.sum(data['office'] == o)})" for o in "EFGH")
    assert f"Levels that some arm lacks, merged into “other”: {lacking}." in evaluation.notes


def test_what_is_dropped_is_said_with_its_customers() -> None:
    data = offices(4)
    data["area"] = np.where(np.isin(data["office"], ["A", "B"]), "north", "south")
    analysis = {"adjustment": "additive", "covariates": ["office", "area"], "standard_errors": "HC1"}
    declaration = declared(arms=[NFA, arm("letter"), arm("sms")], outcomes=[Y], analysis=analysis)
    evaluation = evaluated(declaration, data)
    (level,) = {"north", "south"} & {name.removeprefix("area = ") for name in evaluation.dropped_columns}
    count = int(np.sum(data["area"] == level))
    assert evaluation.notes[0] == f"Left out because other columns already say the same: area = {level} ({count})."
