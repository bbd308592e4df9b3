"""Randomisation inference against whole enumerations, closed forms and published results."""

from __future__ import annotations

import csv
from dataclasses import astuple
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisRefused
from analysis.randomisation.random_subsets import subset_sums
from analysis.randomisation.randomisation_inference import (
    cluster_randomisation_test,
    paired_randomisation_test,
    randomisation_test,
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def enumerated_p(y: np.ndarray, treated: np.ndarray, stratum: np.ndarray, studentise: bool) -> float:
    """Every assignment with the realised counts, in plain loops."""

    def statistic(z: np.ndarray) -> float:
        difference = variance = 0.0
        for s in np.unique(stratum):
            one, other = y[(stratum == s) & z], y[(stratum == s) & ~z]
            weight = np.mean(stratum == s)
            difference += weight * (one.mean() - other.mean())
            variance += weight**2 * (one.var(ddof=1) / one.size + other.var(ddof=1) / other.size)
        if not studentise:
            return difference
        if variance > 1e-20:
            return difference / variance**0.5
        return 0.0 if abs(difference) < 1e-12 else np.inf

    choices = []
    for s in np.unique(stratum):
        units = np.flatnonzero(stratum == s)
        choices.append(list(combinations(units, int(treated[units].sum()))))
    values = []
    for picks in product(*choices):
        z = np.zeros(y.size, bool)
        z[np.concatenate([np.array(pick) for pick in picks])] = True
        values.append(abs(statistic(z)))
    return float(np.mean(np.array(values) >= abs(statistic(treated)) - 1e-9))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_small_designs_equal_a_whole_enumeration(data: st.DataObject) -> None:
    sizes = data.draw(st.sampled_from([[6], [8], [4, 5], [4, 4, 4]]))
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    treated = np.concatenate([np.arange(n) < data.draw(st.integers(2, n - 2)) for n in sizes])
    values = st.sampled_from([0.0, 1.0, 2.5, 7.0, -3.0])
    y = np.array(data.draw(st.lists(values, min_size=stratum.size, max_size=stratum.size)))
    test = randomisation_test(y, treated, stratum, rng=rng(), interval=False)
    assert test.exact
    assert test.p_sharp == pytest.approx(enumerated_p(y, treated, stratum, studentise=False))
    assert test.p_value == pytest.approx(enumerated_p(y, treated, stratum, studentise=True))


def test_an_assignment_that_divides_the_outcomes_clean_is_as_extreme_as_itself() -> None:
    """Nothing varies within the arms, so its statistic has no end; one of the 15 assignments is as extreme."""
    y, treated = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0]), np.arange(6) < 2
    test = randomisation_test(y, treated, np.zeros(6, int), rng=rng(), interval=False)
    assert (test.exact, test.statistic, test.p_less) == (True, None, 1.0)
    assert test.p_value == test.p_greater == pytest.approx(1 / 15)


