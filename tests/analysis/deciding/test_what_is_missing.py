"""A verdict that those without an outcome could undo says so itself."""

from __future__ import annotations

import numpy as np

from tests.analysis.evaluate.test_follow_up import customers, left
from tests.analysis.evaluate.test_follow_up import trial as timed
from tests.analysis.evaluations import NFA, PAID, arm, declared, evaluated, trial

VALUED = {"benefits": [{"outcome": "paid_23", "value": 50}]}
PROTOCOL = declared(arms=[NFA, arm("letter")], outcomes=[PAID], decision=VALUED)


def test_a_loss_alike_in_both_arms_that_could_undo_the_verdict_is_a_reason():
    data = trial(n=4000, effect=0.0)
    whole = evaluated(PROTOCOL, data)
    assert not any("lack" in reason for reason in whole.verdict.reasons)
    paid = data["paid_23"]
    gone = np.concatenate(
        [
            np.flatnonzero((data["arm"] == "nfa") & (paid == 1))[:190],
            np.flatnonzero((data["arm"] == "letter") & (paid == 0))[:190],
        ]
    )
    gappy = data | {"paid_23": np.where(np.isin(np.arange(4000), gone), np.nan, paid)}
    evaluation = evaluated(PROTOCOL, gappy)
    assert evaluation.verdict.code != "invalid"
    assert any(point.becomes is not None for point in evaluation.tipping_points)
    assert evaluation.verdict.reasons[0].startswith(
        "380 customers lack “Paid by day 23”, and what the 190 of them with"
    )
    assert "could make the verdict another: " in evaluation.verdict.reasons[0]


def test_of_a_time_to_an_event_it_is_said_how_many_were_not_followed():
    data = customers()
    assert not any("were followed for less" in reason for reason in timed(data).verdict.reasons)
    both = left(left(data, every=20), arm="nfa", every=20)
    evaluation = timed(both)
    assert evaluation.verdict.code == "not_shown"
    (reason,) = [reason for reason in evaluation.verdict.reasons if "were followed for less" in reason]
    assert reason.startswith(
        f"{int(np.sum(both['days'] < data['days'])):,} customers were followed for less than 60 days"
    )
