"""What stands beside an evaluation: second opinion, other methods, bounds and odds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.deciding.net_benefit import composite
from analysis.document import from_document, to_document
from analysis.evaluate import evaluate
from analysis.evaluate.specify import column_kinds, specification_of
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.inference.redrawn import Redrawn
from analysis.randomisation.in_memory import read_rows
from analysis.randomisation.redrawing import redraw
from analysis.results import Check, Evaluation
from analysis.sensitivity import with_sensitivity
from analysis.sensitivity.logistic import logit_rows
from analysis.sensitivity.second_opinion import compare
from analysis.specification import Cell
from analysis.wording.naming import variant_words
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of

SIZE = 2_400
DIGEST = "ab" * 32


def protocol(adjustment: str, errors: str, *, clustered: bool = False, strata: bool = False) -> Protocol:
    document = {
        "schema": 1,
        "id": "beside",
        "title": "Beside",
        "hypothesis": "A letter helps.",
        "population": {"unit": "customer", "cluster": "agent" if clustered else None},
        "arms": [
            {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 2},
            {"id": "letter", "kind": "otm", "label": "Letter", "share": 1, "cost_per_customer": 0.85},
            {"id": "sms", "kind": "otm", "label": "SMS", "share": 1, "cost_per_customer": 0.05},
        ],
        "randomisation": {"method": "complete", "strata": ["band"] if strata else []},
        "outcomes": [
            {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
            {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase", "day": 365},
        ],
        "analysis": {
            "covariates": ["log_debt", "prior"] if adjustment != "none" else [],
            "adjustment": adjustment,
            "standard_errors": errors,
        },
        "decision": {"benefits": [{"outcome": "collected", "value": 1}]},
    }  # fmt: skip
    return Protocol.model_validate_json(json.dumps(document))


def customers(seed: int = 1, missing: float = 0.0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    agent = rng.integers(0, 240, SIZE)
    arm = np.array(["nfa", "letter", "nfa", "sms"])[agent % 4]
    log_debt = rng.normal(6, 1, SIZE)
    gaps = rng.random(SIZE) < 0.05
    prior = np.array(["none", "some", "many"])[rng.integers(0, 3, SIZE)]
    chance = 0.3 + 0.06 * (arm == "sms") + 0.04 * (log_debt - 6) + 0.05 * (prior == "some")
    paid = (rng.random(SIZE) < chance).astype(float)
    collected = np.round(paid * np.exp(log_debt) * rng.random(SIZE), 2)
    absent = rng.random(SIZE) < missing * (1 + (arm == "letter"))
    return {
        ARM_COLUMN: arm,
        "agent": np.char.add("agent ", agent.astype(str)),
        "band": np.array(["low", "high"])[agent // 4 % 2],
        "log_debt": pa.array(log_debt, mask=gaps),
        "prior": prior,
        "paid": pa.array(paid, mask=absent),
        "collected": pa.array(collected, mask=absent),
    }


def both(columns: dict[str, Any], declared: Protocol) -> tuple[AnalysisFrame, Evaluation]:
    frame = frame_of(columns)
    return frame, evaluate(frame, declared, protocol_digest=DIGEST)


def opinion(frame: AnalysisFrame, declared: Protocol, evaluation: Evaluation) -> Check:
    design = specification_of(frame, declared, column_kinds(frame))
    data = read_rows(frame, declared, ["paid", *(column.name for column in design.covariates)])
    rows = [row for row in evaluation.estimates if row.outcome == "paid" and row.subgroup is None]
    return compare(data, declared, design, rows)


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize(
    ("adjustment", "errors"),
    [("none", "HC2"), ("none", "HC1"), ("additive", "HC3"), ("additive", "classical"), ("lin", "HC2"), ("lin", "HC0")],
)
def test_statsmodels_agrees_with_every_declared_fit(adjustment: str, errors: str, strata: bool) -> None:
    declared = protocol(adjustment, errors, strata=strata)
    frame, evaluation = both(customers(missing=0.04), declared)
    check = opinion(frame, declared, evaluation)
    assert check.passed, check.detail
    assert len(check.figures) == 2


@pytest.mark.parametrize("errors", ["CR0", "CR1", "CR2"])
def test_statsmodels_agrees_under_clusters(errors: str) -> None:
    declared = protocol("lin", errors, clustered=True)
    frame, evaluation = both(customers(), declared)
    check = opinion(frame, declared, evaluation)
    assert check.passed, check.detail
    assert ("no CR2" in check.detail) == (errors == "CR2")


@pytest.mark.parametrize("adjustment", ["additive", "lin"])
def test_statsmodels_agrees_where_an_arm_lacks_a_level_or_has_no_gaps(adjustment: str) -> None:
    """The level then stands with the most frequent one, and an indicator of gaps may be dropped with Lin's alone."""
    declared = protocol(adjustment, "HC2")
    columns = customers(missing=0.04)
    arm = columns[ARM_COLUMN]
    columns["prior"][np.flatnonzero(arm != "letter")[:9]] = "rare"
    columns["log_debt"] = pa.array(np.linspace(4, 8, SIZE) % 1.3, mask=(arm == "sms") & (np.arange(SIZE) % 9 == 0))
    frame, evaluation = both(columns, declared)
    check = opinion(frame, declared, evaluation)
    assert check.passed, check.detail
    assert len(check.figures) == 2


