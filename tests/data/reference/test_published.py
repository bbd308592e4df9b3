"""Counts of published trials, held against every figure that the papers print."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from data.reference import PHILADELPHIA_2014, PUBLISHED, SOCIAL_PRESSURE_2006, PublishedArm, PublishedTrial

# Chirico et al. 2016: percentage who ever paid, and logit coefficients (the first is the constant), to 2 places.
PHILADELPHIA_PRINTED = {
    "philadelphia-2014": ((16, 14, 15, 18), (-1.69, -0.09, -0.07, 0.21), -2136.16),
    "philadelphia-2014-non-commercial": ((16, 15, 15, 19), (-1.67, -0.06, -0.10, 0.19), -2068.89),
    "philadelphia-2014-sole-owners": ((16, 15, 16, 20), (-1.68, -0.03, 0.04, 0.30), -1758.95),
}
# Gerber, Green & Larimer 2008, tables 2 and 3 (column a).
TURNOUT_PRINTED = {"Control": 29.7, "Civic Duty": 31.5, "Hawthorne": 32.2, "Neighbors": 37.8}
EFFECTS_PRINTED = {"Civic Duty": 0.018, "Hawthorne": 0.026, "Neighbors": 0.081}


def log_odds(arm: PublishedArm) -> float:
    return math.log(arm.successes / (arm.customers - arm.successes))


def log_likelihood(trial: PublishedTrial) -> float:
    """Of the saturated logit, which fits each arm's own rate."""
    return sum(
        arm.successes * math.log(arm.rate) + (arm.customers - arm.successes) * math.log(1 - arm.rate)
        for arm in trial.arms
    )


@pytest.mark.parametrize("trial", PHILADELPHIA_2014, ids=lambda trial: trial.id)
def test_philadelphia_gives_the_printed_logit(trial: PublishedTrial) -> None:
    percentages, coefficients, likelihood = PHILADELPHIA_PRINTED[trial.id]
    assert tuple(round(100 * arm.rate) for arm in trial.arms) == percentages
    constant = log_odds(trial.comparison)
    found = (constant, *(log_odds(arm) - constant for arm in trial.arms[1:]))
    assert [round(one, 2) for one in found] == list(coefficients)
    assert round(log_likelihood(trial), 2) == likelihood


def test_philadelphia_control_gives_the_printed_dollars_per_property() -> None:
    control = PHILADELPHIA_2014[0].comparison
    assert control.collected is not None
    assert round(control.collected / control.customers, 2) == 112.17


def test_philadelphias_samples_lie_inside_each_other() -> None:
    whole, *parts = PHILADELPHIA_2014
    for part in parts:
        for arm, all_of_it in zip(part.arms, whole.arms, strict=True):
            assert arm.name == all_of_it.name
            assert arm.customers <= all_of_it.customers
            assert arm.successes <= all_of_it.successes
            assert (arm.collected or 0) <= (all_of_it.collected or 0)


def test_social_pressure_gives_the_printed_turnout_and_effects() -> None:
    assert {arm.name: round(100 * arm.rate, 1) for arm in SOCIAL_PRESSURE_2006.arms} == TURNOUT_PRINTED
    assert {name: round(SOCIAL_PRESSURE_2006.effect(name), 3) for name in EFFECTS_PRINTED} == EFFECTS_PRINTED
    assert [arm.customers for arm in SOCIAL_PRESSURE_2006.arms] == [191_243, 38_218, 38_204, 38_201]


def test_social_pressure_counts_are_those_of_the_public_copy(reference_data: Path) -> None:
    table = pacsv.read_csv(reference_data / "ggl_social_pressure_2006" / "data.csv.gz")
    for arm in SOCIAL_PRESSURE_2006.arms:
        rows = table.filter(pc.equal(table.column("messages"), arm.name))
        assert rows.num_rows == arm.customers
        assert pc.sum(rows.column("primary2006")).as_py() == arm.successes
        assert pc.count_distinct(rows.column("household")).as_py() == arm.clusters


def test_philadelphia_counts_are_those_of_the_reference(reference_data: Path) -> None:
    rows = pacsv.read_csv(reference_data / "tax_letter_counts" / "counts.csv").to_pylist()
    ours = [
        (arm.name, arm.customers, arm.successes, arm.owed, arm.collected)
        for trial in PHILADELPHIA_2014
        for arm in trial.arms
    ]
    assert ours == [
        (row["arm"], row["n"], row["ever_paid"], row["total_debt_usd"], row["dollars_received"]) for row in rows
    ]


@pytest.mark.parametrize("trial", PUBLISHED, ids=lambda trial: trial.id)
def test_rows_rebuild_the_counts(trial: PublishedTrial) -> None:
    rows = trial.rows()
    counts = rows.group_by("arm").aggregate([("success", "sum"), ("success", "count")]).to_pylist()
    assert {row["arm"]: (row["success_sum"], row["success_count"]) for row in counts} == {
        arm.name: (arm.successes, arm.customers) for arm in trial.arms
    }


def test_every_trial_says_where_it_comes_from() -> None:
    assert len({trial.id for trial in PUBLISHED}) == len(PUBLISHED)
    for trial in PUBLISHED:
        assert any(str(year) in trial.citation for year in range(2000, 2027))
        assert trial.caveats
