"""A time to an event that was not followed to the horizon is an outcome that is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.results import Check, Evaluation
from tests.analysis.evaluations import COLLECTED, DECISION, declared, evaluated

WAIT = {"id": "wait", "role": "primary", "kind": "time_to_event", "time": "days", "event": "ended", "horizon": 60}
CODES = {"event_codes": ["paid"], "competing": ["remitted"]}


def check(evaluation: Evaluation, name: str) -> Check:
    return next(check for check in evaluation.checks if check.name == name)


def customers(n: int = 4_000, effect: float = 1.0) -> dict[str, Any]:
    rng = np.random.default_rng(8)
    arm = np.where(np.arange(n) % 2 == 0, "nfa", "letter")
    days = np.ceil(rng.exponential(np.where(arm == "letter", 150.0 / effect, 150.0)))
    ended = np.where(days > 60, "open", np.where(rng.random(n) < 0.05, "remitted", "paid"))
    return {"arm": arm, "days": np.minimum(days, 60.0), "ended": ended, "collected": 50.0 * (ended == "paid")}


def trial(data: dict[str, Any], **primary: Any) -> Evaluation:
    if not primary:
        data = data | {"ended": data["ended"] != "open"}
    outcomes = [WAIT | primary, {**COLLECTED, "cap": None}]
    return evaluated(declared(outcomes=outcomes, decision=DECISION), data)


def left(data: dict[str, Any], *, arm: str = "letter", said: str = "open", day: float = 0.0, every: int = 3) -> Any:
    """The customers of an arm of whom something was said, every third of them followed until some day only."""
    gone = np.zeros(len(data["arm"]), dtype=bool)
    gone[np.flatnonzero((data["arm"] == arm) & (data["ended"] == said))[::every]] = True
    return data | {"days": np.where(gone, day, data["days"])}


@pytest.mark.parametrize("primary", [{}, CODES], ids=["yes or no", "codes"])
@pytest.mark.parametrize("day", [0.0, 59.0])
def test_non_payers_of_one_arm_who_were_not_followed_void_the_trial(primary: Any, day: float) -> None:
    data = customers()
    assert trial(data, **primary).verdict.code == "not_shown"
    evaluation = trial(left(data, day=day), **primary)
    assert evaluation.verdict.code == "invalid"
    found = check(evaluation, "retention")
    assert (found.passed, found.figures["early_nfa"]) == (False, 0)
    assert int(found.figures["early_letter"] or 0) > 300
    assert "Followed for less than 60 days without the event: No further action 0, Reminder letter" in found.detail
    assert evaluation.flow.analysed == 4_000  # the days that are known are used


def test_who_was_not_followed_is_not_covered() -> None:
    data = customers()
    both = left(left(data, every=6), arm="nfa", every=6)
    found = check(trial(both), "coverage_wait")
    lost = int(np.sum(both["days"] < data["days"]))
    assert found.figures["share"] == pytest.approx(1.0 - lost / 4_000)
    assert found.passed is False


def test_honest_ends_of_follow_up_pass_although_the_letter_works() -> None:
    data = customers(20_000, effect=3.0)
    rng = np.random.default_rng(9)
    end = np.where(rng.random(20_000) < 0.12, np.floor(rng.uniform(1, 60, 20_000)), 60.0)
    cut = end < data["days"]
    data |= {"days": np.minimum(end, data["days"]), "ended": np.where(cut, "open", data["ended"])}
    evaluation = trial(data, **CODES)
    of_arm = [np.mean(cut[data["arm"] == arm]) for arm in ("nfa", "letter")]
    assert of_arm[0] - of_arm[1] > 0.01  # who paid can be lost no more
    assert check(evaluation, "retention").passed is True
    assert evaluation.verdict.code == "scale"


def test_whoever_has_an_event_that_competes_has_the_outcome() -> None:
    evaluation = trial(customers(), **CODES)
    assert check(evaluation, "coverage_wait").figures["share"] == 1.0
    without = trial(customers(), event_codes=["paid"])
    assert float(check(without, "coverage_wait").figures["share"] or 0) < 1.0


def test_codes_that_the_plan_does_not_list_are_said_by_arm_and_count_as_not_followed() -> None:
    data = customers()
    assert check(trial(data, **CODES), "event_codes_wait").passed is True
    said = data["ended"].astype("<U8")
    said[np.flatnonzero((data["arm"] == "nfa") & (said == "paid"))[:200]] = "Paid"
    evaluation = trial(data | {"ended": said}, **CODES)
    found = check(evaluation, "event_codes_wait")
    assert (found.passed, found.severity) == (False, "warns")
    assert (found.figures["Paid_nfa"], found.figures["Paid_letter"]) == (200, 0)
    assert "“Paid” (No further action 200, Reminder letter 0)" in found.detail
    assert "not how the plan writes it" in found.detail
    assert evaluation.verdict.code == "invalid"
    assert check(evaluation, "retention").figures["early_nfa"] > 150  # the others were paid on day 60