def test_a_customer_alone_in_a_cell_leaves_the_estimates_to_compare() -> None:
    """Its leverage is 1: statsmodels divides by what rounding left of 1 - 1; here it adds nothing, which is said."""
    declared = protocol("lin", "HC3")
    columns = customers()
    for arm, alone in (("letter", 1), ("nfa", 5), ("sms", 5)):
        columns["prior"][np.flatnonzero(columns[ARM_COLUMN] == arm)[:alone]] = "rare"
    columns["prior"] = columns["prior"].astype(str)
    frame, evaluation = both(columns, declared)
    check = opinion(frame, declared, evaluation)
    assert check.passed
    assert len(check.figures) == 2
    assert check.detail.endswith("so errors are not compared")


def test_no_one_regression_holds_an_arm_that_lacks_a_stratum() -> None:
    declared = protocol("none", "HC2", strata=True)
    columns = customers()
    columns[ARM_COLUMN] = np.where(
        (columns[ARM_COLUMN] == "sms") & (columns["band"] == "low"), "letter", columns[ARM_COLUMN]
    )
    frame, evaluation = both(columns, declared)
    assert [row.estimate is None for row in evaluation.estimates if row.outcome == "paid"] == [False, True]
    check = opinion(frame, declared, evaluation)
    assert check.passed is None
    assert check.severity == "informs"


def test_a_second_opinion_finds_a_wrong_estimate() -> None:
    declared = protocol("lin", "HC2")
    frame, evaluation = both(customers(), declared)
    first, *rest = evaluation.estimates
    wrong = replace(evaluation, estimates=(replace(first, std_error=first.std_error * 1.0001), *rest))  # type: ignore[operator]
    check = opinion(frame, declared, wrong)
    assert check.passed is False
    assert "differ" in check.detail


def fitted_by_statsmodels(columns: dict[str, Any], arms: tuple[str, ...], *, adjusted: bool, clustered: bool) -> Any:
    """A logit of payment on a constant, the arms but the first, and the covariates, laid out here by hand."""
    import statsmodels.api as sm

    paid = columns["paid"].to_numpy(zero_copy_only=False)
    seen = ~np.isnan(paid)
    parts = [np.ones(SIZE), *(columns[ARM_COLUMN] == arm for arm in arms[1:])]
    if adjusted:
        log_debt = columns["log_debt"].to_numpy(zero_copy_only=False)
        gaps = np.isnan(log_debt)
        # What stands in a gap is taken up by its indicator: any number gives the same predictions.
        parts += [np.where(gaps, 5.0, log_debt), gaps, columns["prior"] == "some", columns["prior"] == "many"]
    matrix = np.column_stack(parts).astype(float)[seen]
    groups = np.unique(columns["agent"], return_inverse=True)[1][seen]
    errors = (
        {"cov_type": "cluster", "cov_kwds": {"groups": groups, "use_correction": False}}
        if clustered
        else {"cov_type": "HC0"}
    )
    return sm.Logit(paid[seen], matrix).fit(disp=0, method="newton", tol=1e-14, **errors)


def logit_of(declared: Protocol, columns: dict[str, Any]) -> list[Any]:
    frame = frame_of(columns)
    covariates = specification_of(frame, declared, column_kinds(frame)).covariates
    data = read_rows(frame, declared, ["paid", *(column.name for column in covariates)])
    return logit_rows(data, declared, declared.primary, covariates)


@pytest.mark.parametrize("clustered", [False, True], ids=["customers", "clusters"])
@pytest.mark.parametrize("adjustment", ["none", "additive"])
def test_logit_effects_are_statsmodels_margins(adjustment: str, clustered: bool) -> None:
    """With two arms the margin of the arm's dummy is the difference between all customers in it and all outside it."""
    declared = protocol(adjustment, "CR2" if clustered else "HC2", clustered=clustered)
    declared = declared.model_copy(update={"arms": declared.arms[:2]})
    columns = customers(missing=0.04)
    columns[ARM_COLUMN] = np.where(columns[ARM_COLUMN] == "sms", "letter", columns[ARM_COLUMN])
    fitted = fitted_by_statsmodels(columns, ("nfa", "letter"), adjusted=adjustment != "none", clustered=clustered)
    margins = fitted.get_margeff(dummy=True)
    (row,) = logit_of(declared, columns)
    assert row.estimate == pytest.approx(margins.margeff[0], rel=1e-8)
    assert row.std_error == pytest.approx(margins.margeff_se[0], rel=1e-8)
    assert row.p_value == pytest.approx(margins.pvalues[0], rel=1e-6)
    assert (row.ci_lower, row.ci_upper) == pytest.approx(tuple(margins.conf_int()[0]), rel=1e-6)


