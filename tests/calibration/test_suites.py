"""Every suite in small: the same simulations as `otm calibrate`, fewer of them, each with the band of its number."""

from __future__ import annotations

import pytest

from tests import calibration
from tests.suites import gather

SEED = 20_170_401
SIZES = {
    "additive": 100,
    "alarms": 200,
    "as-dealt": 60,
    "clusters": 40,
    "clusters-lin": 100,
    "compliers": 100,
    "families": 200,
    "families-dunnett": 100,
    "lin": 80,
    "guardrail-counts": 3,
    "guardrail-strata": 6,
    "guardrails-several": 4,
    "halves": 6,
    "interactions": 60,
    "leaning-clusters": 2,
    "leaning-customers": 2,
    "losses": 8,
    "looks": 150,
    "looks-always": 300,
    "looks-final": 60,
    "looks-harm": 20,
    "looks-verdicts": 20,
    "means": 100,
    "missing": 300,
    "pairs-of-clusters": 400,
    "redraws": 60,
    "redraws-weak": 150,
    "saturations": 6,
    "strata": 200,
    "strata-merged": 60,
    "survival": 40,
    "survival-clusters": 20,
    "survival-strata": 100,
    "survival-verdicts": 4,
    "verdicts": 20,
    "verdicts-skewed": 40,
}
ELSEWHERE = {
    "joint-inclusion",
    "demonstrations",
    "diagnosis-declared",
    "diagnosis-own",
    "verdict-chances",
}  # have ordinary tests of their own
SUITES = {suite.id: suite for suite in gather(calibration, "SUITES")}


@pytest.mark.parametrize("name", sorted(SIZES))
def test_in_small(name):
    figures = list(SUITES[name].run(SIZES[name], SEED))
    assert figures
    outside = [
        f"{f.setting}: {f.quantity} {f.value:.4g}, not in {f.lower} to {f.upper}" for f in figures if not f.inside
    ]
    assert not outside


def test_no_suite_is_left_out():
    assert set(SUITES) == set(SIZES) | (ELSEWHERE & set(SUITES))


@pytest.mark.parametrize("name", ["looks-always", "missing"])
def test_a_figure_without_a_band_says_why_and_another_seed_gives_other_figures(name):
    one, other = (list(SUITES[name].run(50, seed)) for seed in (1, 2))
    assert all(f.note for f in one if f.lower is None and f.upper is None)
    assert [f.setting for f in one] == [f.setting for f in other]
    assert [f.value for f in one] != [f.value for f in other]
    assert one == list(SUITES[name].run(50, 1))
