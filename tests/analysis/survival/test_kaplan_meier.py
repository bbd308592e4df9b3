"""Survival estimates against lifelines, statsmodels, closed forms and a published table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import AnalysisRefused
from analysis.survival.cox import RiskSets, cox, score_residuals
from analysis.survival.kaplan_meier import (
    LifeTable,
    cumulative_incidence,
    kaplan_meier,
    life_table,
    log_rank,
    restricted_mean,
    survival_at,
)


def table_of(times: np.ndarray, codes: np.ndarray) -> LifeTable:
    return life_table(times, codes, np.ones(times.size))


def simulated(seed: int, size: int = 240) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Whole days, so that many exits are tied; three arms, two strata."""
    rng = np.random.default_rng(seed)
    arm, stratum = rng.integers(0, 3, size), rng.integers(0, 2, size)
    event_at = np.ceil(rng.exponential(20 / (1 + 0.5 * arm + 0.4 * stratum)))
    leaves_at = np.ceil(rng.uniform(5, 60, size))
    return np.minimum(event_at, leaves_at), (event_at <= leaves_at).astype(int), arm, stratum


def risk_sets(times: np.ndarray, died: np.ndarray, group: np.ndarray, groups: int) -> RiskSets:
    distinct = np.unique(times)
    at_risk = np.array([[np.sum((times >= t) & (group == g)) for g in range(groups)] for t in distinct], float)
    events = np.array([[np.sum((times == t) & (died == 1) & (group == g)) for g in range(groups)] for t in distinct])
    return RiskSets(distinct, at_risk, events.astype(float))


ARMS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("seed", range(5))
def test_kaplan_meier_and_greenwood_agree_with_lifelines(seed: int) -> None:
    from lifelines import KaplanMeierFitter

    times, died, _, _ = simulated(seed)
    ours = kaplan_meier(table_of(times, died))
    theirs = KaplanMeierFitter().fit(times, died)
    assert ours.survival == pytest.approx(theirs.survival_function_.loc[ours.times, "KM_estimate"].to_numpy())
    bounds = theirs.confidence_interval_.loc[ours.times].to_numpy()
    inside = (ours.survival > 0) & (ours.survival < 1)
    assert ours.ci_lower[inside] == pytest.approx(bounds[inside, 0])
    assert ours.ci_upper[inside] == pytest.approx(bounds[inside, 1])


@pytest.mark.parametrize("seed", range(3))
def test_survival_at_a_horizon_agrees_with_statsmodels(seed: int) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    times, died, _, _ = simulated(seed)
    theirs = SurvfuncRight(times, died)
    place = np.flatnonzero(theirs.surv_times <= 12)[-1]
    ours = survival_at(table_of(times, died), 12)
    assert ours.estimate == pytest.approx(theirs.surv_prob[place])
    assert ours.variance == pytest.approx(theirs.surv_prob_se[place] ** 2)


def test_without_censoring_survival_is_a_share_and_its_variance_binomial() -> None:
    times = np.arange(1.0, 41.0)
    at = survival_at(table_of(times, np.ones(40, int)), 10)
    assert at.estimate == pytest.approx(0.75)
    assert at.variance == pytest.approx(0.75 * 0.25 / 40)


@pytest.mark.parametrize("seed", range(3))
def test_restricted_mean_agrees_with_lifelines(seed: int) -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    times, died, _, _ = simulated(seed)
    ours = restricted_mean(table_of(times, died), 15)
    assert ours.estimate == pytest.approx(restricted_mean_survival_time(KaplanMeierFitter().fit(times, died), t=15))


def test_restricted_mean_without_censoring_is_the_mean_of_the_capped_times() -> None:
    times = np.random.default_rng(2).exponential(10, 400)
    capped = np.minimum(times, 8)
    ours = restricted_mean(table_of(times, np.ones(400, int)), 8)
    assert ours.estimate == pytest.approx(capped.mean())
    assert ours.variance == pytest.approx(capped.var() / 400, rel=1e-9)


@pytest.mark.parametrize("horizon", [4.0, 9.0])
def test_competing_events_match_plain_shares_when_nobody_is_censored(horizon: float) -> None:
    rng = np.random.default_rng(8)
    times, codes = np.ceil(rng.exponential(6, 500)), rng.integers(1, 3, 500)
    table = table_of(times, codes)
    share = np.mean((codes == 1) & (times <= horizon))
    incidence = cumulative_incidence(table, horizon)
    assert incidence.estimate == pytest.approx(share)
    assert incidence.variance == pytest.approx(share * (1 - share) / 500, rel=1e-9)
    lost = np.where(codes == 1, np.clip(horizon - times, 0, None), 0.0)
    mean = restricted_mean(table, horizon)
    assert mean.estimate == pytest.approx(horizon - lost.mean())
    assert mean.variance == pytest.approx(lost.var() / 500, rel=1e-9)


def test_cumulative_incidence_agrees_with_lifelines_under_censoring() -> None:
    from lifelines import AalenJohansenFitter

    rng = np.random.default_rng(5)
    times, codes = rng.exponential(6, 300), rng.integers(0, 3, 300)  # no ties: lifelines would jitter them
    theirs = AalenJohansenFitter(calculate_variance=True).fit(times, codes, event_of_interest=1)
    at = theirs.cumulative_density_.loc[:7.0].iloc[-1, 0]
    ours = cumulative_incidence(table_of(times, codes), 7.0)
    assert ours.estimate == pytest.approx(at)


