"""Complier effects against linearmodels' 2SLS, Stata's, and the definition of the Anderson-Rubin set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from analysis.estimators.complier import complier_effects
from analysis.frame import ARM_COLUMN
from analysis.regression import regress
from analysis.specification import Column, Response, Specification
from tests.analysis.frames import frame_of, outcome


def trial(seed=0, n=900, *, contamination=0.0, first_stage=0.5, clusters=90):
    """Letters reach some, and with ``contamination`` some of the others too; those reached differ from the rest."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, clusters, n)
    arm = rng.choice(["nfa", "letter", "sms"], n)
    willing = rng.normal(size=n)
    chance = np.where(
        arm == "nfa", contamination, np.where(arm == "letter", first_stage, first_stage / 2) + contamination
    )
    received = (rng.random(n) < np.clip(chance + 0.1 * willing * (chance > 0), 0, 1)).astype(float)
    x = rng.normal(size=n)
    y = 1 + 2.0 * received + willing + 0.5 * x + rng.normal(size=n) + rng.normal(size=clusters)[cluster]
    y[rng.random(n) < 0.05] = np.nan
    return {
        ARM_COLUMN: arm,
        "x": x,
        "region": rng.choice(["north", "south", "east"], n),
        "school": cluster,
        "received": received,
        "y": y,
    }


COVARIATES = (Column("x", "number"), Column("region", "category"))


def design(kind, adjustment="additive", covariates=COVARIATES, **kwargs):
    return Specification(
        ("nfa", "letter", "sms"), (("letter", "nfa"), ("sms", "nfa")), adjustment, kind, covariates, **kwargs
    )


def two_stage(columns, arm, kind, covariates):
    """linearmodels on the contrast's two arms alone."""
    from linearmodels.iv import IV2SLS

    data = pd.DataFrame(columns)
    data = data[data[ARM_COLUMN].isin([arm, "nfa"]) & data.y.notna()]
    exogenous = [np.ones(len(data))]
    if covariates:
        exogenous += [data.x, data.region == "south", data.region == "east"]
    model = IV2SLS(data.y, np.column_stack(exogenous).astype(float), data.received, (data[ARM_COLUMN] == arm) * 1.0)
    if kind == "classical":
        return model.fit(cov_type="unadjusted", debiased=True)
    if kind in ("HC0", "HC1"):
        return model.fit(cov_type="robust", debiased=kind == "HC1")
    return model.fit(cov_type="clustered", clusters=data.school.to_numpy(), debiased=kind == "CR1")


@pytest.mark.parametrize("contamination", [0.0, 0.2], ids=["one-sided", "two-sided"])
@pytest.mark.parametrize(
    ("kind", "covariates"),
    [("classical", True), ("HC0", True), ("HC1", True), ("CR0", True), ("CR1", True), ("HC1", False), ("CR0", False)],
)
def test_equals_two_stage_least_squares(kind, contamination, covariates):
    columns = trial(3, contamination=contamination)
    declared = design(kind, "additive" if covariates else "none", cluster="school")
    for effect in complier_effects(frame_of(columns), declared, [outcome("y")], "received"):
        fit = two_stage(columns, effect.arm, kind, covariates)
        assert effect.estimate == pytest.approx(fit.params.iloc[-1], rel=1e-9)
        assert effect.std_error == pytest.approx(fit.std_errors.iloc[-1], rel=1e-9)
        assert effect.n_arm + effect.n_comparison == fit.nobs


def test_receipt_may_be_recorded_by_arm():
    columns = trial(1)
    columns["opened"] = np.where(columns[ARM_COLUMN] == "sms", columns["received"], 0.0)
    by_arm = complier_effects(frame_of(columns), design("HC2"), [outcome("y")], {"letter": "received", "sms": "opened"})
    letter = complier_effects(frame_of(columns), design("HC2"), [outcome("y")], "received")[0]
    sms = complier_effects(frame_of(columns), design("HC2"), [outcome("y")], "opened")[1]
    assert by_arm == (letter, sms)


@pytest.mark.parametrize(
    ("kind", "adjustment", "strata"),
    [("HC2", "none", ()), ("HC2", "lin", ()), ("CR2", "lin", ()), ("HC3", "none", ("region",)), ("CR2", "none", ())],
)
def test_the_anderson_rubin_set_holds_what_is_not_rejected(kind, adjustment, strata):
    """At each bound the effect on y - λd is significant at exactly alpha, by the same estimator."""
    columns = trial(5, contamination=0.1)
    declared = design(kind, adjustment, (Column("x", "number"),) if adjustment == "lin" else (), strata=strata)
    declared = Specification(declared.arms[:2], declared.contrasts[:1], *_rest(declared), cluster="school")
    (effect,) = complier_effects(frame_of(columns), declared, [outcome("y")], "received", alpha=0.1)
    critical = stdtrit(effect.df, 0.95)
    assert effect.anderson_rubin_lower < effect.estimate < effect.anderson_rubin_upper
    for bound in (effect.anderson_rubin_lower, effect.anderson_rubin_upper):
        shifted = Response("shifted", (("y", 1.0), ("received", -bound)))
        (c,) = regress(frame_of(columns), declared, [shifted]).fits["shifted", None].contrasts
        assert abs(c.estimate) / c.std_error == pytest.approx(critical, rel=1e-7)


def _rest(declared):
    return declared.adjustment, declared.standard_errors, declared.covariates, declared.strata


