"""statsmodels fits the primary outcome again at every size; above what memory holds, a sample that is a trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.evaluate.specify import column_kinds, specification_of
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.randomisation.in_memory import read_rows
from analysis.results import Check
from analysis.sensitivity import second_opinion as module
from analysis.sensitivity.second_opinion import second_opinion
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of
from tests.analysis.sensitivity.test_sensitivity import DIGEST, customers, protocol


def opinion(frame: AnalysisFrame, declared: Protocol, *, in_memory: bool = True) -> Check:
    evaluation = evaluate(frame, declared, protocol_digest=DIGEST)
    design = specification_of(frame, declared, column_kinds(frame))
    columns = ["paid", *(column.name for column in design.covariates)]
    data = read_rows(frame, declared, columns) if in_memory else None
    return second_opinion(data, frame, declared, design, evaluation)


def many_strata(strata: int, seed: int = 3) -> dict:
    columns = customers(missing=0.04)
    columns["band"] = np.array(
        [f"band {k}" for k in np.random.default_rng(seed).integers(0, strata, len(columns["band"]))]
    )
    return columns


@pytest.mark.parametrize("in_memory", [True, False])
def test_above_what_memory_holds_whole_strata_are_fitted_by_both(monkeypatch, in_memory):
    monkeypatch.setattr(module, "CELLS", 30_000)
    declared = protocol("lin", "HC2", strata=True)
    check = opinion(frame_of(many_strata(12)), declared, in_memory=in_memory)
    assert check.passed, check.detail
    assert check.detail.startswith("On a random sample of ")
    assert "of 12 strata whole: estimates and standard errors agree" in check.detail


def test_above_what_memory_holds_whole_clusters_are_fitted_by_both(monkeypatch):
    monkeypatch.setattr(module, "CELLS", 30_000)
    declared = protocol("lin", "CR1", clustered=True)
    check = opinion(frame_of(customers()), declared)
    assert check.passed, check.detail
    assert "clusters whole: estimates and standard errors agree" in check.detail


def test_a_sample_is_the_same_each_time_and_another_for_another_protocol(monkeypatch):
    monkeypatch.setattr(module, "CELLS", 30_000)
    declared, frame = protocol("lin", "HC2", strata=True), frame_of(many_strata(40))
    design = specification_of(frame, declared, column_kinds(frame))
    evaluation = evaluate(frame, declared, protocol_digest=DIGEST)
    details = [
        second_opinion(None, frame, declared, design, replace(evaluation, protocol_digest=digest)).detail
        for digest in (DIGEST, DIGEST, "e" * 64)
    ]
    assert details[0] == details[1] != details[2]


def test_without_strata_or_clusters_there_is_no_sample_and_it_says_so(monkeypatch):
    monkeypatch.setattr(module, "CELLS", 1_000)
    check = opinion(frame_of(customers()), protocol("lin", "HC2"))
    assert (check.passed, check.severity) == (None, "informs")
    assert "neither strata nor clusters to draw a sample by" in check.detail


def test_strata_too_large_to_sample_are_said(monkeypatch):
    monkeypatch.setattr(module, "CELLS", 1_000)
    check = opinion(frame_of(customers()), protocol("lin", "HC2", strata=True))
    assert check.passed is None
    assert "fewer than two strata are small enough" in check.detail


def test_a_wrong_fit_of_the_sample_is_found(monkeypatch):
    monkeypatch.setattr(module, "CELLS", 30_000)
    fit = module.regress_as_designed

    def wrong(*args):
        regression = fit(*args)
        first = regression.fits["paid", None]
        contrasts = tuple(replace(c, estimate=c.estimate * 1.0001) for c in first.contrasts)
        return replace(regression, fits={("paid", None): replace(first, contrasts=contrasts)})

    monkeypatch.setattr(module, "regress_as_designed", wrong)
    check = opinion(frame_of(many_strata(12)), protocol("lin", "HC2", strata=True))
    assert check.passed is False
    assert "differ" in check.detail


def sparse(*, lacks: str | None = None, lone: str | None = None) -> dict:
    """A third stratum of 30 customers, in which one arm has nobody, or one customer."""
    columns = customers(missing=0.0)
    third = np.zeros(len(columns["band"]), dtype=bool)
    third[:30] = True
    of_arm = third & (columns[ARM_COLUMN] == (lacks or lone))
    if lone:
        of_arm[np.flatnonzero(of_arm)[0]] = False
    third &= ~of_arm
    columns["band"] = np.where(third, "welsh", columns["band"])
    return columns


@pytest.mark.parametrize("adjustment", ["none", "lin", "additive"])
@pytest.mark.parametrize("errors", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_an_arm_that_lacks_a_stratum_does_not_decide_the_columns_of_the_others(adjustment, errors):
    check = opinion(frame_of(sparse(lacks="sms")), protocol(adjustment, errors, strata=True))
    assert check.passed, check.detail
    assert "estimates and standard errors agree" in check.detail


@pytest.mark.parametrize("adjustment", ["none", "lin"])
@pytest.mark.parametrize("errors", ["HC0", "HC1"])
def test_a_customer_alone_in_a_stratum_has_an_error_that_statsmodels_does_not_know(adjustment, errors):
    check = opinion(frame_of(sparse(lone="letter")), protocol(adjustment, errors, strata=True))
    assert check.passed, check.detail
    assert "takes for nil, so errors are not compared" in check.detail
    pooled = opinion(frame_of(sparse(lone="letter")), protocol(adjustment, "classical", strata=True))
    assert pooled.passed
    assert "errors agree" in pooled.detail


@pytest.mark.parametrize("adjustment", ["none", "lin"])
def test_an_arm_that_lacks_a_stratum_and_clusters_that_span_arms(adjustment):
    columns = sparse(lacks="sms")
    columns["agent"] = np.char.add("agent ", (np.arange(len(columns["agent"])) % 200).astype(str))
    check = opinion(frame_of(columns), protocol(adjustment, "CR1", strata=True, clustered=True))
    assert check.passed, check.detail
    assert "standard errors agree" in check.detail
