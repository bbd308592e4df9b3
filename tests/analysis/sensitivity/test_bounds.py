"""Bounds for missing outcomes stand beside every analysis, stored or of a file, within strata and by clusters."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.integrity.missing_outcomes import lee_bounds, worst_case_bounds
from analysis.sensitivity import with_bounds, with_sensitivity
from tests.analysis.evaluations import declared
from tests.analysis.frames import frame_of
from trials.cli.results import show_evaluation
from trials.stages.analyse import analyse

DIGEST = "f" * 64


def regions(n: int = 4000, *, clusters: bool = False) -> dict[str, np.ndarray]:
    """Shares 4:1 and 1:4 in two regions, of which 10% and 60% pay, whatever the arm; a tenth lack the outcome."""
    rng = np.random.default_rng(5)
    unit = np.arange(n) // (20 if clusters else 1)
    south = (unit % 2 == 1).astype(int)
    treated = (rng.random(unit.max() + 1) < np.where(np.arange(unit.max() + 1) % 2 == 1, 0.2, 0.8))[unit]
    paid = (rng.random(n) < np.where(south == 1, 0.6, 0.1)).astype(float)
    paid[rng.random(n) < 0.1] = np.nan
    arm, region = np.where(treated, "letter", "nfa"), np.where(south == 1, "south", "north")
    return {"arm": arm, "region": region, "paid_23": paid, "office": unit.astype(str)}


@pytest.mark.parametrize("clusters", [False, True])
def test_bounds_are_within_strata_and_by_clusters_and_stand_around_the_estimate(clusters: bool) -> None:
    population = {"unit": "customer_id"} | ({"cluster": "office"} if clusters else {})
    protocol = declared(
        population=population,
        randomisation={"method": "external", "arm_column": "arm", "strata": ["region"]},
        analysis={"standard_errors": "CR2" if clusters else "HC2"},
    )
    data = regions(clusters=clusters)
    frame = frame_of(data, protocol)
    evaluation = evaluate(frame, protocol, protocol_digest=DIGEST)
    worst, lee = with_bounds(frame, protocol, evaluation).bounds
    y, treated = data["paid_23"], data["arm"] == "letter"
    stratum = (data["region"] == "south").astype(int)
    cluster = data["office"].astype(int) if clusters else None
    for row, bounds in (
        (worst, worst_case_bounds(y, treated, 0, 1, stratum=stratum, cluster=cluster)),
        (lee, lee_bounds(y, treated, stratum=stratum, cluster=cluster)),
    ):
        assert (row.lower, row.upper) == pytest.approx((bounds.lower, bounds.upper))
        assert (row.ci_lower, row.ci_upper) == pytest.approx((bounds.ci_lower, bounds.ci_upper))
    (effect,) = (row for row in evaluation.estimates if row.declared)
    assert worst.lower < effect.estimate < worst.upper
    assert lee.ci_lower < 0.0 < lee.ci_upper  # pooled they were 30 points below
    assert with_sensitivity(frame, protocol, evaluation).bounds == (worst, lee)


def test_nobody_without_an_outcome_needs_no_bounds() -> None:
    data = regions()
    data["paid_23"] = np.nan_to_num(data["paid_23"])
    protocol = declared()
    frame = frame_of(data, protocol)
    evaluation = evaluate(frame, protocol, protocol_digest=DIGEST)
    assert with_bounds(frame, protocol, evaluation) is evaluation


def test_a_file_has_its_bounds_on_the_terminal_too(tmp_path, capsys) -> None:
    data = regions()
    paid = ["" if np.isnan(value) else f"{value:.0f}" for value in data["paid_23"]]
    rows = [
        f"C{i},{arm},{region},{p}"
        for i, (arm, region, p) in enumerate(zip(data["arm"], data["region"], paid, strict=True))
    ]
    (tmp_path / "d.csv").write_text("\n".join(["customer_id,arm,region,paid_23", *rows]) + "\n", encoding="utf-8")
    plan = declared(randomisation={"method": "external", "arm_column": "arm", "strata": ["region"]})
    document = plan.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    document["arms"] = [{key: value for key, value in arm.items() if key != "share"} for arm in document["arms"]]
    (tmp_path / "p.yaml").write_text(json.dumps(document), encoding="utf-8")
    evaluation = analyse(tmp_path / "p.yaml", tmp_path / "d.csv")
    assert [row.assumption for row in evaluation.bounds] == ["worst_case", "lee"]
    assert evaluation.bounds[0].lower < 0.0 < evaluation.bounds[0].upper  # the letter does nothing
    show_evaluation(evaluation, plan)
    assert "What missing outcomes could hide" in capsys.readouterr().out


def test_of_data_that_failed_a_check_there_are_no_bounds_either(reference_data) -> None:
    folder = reference_data.parent / "cases" / "46-marks-for-a-missing-outcome"
    evaluation = analyse(folder / "p.yaml", folder / "blank.csv.gz")
    assert (evaluation.verdict.code, evaluation.bounds, evaluation.estimates) == ("invalid", (), ())
