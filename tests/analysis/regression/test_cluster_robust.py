"""CR2 and its degrees of freedom against the definition, with n_g × n_g matrices and all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtr

from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN
from analysis.regression import regress
from analysis.specification import Column, Specification
from tests.analysis.frames import ARMS, frame_of, outcome, random_trial
from tests.analysis.regression.arrays import least_squares


def bell_mccaffrey_by_definition(X, y, clusters, contrast):
    """Estimate, standard error and Satterthwaite df of one contrast, straight from Bell & McCaffrey (2002)."""
    bread = np.linalg.pinv(X.T @ X)
    residual_maker = np.eye(len(y)) - X @ bread @ X.T
    e = residual_maker @ y
    variance, columns = 0.0, []
    for g in np.unique(clusters):
        own = np.flatnonzero(clusters == g)
        values, vectors = np.linalg.eigh(residual_maker[np.ix_(own, own)])
        regular = values > 1e-10
        A = (vectors[:, regular] / np.sqrt(values[regular])) @ vectors[:, regular].T
        b = A @ X[own] @ bread @ contrast
        variance += float(b @ e[own]) ** 2
        columns.append(residual_maker[:, own] @ b)
    P = np.array(columns)
    omega = P @ P.T
    return contrast @ bread @ X.T @ y, np.sqrt(variance), np.trace(omega) ** 2 / (omega**2).sum()


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "straddling"])
@pytest.mark.parametrize("seed", range(9))
def test_cr2_equals_its_definition(seed, nested):
    trial = random_trial(seed, n=300, kind="CR2")
    if nested:
        arm = np.searchsorted(np.sort(ARMS), trial.columns[ARM_COLUMN])
        trial.columns["household"] = trial.columns["household"] * 3 + arm
    names = ("amount", "partial")
    fits = regress(frame_of(trial.columns), trial.design, [outcome(name) for name in names]).fits
    for name in names:
        X, y, rows = trial.dense(trial.columns[name])
        for contrast, signs in zip(fits[name, None].contrasts, ((1, 0), (0, 1), (-1, 1)), strict=True):
            c = np.zeros(X.shape[1])
            c[1:3] = signs
            expected = bell_mccaffrey_by_definition(X, y, trial.columns["household"][rows], c)
            np.testing.assert_allclose((contrast.estimate, contrast.std_error, contrast.df), expected, rtol=1e-10)


def test_covariance_between_contrasts_is_that_of_the_adjusted_scores():
    trial = random_trial(5, n=300, kind="CR2")
    fit = regress(frame_of(trial.columns), trial.design, [outcome("amount")]).fits["amount", None]
    letter, sms, between = np.diag(fit.covariance)
    # The third contrast is the second less the first, so its variance fixes their covariance.
    assert between == pytest.approx(letter + sms - 2 * fit.covariance[0, 1], rel=1e-10)


def few_clusters(seed=3, treated=3, total=14):
    """A cluster effect and few treated clusters of very unequal size, with nothing to find."""
    rng = np.random.default_rng(seed)
    size = rng.integers(4, 60, total)
    cluster = np.repeat(np.arange(total), size)
    arm = np.where(np.arange(total) < treated, "letter", "nfa")[cluster]
    return {ARM_COLUMN: arm, "school": cluster, "y": rng.normal(size=total)[cluster] + rng.normal(size=len(cluster))}


def test_cr1_rejects_where_cr2_rightly_does_not():
    columns = few_clusters(seed=11)
    p = {}
    for kind in ("CR1", "CR2"):
        design = Specification(("nfa", "letter"), (("letter", "nfa"),), "none", kind, cluster="school")
        (c,) = regress(frame_of(columns), design, [outcome("y")]).fits["y", None].contrasts
        p[kind] = 2 * stdtr(c.df, -abs(c.estimate / c.std_error))
    assert p["CR1"] < 0.05 < p["CR2"]


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2"])
def test_a_cluster_that_alone_decides_a_column_takes_the_pseudo_inverse(kind):
    """Site C is one cluster, so its indicator is decided by it alone and I - H is singular there."""
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(20), 9)
    site = np.where(cluster == 19, "C", np.where(cluster % 2 == 0, "A", "B"))
    arm = rng.choice(["nfa", "letter"], 180)
    y = rng.normal(size=180) + rng.normal(size=20)[cluster]
    design = Specification(
        ("nfa", "letter"), (("letter", "nfa"),), "additive", kind, (Column("site", "category"),), (), "g"
    )
    frame = frame_of({ARM_COLUMN: arm, "site": site, "g": cluster, "y": y})
    (c,) = regress(frame, design, [outcome("y")]).fits["y", None].contrasts
    X = np.column_stack([np.ones(180), arm == "letter", site == "B", site == "C"]).astype(float)
    if kind == "CR2":
        expected = bell_mccaffrey_by_definition(X, y, cluster, np.array([0.0, 1, 0, 0]))
        np.testing.assert_allclose((c.estimate, c.std_error, c.df), expected, rtol=1e-10)
    fit = least_squares(X, y, kind, clusters=cluster)
    np.testing.assert_allclose(
        (c.estimate, c.std_error, c.df), (fit.coefficients[1], fit.std_errors[1], fit.df[1]), rtol=1e-10
    )


def test_one_customer_per_cluster_is_hc2():
    """Bell & McCaffrey reduce to HC2 when every cluster has one member."""
    trial = random_trial(7, n=200, kind="CR2")
    trial.columns["household"] = np.arange(200)
    clustered = regress(frame_of(trial.columns), trial.design, [outcome("amount")]).fits["amount", None]
    plain = random_trial(7, n=200, kind="HC2")
    robust = regress(frame_of(plain.columns), plain.design, [outcome("amount")]).fits["amount", None]
    np.testing.assert_allclose(clustered.covariance, robust.covariance, rtol=1e-9)


def test_weights_stand_for_a_variance_inverse_to_them():
    """Rows times the root of their weight, then the identity working model."""
    rng = np.random.default_rng(2)
    n = 160
    arm, cluster, w = rng.choice(["nfa", "letter"], n), rng.integers(0, 25, n), rng.choice([1.0, 2.0, 5.0], n)
    y = rng.normal(size=n) + rng.normal(size=25)[cluster]
    design = Specification(("nfa", "letter"), (("letter", "nfa"),), "none", "CR2", cluster="g", weight="w")
    frame = frame_of({ARM_COLUMN: arm, "g": cluster, "w": w, "y": y})
    (c,) = regress(frame, design, [outcome("y")]).fits["y", None].contrasts
    X = np.column_stack([np.ones(n), arm == "letter"]) * np.sqrt(w)[:, None]
    expected = bell_mccaffrey_by_definition(X, y * np.sqrt(w), cluster, np.array([0.0, 1]))
    np.testing.assert_allclose((c.estimate, c.std_error, c.df), expected, rtol=1e-10)


def test_an_arm_of_one_cluster_has_an_estimate_but_no_standard_error():
    columns = few_clusters(treated=1)
    for adjustment in ("none", "additive", "lin"):
        for kind in ("CR1", "CR2"):
            design = Specification(
                ("nfa", "letter"), (("letter", "nfa"),), adjustment, kind, (Column("y0", "number"),), (), "school"
            )
            columns["y0"] = np.arange(len(columns["y"])) % 7.0
            (c,) = regress(frame_of(columns), design, [outcome("y")]).fits["y", None].contrasts
            assert c.estimate is not None
            assert c.std_error is None
            assert c.reason == "arm letter has only one cluster"


def test_a_customer_without_a_cluster_is_refused():
    columns = few_clusters()
    columns["school"] = np.where(np.arange(len(columns["y"])) == 5, None, columns["school"].astype(str))
    for covariates in ((), (Column("y0", "number"),)):
        columns["y0"] = np.arange(len(columns["y"])) % 7.0
        for kind in ("CR1", "CR2"):
            design = Specification(("nfa", "letter"), (("letter", "nfa"),), "lin", kind, covariates, (), "school")
            with pytest.raises(AnalysisRefused, match="column school: a customer has no cluster"):
                regress(frame_of(columns), design, [outcome("y")])


def test_chunks_of_clusters_add_up(monkeypatch):
    """The same figures when clusters arrive a few at a time and matrices are made a few at a time."""
    trial = random_trial(8, n=400, kind="CR2")
    whole = regress(frame_of(trial.columns), trial.design, [outcome("amount")]).fits["amount", None]
    monkeypatch.setattr("analysis.regression.cluster_pass.ROWS_AT_ONCE", 90)
    monkeypatch.setattr("analysis.regression.cluster_pass.CLUSTERS_AT_ONCE", 11)
    monkeypatch.setattr("analysis.regression.cluster_pass.NUMBERS_AT_ONCE", 2_000)
    parts = regress(frame_of(trial.columns), trial.design, [outcome("amount")]).fits["amount", None]
    np.testing.assert_allclose(parts.covariance, whole.covariance, rtol=1e-11)
    assert parts.clusters == whole.clusters
    for a, b in zip(parts.contrasts, whole.contrasts, strict=True):
        assert a.df == pytest.approx(b.df, rel=1e-11)


def test_the_series_and_the_eigenvalues_give_the_same_root(monkeypatch):
    """Small clusters take a series, large ones their eigenvalues; either would do for both."""
    trial = random_trial(5, n=500, kind="CR2")
    found = []
    for limit in (0.0, 0.25, 0.9):
        monkeypatch.setattr("analysis.regression.cluster_robust.SMALL", limit)
        fit = regress(frame_of(trial.columns), trial.design, [outcome("amount")]).fits["amount", None]
        found.append((fit.covariance, [c.df for c in fit.contrasts]))
    for covariance, df in found[1:]:
        np.testing.assert_allclose(covariance, found[0][0], rtol=1e-12)
        np.testing.assert_allclose(df, found[0][1], rtol=1e-12)
