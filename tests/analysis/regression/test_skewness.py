"""The skewness of an estimate, from passes over cells, customers and clusters, against influences one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.estimators.paired import regress_pairs
from analysis.regression import regress
from analysis.specification import Column
from tests.analysis.frames import ARM_COLUMN, design, frame_of, outcome, random_trial


def trial(seed: int = 1, n: int = 600) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = rng.choice(["nfa", "letter", "sms"], n, p=[0.15, 0.35, 0.5])
    band = rng.choice(["low", "high"], n)
    office = rng.integers(0, 60, n)
    return {
        ARM_COLUMN: arm,
        "band": band,
        "age": rng.normal(50.0, 10.0, n),
        "late": rng.integers(0, 3, n),
        "office": office,
        "whole": np.array(["nfa", "letter", "sms"])[office % 3],
        "y": np.exp(rng.normal(size=n)) * (1.0 + (band == "low")) * np.exp(0.5 * rng.normal(size=60)[office]) + 1000.0,
    }


def dense(X: np.ndarray, y: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each customer's influence on direction'β, as HC2 has it, and its part of that before residuals."""
    inverse = np.linalg.inv(X.T @ X)
    weight = X @ inverse @ direction
    residual = y - X @ inverse @ X.T @ y
    leverage = np.einsum("ij,jk,ik->i", X, inverse, X)
    return weight * residual / np.sqrt(1.0 - leverage), weight


def leaning(influence: np.ndarray, arms: np.ndarray, pair: tuple[str, str], units: np.ndarray | None = None) -> float:
    """g by its definition: own cubes, and one third moment for both arms, whichever leans more."""
    variance = (influence**2).sum()
    customers = {name: float((arms == name).sum()) for name in pair} if units is None else None
    if customers is None:
        customers = {name: float(units[arms == name].sum()) for name in pair}
    count = {name: float((arms == name).sum()) for name in pair}
    cubes = {name: (influence[arms == name] ** 3).sum() for name in pair}
    a, c = pair
    both = (cubes[a] * customers[a] ** 3 - cubes[c] * customers[c] ** 3) / (count[a] + count[c])
    pooled = both * (count[a] / customers[a] ** 3 - count[c] / customers[c] ** 3)
    return max((influence**3).sum(), pooled, key=abs) / variance**1.5


def columns_of(data: dict[str, np.ndarray], adjustment: str, running: bool) -> np.ndarray:
    arms = [(data[ARM_COLUMN] == name).astype(float) for name in ("nfa", "letter", "sms")]
    x = [(data["band"] == "low").astype(float), data["age"] if running else data["late"].astype(float)]
    z = np.column_stack(x) - np.column_stack(x).mean(axis=0)
    if adjustment == "none":
        return np.column_stack(arms)
    if adjustment == "additive":
        return np.column_stack([*arms, z])
    return np.column_stack([*arms, *(arm[:, None] * z for arm in arms)])


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("adjustment", ["none", "additive", "lin"])
def test_of_customers_it_is_that_of_their_influences(adjustment, running):
    data = trial()
    covariates = (Column("band", "category"), Column("age" if running else "late", "number"))
    pairs = (("letter", "nfa"), ("sms", "nfa"))
    declared = design(
        "HC2", adjustment, arms=("nfa", "letter", "sms"), contrasts=pairs,
        covariates=covariates if adjustment != "none" else (),
    )  # fmt: skip
    fit = regress(frame_of(data), declared, [outcome("y")], skewness=True).fits["y", None]
    X = columns_of(data, adjustment, running)
    for contrast, place in zip(fit.contrasts, (1, 2), strict=True):
        direction = np.zeros(X.shape[1])
        direction[place], direction[0] = 1.0, -1.0
        influence, _ = dense(X, data["y"], direction)
        assert contrast.std_error == pytest.approx(np.sqrt((influence**2).sum()), rel=1e-9)
        expected = leaning(influence, data[ARM_COLUMN], (contrast.arm, contrast.comparison))
        assert contrast.skewness == pytest.approx(expected, rel=1e-7)
        assert abs(expected) > 0.02


