"""Interaction tests under clusters: AHT from passes and small matrices, against the whole regression written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import block_diag

from analysis.inference.hotelling import equality
from analysis.regression import regress
from analysis.specification import Column, Levels
from tests.analysis.frames import ARM_COLUMN, design, frame_of, outcome

LEVELS = Levels("sex", ("a", "b", "c"))


def trial(seed: int, *, whole: bool = True, constant: bool = False) -> dict[str, np.ndarray]:
    """Clusters of unequal size; assigned whole or not, their level crossed or constant."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 15, 14)
    office = np.repeat(np.arange(14), sizes)
    n = office.size
    arm = np.where(office % 2 == 0, "nfa", "letter") if whole else rng.choice(["nfa", "letter"], n)
    level = np.array(LEVELS.names)[office // 2 % 3] if constant else rng.choice(LEVELS.names, n)
    x = rng.normal(size=n)
    y = rng.normal(size=14)[office] + x + rng.normal(size=n) + (arm == "letter") * (level == "a")
    return {ARM_COLUMN: arm, "office": office, "sex": level, "x": x, "y": y}


def written_out(data: dict[str, np.ndarray], adjustment: str) -> tuple[float, float, float]:
    """F, its denominator's degrees of freedom and p of equal effects: one interacted regression, n × n matrices."""
    blocks, directions = [], []
    order = np.concatenate([np.flatnonzero(data["sex"] == name) for name in LEVELS.names])
    for name in LEVELS.names:
        at = np.flatnonzero(data["sex"] == name)
        arms = [(data[ARM_COLUMN][at] == arm).astype(float) for arm in ("nfa", "letter")]
        z = data["x"][at] - data["x"][at].mean()
        more = {"none": [], "additive": [z], "lin": [arm * z for arm in arms]}[adjustment]
        X = np.column_stack([*arms, *more])
        blocks.append(X)
        directions.append(np.array([-1.0, 1.0, *([0.0] * len(more))]))
    X, C = block_diag(*blocks), block_diag(*[d[None] for d in directions])
    R = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]) @ C
    y, office = data["y"][order], data["office"][order]
    inverse = np.linalg.inv(X.T @ X)
    residual_maker = np.eye(len(y)) - X @ inverse @ X.T
    beta, residual = inverse @ X.T @ y, residual_maker @ y
    parts, V = [], np.zeros((2, 2))
    for g in np.unique(office):
        at = np.flatnonzero(office == g)
        values, vectors = np.linalg.eigh(residual_maker[np.ix_(at, at)])
        power = np.where(values > 1e-10, 1.0 / np.sqrt(np.where(values > 1e-10, values, 1.0)), 0.0)
        A = (vectors * power) @ vectors.T
        half = R @ inverse @ X[at].T @ A
        score = half @ residual[at]
        V += np.outer(score, score)
        parts.append(half @ residual_maker[at])
    P = [[p @ h.T for h in parts] for p in parts]
    omega = sum(P[g][g] for g in range(len(parts)))
    values, vectors = np.linalg.eigh(omega)
    root = (vectors / np.sqrt(values)) @ vectors.T
    total = 0.0
    for row in P:
        for shared in row:
            B = root @ shared @ root
            total += np.trace(B) ** 2 + np.trace(B @ B)
    eta, q = 6.0 / total, 2
    Q = float((R @ beta) @ np.linalg.solve(V, R @ beta))
    F = (eta - q + 1) / (eta * q) * Q
    return F, eta - q + 1, float(stats.f.sf(F, q, eta - q + 1))


@pytest.mark.parametrize("adjustment", ["none", "additive", "lin"])
@pytest.mark.parametrize(("whole", "constant"), [(True, False), (True, True), (False, False)])
def test_it_is_the_regression_written_out(adjustment, whole, constant):
    data = trial(3, whole=whole, constant=constant)
    covariates = (Column("x", "number"),) if adjustment != "none" else ()
    declared = design("CR2", adjustment, cluster="office", covariates=covariates)
    found = regress(frame_of(data), declared, [outcome("y")], by=LEVELS)
    joint = found.joint_covariance["y"]
    estimates = np.array([found.fits["y", name].contrasts[0].estimate for name in LEVELS.names])
    test = equality(estimates, joint.matrix, joint.df, expected=joint.expected, kernel=joint.kernel)
    expected = written_out(data, adjustment)
    assert (test.statistic, test.df_denominator, test.p_value) == pytest.approx(expected, rel=1e-8)


def test_two_levels_have_satterthwaites_degrees_of_freedom():
    """One difference is a t: with one level's variance nil the degrees of freedom are the other's own."""
    data = trial(4)
    declared = design("CR2", cluster="office")
    found = regress(frame_of(data), declared, [outcome("y")], by=LEVELS)
    joint = found.joint_covariance["y"]
    for place, name in enumerate(LEVELS.names):
        own = joint.expected[place] ** 2 / joint.kernel[place, place]
        assert own == pytest.approx(found.fits["y", name].contrasts[0].df, rel=1e-9)


def test_too_few_clusters_say_so_and_one_level_alone_has_no_test():
    matrix = np.diag([1.0, 2.0, 1.5])
    kernel = np.diag([9.0, 36.0, 20.0])
    reason = equality(np.zeros(3), matrix, 3.0, expected=np.array([1.0, 2.0, 1.5]), kernel=kernel)
    assert reason == "the clusters are too few to compare 3 levels"
    assert "no error" in equality(np.zeros(2), np.full((2, 2), np.nan), 3.0)


def test_chunks_of_clusters_add_up(monkeypatch):
    data = trial(5)
    declared = design("CR2", "lin", cluster="office", covariates=(Column("x", "number"),))
    whole = regress(frame_of(data), declared, [outcome("y")], by=LEVELS).joint_covariance["y"]
    monkeypatch.setattr("analysis.regression.cluster_pass.ROWS_AT_ONCE", 30)
    parts = regress(frame_of(data), declared, [outcome("y")], by=LEVELS).joint_covariance["y"]
    assert parts.expected == pytest.approx(whole.expected, rel=1e-10)
    assert parts.kernel == pytest.approx(whole.kernel, rel=1e-10)
