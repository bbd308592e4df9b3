"""Published trials through `analyse`: what was printed, to the digit printed. Figures are in each data set's README."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.golden.external import analysed, arm, outcome, protocol, row

NFA_AT_0 = [arm("nfa", 0, "nfa"), arm("treated", 1)]


def test_hajj_lottery_to_seven_digits(reference_data: Path, tmp_path: Path):
    """estimatr's difference_in_means as printed in the reference manual of rdss: Welch's degrees of freedom."""
    declared = protocol(arms=NFA_AT_0, outcomes=[outcome("views", "amount")], arm_column="success")
    ours = row(analysed(tmp_path, declared, reference_data / "hajj_2009" / "data.csv"))
    printed = {
        "estimate": 0.4748337, "std_error": 0.1626723, "statistic": 2.918958, "p_value": 0.003594545,
        "ci_lower": 0.1555969, "ci_upper": 0.7940705, "df": 954.3044,
    }  # fmt: skip
    for name, figure in printed.items():
        assert float(f"{getattr(ours, name):.7g}") == figure, name


@pytest.mark.parametrize(
    ("adjustment", "errors", "estimate", "std_error"),
    [
        ("none", "classical", 1794, 633),
        ("additive", "classical", 1672, 638),
        # HC2 of the unadjusted difference is Neyman's; the README gives 671.0.
        ("none", "HC2", 1794, 671),
    ],
)
def test_job_training(reference_data: Path, tmp_path: Path, adjustment, errors, estimate, std_error):
    """Dehejia & Wahba (1999): unadjusted and adjusted, with the square of age among the covariates."""
    data = pd.read_csv(reference_data / "nsw_dw_1999" / "data.csv").assign(age_squared=lambda d: d.age**2)
    covariates = [
        {"column": name, "as": "number"}
        for name in ("age", "age_squared", "educ", "nodegree", "black", "hisp", "re74", "re75")
    ]
    declared = protocol(
        arms=NFA_AT_0,
        outcomes=[outcome("re78", "amount")],
        arm_column="treat",
        analysis={"adjustment": adjustment, "standard_errors": errors, "covariates": covariates},
    )
    ours = row(analysed(tmp_path, declared, data))
    assert (round(ours.estimate), round(ours.std_error)) == (estimate, std_error)
    assert (ours.n_arm, ours.n_comparison) == (185, 260)


@pytest.mark.parametrize(
    ("adjustment", "estimate", "std_error"),
    [("none", -0.036, 0.158), ("additive", -0.083, 0.146), ("lin", -0.081, 0.146)],
)
def test_lin_2013_table_2(reference_data: Path, tmp_path: Path, adjustment, estimate, std_error):
    """Men offered support and incentives against incentives alone: unadjusted, usual, interacted; HC0."""
    declared = protocol(
        arms=NFA_AT_0,
        outcomes=[outcome("GPA_year1".lower(), "amount", column="GPA_year1")],
        arm_column="sfsp",
        analysis={"adjustment": adjustment, "standard_errors": "HC0", "covariates": ["gpa0"]},
    )
    ours = row(analysed(tmp_path, declared, reference_data / "alo_star_2009" / "alo_star_men.csv"))
    assert (round(ours.estimate, 3), round(ours.std_error, 3)) == (estimate, std_error)


def test_angrist_lang_oreopoulos_table_5(reference_data: Path, tmp_path: Path):
    """Panel A, all students, full controls, N = 1,255: robust (HC1) errors, three arms against the control."""
    data = pd.read_csv(reference_data / "alo_star_2009" / "data.csv.gz")
    data = data[(data.noshow == 0) & data.grade_20059_fall.notna() & data.GPA_year1.notna()]
    data = data.assign(arm=np.select([data.ssp == 1, data.sfp == 1, data.sfsp == 1], ["ssp", "sfp", "sfsp"], "control"))
    controls = ["sex", "mtongue", "hsgroup", "numcourses_nov1", "lastmin", "mom_edn", "dad_edn"]
    # The paper leaves out students with a control missing; this service would keep them, so they go beforehand.
    data = data.dropna(subset=controls)
    declared = protocol(
        arms=[arm("control", "control", "nfa"), *(arm(name, name) for name in ("ssp", "sfp", "sfsp"))],
        outcomes=[
            outcome("grade", "amount", column="grade_20059_fall"),
            outcome("gpa", "amount", column="GPA_year1", role="secondary"),
        ],
        arm_column="arm",
        analysis={
            "adjustment": "additive",
            "standard_errors": "HC1",
            "covariates": [{"column": name, "as": "category"} for name in controls],
        },
    )
    evaluation = analysed(tmp_path, declared, data)
    assert evaluation.flow.analysed == 1255
    printed = {
        "grade": {"ssp": (0.349, 0.917), "sfp": (1.824, 0.847), "sfsp": (2.702, 1.124)},
        "gpa": {"ssp": (0.073, 0.066), "sfp": (0.010, 0.064), "sfsp": (0.210, 0.092)},
    }
    for name, arms in printed.items():
        for treated, figures in arms.items():
            ours = row(evaluation, outcome=name, arm=treated)
            assert (round(ours.estimate, 3), round(ours.std_error, 3)) == figures


def test_tennessee_class_sizes(reference_data: Path, tmp_path: Path):
    """Stock & Watson, table 13.1, kindergarten: three arms, HC1, no blocks."""
    data = pd.read_csv(reference_data / "tennessee_star_k" / "data.csv.gz")
    data = data[data.stark.notna()].assign(score=data.readk + data.mathk)
    declared = protocol(
        arms=[arm("regular", "regular", "nfa"), arm("small", "small"), arm("aide", "regular+aide")],
        outcomes=[outcome("score", "amount")],
        arm_column="stark",
        analysis={"standard_errors": "HC1"},
    )
    evaluation = analysed(tmp_path, declared, data)
    small, aide = row(evaluation, arm="small"), row(evaluation, arm="aide")
    assert (round(small.estimate, 2), round(small.std_error, 2)) == (13.90, 2.45)
    assert (round(aide.estimate, 2), round(aide.std_error, 2)) == (0.31, 2.27)
    assert round(small.mean_comparison, 2) == 918.04
    assert evaluation.flow.analysed == 5786
    # Pupils without a score are missing, counted by arm, and never dropped from the flow.
    assert evaluation.flow.allocated == len(data) > 5786
    assert sum(flow.missing for flow in evaluation.flow.arms) == len(data) - 5786


def test_thornton_incentives(reference_data: Path, tmp_path: Path):
    """Thornton (2008), table 4, column 1: any incentive, covariates, errors clustered by village (CR1)."""
    covariates = ["male", "age", "age2", "hiv2004", "rumphi", "balaka", "simaverage"]
    declared = protocol(
        arms=[arm("nfa", 0, "nfa"), arm("any", 1)],
        outcomes=[outcome("got", "binary")],
        arm_column="any",
        population={"cluster": "villnum"},
        analysis={
            "adjustment": "additive",
            "standard_errors": "CR1",
            "covariates": [{"column": name, "as": "number"} for name in covariates],
        },
    )
    data = pd.read_csv(reference_data / "thornton_hiv_2008" / "data.csv.gz")
    evaluation = analysed(tmp_path, declared, data[data.MainSample == 1])
    ours = row(evaluation)
    assert (round(ours.estimate, 3), round(ours.std_error, 3)) == (0.431, 0.023)
    assert round(ours.mean_comparison, 2) == 0.34
    assert ours.n_arm + ours.n_comparison == 2812
    assert ours.df == 119 - 1
    # Incentives were assigned to persons within villages: the file's clusters lie in both arms, and that is said.
    assert next(check for check in evaluation.checks if check.name == "clusters_whole").passed is False


def test_beijing_canvassing_with_two_missing_outcomes(reference_data: Path, tmp_path: Path):
    """Guan & Green (2006): rooms assigned whole; the README's second computation is of 4,022 with the outcome."""
    declared = protocol(
        arms=NFA_AT_0,
        outcomes=[outcome("turnout", "binary")],
        arm_column="treat2",
        population={"cluster": "dormid"},
        analysis={"standard_errors": "CR1", "complier": {"received": "contact"}},
    )
    evaluation = analysed(tmp_path, declared, reference_data / "guan_green_2006" / "data.csv")
    contacted = row(evaluation, estimand="complier")
    assert contacted.estimate == pytest.approx(0.14894022959120987, rel=1e-12)
    # linearmodels' error there has no small-sample factor, CR1's is G/(G − 1) × (n − 1)/(n − 2) on the variance.
    factor = math.sqrt(1004 / 1003 * 4021 / 4020)
    assert contacted.std_error == pytest.approx(0.02629506046381443 * factor, rel=1e-6)
    ours = row(evaluation)
    assert ours.estimate == pytest.approx(0.13192957092882063, rel=1e-12)
    assert ours.std_error == pytest.approx(0.023271360099736873, rel=1e-9)
    assert (evaluation.flow.allocated, evaluation.flow.analysed) == (4024, 4022)
    assert next(c for c in evaluation.checks if c.name == "clusters_enough").figures["clusters"] == 1004
    assert ours.estimate > 0.12  # "more than 12 percentage points"