@pytest.mark.parametrize("clustered", [False, True], ids=["customers", "clusters"])
@pytest.mark.parametrize("adjustment", ["none", "additive"])
def test_logit_effects_of_several_arms_follow_the_delta_method(adjustment: str, clustered: bool) -> None:
    """Every customer, of the other arms too, is predicted under both; statsmodels differentiates that numerically."""
    from statsmodels.tools.numdiff import approx_fprime

    declared = protocol(adjustment, "CR2" if clustered else "HC2", clustered=clustered)
    columns = customers(missing=0.04)
    fitted = fitted_by_statsmodels(
        columns, ("nfa", "letter", "sms"), adjusted=adjustment != "none", clustered=clustered
    )
    rows = logit_of(declared, columns)
    assert [row.arm for row in rows] == ["letter", "sms"]
    for place, row in enumerate(rows, start=1):
        under, without = fitted.model.exog.copy(), fitted.model.exog.copy()
        under[:, 1:3], without[:, 1:3] = 0.0, 0.0
        under[:, place] = 1.0

        def effect(parameters: Any, under: Any = under, without: Any = without) -> Any:
            return np.mean(fitted.model.predict(parameters, under) - fitted.model.predict(parameters, without))

        slope = approx_fprime(fitted.params, effect, centered=True)
        error = float(slope @ fitted.cov_params() @ slope) ** 0.5
        assert row.estimate == pytest.approx(effect(fitted.params), rel=1e-8)
        assert row.std_error == pytest.approx(error, rel=1e-7)


def test_everything_beside_the_headline_is_there_and_survives_json() -> None:
    declared = protocol("lin", "HC2", strata=True)
    frame, evaluation = both(customers(missing=0.05), declared)
    whole = with_sensitivity(frame, declared, evaluation)
    variants = {variant_words(row.variant) for row in whole.sensitivity if row.variant is not None}
    assert {
        "logit, average marginal effect",
        "HC3",
        "classical",
        "adjustment: none",
        "adjustment: additive",
    } <= variants
    assert {"mean, studentised bootstrap", "share who paid anything", "quantile 0.9"} <= variants
    redrawn = [row for row in whole.sensitivity if row.method == "randomisation_inference"]
    assert [(row.arm, row.comparison) for row in redrawn] == [("letter", "nfa"), ("sms", "nfa")]
    assert next(c for c in whole.checks if c.kind == "second_opinion").passed
    assert {(b.outcome, b.assumption) for b in whole.bounds} == {
        ("paid", "worst_case"), ("paid", "lee"), ("collected", "lee"),
    }  # fmt: skip
    assert [posterior.quantity for posterior in whole.posteriors] == ["primary_effect", "net_benefit"]
    for posterior in whole.posteriors:
        assert sum(arm.probability_best for arm in posterior.arms) == pytest.approx(1.0)
    assert whole.estimates == evaluation.estimates
    assert whole.verdict == evaluation.verdict
    assert from_document(json.loads(json.dumps(to_document(whole)))) == whole


def test_what_stands_beside_is_the_same_each_time() -> None:
    declared = protocol("lin", "HC2")
    frame, evaluation = both(customers(), declared)
    assert with_sensitivity(frame, declared, evaluation) == with_sensitivity(frame, declared, evaluation)


def test_redrawn_net_benefit_agrees_with_its_normal_p_value() -> None:
    from scipy.special import ndtr

    declared = protocol("none", "HC2", strata=True)
    frame, evaluation = both(customers(), declared)
    found = redraw(frame, declared, DIGEST, composite(declared, "central"), Cell("sms", "nfa"), 0.05)
    assert isinstance(found, Redrawn)
    p_value = found.p_greater()
    assert evaluation.net_benefit is not None
    money = next(row.central for row in evaluation.net_benefit.arms if row.arm == "sms")
    expected = float(ndtr(-money.estimate / money.std_error))  # type: ignore[operator]
    assert p_value == pytest.approx(expected, abs=0.02)


def test_clusters_are_redrawn_whole() -> None:
    declared = protocol("none", "CR2", clustered=True)
    frame, evaluation = both(customers(), declared)
    whole = with_sensitivity(frame, declared, evaluation)
    rows = [row for row in whole.sensitivity if row.method == "randomisation_inference"]
    assert all(row.p_value is not None and row.std_error is not None for row in rows)
    planned = {row.arm: row for row in evaluation.estimates if row.outcome == "paid"}
    for row in rows:
        assert row.std_error == pytest.approx(planned[row.arm].std_error, rel=0.05)


def test_rows_of_minutes_say_minutes() -> None:
    paid, collected = (declared := protocol("none", "HC2")).outcomes
    held = declared.model_copy(update={"outcomes": (paid, collected.model_copy(update={"unit": "minutes"}))})
    frame, evaluation = both(customers(), held)
    rows = [row.variant for row in with_sensitivity(frame, held, evaluation).sensitivity if row.outcome == "collected"]
    words = {variant_words(variant) for variant in rows if variant is not None}
    assert {"share with any minutes", "mean among those with any minutes (descriptive)"} <= words
    assert not any("paid" in said or "£" in said for said in words)
