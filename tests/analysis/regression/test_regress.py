"""The estimators' conventions: samples, composites, subgroups, degrees of freedom."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.fit import Term
from analysis.frame import ARM_COLUMN
from analysis.regression import regress
from analysis.specification import Column, Levels, Response
from tests.analysis.frames import ARMS, design, frame_of, only, outcome, random_trial, two_arms


def test_difference_in_means_with_hc2_is_neyman_with_welch_df():
    columns = two_arms()
    a, c = (columns["y"][columns[ARM_COLUMN] == arm] for arm in ("letter", "nfa"))
    va, vc = a.var(ddof=1) / len(a), c.var(ddof=1) / len(c)
    contrast = only(columns, design())
    assert contrast.estimate == pytest.approx(a.mean() - c.mean(), rel=1e-12)
    assert contrast.std_error == pytest.approx(np.sqrt(va + vc), rel=1e-12)
    assert contrast.df == pytest.approx((va + vc) ** 2 / (va**2 / (len(a) - 1) + vc**2 / (len(c) - 1)), rel=1e-12)
    assert (contrast.n_arm, contrast.n_comparison) == (len(a), len(c))


def test_stratified_means_are_weighted_by_customers_with_two_df_lost_per_stratum():
    rng = np.random.default_rng(4)
    n = 500
    columns = two_arms(n) | {"band": rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2]), "late": rng.integers(0, 2, n)}
    estimate, variance, J = 0.0, 0.0, 0
    for band in "abc":
        for late in (0, 1):
            own = (columns["band"] == band) & (columns["late"] == late)
            a, c = (columns["y"][own & (columns[ARM_COLUMN] == arm)] for arm in ("letter", "nfa"))
            share = own.mean()
            estimate += share * (a.mean() - c.mean())
            variance += share**2 * (a.var(ddof=1) / len(a) + c.var(ddof=1) / len(c))
            J += 1
    contrast = only(columns, design(strata=("band", "late")))
    assert contrast.estimate == pytest.approx(estimate, rel=1e-12)
    assert contrast.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert contrast.df == n - 2 * J
    lin = only(columns, design(adjustment="lin", strata=("band", "late")))
    assert (lin.estimate, lin.std_error) == pytest.approx((contrast.estimate, contrast.std_error), rel=1e-11)
    assert lin.df == n - 2 * J  # two arms: n - p is the same number


@pytest.mark.parametrize(
    ("kind", "adjustment", "df"),
    [("classical", "none", 397), ("HC2", "lin", 400 - 6), ("HC3", "additive", 400 - 4), ("CR1", "lin", 39)],
)
def test_degrees_of_freedom(kind, adjustment, df):
    rng = np.random.default_rng(1)
    columns = {
        ARM_COLUMN: np.array(ARMS)[np.arange(400) % 3],
        "x": rng.normal(size=400),
        "g": np.arange(400) % 40,
        "y": rng.normal(size=400),
    }
    declared = design(kind, adjustment, ARMS, covariates=(Column("x", "number"),), cluster="g")
    assert only(columns, declared).df == df


def test_pairs_by_additive_pair_effects_give_the_paired_variance():
    rng = np.random.default_rng(6)
    pair = np.repeat(np.arange(60), 2)
    y = rng.normal(size=60)[pair] + np.tile([0.0, 0.4], 60) + rng.normal(size=120)
    columns = {ARM_COLUMN: np.tile(["nfa", "letter"], 60), "pair": pair, "y": y}
    contrast = only(columns, design("HC2", "additive", strata=("pair",)))
    differences = y[1::2] - y[::2]
    assert contrast.estimate == pytest.approx(differences.mean(), rel=1e-10)
    assert contrast.std_error == pytest.approx(differences.std(ddof=1) / np.sqrt(60), rel=1e-9)
    assert contrast.df == 59


def test_pairs_of_clusters_need_the_pair_as_cluster():
    """CR1 on clusters beside pair indicators has a size of 18% where 5% is promised."""
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(40), 5)
    columns = {
        ARM_COLUMN: np.where(cluster % 2 == 0, "nfa", "letter"),
        "pair": cluster // 2,
        "school": cluster,
        "y": rng.normal(size=200),
    }
    contrast = only(columns, design("CR1", "additive", strata=("pair",), cluster="school"))
    assert contrast.estimate is not None
    assert (contrast.std_error, contrast.df) == (None, None)
    assert "each stratum holds one cluster of each arm" in str(contrast.reason)
    assert only(columns, design("CR1", "additive", strata=("pair",), cluster="pair")).std_error is not None


def test_each_response_has_its_own_complete_cases_in_one_call():
    trial = random_trial(2, n=600)
    together = regress(frame_of(trial.columns), trial.design, [outcome("amount"), outcome("partial")]).fits
    for name in ("amount", "partial"):
        alone = regress(frame_of(trial.columns), trial.design, [outcome(name)]).fits[name, None]
        np.testing.assert_allclose(together[name, None].covariance, alone.covariance, rtol=1e-10)
        assert together[name, None].n == alone.n == int((~np.isnan(trial.columns[name])).sum())


def test_a_composite_is_the_sum_with_its_offsets_and_missing_when_a_part_is():
    trial = random_trial(2, n=500)
    columns = trial.columns | {"sum": 2.0 * trial.columns["amount"] - 0.5 * trial.columns["partial"]}
    composite = Response("net", (("amount", 2.0), ("partial", -0.5)), offsets={"letter": -0.85, "sms": -0.05})
    fits = regress(frame_of(columns), trial.design, [composite, outcome("sum")]).fits
    net, plain = fits["net", None], fits["sum", None]
    costs = {"letter": 0.85, "sms": 0.05, "nfa": 0.0}
    for a, b in zip(net.contrasts, plain.contrasts, strict=True):
        assert a.estimate == pytest.approx(b.estimate - costs[a.arm] + costs[a.comparison], rel=1e-11)
        assert a.mean_arm == pytest.approx(b.mean_arm - costs[a.arm], rel=1e-11)
        assert a.adjusted_mean_arm == pytest.approx(b.adjusted_mean_arm - costs[a.arm], rel=1e-11)
        assert a.std_error == pytest.approx(b.std_error, rel=1e-10)
        assert a.n_arm == b.n_arm


def test_a_cap_is_applied_to_each_customer():
    columns = two_arms()
    columns["capped"] = np.minimum(columns["y"], 14.0)
    fits = regress(frame_of(columns), design(), [Response("cap", (("y", 1.0),), cap=14.0), outcome("capped")]).fits
    assert fits["cap", None].contrasts[0].estimate == pytest.approx(fits["capped", None].contrasts[0].estimate)
    assert fits["cap", None].contrasts[0].std_error == pytest.approx(fits["capped", None].contrasts[0].std_error)


@pytest.mark.parametrize("column", ["x", "y"])
def test_nulls_after_the_pilot_rows_are_found(column, monkeypatch):
    """The first rows decide how the passes read; what they did not show must not be lost."""
    columns = two_arms(900, seed=3)
    columns[column] = np.where(
        np.arange(900) > 600, np.where(np.arange(900) % 5 == 0, np.nan, columns[column]), columns[column]
    )
    declared = design("HC2", "lin", covariates=(Column("x", "number"),))
    expected = only(columns, declared)
    monkeypatch.setattr("analysis.regression.plan.PILOT_ROWS", 100)
    found = only(columns, declared)
    assert (found.n_arm, found.n_comparison) == (expected.n_arm, expected.n_comparison)
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-11)
    assert found.std_error == pytest.approx(expected.std_error, rel=1e-11)


@pytest.mark.parametrize("kind", ["classical", "HC2", "CR1", "CR2"])
def test_a_level_is_the_fit_of_its_customers_alone(kind):
    trial = random_trial(2, n=900, kind=kind)
    levels = Levels("region", ("north", "south", "nowhere"))
    together = regress(frame_of(trial.columns), trial.design, [outcome("amount"), outcome("partial")], by=levels).fits
    for name in ("north", "south"):
        own = trial.columns["region"] == name
        alone = regress(
            frame_of({k: v[own] for k, v in trial.columns.items()}),
            trial.design,
            [outcome("amount"), outcome("partial")],
        ).fits
        for response in ("amount", "partial"):
            fit, expected = together[response, name], alone[response, None]
            np.testing.assert_allclose(fit.covariance, expected.covariance, rtol=1e-9)
            assert (fit.n, fit.clusters, fit.dropped) == (expected.n, expected.clusters, expected.dropped)
            for a, b in zip(fit.contrasts, expected.contrasts, strict=True):
                assert (a.estimate, a.df) == pytest.approx((b.estimate, b.df), rel=1e-9)
    empty = together["amount", "nowhere"]
    assert empty.n == 0
    assert empty.reason == "no customer has this outcome observed"
    assert all(c.estimate is None and c.reason for c in empty.contrasts)


def test_quantile_levels_are_left_closed_and_leave_out_what_is_missing():
    columns = {
        ARM_COLUMN: np.tile(["nfa", "letter"], 8),
        "history": np.array([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, np.nan, np.nan]),
        "y": np.arange(16.0),
    }
    by = Levels("history", ("Q1", "Q2", "Q3"), cuts=(3.0, 5.0))
    fits = regress(frame_of(columns), design(), [outcome("y")], by=by).fits
    assert [fits["y", name].n for name in by.names] == [4, 4, 6]


def test_a_covariate_constant_in_a_level_is_dropped_there():
    trial = random_trial(2, n=600)
    declared = dataclasses.replace(trial.design, covariates=(Column("region", "category"), Column("age", "number")))
    fits = regress(frame_of(trial.columns), declared, [outcome("amount")], by=Levels("region", ("north",))).fits
    assert fits["amount", "north"].dropped == (Term("region"),)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2"])
@pytest.mark.parametrize("covariates", [(), (Column("age", "number"),)], ids=["means", "lin"])
def test_joint_covariance_of_households_that_span_levels(kind, covariates):
    """The levels stacked into one regression, each with columns of its own, clustered once."""
    import statsmodels.api as sm

    trial = random_trial(3, n=600, kind=kind)
    declared = dataclasses.replace(trial.design, adjustment="lin", covariates=covariates, strata=())
    by = Levels("band", ("low", "high"))
    regression = regress(frame_of(trial.columns), declared, [outcome("amount")], by=by)
    joint = regression.joint_covariance["amount"]
    assert joint.pairs == tuple((level, t) for level in by.names for t in range(3))
    assert joint.df == len(np.unique(trial.columns["household"])) - 1
    for i, level in enumerate(by.names):
        own = slice(3 * i, 3 * i + 3)
        np.testing.assert_allclose(joint.matrix[own, own], regression.fits["amount", level].covariance, rtol=1e-9)
    if kind != "CR0":
        return
    blocks = []
    for level in by.names:
        own = (trial.columns["band"] == level).astype(float)[:, None]
        arms = np.column_stack([trial.columns[ARM_COLUMN] == arm for arm in ARMS]).astype(float)
        arms = np.column_stack([np.ones(600), arms[:, 1:]])
        z = trial.columns["age"] - trial.columns["age"][own[:, 0] == 1].mean()
        blocks += [own * arms] + ([own * arms * z[:, None]] if covariates else [])
    X = np.hstack(blocks)
    fit = sm.OLS(trial.columns["amount"], X).fit(
        cov_type="cluster", cov_kwds={"groups": trial.columns["household"], "use_correction": False}
    )
    at = [1, 2, 1 + X.shape[1] // 2, 2 + X.shape[1] // 2]
    ours = [0, 1, 3, 4]
    np.testing.assert_allclose(joint.matrix[np.ix_(ours, ours)], fit.cov_params()[np.ix_(at, at)], rtol=1e-8)


def test_unclustered_levels_are_independent():
    trial = random_trial(5, n=500)
    joint = regress(frame_of(trial.columns), trial.design, [outcome("amount")], by=Levels("band", ("low", "high")))
    matrix = joint.joint_covariance["amount"].matrix
    assert (matrix[:3, 3:] == 0).all()
    assert (np.diag(matrix) > 0).all()


def test_a_level_without_the_outcome_is_empty_and_the_others_are_not():
    trial = random_trial(2, n=500)
    trial.columns["amount"] = np.where(trial.columns["band"] == "low", np.nan, trial.columns["amount"])
    declared = dataclasses.replace(trial.design, covariates=(Column("age", "number"),), strata=())
    regression = regress(frame_of(trial.columns), declared, [outcome("amount")], by=Levels("band", ("high", "low")))
    assert regression.fits["amount", "low"].reason == "no customer has this outcome observed"
    assert regression.fits["amount", "high"].contrasts[0].std_error is not None
    joint = regression.joint_covariance["amount"].matrix
    assert np.isfinite(joint[:3, :3]).all()
    assert np.isnan(joint[3:]).all()


@pytest.mark.parametrize("kind", ["classical", "HC0", "HC2"])
def test_a_level_that_lacks_a_stratum_is_fitted_as_alone(kind):
    """An outcome that is constant within the arms sends the fit through the second pass."""
    columns = two_arms(300)
    columns["region"] = np.where(np.arange(300) < 120, "south", "north")
    columns["band"] = np.where(columns["region"] == "south", "low", np.resize(["low", "middle", "high"], 300))
    columns["y"] = np.where(columns["region"] == "south", columns["y"], 5.0 + (columns[ARM_COLUMN] == "letter"))
    by = Levels("region", ("north", "south"))
    declared = design(kind=kind, strata=("band",))
    together = regress(frame_of(columns), declared, [outcome("y")], by=by).fits
    for region in by.names:
        own = {name: values[columns["region"] == region] for name, values in columns.items()}
        (alone,) = regress(frame_of(own), declared, [outcome("y")]).fits["y", None].contrasts
        (contrast,) = together["y", region].contrasts
        assert contrast.estimate == pytest.approx(alone.estimate, rel=1e-12)
        assert contrast.reason == alone.reason
        if region == "south":
            assert contrast.std_error == pytest.approx(alone.std_error, rel=1e-9)
