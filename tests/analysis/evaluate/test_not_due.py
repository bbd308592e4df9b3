"""Before everything is due an evaluation says how the field is, and nothing about any effect."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from analysis.document import from_document, to_document
from analysis.evaluate import evaluate
from analysis.frame import DAY_ZERO_COLUMN
from analysis.results import Check
from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import COLLECTED, COMPLAINT, PAID, arm, declared, money_trial, trial
from tests.analysis.frames import frame_of

DAY_ZERO = date(2026, 1, 5)
BATCH_2 = date(2026, 1, 12)


def cut(protocol, as_at, *, checks=(), batches=False, data=None):
    columns = dict(data or trial(effect=0.15, pounds=20.0))
    n = len(columns["arm"])
    days = [BATCH_2 if batches and at % 4 == 0 else DAY_ZERO for at in range(n)]
    columns[DAY_ZERO_COLUMN] = pa.array(days, pa.date32())
    frame = frame_of(columns, protocol, checks=checks, as_at=as_at)
    return with_sensitivity(frame, protocol, evaluate(frame, protocol, protocol_digest="f" * 64))


@pytest.mark.parametrize("after", [0, 3, 22])
def test_no_effect_is_anywhere_before_the_day(after):
    evaluation = cut(money_trial(0.85), DAY_ZERO + timedelta(days=after))
    assert evaluation.verdict.code == "not_due"
    effects = (evaluation.estimates, evaluation.sensitivity, evaluation.interactions, evaluation.curves)
    assert (*effects, evaluation.bounds, evaluation.posteriors, evaluation.verdict.flips) == ((),) * 7
    assert evaluation.net_benefit is None
    assert "28 January 2026" in evaluation.verdict.sentence
    assert evaluation.maturity.due_on == date(2026, 1, 28)
    assert [(r.outcome, r.arm, r.due, r.customers) for r in evaluation.maturity.shares] == [
        ("paid_23", "nfa", 0, 2000), ("paid_23", "letter", 0, 2000),
        ("collected", "nfa", 0, 2000), ("collected", "letter", 0, 2000),
    ]  # fmt: skip
    assert (evaluation.flow.allocated, len(evaluation.checks) > 3) == (4000, True)


def test_on_the_day_it_speaks_as_it_does_without_dates():
    protocol, data = money_trial(0.85), trial(effect=0.15, pounds=20.0)
    dated = cut(protocol, date(2026, 1, 28), data=data)
    undated = evaluate(frame_of(data, protocol), protocol, protocol_digest="f" * 64)
    assert dated.verdict == undated.verdict
    assert dated.estimates == undated.estimates
    assert undated.maturity is None
    assert dated.maturity.complete
    assert next(check for check in dated.checks if check.kind == "maturity").passed


@pytest.mark.parametrize("late", [COLLECTED, COMPLAINT, {**PAID, "id": "filed", "role": "secondary"}])
def test_whatever_the_verdict_reads_has_to_be_due(late):
    """A valued amount, a guardrail, a cost: each alone holds the verdict back; a plain secondary outcome does not."""
    data = trial(effect=0.15)
    data["filed"] = data["paid_23"]
    outcomes = [PAID, {**late, "day": 100}]
    worth = {"benefits": [{"outcome": "paid_23", "value": 10}]}
    read = {"collected": {"benefits": [{"outcome": "collected", "value": 1}]}, "complaint": worth}
    decision = read.get(late["id"], worth | {"costs": [{"outcome": "filed", "value": 1}]})
    protocol = declared(arms=[arm("nfa") | {"kind": "nfa"}, arm("letter")], outcomes=outcomes, decision=decision)
    assert cut(protocol, date(2026, 2, 1), data=data).verdict.code == "not_due"
    assert cut(protocol, DAY_ZERO + timedelta(days=100), data=data).verdict.code != "not_due"
    if late["role"] == "secondary":
        plain = declared(arms=protocol.model_dump()["arms"], outcomes=outcomes, decision=worth)
        assert cut(plain, date(2026, 2, 1), data=data).verdict.code != "not_due"


def test_batches_are_told_by_arm():
    evaluation = cut(declared(), date(2026, 1, 28), batches=True)
    assert evaluation.verdict.code == "not_due"
    assert evaluation.verdict.reasons == (
        "Due so far, of what is counted on day 23 (Paid by day 23): "
        "75.0% of No further action and 75.0% of Reminder letter.",
    )


def test_what_failed_is_said_and_not_judged():
    failed = Check("dispatch", False, "4 of 9 were sent another arm's contact; 0.00% is tolerated.", "blocks")
    evaluation = cut(declared(), date(2026, 1, 6), checks=(failed,))
    assert evaluation.verdict.code == "not_due"
    assert failed.detail in evaluation.verdict.reasons


def test_it_is_stored_and_read_again():
    evaluation = cut(money_trial(0.85), date(2026, 1, 6))
    document = to_document(evaluation)
    assert document["maturity"]["due_on"] == "2026-01-28"
    assert document["estimates"] == []
    assert from_document(document) == evaluation


def test_blank_outcomes_before_the_day_do_not_make_it_invalid():
    data = trial()
    data["paid_23"] = np.where((data["arm"] == "letter") & (data["paid_23"] == 0), np.nan, data["paid_23"])
    assert cut(declared(), date(2026, 1, 6), data=data).verdict.code == "not_due"
    assert cut(declared(), date(2026, 2, 6), data=data).verdict.code == "invalid"
