"""A primary that is a time to an event: judged by the share of customers who had the event by its horizon."""

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
def test_it_is_estimated_and_judged(primary: dict[str, Any], sections: dict[str, Any]) -> None:
    evaluation = whole(protocol(primary, **sections), columns())
    rows = [row for row in evaluation.estimates if row.outcome == primary["id"]]
    assert {row.estimand for row in rows} == {"log_hazard_ratio", "survival_difference", "rmst_difference"}
    assert all(row.estimate is not None and row.estimate < 0.0 for row in rows if row.estimand == "rmst_difference")
    assert evaluation.verdict.code == "scale"  # days of 30 instead of 60, and what is collected rises with it
    assert [finding.code for finding in evaluation.verdict.arms] == ["passes"] * 2
    assert evaluation.net_benefit is not None
    for finding in evaluation.verdict.arms:
        (row,) = (r for r in rows if (r.arm, r.estimand, r.subgroup) == (finding.arm, "survival_difference", None))
        assert row.p_value < 1e-6
        more = f"{-1000 * row.estimate:,.0f} more had the event of “Wait” by day 60 for every 1,000 customers"
        if primary["id"] == "wait":
            assert finding.reasons[0].startswith(more)
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
    assert {finding.sentence for finding in evaluation.verdict.arms} == {
        "Changes behaviour; whether that is worth its cost was not declared."
    }


def reason_for(direction: str | None, faster: str) -> tuple[str, str]:
    """The letter's finding and its first reason, where one of the two arms has the event sooner."""
    primary = {key: value for key, value in WAIT.items() if key != "direction"}
    primary |= {"event": "paid"} | ({"direction": direction} if direction else {})
    declaration = declared(arms=[NFA, arm("letter")], outcomes=[primary, {**COLLECTED, "cap": None}], decision=DECISION)
    data = trial(9, 2_000, pounds=20.0)
    rng = np.random.default_rng(9)
    days = np.ceil(rng.exponential(np.where(data["arm"] == faster, 30.0, 60.0)))
    (finding,) = whole(declaration, data | {"days": np.minimum(days, 90.0), "paid": days < 90}).verdict.arms
    return finding.code, finding.reasons[0]


@pytest.mark.parametrize(
    ("direction", "faster", "code", "words"),
    [
        pytest.param("decrease", "letter", "passes", "more had paid by day 60", id="a shorter wait is better"),
        pytest.param(None, "letter", "passes", "more had paid by day 60", id="sooner is better where nothing is said"),
        pytest.param("decrease", "nfa", "not_shown", "fewer had paid by day 60", id="a longer wait is not"),
        pytest.param("increase", "nfa", "passes", "fewer had paid by day 60", id="where a longer time is better"),
        pytest.param("increase", "letter", "not_shown", "more had paid by day 60", id="and a shorter one is not"),
    ],
)
def test_the_direction_is_that_of_the_days(direction: str | None, faster: str, code: str, words: str) -> None:
    found, reason = reason_for(direction, faster)
    assert found == code
    assert words in reason


def test_segments_are_judged_with_their_interaction() -> None:
    """Only those who forgot wait less, and by much; the others lose what the letter costs."""
    declaration = declared(
        arms=[NFA, arm("letter", cost_per_customer=2)],
        outcomes=[WAIT, {**COLLECTED, "cap": None}],
        decision=DECISION,
        analysis={"subgroups": [{"column": "reason"}]},
    )
    data = trial(11, 6_000, effect=0.0)
    moved = (data["arm"] == "letter") & (data["reason"] == "forgot")
    days = np.ceil(np.random.default_rng(11).exponential(np.where(moved, 25.0, 80.0)))
    data |= {"days": np.minimum(days, 90.0), "done": days < 90, "collected": data["collected"] + 12.0 * moved}
    evaluation = whole(declaration, data)
    levels = {row.level: row for row in evaluation.estimates if row.outcome == "wait" and row.subgroup == "reason"}
    assert set(levels) == {"forgot", "cannot_pay", "confused"}
    assert {row.estimand for row in levels.values()} == {"survival_difference"}
    assert levels["forgot"].estimate < -0.2
    (test,) = (t for t in evaluation.interactions if t.outcome == "wait")
    assert test.df_numerator == 2.0
    assert test.p_value < 1e-6
    alone = [row.estimate for row in levels.values()]
    weights = np.array([row.std_error**-2.0 for row in levels.values()])
    centre = weights @ alone / weights.sum()
    assert test.statistic == pytest.approx(weights @ (alone - centre) ** 2 / 2)
    assert evaluation.verdict.code in ("scale", "scale_segment")


def test_segments_under_clusters_are_estimated_and_not_tested() -> None:
    sections = {**CLUSTERED, "analysis": {"standard_errors": "CR2", "subgroups": [{"column": "reason"}]}}
    evaluation = whole(protocol(**sections), columns())
    tests = [t for t in evaluation.interactions if t.outcome == "wait"]
    assert {t.p_value for t in tests} == {None}
    assert all("no test that keeps its size" in str(t.reason) for t in tests)
    assert all(r.std_error for r in evaluation.estimates if r.outcome == "wait" and r.subgroup == "reason")


def test_rows_and_verdict_are_of_one_family() -> None:
    """Dunnett's needs the covariance that the arms' shared comparison gives, and survival carries it."""
    evaluation = whole(protocol(analysis={"multiplicity": "dunnett"}), columns())
    rows = [row for row in evaluation.estimates if row.estimand == "survival_difference"]
    assert all(row.note is None or "Holm" not in row.note for row in rows)
    for row in rows:
        assert row.p_value <= row.p_adjusted <= 2 * row.p_value
        assert row.ci_lower_simultaneous < row.ci_lower < row.estimate < row.ci_upper < row.ci_upper_simultaneous


@pytest.mark.parametrize("closed", ["letter", "sms"])
def test_each_arm_has_its_own_adjusted_values_whichever_is_closed(closed: str) -> None:
    """A closed arm is compared over customers of its own, after the others; its values stand beside its own name."""
    arms = [NFA, *(arm(name, not_for=CLOSED if name == closed else []) for name in ("letter", "sms"))]
    subgroups = {"analysis": {"subgroups": [{"column": "reason"}]}}
    declaration = declared(arms=arms, outcomes=[WAIT, {**COMPLAINT, "margin": 0.02}], **subgroups)
    data, rng = columns(), np.random.default_rng(11)
    days = np.ceil(rng.exponential(np.where(data["arm"] == "letter", 50.0, 60.0)))
    welsh = (np.arange(days.size) % 7 == 0) & (data["arm"] != closed)
    data |= {"days": np.minimum(days, 90.0), "done": days < 90, "welsh": welsh}
    rows = [row for row in whole(declaration, data).estimates if row.outcome == "wait" and row.estimate is not None]
    assert (
        {row.arm for row in rows if row.subgroup} == {row.arm for row in rows if not row.subgroup} == {"letter", "sms"}
    )
    for row in rows:
        assert row.p_adjusted >= row.p_value
        assert row.ci_lower_simultaneous <= row.ci_lower <= row.ci_upper <= row.ci_upper_simultaneous
