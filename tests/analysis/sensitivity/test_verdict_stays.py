"""What stands beside a verdict never changes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.results import Evaluation
from analysis.sensitivity import with_sensitivity
from designs.protocol.models import Protocol
from tests.analysis.evaluations import (
    COLLECTED,
    COMPLAINT,
    DECISION,
    NFA,
    PAID,
    arm,
    declared,
    money_trial,
    segment_trial,
    trial,
)
from tests.analysis.frames import frame_of
from tests.analysis.test_barred_arms import CLOSED
from tests.analysis.test_skewed_verdicts import skewed

GUARDED = (PAID, COLLECTED, {**COMPLAINT, "margin": 0.02})


def plain() -> tuple[Protocol, dict[str, Any]]:
    analysis = {"adjustment": "lin", "covariates": ["age", "reason"], "subgroups": [{"column": "reason"}]}
    return money_trial(4.0, analysis=analysis), segment_trial()


def clustered() -> tuple[Protocol, dict[str, Any]]:
    sections = {"population": {"unit": "customer_id", "cluster": "household"}, "analysis": {"standard_errors": "CR2"}}
    return money_trial(outcomes=GUARDED, **sections), trial(effect=0.2) | {"household": np.arange(4000) // 4}


def barred() -> tuple[Protocol, dict[str, Any]]:
    data = trial(n=6000, effect=0.1, arms=("nfa", "letter", "sms"))
    data["welsh"] = (np.arange(6000) % 7 == 0) & (data["arm"] != "sms")
    arms = [NFA, arm("letter", cost_per_customer=0.5), arm("sms", not_for=CLOSED)]
    return declared(arms=arms, outcomes=list(GUARDED), decision=DECISION), data


def pounds() -> tuple[Protocol, dict[str, Any]]:
    return money_trial(), skewed(13, 0.0)


def pairs() -> tuple[Protocol, dict[str, Any]]:
    randomisation = {"method": "matched_pairs", "pairs": "pair"}
    return money_trial(randomisation=randomisation), trial(effect=0.1) | {"pair": np.tile(np.arange(2000), 2)}


@pytest.mark.parametrize("of", [plain, clustered, barred, pounds, pairs], ids=lambda made: made.__name__)
def test_sensitivity_adds_rows_and_checks_that_never_block(of: Any) -> None:
    protocol, data = of()
    frame = frame_of(data, protocol)
    decided = evaluate(frame, protocol, protocol_digest="f" * 64)
    whole = with_sensitivity(frame, protocol, decided)
    assert whole != decided
    assert added_to(decided, whole) == decided
    assert whole.sensitivity[: len(decided.sensitivity)] == decided.sensitivity
    assert whole.checks[: len(decided.checks)] == decided.checks
    assert all(check.severity != "blocks" for check in whole.checks[len(decided.checks) :])


def added_to(decided: Evaluation, whole: Evaluation) -> Evaluation:
    """The whole evaluation without the four things that sensitivity may add to."""
    return replace(
        whole,
        checks=decided.checks,
        sensitivity=decided.sensitivity,
        bounds=decided.bounds,
        posteriors=decided.posteriors,
    )
