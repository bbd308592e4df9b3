"""Segments of a time to an event where clusters were assigned whole: their errors, against a jackknife of clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.results import Estimate
from tests.analysis.evaluations import NFA, arm, declared
from tests.analysis.frames import frame_of

HORIZON, CLUSTERS, CUSTOMERS = 60.0, 90, 14
LEVELS = ("forgot", "confused")


def trial(competing: bool) -> dict[str, Any]:
    """Clusters pay at rates of their own and hold customers of both levels; follow-up of some ends early."""
    rng = np.random.default_rng([17, competing])
    cluster = np.repeat(np.arange(CLUSTERS), CUSTOMERS)
    n = cluster.size
    rate = 0.02 * rng.gamma(2.0, 0.5, CLUSTERS)[cluster]
    pays, ends = rng.exponential(1 / rate), np.where(rng.random(n) < 0.2, rng.uniform(1, 90, n), 90.0)
    gone = rng.exponential(150.0, n) if competing else np.full(n, np.inf)
    days = np.minimum(np.minimum(pays, gone), ends)
    code = np.where(days == pays, 1, np.where(days == gone, 2, 0))
    return {
        "arm": np.where(cluster % 2 == 0, "letter", "nfa"), "household": cluster, "days": np.ceil(days), "ended": code,
        "reason": np.array(LEVELS)[rng.integers(0, 2, n)],
    }  # fmt: skip


def segments(data: dict[str, Any], competing: bool) -> dict[str | None, Estimate]:
    wait = {"id": "wait", "role": "primary", "kind": "time_to_event", "time": "days", "event": "ended",
            "horizon": HORIZON, **({"competing": [2]} if competing else {})}  # fmt: skip
    protocol = declared(
        arms=[NFA, arm("letter")],
        outcomes=[wait],
        population={"unit": "customer_id", "cluster": "household"},
        analysis={"standard_errors": "CR2", "subgroups": [{"column": "reason"}]},
        randomisation={"method": "external", "arm_column": "arm"},
    )
    evaluation = evaluate(frame_of(data, protocol), protocol, protocol_digest="a" * 64)
    return {row.level: row for row in evaluation.estimates if row.subgroup == "reason"}


def share_left(days: np.ndarray, code: np.ndarray) -> float:
    """One minus the share with the event by the horizon, day by day."""
    nobody, incidence = 1.0, 0.0
    for day in np.unique(days[days <= HORIZON]):
        at_risk, here = np.sum(days >= day), days == day
        incidence += nobody * np.sum(here & (code == 1)) / at_risk
        nobody *= 1 - np.sum(here & (code > 0)) / at_risk
    return 1.0 - incidence


@pytest.mark.parametrize("competing", [False, True])
def test_their_errors_are_those_of_whole_clusters(competing):
    data = trial(competing)
    found = segments(data, competing)
    assert set(found) == set(LEVELS)
    for level in LEVELS:
        estimate, variance = 0.0, 0.0
        for name, sign in (("letter", 1.0), ("nfa", -1.0)):
            inside = (data["arm"] == name) & (data["reason"] == level)
            days, code, cluster = (data[column][inside] for column in ("days", "ended", "household"))
            estimate += sign * share_left(days, code)
            number = np.unique(cluster)
            without = np.array([share_left(days[cluster != g], code[cluster != g]) for g in number])
            variance += (number.size - 1) / number.size * np.sum((without - without.mean()) ** 2)
        assert found[level].estimate == pytest.approx(estimate)
        assert found[level].std_error == pytest.approx(np.sqrt(variance), rel=0.07)


def test_customers_alone_would_be_taken_to_be_surer():
    data = trial(False)
    whole = segments(data, False)
    alone = segments({**data, "household": np.arange(data["days"].size)}, False)
    for level in LEVELS:
        assert alone[level].estimate == pytest.approx(whole[level].estimate)
        assert whole[level].std_error > 1.15 * alone[level].std_error
