"""Adjusted p-values and simultaneous intervals, against second implementations and against what they promise."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.errors import AnalysisRefused
from analysis.inference.dunnett import loadings, probability_within, simultaneous_critical_value
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import adjust, benjamini_hochberg, bonferroni, holm

p_values = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(holm, "holm"), (bonferroni, "bonferroni"), (benjamini_hochberg, "fdr_bh")]
)
@given(p=p_values)
def test_adjusted_p_values_equal_statsmodels(ours, theirs, p):
    with patch("gc.collect"):  # which theirs calls each time for Holm's: half a second where much has been imported
        reference = multipletests(p, method=theirs)[1]
    assert ours(p) == pytest.approx(reference, rel=1e-12)


def test_a_contrast_that_cannot_be_estimated_still_counts():
    assert holm([0.01, None, 0.02]) == (pytest.approx(0.03), None, pytest.approx(0.04))
    assert bonferroni([0.01, None]) == (pytest.approx(0.02), None)
    assert benjamini_hochberg([0.01, None, 0.04]) == (pytest.approx(0.03), None, pytest.approx(0.06))


def _groups(seed: int, sizes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0.4 * i, 1.0, size) for i, size in enumerate(sizes)]


def _classical(groups: list[np.ndarray]) -> tuple[list[Effect], np.ndarray]:
    control, arms = groups[0], groups[1:]
    df = sum(map(len, groups)) - len(groups)
    variance = sum(((g - g.mean()) ** 2).sum() for g in groups) / df
    covariance = variance * (np.diag([1 / len(a) for a in arms]) + 1 / len(control))
    return [
        Effect(a.mean() - control.mean(), np.sqrt(covariance[i, i]), float(df)) for i, a in enumerate(arms)
    ], covariance


@pytest.mark.parametrize("sizes", [(12, 9, 15, 7), (40, 10, 10), (5, 5, 5, 5, 5), (30, 8)])
def test_dunnett_equals_scipy(sizes):
    groups = _groups(sum(sizes), sizes)
    effects, covariance = _classical(groups)
    reference = stats.dunnett(*groups[1:], control=groups[0], rng=np.random.default_rng(1))
    interval = reference.confidence_interval(0.95)
    adjusted = adjust(effects, "dunnett", 0.05, covariance=covariance)
    # scipy integrates by quasi Monte Carlo: about four digits.
    assert [a.p_adjusted for a in adjusted] == pytest.approx(list(reference.pvalue), abs=2e-4)
    assert [a.ci_lower_simultaneous for a in adjusted] == pytest.approx(list(interval.low), abs=5e-3)
    assert [a.ci_upper_simultaneous for a in adjusted] == pytest.approx(list(interval.high), abs=5e-3)


@pytest.mark.parametrize(
    # Dunnett (1964), Biometrics 20:482, table II: two-sided 5% points, equal arms, to the digits printed.
    ("arms", "df", "printed"),
    [(1, 10.0, 2.23), (2, 10.0, 2.57), (3, 20.0, 2.54), (5, 30.0, 2.66), (4, None, 2.44)],
)
def test_dunnett_critical_values_equal_the_printed_table(arms, df, printed):
    loading = np.zeros(1) if arms == 1 else np.full(arms, np.sqrt(0.5))
    assert simultaneous_critical_value(0.05, loading, df) == pytest.approx(printed, abs=0.0051)


def test_dunnett_of_one_contrast_is_its_own_test():
    effect = Effect(2.0, 1.0, 7.0)
    (adjusted,) = adjust([effect], "dunnett", 0.05, covariance=np.eye(1))
    assert adjusted.p_adjusted == pytest.approx(effect.p_value, rel=1e-9)
    assert adjusted.ci_upper_simultaneous == pytest.approx(effect.upper(0.05), rel=1e-9)


@given(
    loading=st.lists(st.floats(-0.95, 0.95), min_size=2, max_size=6),
    bound=st.floats(0.5, 4.0),
    df=st.one_of(st.none(), st.floats(2.0, 200.0)),
)
def test_the_largest_statistic_lies_between_bonferroni_and_one_test(loading, bound, df):
    within = probability_within(bound, np.array(loading), df)
    one = 1.0 - Effect(bound, 1.0, df).p_value
    assert 1.0 - len(loading) * (1.0 - one) - 1e-9 <= within <= one + 1e-9


def test_loadings_of_unequal_independent_arms_reproduce_their_correlation():
    variance = np.array([1.0, 0.3, 2.5, 0.7])
    covariance = np.diag(variance) + 0.8
    scale = np.sqrt(np.diag(covariance))
    fitted, gap = loadings(covariance / np.outer(scale, scale))
    assert fitted == pytest.approx(np.sqrt(0.8 / (variance + 0.8)), abs=1e-9)
    assert gap < 1e-9


def test_dunnett_says_when_its_correlations_are_approximate():
    covariance = np.array([[1.0, 0.8, 0.1, 0.1], [0.8, 1.0, 0.1, 0.1], [0.1, 0.1, 1.0, 0.8], [0.1, 0.1, 0.8, 1.0]])
    adjusted = adjust([Effect(2.0, 1.0)] * 4, "dunnett", 0.05, covariance=covariance)
    assert all(a.note and "approximated" in a.note for a in adjusted)


def test_dunnett_without_covariance_is_refused():
    with pytest.raises(AnalysisRefused, match="without the covariance"):
        adjust([Effect(1.0, 1.0), Effect(1.0, 1.0)], "dunnett", 0.05)


def test_holm_rejects_while_the_simultaneous_interval_crosses_zero():
    effects = [Effect(5.0, 1.0), Effect(2.05, 1.0), Effect(-2.1, 1.0)]
    first, second, third = adjust(effects, "holm", 0.1)
    assert max(second.p_adjusted, third.p_adjusted) < 0.1
    assert second.ci_lower_simultaneous == 0.0
    assert third.ci_upper_simultaneous == 0.0
    assert first.ci_lower_simultaneous == pytest.approx(effects[0].lower(0.1 / 3))
    assert adjust(effects, "bonferroni", 0.1)[1].ci_lower_simultaneous < 0.0


@settings(max_examples=60)
@given(
    effects=st.lists(
        st.builds(Effect, st.floats(-5, 5), st.floats(0.1, 3), st.one_of(st.none(), st.floats(3, 500))),
        min_size=1,
        max_size=6,
    ),
    method=st.sampled_from(["none", "holm", "bonferroni", "benjamini_hochberg", "dunnett"]),
)
def test_adjusting_never_makes_a_result_look_surer(effects, method):
    scale = np.array([e.std_error for e in effects])
    correlation = np.full((len(effects),) * 2, 0.4) + 0.6 * np.eye(len(effects))
    adjusted = adjust(effects, method, 0.05, covariance=correlation * np.outer(scale, scale))
    for effect, a in zip(effects, adjusted, strict=True):
        assert a.p_adjusted >= effect.p_value * (1 - 1e-12)
        assert a.ci_lower_simultaneous <= max(effect.lower(0.05), 0.0) + 1e-9
        assert a.ci_upper_simultaneous >= min(effect.upper(0.05), 0.0) - 1e-9
        if method == "holm" and a.p_adjusted <= 0.05:
            assert not a.ci_lower_simultaneous < 0.0 < a.ci_upper_simultaneous


def test_coverage_of_simultaneous_intervals_is_at_least_nominal():
    rng = np.random.default_rng(20260101)
    draws, m = 4000, 3
    shared = rng.normal(size=(draws, 1))
    z = np.sqrt(0.5) * shared + np.sqrt(0.5) * rng.normal(size=(draws, m))
    critical = simultaneous_critical_value(0.05, np.full(m, np.sqrt(0.5)), None)
    covered = (np.abs(z).max(axis=1) <= critical).mean()
    assert abs(covered - 0.95) < 3.29 * np.sqrt(0.05 * 0.95 / draws)
