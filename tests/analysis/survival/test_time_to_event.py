"""Declared time-to-event outcomes, from rows on an engine to the rows of the results."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.frame import ARM_COLUMN
from analysis.results import Estimate
from analysis.survival.time_to_event import TimeToEvent, time_to_event
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of

SIZE = 3_000


def protocol(*, cluster: str | None = None, strata: tuple[str, ...] = (), errors: str = "HC2") -> Protocol:
    document = {
        "schema": 1,
        "id": "curves",
        "title": "Curves",
        "hypothesis": "A reminder brings payment forward.",
        "population": {"unit": "customer", "cluster": cluster},
        "arms": [
            {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 2},
            {"id": "letter", "kind": "otm", "label": "Letter", "share": 1},
            {"id": "sms", "kind": "otm", "label": "SMS", "share": 1},
        ],
        "randomisation": {"method": "complete", "strata": list(strata)},
        "outcomes": [
            {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
            {
                "id": "days", "role": "secondary", "kind": "time_to_event",
                "time": "days_to_pay", "event": "event", "horizon": 60,
            },
        ],
        "analysis": {"adjustment": "none", "standard_errors": errors},
    }  # fmt: skip
    return Protocol.model_validate_json(json.dumps(document))


def customers(seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    agent = rng.integers(0, 300, SIZE)
    arm = np.array(["nfa", "letter", "nfa", "sms"])[agent % 4]
    band = np.array(["low", "high"])[agent // 4 % 2]
    rate = 0.01 * np.exp(0.5 * (arm == "sms") + rng.normal(0, 0.5, 300)[agent])
    pays = np.ceil(rng.exponential(1 / rate))
    return {
        ARM_COLUMN: arm,
        "band": band,
        "agent": np.char.add("agent ", agent.astype(str)),
        "days_to_pay": np.minimum(pays, 60),
        "event": (pays <= 60).astype(np.int64),
    }


def estimated(columns: dict[str, Any], declared: Protocol) -> TimeToEvent:
    return time_to_event(frame_of(columns, declared), declared, declared.outcome("days"), seed=7)


def row(result: TimeToEvent, estimand: str, arm: str) -> Estimate:
    return next(r for r in result.estimates if r.estimand == estimand and r.arm == arm)


def test_every_contrast_has_the_three_estimands() -> None:
    result = estimated(customers(), protocol())
    assert {(r.arm, r.estimand) for r in result.estimates} == {
        (arm, estimand)
        for arm in ("letter", "sms")
        for estimand in ("log_hazard_ratio", "survival_difference", "rmst_difference")
    }
    assert all(r.mean_comparison is None and r.df is None for r in result.estimates)
    assert {curve.arm for curve in result.curves} == {"nfa", "letter", "sms"}


def test_hazard_ratios_agree_with_statsmodels() -> None:
    from statsmodels.duration.hazard_regression import PHReg

    rows = customers()
    arms = np.column_stack([rows[ARM_COLUMN] == "letter", rows[ARM_COLUMN] == "sms"]).astype(float)
    strata = (rows["band"] == "high").astype(int)
    theirs = PHReg(rows["days_to_pay"], arms, status=rows["event"], strata=strata, ties="efron").fit()
    result = estimated(rows, protocol(strata=("band",), errors="classical"))
    for place, arm in enumerate(("letter", "sms")):
        ours = row(result, "log_hazard_ratio", arm)
        assert ours.estimate == pytest.approx(theirs.params[place], rel=1e-6)
        assert ours.std_error == pytest.approx(theirs.bse[place], rel=1e-6)
        assert ours.standard_errors == "classical"


def test_without_censoring_before_the_horizon_the_difference_is_one_of_shares() -> None:
    rows = customers()
    result = estimated(rows, protocol())
    unpaid = {arm: np.mean(rows["event"][rows[ARM_COLUMN] == arm] == 0) for arm in ("nfa", "sms")}
    ours = row(result, "survival_difference", "sms")
    assert ours.estimate == pytest.approx(unpaid["sms"] - unpaid["nfa"])
    assert ours.n_arm == int(np.sum(rows[ARM_COLUMN] == "sms"))
    days = {arm: rows["days_to_pay"][rows[ARM_COLUMN] == arm].mean() for arm in ("nfa", "sms")}
    assert row(result, "rmst_difference", "sms").estimate == pytest.approx(days["sms"] - days["nfa"])


def test_clusters_widen_every_interval_by_what_they_share() -> None:
    """Cluster totals without censoring have a known variance, which the bootstrap must meet."""
    rows = customers()
    plain, clustered = estimated(rows, protocol()), estimated(rows, protocol(cluster="agent", errors="CR2"))
    for estimand in ("log_hazard_ratio", "survival_difference", "rmst_difference"):
        assert row(clustered, estimand, "sms").std_error > 1.1 * row(plain, estimand, "sms").std_error  # type: ignore[operator]
        assert row(clustered, estimand, "sms").estimate == pytest.approx(row(plain, estimand, "sms").estimate)
    variance = 0.0
    for arm in ("nfa", "sms"):
        here = rows[ARM_COLUMN] == arm
        unpaid, agents = 1.0 - rows["event"][here], np.unique(rows["agent"][here], return_inverse=True)[1]
        residual = np.bincount(agents, unpaid - unpaid.mean())
        variance += residual.size / (residual.size - 1) * np.sum(residual**2) / here.sum() ** 2
    assert row(clustered, "survival_difference", "sms").std_error == pytest.approx(variance**0.5, rel=0.06)


def test_clustered_hazard_errors_agree_with_statsmodels_grouping() -> None:
    """Each customer as a cluster of one gives the plain robust errors."""
    rows = customers()
    alone = {**rows, "agent": np.arange(SIZE).astype(str)}
    one = estimated(alone, protocol(cluster="agent", errors="CR0"))
    other = estimated(rows, protocol())
    ours, theirs = row(one, "log_hazard_ratio", "sms"), row(other, "log_hazard_ratio", "sms")
    assert ours.std_error == pytest.approx(theirs.std_error)
    assert (ours.standard_errors, theirs.standard_errors) == ("Lin-Wei, clustered", "Lin-Wei")


def test_follow_up_that_ends_early_is_not_estimable() -> None:
    rows = customers()
    short = np.where(rows[ARM_COLUMN] == "letter", np.minimum(rows["days_to_pay"], 30), rows["days_to_pay"])
    event = np.where((rows[ARM_COLUMN] == "letter") & (rows["days_to_pay"] > 30), 0, rows["event"])
    result = estimated({**rows, "days_to_pay": short, "event": event}, protocol())
    for estimand in ("survival_difference", "rmst_difference"):
        late = row(result, estimand, "sms")
        assert late.estimate is None
        assert "letter" in str(late.reason)
    assert row(result, "log_hazard_ratio", "sms").estimate is not None


def test_missing_times_are_left_out_and_counted() -> None:
    rows = customers()
    missing = np.arange(SIZE) % 10 == 0
    columns = {**rows, "days_to_pay": pa.array(rows["days_to_pay"], mask=missing)}
    result = estimated(columns, protocol())
    assert row(result, "rmst_difference", "sms").n_arm == int(np.sum(~missing & (rows[ARM_COLUMN] == "sms")))


def test_an_arm_in_which_nobody_paid_has_no_hazard_ratio() -> None:
    rows = customers()
    event = np.where(rows[ARM_COLUMN] == "sms", 0, rows["event"])
    days = np.where(rows[ARM_COLUMN] == "sms", 60.0, rows["days_to_pay"])
    result = estimated({**rows, "event": event, "days_to_pay": days}, protocol())
    ours = row(result, "log_hazard_ratio", "sms")
    assert ours.estimate is None
    assert "hazard" in str(ours.reason)
    assert row(result, "survival_difference", "sms").estimate is not None
