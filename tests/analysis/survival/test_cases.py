"""Small files of times with known answers, through the door that a user takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.results import Estimate, Evaluation
from trials.stages.analyse import analyse


def evaluation_of(reference_data: Path, case: str, name: str) -> Evaluation:
    folder = reference_data.parent / "cases" / case
    return analyse(folder / f"{name}.yaml", next(folder.glob(f"{name}.csv*")))


def row(evaluation: Evaluation, estimand: str, arm: str) -> Estimate:
    (found,) = (r for r in evaluation.estimates if (r.estimand, r.arm, r.subgroup) == (estimand, arm, None))
    return found


def test_an_arm_without_events_costs_its_own_hazard_ratio_only(reference_data: Path) -> None:
    three = evaluation_of(reference_data, "01-one-arm-without-events", "three")
    two = evaluation_of(reference_data, "01-one-arm-without-events", "two")
    for evaluation in (three, two):
        letter = row(evaluation, "log_hazard_ratio", "letter")
        assert (letter.estimate, letter.std_error) == pytest.approx((0.676156, 0.196433), abs=5e-7)
    sms = row(three, "log_hazard_ratio", "sms")
    assert sms.estimate is None
    assert "nobody in arm sms had the event" in str(sms.reason)
    assert row(three, "survival_difference", "sms").estimate is not None


def test_times_that_agree_to_rounding_are_tied_and_the_horizon_includes_them(reference_data: Path) -> None:
    for name in ("tenths", "whole"):
        evaluation = evaluation_of(reference_data, "02-times-written-two-ways", name)
        assert row(evaluation, "survival_difference", "letter").estimate == pytest.approx(0.05)
        ratio = row(evaluation, "log_hazard_ratio", "letter")
        assert (ratio.estimate, ratio.std_error) == pytest.approx((0.271411, 0.208597), abs=5e-7)
