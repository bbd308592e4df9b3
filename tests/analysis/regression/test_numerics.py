"""Large amounts, misleading first rows and shuffled rows change nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.frame import ARM_COLUMN
from analysis.regression import regress
from analysis.specification import Column
from tests.analysis.frames import ARMS, design, frame_of, only, outcome, random_trial


@pytest.mark.parametrize("kind", ["classical", "HC2", "CR1", "CR2"])
@pytest.mark.parametrize("adjustment", ["none", "additive", "lin"])
def test_large_amounts_lose_no_digits(kind, adjustment):
    """Raw sums of squares at this offset lose the variance; sums about a centre keep it."""
    trial = random_trial(4, n=500, kind=kind)
    declared = dataclasses.replace(trial.design, adjustment=adjustment, covariates=(Column("age", "number"),))
    declared = dataclasses.replace(declared, cluster="household")
    # Multiples of 1/1024 survive the offset exactly, so that nothing is lost before the analysis sees it.
    columns = trial.columns | {"amount": np.round(trial.columns["amount"] * 1024) / 1024}
    near = regress(frame_of(columns), declared, [outcome("amount")]).fits["amount", None]
    columns = columns | {"amount": columns["amount"] + 1e8, "age": columns["age"] + 1e8}
    far = regress(frame_of(columns), declared, [outcome("amount")]).fits["amount", None]
    np.testing.assert_allclose(far.covariance, near.covariance, rtol=1e-9)
    for a, b in zip(far.contrasts, near.contrasts, strict=True):
        assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
        assert a.df == pytest.approx(b.df, rel=1e-9)


def test_a_centre_that_the_pilot_got_wrong_is_found_again(monkeypatch):
    """The first rows are all nil, the others lie at 1e8."""
    monkeypatch.setattr("analysis.regression.plan.PILOT_ROWS", 50)
    rng = np.random.default_rng(0)
    y = np.round(rng.normal(size=4000) * 1024) / 1024
    late = np.arange(4000) >= 50
    columns = {ARM_COLUMN: np.where(rng.random(4000) < 0.5, "nfa", "letter"), "late": late.astype(int), "y": y}
    near = only(columns, design(strata=("late",)))
    far = only(columns | {"y": y + 1e8 * late}, design(strata=("late",)))
    assert far.std_error == pytest.approx(near.std_error, rel=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.permutations(range(60)))
def test_the_order_of_the_rows_does_not_matter(seed, order):
    rng = np.random.default_rng(seed)
    columns = {
        ARM_COLUMN: np.array(ARMS)[rng.integers(0, 3, 60)],
        "x": rng.integers(0, 3, 60),
        "y": rng.integers(0, 2, 60).astype(float),
    }
    declared = design("HC2", "lin", ARMS, covariates=(Column("x", "category"),))
    shuffled = {k: v[list(order)] for k, v in columns.items()}
    # Whole numbers keep exact sums, so here the promise is bit equality.
    assert repr(only(columns, declared)) == repr(only(shuffled, declared))
