"""One customer of a stratum by himself changes no verdict: estimates, guardrails, redraws, money and the second opinion
are those of everybody else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.results import Estimate, Evaluation
from analysis.sensitivity import with_sensitivity
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COLLECTED, COMPLAINT, NFA, PAID, arm, declared
from tests.analysis.frames import frame_of

HIS_ROW = 8  # of a customer in nfa, in every trial below
NOT_IN_WELSH = [{"when": {"column": "language", "equals": "welsh"}, "reason": "there is no Welsh text"}]
CALLS = {"id": "calls", "role": "guardrail", "kind": "count", "direction": "decrease", "margin": 0.5}

VARIANTS: dict[str, dict[str, Any]] = {
    "difference in means": {"analysis": {}},
    "lin": {"analysis": {"adjustment": "lin", "covariates": ["age"]}},
    "additive": {"analysis": {"adjustment": "additive", "covariates": ["age"]}},
    "subgroups": {"analysis": {"subgroups": [{"column": "reason"}]}},
    "receipt": {"analysis": {"complier": {"received": "received"}}},
    "clusters": {
        "population": {"unit": "customer_id", "cluster": "household"},
        "analysis": {"standard_errors": "CR2"},
    },
    "a closed arm": {"arms": [NFA, arm("letter"), arm("sms", channel="sms", not_for=NOT_IN_WELSH)]},
}


def columns(arms: tuple[str, ...], n: int) -> dict[str, Any]:
    """Households of four, each wholly in one arm; the letter and the text raise payment, and bring calls."""
    rng = np.random.default_rng(11)
    household = np.arange(n) // 4
    assigned = np.array(arms)[household % len(arms)]
    assigned[HIS_ROW] = "nfa"
    paid = rng.random(n) < 0.3 + 0.1 * (assigned != "nfa")
    return {
        "arm": assigned,
        "household": household.astype(str).astype(object),
        "region": rng.choice(["north", "south"], n // 4)[household].astype(object),
        "language": np.full(n, "english", dtype=object),
        "reason": rng.choice(["forgot", "confused"], n).astype(object),
        "age": rng.normal(50, 10, n),
        "received": ((assigned != "nfa") & (rng.random(n) < 0.8)).astype(float),
        "paid_23": paid.astype(float),
        "collected": np.where(paid, rng.gamma(4.0, 25.0, n), 0.0),
        "complaint": (rng.random(n) < 0.003).astype(float),
        "calls": rng.poisson(0.2, n).astype(float),
    }


def protocol(strata: list[str], variant: dict[str, Any]) -> Protocol:
    money = {"benefits": [{"outcome": "collected", "value": 1}]}
    randomisation = {"method": "complete", "strata": strata}
    sections = {"outcomes": [PAID, COLLECTED, COMPLAINT, CALLS], "decision": money, "randomisation": randomisation}
    return declared(**{**sections, **variant})


def evaluated(rows: dict[str, Any], strata: list[str], variant: dict[str, Any]) -> Evaluation:
    declared_so = protocol(strata, variant)
    frame = frame_of(rows, declared_so)
    return with_sensitivity(frame, declared_so, evaluate(frame, declared_so, protocol_digest="f" * 64))


def figures(row: Estimate) -> dict[str, Any]:
    names = ("estimate", "std_error", "df", "p_value", "p_adjusted", "ci_lower", "ci_upper", "n_arm", "n_comparison")
    return {name: getattr(row, name) for name in names}


def key(row: Estimate) -> tuple[Any, ...]:
    return row.outcome, row.arm, row.comparison, row.estimand, row.level, row.variant


@pytest.mark.parametrize("name", list(VARIANTS))
def test_all_is_as_without_the_only_one_who_prefers_welsh(name: str) -> None:
    variant = VARIANTS[name]
    arms = ("nfa", "letter", "sms") if "arms" in variant else ("nfa", "letter")
    everybody = columns(arms, 2400)
    assert everybody["arm"][HIS_ROW] == "nfa"
    everybody["language"][HIS_ROW] = "welsh"
    without = {column: np.delete(values, HIS_ROW) for column, values in everybody.items()}
    strata = ["region"] if name == "a closed arm" else ["region", "language"]
    found, expected = evaluated(everybody, strata, variant), evaluated(without, ["region"], variant)
    assert found.verdict.code == expected.verdict.code
    assert found.verdict.code == "scale"
    for own, others in ((found.estimates, expected.estimates), (found.sensitivity, expected.sensitivity)):
        wanted = {key(row): row for row in others}
        assert len(own) == len(others)
        for row in own:
            if row.variant is not None and row.variant.kind == "logit":
                continue  # one model of everybody, without strata
            assert figures(row) == pytest.approx(figures(wanted[key(row)]), abs=1e-9), key(row)
            if row.estimand == "itt" and row.variant is None:
                his = row.arm == "letter" and row.level in (None, everybody["reason"][HIS_ROW])
                assert row.n_left_out == int(his), key(row)
    for money, theirs in zip(found.net_benefit.arms, expected.net_benefit.arms, strict=True):
        assert asdict(money.central) == pytest.approx(asdict(theirs.central), abs=1e-9)
    opinion = next(check for check in found.checks if check.kind == "second_opinion")
    assert opinion.passed is (None if name == "a closed arm" else True)


def test_among_thirty_thousand_he_turns_no_verdict() -> None:
    """Of the issue: one customer among 30,000 made the letter not estimable."""
    rows = columns(("nfa", "letter"), 30_000)
    rows["language"][HIS_ROW] = "welsh"
    declared_so = protocol(["language"], {})
    evaluation = evaluate(frame_of(rows, declared_so), declared_so, protocol_digest="f" * 64)
    assert evaluation.verdict.code == "scale"
    effect = next(row for row in evaluation.estimates if row.declared and row.outcome == "paid_23")
    assert effect.n_left_out == 1
    assert effect.note is not None
    assert "1 customer of such strata is left out of this comparison" in effect.note
