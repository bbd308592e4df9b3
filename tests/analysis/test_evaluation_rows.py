"""What an evaluation holds: balance, every contrast, every estimand, and all of it through JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.document import from_document, to_document
from analysis.inference.intervals import Effect
from tests.analysis.evaluations import (
    COLLECTED,
    COMPLAINT,
    DECISION,
    NFA,
    PAID,
    arm,
    declared,
    evaluated,
    money_trial,
    segment_trial,
    trial,
)


def test_balance_is_reported_for_every_column_that_matters_and_only_warns():
    data = trial()
    data["age"] = data["age"] + 5 * (data["arm"] == "letter")
    protocol = money_trial(analysis={"covariates": ["age"], "subgroups": [{"column": "reason"}]})
    evaluation = evaluated(protocol, data)
    assert {row.covariate for row in evaluation.balance} == {"age", "reason"}
    check = next(c for c in evaluation.checks if c.name == "balance")
    assert (check.passed, check.severity) == (False, "warns")
    x, z = data["age"], data["arm"] == "letter"
    age = next(row for row in evaluation.balance if row.covariate == "age")
    expected = (x[z].mean() - x[~z].mean()) / np.sqrt((x[z].var(ddof=1) + x[~z].var(ddof=1)) / 2)
    assert age.standardised_difference == pytest.approx(expected, rel=1e-9)


def test_all_pairs_are_one_family_and_the_verdict_is_still_against_doing_nothing():
    protocol = declared(
        arms=[NFA, arm("letter"), arm("call")],
        outcomes=[PAID, COLLECTED],
        analysis={"contrasts": "all_pairs", "multiplicity": "bonferroni"},
        decision=DECISION,
    )
    evaluation = evaluated(protocol, trial(n=6000, effect=0.2, arms=("nfa", "letter", "call")))
    rows = [e for e in evaluation.estimates if e.outcome == "paid_23"]
    assert [(e.arm, e.comparison) for e in rows] == [("letter", "nfa"), ("call", "nfa"), ("call", "letter")]
    assert all(e.p_adjusted == pytest.approx(min(1.0, 3 * e.p_value)) for e in rows)
    difference = rows[1].estimate - rows[0].estimate
    assert rows[2].estimate == pytest.approx(difference)
    assert evaluation.verdict.code == "scale"
    assert [finding.arm for finding in evaluation.verdict.arms] == ["letter", "call"]
    assert [(m.arm, m.comparison) for m in evaluation.net_benefit.arms] == [("letter", "nfa"), ("call", "nfa")]


def test_business_as_usual_beside_nothing_is_estimated_and_never_scaled():
    bau = {"id": "today", "kind": "bau", "label": "Today's letter", "share": 1, "channel": "letter"}
    protocol = declared(arms=[NFA, bau, arm("letter")], outcomes=[PAID, COLLECTED], decision=DECISION)
    evaluation = evaluated(protocol, trial(n=6000, effect=0.2, arms=("nfa", "today", "letter")))
    assert {e.arm for e in evaluation.estimates} == {"today", "letter"}
    assert [finding.arm for finding in evaluation.verdict.arms] == ["letter"]
    assert (evaluation.verdict.code, evaluation.verdict.arm) == ("scale", "letter")


@pytest.mark.parametrize("multiplicity", ["holm", "bonferroni", "dunnett"])
def test_the_arms_that_a_verdict_judges_are_a_family_without_business_as_usual(multiplicity):
    """A third arm that nobody judges made the rows stricter than the verdict beside them."""
    bau = {"id": "today", "kind": "bau", "label": "Today's letter", "share": 1, "channel": "letter"}
    days = {"id": "days", "role": "secondary", "kind": "time_to_event", "time": "days", "event": "event", "horizon": 30}
    columns = trial(n=6000, effect=0.02, arms=("nfa", "today", "letter", "call"))
    columns["days"] = np.random.default_rng(3).exponential(20, 6000)
    columns["event"] = np.ones(6000)
    analysis = {"multiplicity": multiplicity, "subgroups": [{"column": "reason"}]}
    with_bau, without = (
        evaluated(
            declared(arms=[NFA, *between, arm("letter"), arm("call")], outcomes=[PAID, COLLECTED, days],
                     decision=DECISION, analysis=analysis),
            {name: np.asarray(values)[kept] for name, values in columns.items()},
        )
        for between, kept in (([bau], slice(None)), ([], columns["arm"] != "today"))
    )  # fmt: skip

    def figures(evaluation, name):
        rows = [*evaluation.estimates, *evaluation.sensitivity]
        return [(r.outcome, r.estimand, r.level, r.p_adjusted, r.ci_lower_simultaneous) for r in rows if r.arm == name]

    for name in ("letter", "call"):
        pairs = list(zip(figures(with_bau, name), figures(without, name), strict=True))
        same = [(a, b) for a, b in pairs if a[1] == "itt"]
        assert [a[:3] for a, _ in same] == [b[:3] for _, b in same]
        assert np.array([a[3:] for a, _ in same]) == pytest.approx(np.array([b[3:] for _, b in same]), rel=1e-6)
    alone = [r for r in with_bau.estimates if r.arm == "today" and r.level is None]
    assert alone
    assert all(r.p_adjusted == pytest.approx(r.p_value) for r in alone)


def test_days_to_pay_have_three_estimands_and_curves_and_no_itt_row():
    data = trial(n=1000)
    rng = np.random.default_rng(2)
    data["days"] = np.minimum(rng.exponential(20, 1000), 60.0)
    data["event"] = (data["days"] < 60).astype(float)
    timed = {"id": "days_to_pay", "role": "secondary", "kind": "time_to_event", "time": "days", "event": "event",
             "horizon": 30}  # fmt: skip
    evaluation = evaluated(money_trial(outcomes=(PAID, COLLECTED, timed)), data)
    rows = [e for e in evaluation.estimates if e.outcome == "days_to_pay"]
    assert [e.estimand for e in rows] == ["log_hazard_ratio", "survival_difference", "rmst_difference"]
    assert all(e.p_adjusted is not None for e in rows)
    assert {curve.arm for curve in evaluation.curves} == {"nfa", "letter"}
    assert next(c for c in evaluation.checks if c.name == "missing_days_to_pay").passed is True


def test_complier_rows_stand_beside_the_intention_to_treat():
    data = trial(n=4000, effect=0.2)
    received = (data["arm"] == "letter") & (np.arange(4000) % 4 != 0)
    protocol = money_trial(analysis={"complier": {"received": "got_it"}})
    evaluation = evaluated(protocol, data | {"got_it": received.astype(float)})
    itt, complier = (
        next(e for e in evaluation.estimates if (e.outcome, e.estimand) == ("paid_23", kind))
        for kind in ("itt", "complier")
    )
    assert complier.method == "two_stage_least_squares"
    assert complier.estimate == pytest.approx(itt.estimate / 0.75)
    assert "receipt differs by 0.750" in complier.note
    assert "Anderson-Rubin interval" in complier.note
    unknown = evaluated(protocol, data)
    row = next(e for e in unknown.estimates if e.estimand == "complier")
    assert row.estimate is None
    assert "no contacts are loaded" in row.reason


def test_dunnett_rows_use_max_t_intervals():
    protocol = declared(
        arms=[NFA, arm("letter"), arm("call")], outcomes=[PAID], analysis={"multiplicity": "dunnett"},
    )  # fmt: skip
    evaluation = evaluated(protocol, trial(n=6000, arms=("nfa", "letter", "call")))
    for row in evaluation.estimates:
        effect = Effect(row.estimate, row.std_error, row.df)
        assert row.p_value < row.p_adjusted <= 2 * row.p_value
        assert effect.lower(0.025) < row.ci_lower_simultaneous < effect.lower(0.05)


def test_the_whole_evaluation_survives_json():
    protocol = money_trial(
        4.0,
        outcomes=(PAID, COLLECTED, COMPLAINT),
        analysis={"subgroups": [{"column": "reason"}, {"column": "age", "quantiles": 3}]},
    )
    evaluation = evaluated(protocol, segment_trial())
    assert from_document(json.loads(json.dumps(to_document(evaluation), allow_nan=False))) == evaluation
    assert len({(e.outcome, e.arm, e.subgroup, e.level) for e in evaluation.estimates}) == 3 * (1 + 3 + 3)
