"""Main effects and interactions against the regression on all cells by statsmodels, and against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from analysis.results import Estimate, Evaluation
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COMPLAINT, NFA, PAID, declared, evaluated
from tests.analysis.regression.arrays import least_squares

TONES, SENDERS = ("plain", "norm", "loss"), ("hmrc", "agency")
CELLS = [(tone, sender) for tone in TONES for sender in SENDERS]


def factorial(*, outside: bool = True, **sections: Any) -> Protocol:
    """Three tones by two senders, with no further action outside the factors or, without it, as one of the cells."""
    arms = [
        {
            "id": f"{tone}-{sender}", "kind": "otm", "share": 1, "channel": "letter",
            "levels": {"tone": tone, "sender": sender},
        }
        for tone, sender in CELLS
    ]  # fmt: skip
    if outside:
        arms = [NFA, *arms]
    else:
        arms[0] = {"id": "plain-hmrc", "kind": "nfa", "share": 1, "levels": arms[0]["levels"]}
    scheme = {"method": "factorial", "factors": {"tone": list(TONES), "sender": list(SENDERS)}}
    whole = {"arms": arms, "randomisation": scheme, "outcomes": [PAID, {**COMPLAINT, "margin": 0.05}]}
    return declared(**{**whole, **sections})


def customers(seed: int, n: int = 3_000, *, outside: bool = True) -> dict[str, np.ndarray]:
    """Cells of unlike sizes; the norm works with the agency alone."""
    rng = np.random.default_rng(seed)
    arms = [*(["nfa"] if outside else []), *(f"{tone}-{sender}" for tone, sender in CELLS)]
    arm = rng.choice(arms, n, p=rng.dirichlet(np.full(len(arms), 8.0)))
    age = rng.normal(50, 10, n)
    paid = 0.3 + 0.05 * (arm != "nfa") + 0.15 * (arm == "norm-agency") + 0.004 * (age - 50)
    return {
        "arm": arm,
        "age": age,
        "region": rng.choice(["north", "south"], n),
        "house": rng.integers(0, n // 8, n).astype(str),
        "paid_23": (rng.random(n) < paid).astype(float),
        "complaint": (rng.random(n) < 0.04).astype(float),
    }


def rows_of(evaluation: Evaluation, outcome: str = "paid_23") -> dict[tuple[str, ...], Estimate]:
    return {
        tuple(f.level for f in row.factors): row for row in evaluation.estimates
        if row.outcome == outcome and row.estimand in ("main_effect", "interaction")
    }  # fmt: skip


def by_cell(columns: dict[str, np.ndarray], figure) -> np.ndarray:
    """A figure of each cell's outcomes: tones by senders."""
    arm, y = columns["arm"], columns["paid_23"]
    return np.array([[figure(y[arm == f"{tone}-{sender}"]) for sender in SENDERS] for tone in TONES])


def test_levels_weigh_equally_over_the_other_factor_whatever_the_cells_sizes() -> None:
    columns = customers(1)
    rows = rows_of(evaluated(factorial(), columns))
    means, errors = by_cell(columns, np.mean), by_cell(columns, lambda y: y.var(ddof=1) / y.size)
    sizes = by_cell(columns, len)
    assert set(rows) == {("norm",), ("loss",), ("agency",), ("norm", "agency"), ("loss", "agency")}
    tone, sender, both = rows["norm",], rows["agency",], rows["loss", "agency"]
    assert tone.estimate == pytest.approx(means[1].mean() - means[0].mean(), abs=1e-12)
    assert tone.std_error == pytest.approx(np.sqrt(errors[:2].sum()) / 2, rel=1e-10)
    assert sender.estimate == pytest.approx((means[:, 1] - means[:, 0]).mean(), abs=1e-12)
    assert sender.std_error == pytest.approx(np.sqrt(errors.sum()) / 3, rel=1e-10)
    assert both.estimate == pytest.approx(means[2, 1] - means[2, 0] - means[0, 1] + means[0, 0], abs=1e-12)
    assert both.std_error == pytest.approx(np.sqrt(errors[[0, 2]].sum()), rel=1e-10)
    assert tone.df == pytest.approx(errors[:2].sum() ** 2 / (errors[:2] ** 2 / (sizes[:2] - 1)).sum(), rel=1e-9)
    assert (tone.n_arm, tone.n_comparison) == (sizes[1].sum(), sizes[0].sum())
    assert tone.mean_comparison == pytest.approx(means[0].mean())
    assert (tone.arm, tone.comparison) == ("norm", "plain")


