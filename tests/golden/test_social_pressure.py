"""The 2006 mailing: 306,000 voters by household. Published table, CR1 by statsmodels, CR2 by its closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from ruamel.yaml import YAML

from analysis.results import Evaluation
from tests.golden.external import analysed, row
from tests.places import ROOT
from trials.stages.analyse import analyse

PROTOCOL = ROOT / "designs" / "library" / "social-pressure.yaml"
LABELS = {"civic_duty": "Civic Duty", "hawthorne": "Hawthorne", "neighbours": "Neighbors"}


@pytest.fixture(scope="module")
def data_file(reference_data: Path) -> Path:
    return reference_data / "ggl_social_pressure_2006" / "data.csv.gz"


@pytest.fixture(scope="module")
def data(data_file: Path) -> pd.DataFrame:
    return pd.read_csv(data_file)


@pytest.fixture(scope="module")
def evaluation(data_file: Path) -> Evaluation:
    return analyse(PROTOCOL, data_file)


@pytest.fixture(scope="module")
def by_cr1(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    declared = YAML(typ="safe").load(PROTOCOL)
    declared["analysis"]["standard_errors"] = "CR1"
    return analysed(tmp_path_factory.mktemp("cr1"), declared, data_file)


@pytest.mark.parametrize(
    ("arm", "estimate", "turnout", "voters"),
    [("civic_duty", 0.018, 31.5, 38218), ("hawthorne", 0.026, 32.2, 38204), ("neighbours", 0.081, 37.8, 38201)],
)
def test_published_table(evaluation, by_cr1, arm, estimate, turnout, voters):
    """Gerber, Green & Larimer (2008), table 2 and column (a) of table 3: errors of .003, clustered by household."""
    for whole in (evaluation, by_cr1):
        ours = row(whole, arm=arm)
        assert round(ours.estimate, 3) == estimate
        assert round(ours.std_error, 3) == 0.003
        assert round(100 * ours.adjusted_mean_arm, 1) == turnout
        assert round(100 * ours.mean_comparison, 1) == 29.7
        assert (ours.n_arm, ours.n_comparison) == (voters, 191243)


def test_cr1_equals_statsmodels(by_cr1, data):
    categories = pd.Categorical(data.messages, ["Control", *LABELS.values()])
    fit = smf.ols("y ~ arm", pd.DataFrame({"y": data.primary2006, "arm": categories})).fit(
        cov_type="cluster", cov_kwds={"groups": data.household}
    )
    for arm, label in LABELS.items():
        ours = row(by_cr1, arm=arm)
        assert ours.estimate == pytest.approx(fit.params[f"arm[T.{label}]"], rel=1e-9)
        assert ours.std_error == pytest.approx(fit.bse[f"arm[T.{label}]"], rel=1e-9)
        assert ours.df == data.household.nunique() - 1


def _cr2_of_a_mean(part: pd.DataFrame) -> tuple[float, float]:
    """Mean and CR2 variance of one arm. The adjustment matrix acts on one vector, so it is one number a household."""
    centred = part.primary2006 - part.primary2006.mean()
    totals, sizes = centred.groupby(part.household).sum(), part.groupby("household").size()
    return part.primary2006.mean(), float((totals**2 / (1 - sizes / len(part))).sum() / len(part) ** 2)


@pytest.mark.parametrize("level", [None, "female", "male"])
def test_cr2_equals_its_closed_form(evaluation, data, level):
    part = data if level is None else data[data.sex == level]
    base, base_variance = _cr2_of_a_mean(part[part.messages == "Control"])
    for arm, label in LABELS.items():
        mean, variance = _cr2_of_a_mean(part[part.messages == label])
        ours = row(evaluation, arm=arm, subgroup=None if level is None else "sex", level=level)
        assert ours.standard_errors == "CR2"
        assert ours.estimate == pytest.approx(mean - base, rel=1e-9)
        assert ours.std_error == pytest.approx(np.sqrt(variance + base_variance), rel=1e-9)


def test_interactions_use_the_covariance_between_the_sexes_of_one_household(evaluation, data):
    """A household's men and women err together: the difference between levels is less sure than if they did not."""
    for test in evaluation.interactions:
        female, male = (row(evaluation, arm=test.arm, subgroup="sex", level=sex) for sex in ("female", "male"))
        independent = (female.estimate - male.estimate) ** 2 / (female.std_error**2 + male.std_error**2)
        assert test.statistic > 1.05 * independent


def test_the_ratio_is_tested_on_households_and_errors_are_named(evaluation, by_cr1):
    ratio = next(check for check in evaluation.checks if check.name == "sample_ratio")
    assert ratio.passed is True
    assert "clusters by arm" in ratio.detail
    assert "Nothing sent 99,999" in ratio.detail
    assert next(check for check in evaluation.checks if check.name == "clusters_whole").passed is True
    assert any("CR1 errors" in note for note in by_cr1.notes)


def test_without_declared_values_nothing_can_be_scaled(evaluation):
    assert evaluation.net_benefit is None
    assert "declares no decision" in evaluation.net_benefit_reason
    assert evaluation.verdict.code == "not_shown"
    assert "81 more voted" in evaluation.verdict.sentence