def test_indomethacin_lowers_what_should_fall(reference_data: Path, tmp_path: Path):
    """Elmunzer et al. (2012): 9.2% against 16.9%, P = .005; an outcome that is better when it is lower."""
    data = pd.read_csv(reference_data / "indomethacin_2012" / "data.csv")
    data = data.assign(pancreatitis=(data.outcome == "1_yes").astype(int))
    declared = protocol(
        arms=[arm("placebo", "0_placebo", "nfa"), arm("indomethacin", "1_indomethacin", cost_per_customer=1.0)],
        outcomes=[outcome("pancreatitis", "binary", direction="decrease")],
        arm_column="rx",
        population={"unit": "id"},
        decision={"costs": [{"outcome": "pancreatitis", "value": 1000}]},
    )
    evaluation = analysed(tmp_path, declared, data)
    ours = row(evaluation)
    assert (round(100 * ours.adjusted_mean_arm, 1), round(100 * ours.mean_comparison, 1)) == (9.2, 16.9)
    assert (ours.n_arm, ours.n_comparison) == (295, 307)
    assert round(ours.p_value, 3) == 0.004  # Welch; the exact test printed gives .005
    assert stats.fisher_exact([[27, 268], [52, 255]]).pvalue == pytest.approx(0.005, abs=5e-4)
    assert evaluation.verdict.code == "scale"
    assert "78 fewer pancreatitis" in evaluation.verdict.sentence
    money = evaluation.net_benefit.arms[0].central
    assert money.estimate == pytest.approx(1000 * (52 / 307 - 27 / 295) - 1)


