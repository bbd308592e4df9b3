"""Pairs of clusters: the pair is the cluster, and redraws, guardrails and money change places within pairs."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import t as student

from analysis.errors import AnalysisRefused
from analysis.estimators.as_designed import regress_as_designed
from analysis.estimators.paired import UnitMeans, pair_differences
from analysis.evaluate import evaluate
from analysis.evaluate.specify import column_kinds, response_of, specification_of
from analysis.frame import AnalysisFrame
from analysis.integrity.missing_outcomes import imbens_manski
from analysis.randomisation.randomisation_inference import paired_randomisation_test
from analysis.randomisation.shifted import redrawn_pairs
from analysis.results import Evaluation
from analysis.sensitivity import with_bounds, with_sensitivity
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COLLECTED, COMPLAINT, PAID, declared
from tests.analysis.frames import frame_of


def protocol(**more: Any) -> Protocol:
    sections = {
        "population": {"unit": "customer_id", "cluster": "agent"},
        "randomisation": {"method": "matched_pairs", "pairs": "pair"},
        "analysis": {"standard_errors": "CR2"},
    }
    return declared(**{**sections, **more})


def evaluated(frame: AnalysisFrame, trial: Protocol) -> Evaluation:
    return evaluate(frame, trial, protocol_digest="f" * 64)


def pairs(seed: int, count: int = 12, effect: float = 0.0, *, unequal: bool = True) -> dict[str, Any]:
    """Two agents of a pair, of a size of their own; customers of a pair, and of an agent, are alike."""
    rng = np.random.default_rng(seed)
    size = rng.integers(4, 30, 2 * count) if unequal else np.full(2 * count, 10)
    agent = np.repeat(np.arange(2 * count), size)
    pair, first = agent // 2, rng.random(count) < 0.5
    letter = (agent % 2 == 0) == first[pair]
    level = rng.normal(size=count)[pair] + 0.7 * rng.normal(size=2 * count)[agent]
    y = level + effect * letter + rng.normal(size=agent.size)
    return {
        "arm": np.where(letter, "letter", "nfa"),
        "pair": np.char.add("P", pair.astype(str)).astype(object),
        "agent": np.char.add("A", agent.astype(str)).astype(object),
        "reason": rng.choice(["forgot", "confused"], agent.size).astype(object),
        "paid_23": (y > 0).astype(float),
        "collected": np.exp(y),
        "complaint": (rng.random(agent.size) < 0.004).astype(float),
        "received": (letter & (rng.random(agent.size) < 0.8)).astype(float),
    }


def additive(columns: dict[str, Any], name: str) -> tuple[float, float]:
    """Ordinary least squares on the arm and a term for each pair; CR2 by pair from dense matrices."""
    y, letter = np.asarray(columns[name], float), columns["arm"] == "letter"
    known = ~np.isnan(y)
    names = np.unique(columns["pair"][known])
    X = np.column_stack([letter[known], *[columns["pair"][known] == pair for pair in names]]).astype(float)
    fitted = sm.OLS(y[known], X).fit()
    bread, meat = np.linalg.inv(X.T @ X), 0.0
    for pair in names:
        inside = columns["pair"][known] == pair
        H = X[inside] @ bread @ X[inside].T
        values, vectors = np.linalg.eigh(np.eye(inside.sum()) - H)
        root = vectors @ np.diag([v**-0.5 if v > 1e-9 else 0.0 for v in values]) @ vectors.T
        meat += float((bread @ X[inside].T @ root @ fitted.resid[inside])[0]) ** 2
    return float(fitted.params[0]), float(np.sqrt(meat))


def fit(columns: dict[str, Any], trial: Protocol) -> Any:
    frame = frame_of(columns, trial)
    specification = specification_of(frame, trial, column_kinds(frame))
    return regress_as_designed(frame, trial, specification, [response_of(o) for o in trial.outcomes])


@pytest.mark.parametrize("unequal", [True, False])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_it_is_additive_pair_effects_clustered_by_pair(unequal: bool, missing: float) -> None:
    columns = pairs(3, effect=0.4, unequal=unequal)
    gone = np.random.default_rng(5).random(len(columns["arm"])) < missing
    columns["collected"][gone] = np.nan
    trial = protocol(outcomes=[PAID, COLLECTED])
    found = fit(columns, trial)
    for name in ("paid_23", "collected"):
        contrast = found.fits[name, None].contrasts[0]
        assert (contrast.estimate, contrast.std_error) == pytest.approx(additive(columns, name), rel=1e-9)
        assert contrast.df == 11
        assert contrast.n_arm == ((columns["arm"] == "letter") & ~np.isnan(columns[name])).sum()


def test_a_pair_one_of_whose_clusters_has_no_outcome_is_left_out() -> None:
    columns = pairs(4)
    columns["paid_23"][columns["agent"] == "A0"] = np.nan
    contrast = fit(columns, protocol()).fits["paid_23", None].contrasts[0]
    kept = columns["pair"] != "P0"
    assert contrast.df == 10
    others = {name: values[kept] for name, values in columns.items()}
    assert contrast.estimate == pytest.approx(additive(others, "paid_23")[0], rel=1e-12)


def test_two_clusters_of_a_pair_in_one_arm_are_refused() -> None:
    columns = pairs(4)
    columns["pair"][columns["pair"] == "P1"] = "P0"
    with pytest.raises(AnalysisRefused, match="more than one cluster in arm"):
        fit(columns, protocol())


def test_everything_beside_the_estimate_is_had() -> None:
    """Guardrail, money, receipt, subgroups and redraws: a reason nowhere, and one estimate for both."""
    trial = protocol(
        outcomes=[PAID, COLLECTED, {**COMPLAINT, "margin": 0.1}],
        decision={"benefits": [{"outcome": "collected", "value": 1}]},
        analysis={"standard_errors": "CR2", "subgroups": [{"column": "reason"}], "complier": {"received": "received"}},
    )
    columns = pairs(6, 40, effect=1.2)
    frame = frame_of(columns, trial)
    evaluation = with_sensitivity(frame, trial, evaluate(frame, trial, protocol_digest="f" * 64))
    assert [row.reason for row in evaluation.estimates] == [None] * len(evaluation.estimates)
    itt = next(row for row in evaluation.estimates if row.declared and row.outcome == "paid_23")
    redrawn = next(r for r in evaluation.sensitivity if r.variant and r.variant.kind == "randomisation_inference")
    assert redrawn.estimate == pytest.approx(itt.estimate, rel=1e-12)
    assert redrawn.std_error == pytest.approx(itt.std_error, rel=1e-9)
    assert all(test.p_value is not None for test in evaluation.interactions)
    receipt = next(r for r in evaluation.estimates if r.estimand == "complier" and r.outcome == "paid_23")
    assert receipt.df == 39
    assert evaluation.verdict.code == "scale"


def test_weighted_swaps_of_pairs_enumerate_to_the_exact_p() -> None:
    """Eight pairs by hand: 256 assignments of a studentised weighted difference."""
    rng = np.random.default_rng(8)
    d, weight = rng.normal(0.5, 1, 8), rng.uniform(1, 5, 8)
    weight /= weight.sum()
    d, weight = d[np.argsort(weight)], np.sort(weight)  # the order in which pairs are redrawn
    test = paired_randomisation_test(d, weight, rng=rng)
    statistics = []
    for number in range(256):
        signed = d * np.array([1 if number >> k & 1 else -1 for k in range(8)])
        mean = float(weight @ signed)
        statistics.append(mean / np.sqrt((weight**2 * (signed - mean) ** 2 / (1 - weight)).sum()))
    observed = float(statistics[255])
    redrawn = redrawn_pairs(d, weight, draws=1, rng=rng)
    assert not isinstance(redrawn, str)
    shift, place = 0.3, 77
    signed = (d - shift) * np.array([1 if ~place >> k & 1 else -1 for k in range(8)])
    mean, of_draw = float(weight @ signed), np.array([1.0, -shift])
    assert float(redrawn.lines[place] @ of_draw) == pytest.approx(mean)
    variance = float(redrawn.parabolas[place] @ np.array([1.0, -2 * shift, shift**2]))
    assert variance == pytest.approx((weight**2 * (signed - mean) ** 2 / (1 - weight)).sum())
    assert (redrawn.difference, redrawn.error) == pytest.approx((test.estimate, test.std_error))
    assert test.exact
    assert test.statistic == pytest.approx(observed)
    assert test.p_value == pytest.approx(np.mean(np.abs(statistics) >= abs(observed) - 1e-9))
    assert test.p_greater == pytest.approx(np.mean(np.array(statistics) >= observed - 1e-9))


def test_its_size_is_what_it_says() -> None:
    """2,000 trials of ten pairs with nothing to find; errors clustered by agent, CR1, gave 17.9%."""
    rejected = 0
    draws = 2000
    rng = np.random.default_rng(9)
    for _ in range(draws):
        size = rng.integers(4, 30, (10, 2)).astype(float)
        level = rng.normal(size=(10, 1)) + 0.7 * rng.normal(size=(10, 2)) + rng.normal(size=(10, 2)) / np.sqrt(size)
        swapped = rng.random(10) < 0.5
        level[swapped], size[swapped] = level[swapped, ::-1], size[swapped, ::-1]
        found = pair_differences(*(UnitMeans(size[:, k], level[:, k]) for k in (0, 1)))
        assert found is not None
        rejected += abs(found.estimate) > student.ppf(0.975, 9) * np.sqrt((found.influence**2).sum())
    assert abs(rejected / draws - 0.05) < 3 * np.sqrt(0.05 * 0.95 / draws)


@pytest.mark.parametrize("of_clusters", [True, False])
def test_worst_case_bounds_are_the_extremes_of_every_completion_of_the_pairs(of_clusters: bool) -> None:
    """Across pairs they lay beside the estimate (0.094 to 0.104, of an estimate of 0.050)."""
    columns, trial = pairs(8, 30), protocol()
    if not of_clusters:
        first = np.unique(columns["agent"], return_index=True)[1]  # one customer of each agent
        columns = {name: values[first] for name, values in columns.items()}
        trial = protocol(population={"unit": "customer_id"}, analysis={"standard_errors": "HC2", "adjustment": "none"})
    lacking = np.arange(0, columns["paid_23"].size, columns["paid_23"].size // 4)[:4]
    columns["paid_23"][lacking] = np.nan
    frame = frame_of(columns, trial)
    bounded = {row.assumption: row for row in with_bounds(frame, trial, evaluated(frame, trial)).bounds}
    ends = []
    for filled in product((0.0, 1.0), repeat=lacking.size):
        whole = {**columns, "paid_23": columns["paid_23"].copy()}
        whole["paid_23"][lacking] = filled
        (row,) = (row for row in evaluated(frame_of(whole, trial), trial).estimates if row.declared)
        ends.append((row.estimate, row.std_error))
    worst = bounded["worst_case"]
    assert (worst.lower, worst.upper) == pytest.approx((min(ends)[0], max(ends)[0]), abs=1e-12)
    df = np.unique(columns["pair"]).size - 1.0
    interval = imbens_manski(worst.lower, worst.upper, min(ends)[1], max(ends)[1], 0.05, df)
    assert (worst.ci_lower, worst.ci_upper) == pytest.approx(interval)
    if of_clusters:
        assert bounded["lee"].lower is None
        assert "worst-case bounds stand beside" in (bounded["lee"].reason or "")
