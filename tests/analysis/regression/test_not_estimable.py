"""What cannot be estimated says so, contrast by contrast; what contradicts itself is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.errors import AnalysisRefused
from analysis.fit import Term
from analysis.frame import ARM_COLUMN
from analysis.regression import regress
from analysis.specification import Column
from tests.analysis.frames import design, frame_of, only, outcome, random_trial, two_arms


@pytest.mark.parametrize("adjustment", ["none", "additive", "lin"])
@pytest.mark.parametrize("kind", ["classical", "HC2", "HC3"])
@pytest.mark.parametrize(("size", "words"), [(1, "only one customer"), (0, "no customer")])
def test_an_arm_of_one_customer_is_not_estimable_and_the_others_are(adjustment, kind, size, words):
    trial = random_trial(2, n=300, kind=kind)
    arm = trial.columns[ARM_COLUMN]
    arm[arm == "sms"] = "letter"
    arm[:size] = "sms"
    declared = dataclasses.replace(trial.design, adjustment=adjustment)
    letter, sms, between = (
        regress(frame_of(trial.columns), declared, [outcome("amount")]).fits["amount", None].contrasts
    )
    assert letter.std_error is not None
    assert letter.reason is None
    for contrast in (sms, between):
        assert (contrast.estimate, contrast.std_error, contrast.df) == (None, None, None)
        assert contrast.reason == f"arm sms has {words} with this outcome observed"
        assert contrast.n_arm == size


@pytest.mark.parametrize("adjustment", ["none", "lin"])
def test_a_stratum_without_the_arm_stops_that_contrast_only(adjustment):
    trial = random_trial(2, n=300)
    trial.columns["band"][trial.columns[ARM_COLUMN] == "sms"] = "low"
    declared = dataclasses.replace(trial.design, adjustment=adjustment, strata=("band",), covariates=())
    letter, sms, _ = regress(frame_of(trial.columns), declared, [outcome("amount")]).fits["amount", None].contrasts
    assert letter.std_error is not None
    assert sms.estimate is None
    of_pair = trial.columns[ARM_COLUMN] != "letter"
    share = (trial.columns["band"] == "high")[of_pair].mean()
    assert sms.reason == (
        f"arm sms has no customer in stratum high: {share:.1%} of the customers are in such strata, more than 5%"
    )


def test_a_stratum_with_one_customer_of_an_arm_has_no_variance():
    columns = two_arms(200)
    columns["band"] = np.where(np.arange(200) < 30, "small", "large")
    columns[ARM_COLUMN][:30] = "nfa"
    columns[ARM_COLUMN][0] = "letter"
    contrast = only(columns, design(strata=("band",)))
    assert contrast.estimate is not None
    assert contrast.std_error is None
    assert contrast.reason == "arm letter has fewer than two customers in stratum small"


def test_an_arm_smaller_than_its_regression_is_left_out():
    trial = random_trial(2, n=400)
    arm = trial.columns[ARM_COLUMN]
    arm[arm == "sms"] = "letter"
    arm[:3] = "sms"
    covariates = (Column("age", "number"), Column("income", "number"))
    declared = dataclasses.replace(trial.design, adjustment="lin", covariates=covariates, strata=())
    trial.columns["income"] = np.nan_to_num(trial.columns["income"])
    letter, sms, _ = regress(frame_of(trial.columns), declared, [outcome("amount")]).fits["amount", None].contrasts
    assert letter.std_error is not None
    assert sms.reason == "arm sms has 3 customers, too few for the 3 columns of its regression"


def test_an_outcome_that_does_not_vary_has_no_standard_error():
    for y in (np.zeros(400), np.full(400, 12.34), np.where(two_arms()[ARM_COLUMN] == "nfa", 0.1, 0.7)):
        contrast = only(two_arms() | {"y": y}, design())
        assert contrast.estimate is not None
        assert contrast.std_error is None
        assert "does not vary" in contrast.reason


def test_a_level_that_an_arm_lacks_is_merged_and_named():
    trial = random_trial(2, n=400)
    arm, region = trial.columns[ARM_COLUMN], trial.columns["region"]
    lacking = ((arm == "sms") & (region == "isles")) | ((arm == "letter") & (region == "west"))
    trial.columns["region"][lacking] = "north"
    declared = dataclasses.replace(
        trial.design, adjustment="lin", covariates=(Column("region", "category"),), strata=()
    )
    fit = regress(frame_of(trial.columns), declared, [outcome("amount")]).fits["amount", None]
    assert fit.merged == (Term("region", "isles"), Term("region", "west"))
    merged = np.where(np.isin(trial.columns["region"], ["isles", "west"]), "other", trial.columns["region"])
    by_hand = regress(frame_of(trial.columns | {"region": merged}), declared, [outcome("amount")]).fits["amount", None]
    np.testing.assert_allclose(fit.covariance, by_hand.covariance, rtol=1e-12)
    assert fit.p == 3 * 4


def test_a_customer_alone_in_a_level_adds_nothing_to_hc2_and_it_is_said():
    columns = two_arms(200)
    columns["site"] = np.full(200, "A", dtype=object)
    letter = np.flatnonzero(columns[ARM_COLUMN] == "letter")
    nfa = np.flatnonzero(columns[ARM_COLUMN] == "nfa")
    columns["site"][[letter[0], *nfa[:5]]] = "B"
    contrast = only(columns, design(adjustment="lin", covariates=(Column("site", "category"),)))
    assert contrast.std_error is not None
    assert contrast.note == "customers alone in their cell of the regression add nothing to its variance: 1"


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("column", ["x", "y"])
def test_an_infinite_value_is_refused_by_column(bad, column):
    columns = two_arms()
    columns[column][7] = bad
    with pytest.raises(AnalysisRefused, match=f"column {column}: it holds NaN or an infinite value"):
        only(columns, design(adjustment="lin", covariates=(Column("x", "number"),)))


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_a_weight_that_is_not_above_zero_is_refused(weight):
    columns = two_arms() | {"w": np.ones(400)}
    columns["w"][3] = weight
    with pytest.raises(AnalysisRefused, match="column w: a weight is missing or not above zero"):
        only(columns, design(weight="w"))


def test_a_design_that_names_what_is_not_there_is_refused():
    with pytest.raises(AnalysisRefused, match="the data have no column z"):
        only(two_arms(), design(strata=("z",)))
    with pytest.raises(AnalysisRefused, match="CR2 needs a cluster"):
        only(two_arms(), design("CR2"))
    with pytest.raises(AnalysisRefused, match="contrast with call, which is no arm"):
        only(two_arms(), design(contrasts=(("call", "nfa"),)))


def test_rows_of_other_arms_take_no_part():
    columns = two_arms()
    columns[ARM_COLUMN] = columns[ARM_COLUMN].astype("<U9")
    expected = only({k: v[:300] for k, v in columns.items()}, design())
    columns[ARM_COLUMN][300:] = "elsewhere"
    assert only(columns, design()) == expected
