"""A primary that is a time to an event: estimated, and honest that no verdict but these can follow from it yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.document import from_document, to_document
from analysis.evaluate import evaluate
from analysis.results import Evaluation
from analysis.sensitivity import with_sensitivity
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COLLECTED, COMPLAINT, DECISION, NFA, arm, declared, trial
from tests.analysis.frames import frame_of
from tests.analysis.test_barred_arms import CLOSED

WAIT = {"id": "wait", "role": "primary", "kind": "time_to_event", "direction": "decrease",
        "time": "days", "event": "done", "horizon": 60}  # fmt: skip


def protocol(primary: dict[str, Any] = WAIT, **sections: Any) -> Protocol:
    arms = [NFA, arm("letter", cost_per_customer=0.5), arm("sms", not_for=sections.pop("not_for", []))]
    return declared(
        arms=arms,
        outcomes=[primary, {**COLLECTED, "cap": None}, {**COMPLAINT, "margin": 0.02}],
        decision={**DECISION, "break_even": -5.0},
        **sections,
    )


def columns(n: int = 1_500, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    found = trial(seed, n, arms=("nfa", "letter", "sms"))
    days = np.ceil(rng.exponential(np.where(found["arm"] == "nfa", 60.0, 30.0)))
    return found | {
        "days": np.minimum(days, 90.0),
        "done": days < 90,
        "household": np.arange(n) // 5,
        "pair": np.tile(np.arange(n // 3), 3),
        "welsh": (np.arange(n) % 7 == 0) & (found["arm"] != "sms"),
    }


def whole(declaration: Protocol, data: dict[str, Any]) -> Evaluation:
    frame = frame_of(data, declaration)
    evaluation = with_sensitivity(frame, declaration, evaluate(frame, declaration, protocol_digest="f" * 64))
    assert from_document(to_document(evaluation)) == evaluation
    return evaluation


CLUSTERED = {"population": {"unit": "customer_id", "cluster": "household"}, "analysis": {"standard_errors": "CR2"}}


@pytest.mark.parametrize(
    ("primary", "sections"),
    [
        pytest.param(WAIT, {}, id="no column has its name"),
        pytest.param({**WAIT, "id": "days"}, {}, id="the column of times has its name"),
        pytest.param(WAIT, {"analysis": {"adjustment": "lin", "covariates": ["age"]}}, id="with covariates"),
        pytest.param(WAIT, {"analysis": {"subgroups": [{"column": "reason"}]}}, id="with subgroups"),
        pytest.param(WAIT, CLUSTERED, id="clustered"),
        pytest.param(WAIT, {"randomisation": {"method": "matched_pairs", "pairs": "pair"}}, id="in pairs"),
        pytest.param(WAIT, {"not_for": CLOSED}, id="with a closed arm"),
    ],
)
def test_it_is_estimated_and_nothing_is_shown(primary: dict[str, Any], sections: dict[str, Any]) -> None:
    evaluation = whole(protocol(primary, **sections), columns())
    rows = [row for row in evaluation.estimates if row.outcome == primary["id"]]
    assert {row.estimand for row in rows} == {"log_hazard_ratio", "survival_difference", "rmst_difference"}
    assert all(row.estimate is not None and row.estimate < 0.0 for row in rows if row.estimand == "rmst_difference")
    assert evaluation.verdict.code == "not_shown"
    assert [finding.code for finding in evaluation.verdict.arms] == ["not_estimable"] * 2
    assert all("a time to an event has no total to compare" in f.reasons[0] for f in evaluation.verdict.arms)
    assert evaluation.net_benefit is not None  # what has a total is still counted
    # Nothing beside it takes the times for amounts.
    assert not [row for row in evaluation.sensitivity if row.outcome == primary["id"]]
    known_together = "not_for" not in sections  # arms compared over customers of their own have no joint covariance
    assert [posterior.quantity for posterior in evaluation.posteriors] == ["net_benefit"] * known_together
    assert next(check for check in evaluation.checks if check.name.startswith("second opinion")).passed is None


def test_lost_times_still_make_the_trial_invalid() -> None:
    data = columns()
    data["days"][-100:] = np.nan
    assert whole(protocol(), data).verdict.code == "invalid"


def test_without_values_there_is_no_net_benefit_and_no_posterior() -> None:
    declaration = protocol().model_copy(update={"decision": None})
    evaluation = whole(declaration, columns())
    assert (evaluation.verdict.code, evaluation.net_benefit, evaluation.posteriors) == ("not_shown", None, ())