PRINTED_LOGIT = {"Threat": -0.09, "Public Service": -0.07, "Civic Duty": 0.21}


def test_philadelphia_letters_from_their_counts(reference_data: Path, tmp_path: Path):
    """Chirico et al. (2016): shares who ever paid, and the logit coefficients that those shares imply."""
    counts = pd.read_csv(reference_data / "tax_letter_counts" / "counts.csv")
    counts = counts[counts.trial == "philly2014_full"]
    rows = [{"letter": c.arm, "paid": int(i < c.ever_paid)} for c in counts.itertuples() for i in range(c.n)]
    declared = protocol(
        arms=[arm("control", "Control", "nfa"), arm("threat", "Threat"), arm("service", "Public Service"),
              arm("duty", "Civic Duty")],
        outcomes=[outcome("paid", "binary")],
        arm_column="letter",
    )  # fmt: skip
    evaluation = analysed(tmp_path, declared, pd.DataFrame(rows))
    for name, label in (("threat", "Threat"), ("service", "Public Service"), ("duty", "Civic Duty")):
        ours = row(evaluation, arm=name)
        printed = counts.set_index("arm").pct_ever_paid_printed
        assert math.floor(100 * ours.adjusted_mean_arm + 0.5) == pytest.approx(printed[label], abs=1)
        odds = [math.log(p / (1 - p)) for p in (ours.adjusted_mean_arm, ours.mean_comparison)]
        assert round(odds[0] - odds[1], 2) == PRINTED_LOGIT[label]
    assert math.log(row(evaluation, arm="duty").mean_comparison / (1 - 167 / 1075)) == pytest.approx(-1.69, abs=5e-3)
