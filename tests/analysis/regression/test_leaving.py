"""Customers of a stratum that lacks one or both arms of a contrast leave it; one sparse stratum never blanks an arm."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from analysis.frame import ARM_COLUMN
from analysis.regression import regress
from analysis.specification import Column, Levels
from tests.analysis.frames import ARMS, design, frame_of, only, outcome, two_arms

ADJUSTED = {
    "none": (),
    "additive": (Column("x", "number"),),
    "lin": (Column("x", "number"),),
}
KINDS = ["HC2", "HC3", "CR1", "CR2", "classical"]


def three_arms(n: int = 600, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n // 5), 5)
    of_cluster = rng.permutation(np.arange(n // 5) % 3)
    band = np.where(np.arange(n // 5) % 4 == 0, "low", "high")[cluster]
    x = rng.normal(10, 2, n)
    arm = np.array(ARMS)[of_cluster[cluster]]
    y = 3 + x + (arm == "letter") + rng.normal(size=n)
    y[rng.random(n) < 0.1] = np.nan
    return {ARM_COLUMN: arm, "band": band.astype(object), "x": x, "y": y, "household": cluster.astype(str)}


def declared(kind: str, adjustment: str, **more: Any) -> Any:
    contrasts = (("letter", "nfa"), ("sms", "nfa"), ("letter", "sms"))
    return design(
        kind, adjustment, arms=ARMS, contrasts=contrasts, covariates=ADJUSTED[adjustment], strata=("band",),
        cluster="household" if kind.startswith("CR") else None, **more,
    )  # fmt: skip


@pytest.mark.parametrize("adjustment", list(ADJUSTED))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["welsh", None], ids=["named", "not known"])
def test_they_leave_the_contrasts_of_the_arm_that_their_stratum_lacks(kind: str, adjustment: str, name: Any) -> None:
    """Two clusters of five: nobody of the letter among them, so its contrasts are those of everybody else."""
    columns = three_arms()
    arm, cluster = columns[ARM_COLUMN], columns["household"].astype(int)
    sparse = np.isin(cluster, [cluster[arm == "nfa"][0], cluster[arm == "sms"][0]])
    columns["band"][sparse] = name
    assert 0 < sparse.sum() <= 0.05 * len(arm)
    specification = declared(kind, adjustment)
    found = regress(frame_of(columns), specification, [outcome("y")]).fits["y", None]
    others = {key: values[~sparse] for key, values in columns.items()}
    pairs = specification.contrasts
    for t, contrast in enumerate(found.contrasts):
        if "letter" not in pairs[t]:
            assert contrast.n_left_out == 0
            continue
        kept = dataclasses.replace(specification, contrasts=(pairs[0], pairs[2]))
        rows = regress(frame_of(others), kept, [outcome("y")]).fits["y", None].contrasts
        expected = rows[0 if t == 0 else 1]
        assert contrast.estimate == pytest.approx(expected.estimate, abs=1e-12)
        assert contrast.std_error == pytest.approx(expected.std_error, abs=1e-12)
        assert contrast.df == pytest.approx(expected.df, abs=1e-9)
        assert (contrast.n_arm, contrast.n_comparison) == (expected.n_arm, expected.n_comparison)
        left = int((sparse & np.isin(arm, pairs[t])).sum())
        assert contrast.n_left_out == left == 5
        assert f"{left} customers of such strata are left out" in str(contrast.note)


@pytest.mark.parametrize("adjustment", list(ADJUSTED))
def test_one_customer_among_thirty_thousand(adjustment: str) -> None:
    """The only one who prefers Welsh."""
    columns = two_arms(30_000)
    preference = np.full(30_000, "english", dtype=object)
    preference[7] = "welsh"
    specification = design(adjustment=adjustment, covariates=ADJUSTED[adjustment])
    others = {key: np.delete(values, 7) for key, values in columns.items()}
    expected = only(others, specification)
    contrast = only(columns | {"preference": preference}, dataclasses.replace(specification, strata=("preference",)))
    assert contrast.estimate == pytest.approx(expected.estimate, abs=1e-11)
    assert contrast.std_error == pytest.approx(expected.std_error, rel=1e-9)
    assert contrast.n_left_out == 1


@pytest.mark.parametrize("adjustment", list(ADJUSTED))
@pytest.mark.parametrize(("leave", "estimable"), [(20, True), (21, False)])
def test_above_five_in_a_hundred_it_is_not_estimable(adjustment: str, leave: int, estimable: bool) -> None:
    columns = two_arms(400)
    nfa = np.flatnonzero(columns[ARM_COLUMN] == "nfa")[:leave]
    columns["band"] = np.full(400, "b", dtype=object)
    columns["band"][nfa] = "a"
    declared = design(adjustment=adjustment, covariates=ADJUSTED[adjustment], strata=("band",))
    fit = regress(frame_of(columns), declared, [outcome("y")]).fits["y", None]
    contrast = fit.contrasts[0]
    assert (contrast.estimate is not None) == (contrast.std_error is not None) == estimable
    assert np.isfinite(fit.covariance).all() == estimable
    if not estimable:
        assert contrast.reason == (
            "arm letter has no customer in stratum a: 5.2% of the customers are in such strata, more than 5%"
        )


def test_a_missing_outcome_makes_nobody_leave() -> None:
    """Both arms are in the stratum; that one of them has no outcome there is no reason to take the others out."""
    columns = two_arms(400)
    columns["band"] = np.full(400, "b", dtype=object)
    letter, nfa = (np.flatnonzero(columns[ARM_COLUMN] == arm)[:3] for arm in ("letter", "nfa"))
    columns["band"][[*letter, *nfa]] = "a"
    columns["y"][letter] = np.nan
    contrast = only(columns, design(strata=("band",)))
    assert (contrast.estimate, contrast.n_left_out) == (None, 0)
    assert contrast.reason == "arm letter has no customer in stratum a"


@pytest.mark.parametrize("adjustment", list(ADJUSTED))
@pytest.mark.parametrize("strata", [("band", "late"), ("late",)])
def test_each_level_of_a_subgroup_loses_its_own(adjustment: str, strata: tuple[str, ...]) -> None:
    """Of whole numbers and of text, and with levels that are cut from a number."""
    columns = two_arms(900, seed=4)
    rng = np.random.default_rng(8)
    columns["band"] = rng.choice(["low", "high"], 900).astype(object)
    columns["late"] = rng.choice([0, 1], 900)
    age = columns["age"] = rng.uniform(18, 90, 900)
    young = np.flatnonzero((age < 50) & (columns[ARM_COLUMN] == "nfa"))[:9]
    columns["late"][young] = 7  # in the lower level only, and only without the letter
    old = np.flatnonzero((age >= 50) & (columns[ARM_COLUMN] == "letter"))[:2]
    columns["late"][old] = 9
    by = Levels("age", ("Q1", "Q2"), (50.0,))
    specification = design(adjustment=adjustment, covariates=ADJUSTED[adjustment], strata=strata)
    found = regress(frame_of(columns), specification, [outcome("y")], by=by)
    kept = ~np.isin(np.arange(900), [*young, *old])
    expected = regress(
        frame_of({key: values[kept] for key, values in columns.items()}), specification, [outcome("y")], by=by
    )
    for level, left in (("Q1", 9), ("Q2", 2)):
        contrast, wanted = (regression.fits["y", level].contrasts[0] for regression in (found, expected))
        assert contrast.estimate == pytest.approx(wanted.estimate, abs=1e-12)
        assert contrast.std_error == pytest.approx(wanted.std_error, abs=1e-12)
        assert contrast.n_left_out == left
    np.testing.assert_allclose(found.joint_covariance["y"].matrix, expected.joint_covariance["y"].matrix, rtol=1e-10)
    assert found.joint_covariance["y"].df == expected.joint_covariance["y"].df


def test_a_level_that_too_many_would_leave_costs_only_itself() -> None:
    columns = two_arms(900, seed=4)
    columns["band"] = np.where(np.arange(900) % 3 == 0, "low", "high").astype(object)
    columns["reason"] = np.where(np.arange(900) < 300, "forgot", "confused").astype(object)
    forgot = (columns["reason"] == "forgot") & (columns[ARM_COLUMN] == "letter")
    columns["band"][forgot] = "high"
    by = Levels("reason", ("confused", "forgot"))
    found = regress(frame_of(columns), design(strata=("band",)), [outcome("y")], by=by)
    good, bad = (found.fits["y", level].contrasts[0] for level in by.names)
    assert good.std_error is not None
    assert bad.estimate is None
    assert "more than 5%" in str(bad.reason)
    assert np.isnan(found.joint_covariance["y"].matrix[1]).all()