@pytest.mark.parametrize("kind", ["classical", "HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("outside", [True, False])
def test_they_are_sums_of_the_cells_of_one_model(kind: str, outside: bool) -> None:
    columns = customers(2, outside=outside)
    analysis = {"standard_errors": kind, "adjustment": "lin", "covariates": ["age"]}
    rows = rows_of(evaluated(factorial(outside=outside, analysis=analysis), columns))
    arms = [*(["nfa"] if outside else []), *(f"{tone}-{sender}" for tone, sender in CELLS)]
    indicator = np.column_stack([(columns["arm"] == arm).astype(float) for arm in arms])
    age = (columns["age"] - columns["age"].mean())[:, None]
    covariance = {"classical": "nonrobust"}.get(kind, kind)
    fit = OLS(columns["paid_23"], np.hstack([indicator, indicator * age])).fit(cov_type=covariance)
    at = {arm: i for i, arm in enumerate(arms)}
    for levels, weights in {
        ("norm",): {("norm", "hmrc"): 0.5, ("norm", "agency"): 0.5, ("plain", "hmrc"): -0.5, ("plain", "agency"): -0.5},
        ("agency",): {(tone, s): sign / 3 for tone in TONES for s, sign in (("agency", 1), ("hmrc", -1))},
        ("norm", "agency"): {
            ("norm", "agency"): 1, ("norm", "hmrc"): -1, ("plain", "agency"): -1, ("plain", "hmrc"): 1,
        },
    }.items():  # fmt: skip
        w = np.zeros(2 * len(arms))
        for cell, weight in weights.items():
            w[at["-".join(cell)]] = weight
        assert rows[levels].estimate == pytest.approx(float(w @ fit.params), abs=1e-10)
        assert rows[levels].std_error == pytest.approx(float(np.sqrt(w @ fit.cov_params() @ w)), rel=1e-8)
        assert rows[levels].df == len(columns["arm"]) - 2 * len(arms)


def test_strata_and_clusters_enter_as_they_do_for_the_arms() -> None:
    columns = customers(3)
    scheme = {"method": "factorial", "factors": {"tone": list(TONES), "sender": list(SENDERS)}, "strata": ["region"]}
    rows = rows_of(evaluated(factorial(randomisation=scheme), columns))
    expected, share = 0.0, {}
    for region in ("north", "south"):
        inside = columns["region"] == region
        share[region] = inside.mean()
        means = by_cell({name: values[inside] for name, values in columns.items()}, np.mean)
        expected += share[region] * (means[1].mean() - means[0].mean())
    assert rows["norm",].estimate == pytest.approx(expected, abs=1e-12)
    assert rows["norm",].df == by_cell(columns, len)[:2].sum() - 8

    clustered = {"population": {"unit": "customer_id", "cluster": "house"}, "analysis": {"standard_errors": "CR0"}}
    rows = rows_of(evaluated(factorial(**clustered), columns))
    arms = ["nfa", *(f"{tone}-{sender}" for tone, sender in CELLS)]
    X = np.column_stack([(columns["arm"] == arm).astype(float) for arm in arms])
    fit = least_squares(X, columns["paid_23"], "CR0", clusters=columns["house"])
    w = np.array([0, -0.5, -0.5, 0.5, 0.5, 0, 0])
    assert rows["norm",].estimate == pytest.approx(float(w @ fit.coefficients), abs=1e-12)
    assert rows["norm",].std_error == pytest.approx(float(np.sqrt(w @ fit.covariance @ w)), rel=1e-9)


def test_each_outcome_has_its_rows_and_families_and_the_arms_keep_theirs() -> None:
    columns = customers(4)
    evaluation = evaluated(factorial(), columns)
    for outcome in ("paid_23", "complaint"):
        rows = list(rows_of(evaluation, outcome).values())
        for estimand, size in (("main_effect", 3), ("interaction", 2)):
            family = sorted((r for r in rows if r.estimand == estimand), key=lambda r: r.p_value or 0.0)
            assert len(family) == size
            assert family[0].p_adjusted == pytest.approx(min(1.0, size * (family[0].p_value or 0.0)))
    assert len([r for r in evaluation.estimates if r.declared and r.outcome == "paid_23"]) == 6
    unlike = [r for r in rows_of(evaluation).values() if r.estimand == "interaction"]
    assert unlike[0].estimate == pytest.approx(0.15, abs=0.15)


def test_an_empty_cell_costs_what_it_enters_alone() -> None:
    columns = customers(5)
    inside = columns["arm"] != "loss-agency"
    rows = rows_of(evaluated(factorial(), {name: values[inside] for name, values in columns.items()}))
    assert rows["norm",].estimate is not None
    assert rows["norm", "agency"].estimate is not None
    for levels in (("loss",), ("agency",), ("loss", "agency")):
        assert rows[levels].estimate is None
        assert "loss-agency" in (rows[levels].reason or "")