def test_the_standard_error_is_that_of_the_residual_response():
    columns = trial(2)
    declared = design("CR2", "lin", cluster="school")
    effect = complier_effects(frame_of(columns), declared, [outcome("y")], "received")[0]
    pair = Specification(("nfa", "letter"), (("letter", "nfa"),), *_rest(declared), cluster="school")
    residual = Response("residual", (("y", 1.0), ("received", -effect.estimate)))
    (c,) = regress(frame_of(columns), pair, [residual]).fits["residual", None].contrasts
    assert c.estimate == pytest.approx(0.0, abs=1e-12)
    assert effect.std_error == pytest.approx(c.std_error / abs(effect.first_stage), rel=1e-10)
    assert effect.df == pytest.approx(c.df, rel=1e-10)


def test_first_stage_f_is_the_square_of_its_t():
    columns = trial(2)
    complete = {k: v[~np.isnan(columns["y"])] for k, v in columns.items()}
    effect = complier_effects(frame_of(columns), design("HC2"), [outcome("y")], "received")[1]
    pair = Specification(("nfa", "sms"), (("sms", "nfa"),), *_rest(design("HC2")))
    (c,) = regress(frame_of(complete), pair, [outcome("received")]).fits["received", None].contrasts
    assert effect.first_stage == pytest.approx(c.estimate, rel=1e-12)
    assert effect.first_stage_f == pytest.approx((c.estimate / c.std_error) ** 2, rel=1e-10)


def test_an_instrument_that_moves_nothing_gives_an_unbounded_set():
    columns = trial(4, contamination=0.4, first_stage=0.0)
    effect = complier_effects(frame_of(columns), design("HC2"), [outcome("y")], "received")[0]
    assert (effect.anderson_rubin_lower, effect.anderson_rubin_upper) == (None, None)
    assert effect.anderson_rubin_reason == "the arms differ too little in receipt: the Anderson-Rubin set is unbounded"
    assert "first stage is weak" in effect.note


def test_nobody_reached_is_not_estimable():
    columns = trial(4) | {"received": np.zeros(900)}
    for effect in complier_effects(frame_of(columns), design("HC2"), [outcome("y")], "received"):
        assert (effect.estimate, effect.std_error, effect.anderson_rubin_lower) == (None, None, None)
        assert effect.reason == "receipt does not differ between the arms"


@pytest.mark.parametrize("kind", ["HC2", "CR2"])
def test_receipt_that_follows_the_arm_gives_back_the_intention_to_treat_effect(kind):
    columns = trial(6)
    columns["received"] = (columns[ARM_COLUMN] != "nfa").astype(float)
    declared = design(kind, "none", (), cluster="school")
    for effect in complier_effects(frame_of(columns), declared, [outcome("y")], "received"):
        pair = Specification(("nfa", effect.arm), ((effect.arm, "nfa"),), *_rest(declared), cluster="school")
        (itt,) = regress(frame_of(columns), pair, [outcome("y")]).fits["y", None].contrasts
        assert effect.estimate == pytest.approx(itt.estimate, rel=1e-12)
        assert effect.std_error == pytest.approx(itt.std_error, rel=1e-9)
        assert effect.first_stage_f is None
        half = stdtrit(itt.df, 0.975) * itt.std_error
        assert effect.anderson_rubin_lower == pytest.approx(itt.estimate - half, rel=1e-7)
        assert effect.anderson_rubin_upper == pytest.approx(itt.estimate + half, rel=1e-7)


def test_a_cap_is_on_the_response_and_not_on_receipt():
    columns = trial(8)
    columns["capped"] = np.minimum(columns["y"], 2.0)
    capped, by_hand = (
        complier_effects(frame_of(columns), design("HC2", "none", ()), [response], "received")[0]
        for response in (Response("y", (("y", 1.0),), cap=2.0), Response("y", (("capped", 1.0),)))
    )
    assert capped.estimate == pytest.approx(by_hand.estimate, rel=1e-12)
    assert capped.std_error == pytest.approx(by_hand.std_error, rel=1e-12)


@pytest.mark.reference
def test_beijing_dormitories_by_room(reference_data: Path):
    """Guan & Green (2006): one-sided contact, rooms as clusters; figures as first computed with linearmodels."""
    data = pd.read_csv(reference_data / "guan_green_2006" / "data.csv")
    columns = {name: data[name].to_numpy() for name in data.columns}
    columns[ARM_COLUMN] = np.where(data.treat2 == 1, "canvassed", "control")
    pair = (("control", "canvassed"), (("canvassed", "control"),))
    (itt,) = (
        regress(frame_of(columns), Specification(*pair, "none", "CR1", cluster="dormid"), [outcome("turnout")])
        .fits["turnout", None]
        .contrasts
    )
    assert itt.estimate == pytest.approx(0.13192957092882063, rel=1e-9)
    assert itt.std_error == pytest.approx(0.023271360099736873, rel=1e-9)
    declared = Specification(*pair, "none", "CR0", cluster="dormid")
    (effect,) = complier_effects(frame_of(columns), declared, [outcome("turnout")], "contact")
    assert effect.estimate == pytest.approx(0.14894022959120987, rel=1e-9)
    assert effect.std_error == pytest.approx(0.02629506046381443, rel=1e-9)
    assert effect.n_arm + effect.n_comparison == 4022
