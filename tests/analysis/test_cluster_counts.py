"""Clusters are counted as they are, and not once for each arm that they have customers in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.results import Check, Evaluation
from tests.analysis.evaluations import NFA, arm, declared, evaluated
from trials.stages.analyse import analyse


def check(evaluation: Evaluation, kind: str) -> Check:
    return next(check for check in evaluation.checks if check.kind == kind)


def test_two_clusters_in_both_arms_are_two(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "05-two-clusters-across-arms"
    evaluation = analyse(folder / "p.yaml", folder / "d.csv")
    (row,) = evaluation.estimates
    assert (row.estimate, row.std_error, row.df) == pytest.approx((-0.091363, 0.157098, 1.0), abs=5e-7)
    assert str(row.note).startswith("2 clusters, as good as 2 of equal size")
    assert check(evaluation, "clusters_enough").figures["clusters"] == 2
    assert check(evaluation, "clusters_whole").figures["straddling"] == 2
    assert check(evaluation, "sample_ratio").detail.endswith("whole in an arm, by arm: No further action 0, Letter 0.")


def trial(spans: int, arms: int = 3, clusters: int = 12) -> dict[str, Any]:
    """Twelve clusters of twelve; the first ``spans`` of them have customers in every arm."""
    rng = np.random.default_rng(spans)
    cluster = np.repeat(np.arange(clusters), 12)
    number = np.where(cluster < spans, np.arange(cluster.size) % arms, cluster % arms)
    return {
        "arm": np.array(["nfa", "letter", "sms"])[number], "agent": np.char.add("a", cluster.astype(str)),
        "y": rng.normal(size=cluster.size), "days": np.ceil(rng.exponential(20, cluster.size)),
        "paid": np.ones(cluster.size, dtype=np.int64),
    }  # fmt: skip


Y = {"id": "y", "role": "primary", "kind": "amount"}
WAIT = {"id": "wait", "role": "secondary", "kind": "time_to_event", "time": "days", "event": "paid", "horizon": 30}


@pytest.mark.parametrize("errors", ["CR0", "CR1", "CR2"])
@pytest.mark.parametrize("spans", [0, 3, 12])
def test_counts_and_notes_of_three_arms(spans: int, errors: str) -> None:
    protocol = declared(
        arms=[NFA, arm("letter"), arm("sms")],
        outcomes=[Y, WAIT],
        population={"unit": "id", "cluster": "agent"},
        randomisation={"method": "external", "arm_column": "arm"},
        analysis={"standard_errors": errors},
    )
    evaluation = evaluated(protocol, trial(spans))
    assert check(evaluation, "clusters_enough").figures["clusters"] == 12
    assert check(evaluation, "clusters_whole").figures["straddling"] == spans
    of_two_arms = spans + 2 * (12 - spans) // 3
    noted = [row for row in evaluation.estimates if row.std_error is not None]
    assert len(noted) >= 4
    assert all(str(row.note).startswith(f"{of_two_arms} clusters, as good as") for row in noted), noted
