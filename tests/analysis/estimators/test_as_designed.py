"""Fits that follow the assignment: pairs within themselves, and contrasts among those who could get both arms."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.errors import AnalysisRefused
from analysis.estimators.as_designed import regress_as_designed
from analysis.fit import Regression
from analysis.frame import ARM_COLUMN, strata_of
from analysis.specification import Column, Levels, Response, Specification
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of

PAID = Response("paid", (("paid", 1.0),))


def protocol(method: str, **changes: Any) -> Protocol:
    arms: list[dict[str, Any]] = [
        {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
        {"id": "letter", "kind": "otm", "label": "Letter", "share": 1},
        {"id": "sms", "kind": "otm", "label": "SMS", "share": 1},
    ]
    for arm in arms:
        arm.update(changes.get(arm["id"], {}))
    document = {
        "schema": 1,
        "id": "designed",
        "title": "Designed",
        "hypothesis": "A letter helps.",
        "population": {"unit": "customer"},
        "arms": arms,
        "randomisation": {"method": method, **changes.get("randomisation", {})},
        "outcomes": [{"id": "paid", "role": "primary", "kind": "amount", "direction": "increase", "day": 23}],
        "analysis": {"standard_errors": "HC2"},
    }
    return Protocol.model_validate_json(json.dumps(document))


def design(adjustment: str = "none", covariates: tuple[Column, ...] = ()) -> Specification:
    return Specification(
        ("nfa", "letter", "sms"),
        (("letter", "nfa"), ("sms", "nfa")),
        adjustment,
        "HC2",
        covariates,  # type: ignore[arg-type]
    )


def fitted(columns: dict[str, Any], declared: Protocol, asked: Specification, by: Levels | None = None) -> Regression:
    frame = frame_of(columns, declared)
    asked = replace(asked, strata=strata_of(frame, declared))
    return regress_as_designed(frame, declared, asked, [PAID], by=by)


def triples(seed: int, count: int = 40) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    arms = np.concatenate([rng.permutation(["nfa", "letter", "sms"]) for _ in range(count)])
    pair = np.repeat(np.arange(count), 3)
    paid = rng.normal(size=count)[pair] * 3 + rng.normal(size=3 * count) + (arms == "sms")
    half = np.array(["first", "second"])[pair % 2]
    return {ARM_COLUMN: arms, "pair": np.char.add("p", pair.astype(str)), "paid": paid, "half": half}


PAIRED = protocol("matched_pairs", randomisation={"pairs": "pair"})


def test_pairs_equal_additive_pair_effects_with_hc2() -> None:
    import statsmodels.api as sm

    columns = triples(1)
    fit = fitted(columns, PAIRED, design()).fits["paid", None]
    for contrast in fit.contrasts:
        two = np.isin(columns[ARM_COLUMN], [contrast.arm, "nfa"])
        dummies = (columns["pair"][two][:, None] == np.unique(columns["pair"])[None, :]).astype(float)
        matrix = np.column_stack([columns[ARM_COLUMN][two] == contrast.arm, dummies])
        theirs = sm.OLS(columns["paid"][two], matrix).fit(cov_type="HC2")
        assert contrast.estimate == pytest.approx(theirs.params[0])
        assert contrast.std_error == pytest.approx(theirs.bse[0])
        assert contrast.df == 39
        assert (contrast.n_arm, contrast.n_comparison) == (40, 40)


def test_contrasts_of_pairs_share_their_comparison() -> None:
    """The covariance of two mean differences is that of the differences, over the number of tuples."""
    columns = triples(5, 30)
    fit = fitted(columns, PAIRED, design()).fits["paid", None]
    order = np.argsort(columns["pair"], kind="stable")
    arm, paid = columns[ARM_COLUMN][order], columns["paid"][order]
    letter, sms = (paid[arm == name] - paid[arm == "nfa"] for name in ("letter", "sms"))
    assert fit.covariance[0, 1] == pytest.approx(np.cov(letter, sms)[0, 1] / 30)
    assert fit.covariance[0, 0] == pytest.approx(letter.var(ddof=1) / 30)


def test_a_pair_with_a_missing_outcome_is_left_out_of_that_contrast() -> None:
    columns = triples(3)
    gone = (columns["pair"] == "p7") & (columns[ARM_COLUMN] == "letter")
    columns["paid"] = pa.array(columns["paid"], mask=gone)
    letter, sms = fitted(columns, PAIRED, design()).fits["paid", None].contrasts
    assert (letter.n_arm, sms.n_arm) == (39, 40)


def test_pairs_by_level_are_fits_of_their_own() -> None:
    columns = triples(4)
    found = fitted(columns, PAIRED, design(), Levels("half", ("first", "second")))
    first = found.fits["paid", "first"].contrasts[1]
    keep = columns["half"] == "first"
    alone = fitted({k: v[keep] for k, v in columns.items()}, PAIRED, design()).fits["paid", None].contrasts[1]
    assert (first.estimate, first.std_error) == pytest.approx((alone.estimate, alone.std_error))
    assert found.joint_covariance["paid"].matrix[0, 2] == 0


def test_pairs_refuse_an_adjustment_and_a_doubled_arm() -> None:
    with pytest.raises(AnalysisRefused, match="adjustment"):
        fitted(triples(1), PAIRED, design("lin", (Column("half", "category"),)))
    columns = triples(1)
    columns[ARM_COLUMN] = np.where(columns["pair"] == "p0", "sms", columns[ARM_COLUMN])
    with pytest.raises(AnalysisRefused, match="more than one customer"):
        fitted(columns, PAIRED, design())


WELSH = protocol(
    "complete", sms={"not_for": [{"when": {"column": "welsh", "equals": True}, "reason": "no Welsh text"}]}
)


def barred(seed: int, size: int = 900) -> dict[str, Any]:
    """Welsh customers never get the SMS, and pay far more whatever they get."""
    rng = np.random.default_rng(seed)
    welsh = rng.random(size) < 0.3
    arms = np.where(
        welsh,
        rng.permutation(np.resize(["nfa", "letter"], size)),
        rng.permutation(np.resize(["nfa", "letter", "sms"], size)),
    )
    return {ARM_COLUMN: arms, "welsh": welsh, "paid": 10.0 * welsh + rng.normal(size=size) + (arms == "sms")}


def test_a_contrast_uses_only_those_who_could_get_both_arms() -> None:
    columns = barred(1)
    letter, sms = fitted(columns, WELSH, design()).fits["paid", None].contrasts
    arm, welsh, paid = columns[ARM_COLUMN], columns["welsh"], columns["paid"]
    expected = paid[(arm == "sms")].mean() - paid[(arm == "nfa") & ~welsh].mean()
    assert sms.estimate == pytest.approx(expected)
    assert sms.n_comparison == int(((arm == "nfa") & ~welsh).sum())
    by_pattern = [
        paid[(arm == "letter") & (welsh == w)].mean() - paid[(arm == "nfa") & (welsh == w)].mean()
        for w in (False, True)
    ]
    assert letter.estimate == pytest.approx((1 - welsh.mean()) * by_pattern[0] + welsh.mean() * by_pattern[1])
    naive = paid[arm == "sms"].mean() - paid[arm == "nfa"].mean()
    assert abs(naive - 1) > 1.5  # what pooling everybody would say
    assert abs(sms.estimate - 1) < 0.5


def test_barred_contrasts_cover_the_truth() -> None:
    covered = 0
    for seed in range(40):
        sms = fitted(barred(seed, 240), WELSH, design()).fits["paid", None].contrasts[1]
        covered += abs(sms.estimate - 1) < 1.98 * sms.std_error  # type: ignore[operator]
    assert covered / 40 > 0.95 - 3.3 * np.sqrt(0.95 * 0.05 / 40)


def test_nobody_barred_is_the_usual_regression() -> None:
    from analysis.regression import regress

    frame = frame_of(barred(2))
    plain = regress(frame, design(), [PAID]).fits["paid", None]
    same = regress_as_designed(frame, protocol("complete"), design(), [PAID]).fits["paid", None]
    assert same.contrasts == plain.contrasts