def stratified(seed: int, size: int, effect: float, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = rng(seed)
    stratum = np.sort(random.integers(0, 4, size))
    treated = np.concatenate([random.permutation(np.arange(n) < n // 3) for n in np.bincount(stratum)])
    base = {
        "binary": (random.random(size) < 0.3 + effect * treated).astype(float),
        "skewed": np.round(random.lognormal(0, 1, size), 6) + effect * treated,
    }[kind]
    return base, treated, stratum


@pytest.mark.parametrize("kind", ["binary", "skewed"])
def test_many_customers_agree_with_the_normal_limit(kind: str) -> None:
    from scipy.stats import norm

    y, treated, stratum = stratified(4, 4000, 0.02, kind)
    test = randomisation_test(y, treated, stratum, rng=rng())
    expected = 2 * norm.sf(abs(test.statistic))
    band = 4 * np.sqrt(expected * (1 - expected) / test.draws) + 0.004
    assert test.p_value == pytest.approx(expected, abs=band)
    assert test.ci_lower == pytest.approx(test.estimate - 1.96 * test.std_error, abs=0.1 * test.std_error)
    assert test.ci_upper == pytest.approx(test.estimate + 1.96 * test.std_error, abs=0.1 * test.std_error)


def test_counts_and_rows_give_the_same_test() -> None:
    y, treated, stratum = stratified(7, 3000, 0.05, "binary")
    cells, count = np.unique(np.column_stack([y, treated, stratum]), axis=0, return_counts=True)
    by_rows = randomisation_test(y, treated, stratum, rng=rng(3))
    by_counts = randomisation_test(cells[:, 0], cells[:, 1] == 1, cells[:, 2].astype(int), count=count, rng=rng(3))
    assert astuple(by_counts) == pytest.approx(astuple(by_rows), nan_ok=True)


def test_counting_and_shuffling_draw_from_the_same_distribution() -> None:
    """Noise far below the outcome's spread forces the shuffle; only the way of drawing differs."""
    y, treated, stratum = stratified(9, 2000, 0.04, "binary")
    counted = randomisation_test(y, treated, stratum, rng=rng(1), interval=False)
    shuffled = randomisation_test(y + rng(2).normal(0, 1e-7, y.size), treated, stratum, rng=rng(1), interval=False)
    p = counted.p_value
    assert shuffled.p_value == pytest.approx(p, abs=5 * np.sqrt(2 * p * (1 - p) / counted.draws))


@pytest.mark.parametrize(("size", "take"), [(7, 3), (64, 32), (130, 13), (200, 199), (65, 1)])
def test_subsets_are_uniform(size: int, take: int) -> None:
    """Each unit is drawn m/n of the time, each pair m(m − 1)/n(n − 1), and every draw has m units."""
    draws = 20_000
    columns = np.eye(size)
    sums = subset_sums(columns, np.array([0, size]), np.array([take]), draws, rng(5))[:, 0, :]
    assert (sums.sum(axis=1) == take).all()
    share = take / size
    z = (sums.mean(axis=0) - share) / np.sqrt(share * (1 - share) / draws)
    assert np.abs(z).max() < 4.56
    pair = share * (take - 1) / (size - 1)
    together = (sums.T @ sums)[np.triu_indices(size, 1)] / draws
    if pair > 0:
        assert np.abs((together - pair) / np.sqrt(pair * (1 - pair) / draws)).max() < 5.0


def test_an_interval_holds_exactly_the_shifts_that_are_not_rejected() -> None:
    y, treated, stratum = stratified(11, 24, 1.0, "skewed")
    stratum = np.zeros_like(stratum)
    test = randomisation_test(y, treated, stratum, rng=rng(2), draws=4000)
    for bound, side in ((test.ci_lower, -1), (test.ci_upper, 1)):
        inside = randomisation_test(
            y - (bound - side * 0.1 * test.std_error) * treated,
            treated,
            stratum,
            rng=rng(2),
            draws=4000,
            interval=False,
        )
        outside = randomisation_test(
            y - (bound + side * 0.1 * test.std_error) * treated,
            treated,
            stratum,
            rng=rng(2),
            draws=4000,
            interval=False,
        )
        assert inside.p_value > 0.05 >= outside.p_value


def test_clusters_equal_an_enumeration_of_clusters() -> None:
    random = rng(6)
    sizes = random.integers(2, 9, 10).astype(float)
    totals = sizes * random.normal(3, 1, 10)
    treated = np.arange(10) < 5

    def difference(z: np.ndarray) -> float:
        return totals[z].sum() / sizes[z].sum() - totals[~z].sum() / sizes[~z].sum()

    values = []
    for pick in combinations(range(10), 5):
        z = np.zeros(10, bool)
        z[list(pick)] = True
        values.append(abs(difference(z)))
    test = cluster_randomisation_test(totals, sizes, treated, np.zeros(10, int), rng=rng())
    assert test.exact
    assert test.estimate == pytest.approx(difference(treated))
    assert test.p_sharp == pytest.approx(np.mean(np.array(values) >= abs(difference(treated)) - 1e-9))


def test_pairs_equal_every_sign() -> None:
    differences = np.array([0.5, 1.2, -0.3, 2.0, 0.9, 0.1])
    means = [abs(np.mean(np.array(signs) * differences)) for signs in product([1, -1], repeat=6)]
    test = paired_randomisation_test(differences, rng=rng())
    assert test.exact
    assert test.p_sharp == pytest.approx(np.mean(np.array(means) >= differences.mean() - 1e-9))
    assert test.std_error == pytest.approx(differences.std(ddof=1) / np.sqrt(6))


def test_rerandomised_redraws_pass_the_declared_rule() -> None:
    """With a rule that only the realised assignment and its mirror pass, nothing can be shown."""
    y = np.array([5.0, 6.0, 7.0, 1.0, 2.0, 3.0])
    treated = np.arange(6) < 3
    x = np.array([1.0, 2.0, 3.0, 1.0, 2.0, 3.0])
    plain = randomisation_test(y, treated, np.zeros(6, int), rng=rng(), interval=False)
    ruled = randomisation_test(
        y, treated, np.zeros(6, int), rng=rng(), interval=False, covariates=x[:, None],
        accept=lambda sums: np.abs(sums[:, 0] - x.sum() / 2) < 1e-9,
    )  # fmt: skip
    values = []
    for pick in combinations(range(6), 3):
        if abs(x[list(pick)].sum() - 6) < 1e-9:
            z = np.zeros(6, bool)
            z[list(pick)] = True
            values.append(abs(y[z].mean() - y[~z].mean()))
    assert ruled.draws == len(values) < plain.draws
    assert ruled.p_sharp == pytest.approx(np.mean(np.array(values) >= 4 - 1e-9))


def test_what_cannot_be_tested_says_why() -> None:
    y, one_each = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False])
    few = randomisation_test(y, one_each, np.array([0, 0, 1, 1]), rng=rng())
    assert few.p_value is None
    assert "fewer than two" in str(few.reason)
    flat = randomisation_test(np.ones(20), np.arange(20) < 10, np.zeros(20, int), rng=rng())
    assert flat.p_value == 1.0
    assert "does not vary" in str(flat.reason)
    tiny = randomisation_test(y, np.array([True, True, False, False]), np.zeros(4, int), rng=rng())
    assert tiny.ci_lower is None
    assert "too few assignments" in str(tiny.reason)
    with pytest.raises(AnalysisRefused, match="missing"):
        randomisation_test(np.array([np.nan, 1.0]), np.array([True, False]), np.zeros(2, int), rng=rng())


def test_the_same_seed_gives_the_same_test() -> None:
    y, treated, stratum = stratified(3, 900, 0.1, "skewed")
    assert randomisation_test(y, treated, stratum, rng=rng(8)) == randomisation_test(y, treated, stratum, rng=rng(8))


@pytest.mark.reference
def test_hajj_lottery(reference_data: Path) -> None:
    """The study's own redraws give p near .004 (20,000 of them)."""
    with (reference_data / "hajj_2009" / "data.csv").open() as file:
        rows = [(float(row["views"]), float(row["success"]) == 1) for row in csv.DictReader(file)]
    y, treated = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    test = randomisation_test(y, treated, np.zeros(y.size, int), rng=rng(1), draws=20_000)
    assert test.p_sharp == pytest.approx(0.00415, abs=4 * np.sqrt(0.004 / 20_000) * 1.5)
    assert test.estimate == pytest.approx(0.4748337, abs=1e-7)


@pytest.mark.reference
def test_fisher_exact_test_of_the_indomethacin_trial(reference_data: Path) -> None:
    """With one stratum and a binary outcome the one-sided sharp test is Fisher's."""
    from scipy.stats import fisher_exact

    del reference_data  # the four counts are printed in its README
    y, treated = np.array([1.0, 0.0, 1.0, 0.0]), np.array([True, True, False, False])
    count = np.array([27, 268, 52, 255])
    test = randomisation_test(y, treated, np.zeros(4, int), count=count, rng=rng(2), draws=100_000)
    expected = fisher_exact([[27, 268], [52, 255]], alternative="less").pvalue
    assert test.p_less == pytest.approx(expected, abs=4 * np.sqrt(expected / 100_000))