def test_a_competing_event_is_not_a_censoring() -> None:
    times, codes = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 1, 2, 1])
    assert survival_at(table_of(times, codes), 4).estimate == pytest.approx(0.5)
    assert survival_at(table_of(times, np.where(codes == 2, 0, codes)), 4).estimate == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_stratified_log_rank_agrees_with_statsmodels(seed: int) -> None:
    from statsmodels.duration.survfunc import survdiff

    times, died, arm, stratum = simulated(seed)
    two = arm < 2
    times, died, arm, stratum = times[two], died[two], arm[two], stratum[two]
    pairs = [
        tuple(table_of(times[(stratum == s) & (arm == a)], died[(stratum == s) & (arm == a)]) for a in (0, 1))
        for s in (0, 1)
    ]
    ours = log_rank(pairs)  # type: ignore[arg-type]
    statistic, p_value = survdiff(times, died, arm, strata=stratum)
    assert ours.statistic == pytest.approx(statistic)
    assert ours.p_value == pytest.approx(p_value)


def test_log_rank_without_events_is_not_estimable() -> None:
    quiet = table_of(np.array([1.0, 2.0]), np.zeros(2, int))
    result = log_rank([(quiet, quiet)])
    assert result.statistic is None
    assert result.p_value is None
    assert result.reason


@pytest.mark.parametrize("seed", range(5))
def test_stratified_cox_agrees_with_statsmodels(seed: int) -> None:
    from statsmodels.duration.hazard_regression import PHReg

    times, died, arm, stratum = simulated(seed)
    sets = [risk_sets(times[stratum == s], died[stratum == s], arm[stratum == s], 3) for s in (0, 1)]
    ours = cox(sets, ARMS)
    theirs = PHReg(times, ARMS[arm], status=died, strata=stratum, ties="efron").fit()
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-6)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.bse, rel=1e-6)


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # lifelines, not us
@pytest.mark.parametrize(("tied", "tolerance"), [(False, 1e-6), (True, 0.01)])
@pytest.mark.parametrize("seed", range(3))
def test_robust_errors_agree_with_lifelines(seed: int, tied: bool, tolerance: float) -> None:
    """Without ties to every digit; with ties lifelines weights the residuals otherwise, and is near."""
    import pandas as pd
    from lifelines import CoxPHFitter

    times, died, arm, _ = simulated(seed)
    if not tied:
        times = times + np.random.default_rng(seed).uniform(0, 0.5, times.size)
    sets = risk_sets(times, died, arm, 3)
    ours = cox([sets], ARMS)
    censored, event = score_residuals(sets, ARMS, ours)
    place = np.searchsorted(sets.times, times)
    scores = np.where(died[:, None] == 1, event[place, arm], censored[place, arm])
    robust = ours.covariance @ (scores.T @ scores) @ ours.covariance
    frame = pd.DataFrame({"t": times, "d": died, "a": arm == 1, "b": arm == 2}).astype(float)
    theirs = CoxPHFitter().fit(frame, "t", "d", robust=True, fit_options={"precision": 1e-12, "r_precision": 1e-14})
    assert ours.coefficients == pytest.approx(theirs.params_.to_numpy(), rel=1e-6)
    assert np.sqrt(np.diag(robust)) == pytest.approx(theirs.standard_errors_.to_numpy(), rel=tolerance)


@pytest.mark.parametrize("seed", range(3))
def test_score_residuals_sum_to_nil_and_give_the_jackknife(seed: int) -> None:
    times, died, arm, stratum = simulated(seed, 150)
    sets = [risk_sets(times[stratum == s], died[stratum == s], arm[stratum == s], 3) for s in (0, 1)]
    fit = cox(sets, ARMS)
    residuals = np.empty((times.size, 2))
    for s, rows in enumerate(sets):
        censored, event = score_residuals(rows, ARMS, fit)
        here = stratum == s
        place = np.searchsorted(rows.times, times[here])
        residuals[here] = np.where(died[here][:, None] == 1, event[place, arm[here]], censored[place, arm[here]])
    assert residuals.sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-8)
    influence = residuals @ fit.covariance
    moved = np.empty_like(influence)
    for leave in range(times.size):
        keep = np.arange(times.size) != leave
        without = [
            risk_sets(times[keep & (stratum == s)], died[keep & (stratum == s)], arm[keep & (stratum == s)], 3)
            for s in (0, 1)
        ]
        moved[leave] = fit.coefficients - cox(without, ARMS).coefficients
    for j in range(2):
        assert np.corrcoef(influence[:, j], moved[:, j])[0, 1] > 0.98
        assert np.sum(influence[:, j] ** 2) == pytest.approx(np.sum(moved[:, j] ** 2), rel=0.25)


def test_an_arm_without_events_has_no_finite_hazard_ratio() -> None:
    sets = risk_sets(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1]), 2)
    with pytest.raises(AnalysisRefused, match="hazard"):
        cox([sets], np.array([[0.0], [1.0]]))


@pytest.mark.reference
def test_published_coefficients_of_the_release_aid_trial(reference_data: Path) -> None:
    """Fox's appendix on the data of Rossi, Berk and Lenihan (1980): seven coefficients and their errors."""
    with (reference_data / "rossi_tarp_1980" / "data.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    covariates = np.array([[float(row[name]) for name in names] for row in rows])
    times = np.array([float(row["week"]) for row in rows])
    died = np.array([int(row["arrest"]) for row in rows])
    design, group = np.unique(covariates, axis=0, return_inverse=True)
    fit = cox([risk_sets(times, died, group, len(design))], design)
    errors = np.sqrt(np.diag(fit.covariance))
    assert np.round(fit.coefficients, 3).tolist() == [-0.379, -0.057, 0.314, -0.150, -0.434, -0.085, 0.091]
    assert np.round(errors, 3).tolist() == [0.191, 0.022, 0.308, 0.212, 0.382, 0.196, 0.029]