def test_within_strata_each_customer_counts_as_much_as_the_stratum_gives_it():
    data = trial()
    fit = regress(frame_of(data), design("HC0", strata=("band",)), [outcome("y")], skewness=True).fits["y", None]
    X = np.column_stack(
        [(data[ARM_COLUMN] == name) & (data["band"] == band) for name in ("nfa", "letter") for band in ("high", "low")]
    ).astype(float)
    two = np.isin(data[ARM_COLUMN], ("nfa", "letter"))
    share = np.array([(data["band"][two] == band).mean() for band in ("high", "low")])
    X, y, arms = X[two], data["y"][two], data[ARM_COLUMN][two]
    direction = np.concatenate([-share, share])
    inverse = np.linalg.inv(X.T @ X)
    influence = (X @ inverse @ direction) * (y - X @ inverse @ X.T @ y)
    assert fit.contrasts[0].skewness == pytest.approx(leaning(influence, arms, ("letter", "nfa")), rel=1e-8)


@pytest.mark.parametrize("kind", ["CR0", "CR1"])
@pytest.mark.parametrize("adjustment", ["none", "lin"])
def test_of_clusters_it_is_that_of_their_sums(kind, adjustment):
    data = trial()
    data[ARM_COLUMN] = data["whole"]
    covariates = (Column("band", "category"), Column("age", "number")) if adjustment == "lin" else ()
    declared = design(kind, adjustment, arms=("nfa", "letter", "sms"), cluster="office", covariates=covariates)
    fit = regress(frame_of(data), declared, [outcome("y")], skewness=True).fits["y", None]
    X = columns_of(data, adjustment, running=True)
    direction = np.zeros(X.shape[1])
    direction[1], direction[0] = 1.0, -1.0
    inverse = np.linalg.inv(X.T @ X)
    customers = (X @ inverse @ direction) * (data["y"] - X @ inverse @ X.T @ data["y"])
    influence = np.bincount(data["office"], customers, 60)
    arms, sizes = np.array(["nfa", "letter", "sms"])[np.arange(60) % 3], np.bincount(data["office"], minlength=60)
    expected = leaning(influence, arms, ("letter", "nfa"), sizes.astype(float))
    assert fit.contrasts[0].skewness == pytest.approx(expected, rel=1e-7)


def test_customers_of_few_skewed_clusters_seem_to_lean_less_than_their_clusters_do():
    """The audit's case: the design effect shrank g, though the totals of clusters are what is skewed."""
    rng = np.random.default_rng(4)
    office = np.repeat(np.arange(400), 10)
    data = {
        ARM_COLUMN: np.where(office < 20, "nfa", "letter"), "office": office,
        "y": np.exp(rng.normal(size=400))[office] * rng.lognormal(0.0, 0.5, 4_000),
    }  # fmt: skip
    by_cluster, by_customer = (
        regress(frame_of(data), declared, [outcome("y")], skewness=True).fits["y", None].contrasts[0]
        for declared in (design("CR2", cluster="office"), design("HC2"))
    )
    assert by_cluster.skewness < -0.2
    error = by_customer.std_error / by_cluster.std_error
    assert abs(by_customer.skewness * error**3) < 0.5 * abs(by_cluster.skewness)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["HC2", "CR2"])
def test_asking_for_it_changes_nothing_else_and_levels_have_their_own(seed, kind):
    small = random_trial(seed, kind=kind)
    frame, responses = frame_of(small.columns), [outcome("amount"), outcome("partial")]
    plain = regress(frame, small.design, responses).fits
    asked = regress(frame, small.design, responses, skewness=True).fits
    for key, fit in plain.items():
        for one, more in zip(fit.contrasts, asked[key].contrasts, strict=True):
            assert one.skewness is None
            assert replace(more, skewness=None) == one
            assert (more.skewness is None) == (one.std_error is None)


def test_of_pairs_it_is_that_of_their_differences():
    rng = np.random.default_rng(8)
    pairs = np.repeat(np.arange(50), 2)
    data = {ARM_COLUMN: np.tile(["nfa", "letter"], 50), "pair": pairs, "y": rng.lognormal(size=100)}
    (contrast,) = regress_pairs(frame_of(data), design(), [outcome("y")], pairs="pair").fits["y", None].contrasts
    d = data["y"][1::2] - data["y"][::2]
    away = d - d.mean()
    assert contrast.skewness == pytest.approx((away**3).sum() / 50**3 / contrast.std_error**3, rel=1e-9)
