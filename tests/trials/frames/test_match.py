"""Whether the file of outcomes speaks of every arm alike: in a saturation trial among those who are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.frame import SATURATION_COLUMN
from analysis.results import Check
from tests.analysis.evaluations import NFA, PAID, arm, declared
from tests.analysis.frames import frame_of
from trials.frames.integrity import MATCHED, _match

LEVELS = {"none": 0.0, "low": 0.2, "high": 0.8, "all": 1.0}
CLUSTERS, SIZE = 240, 20


def matched(kept: dict[tuple[str, str], float], *, seed: int = 1) -> Check:
    """The check where so large a share of each saturation's arm is in the file; of whom it does not say, all are."""
    saturation = np.repeat(np.resize(list(LEVELS), CLUSTERS), SIZE)
    place = np.tile(np.arange(SIZE) / SIZE, CLUSTERS)
    assigned = np.where(place < np.array([LEVELS[name] for name in saturation]), "letter", "nfa")
    share = np.array([kept.get(of, kept.get((of[0], "*"), 1.0)) for of in zip(saturation, assigned, strict=True)])
    known = np.random.default_rng(seed).random(saturation.size) < share
    columns: dict[str, Any] = {
        "arm": assigned,
        "office": np.repeat([f"office {number}" for number in range(CLUSTERS)], SIZE).astype(object),
        SATURATION_COLUMN: saturation.astype(object),
        "paid_23": np.zeros(saturation.size),
        MATCHED: pa.array([True if is_in else None for is_in in known], pa.bool_()),
    }
    protocol = declared(
        arms=[NFA, arm("letter")],
        outcomes=[PAID],
        population={"unit": "customer_id", "cluster": "office"},
        randomisation={
            "method": "saturation",
            "saturations": [{"id": name, "treated": treated, "share": 1} for name, treated in LEVELS.items()],
        },
        analysis={"standard_errors": "CR2"},
    )
    return _match(frame_of(columns, protocol), protocol)


def test_what_one_saturation_loses_of_both_its_arms_is_no_difference_between_arms():
    """Pooled, no further action would lack 12% and the letter 4%: most of the untreated are in the low saturation."""
    check = matched({("low", "*"): 0.7})
    assert check.passed, check.detail
    assert "saturation all" in check.detail


@pytest.mark.parametrize(
    ("kept", "said"),
    [({("low", "nfa"): 0.8, ("high", "nfa"): 0.8}, "Letter"), ({("all", "letter"): 0.85}, "saturation all"),
     ({("none", "*"): 0.85}, "saturation none")],
)  # fmt: skip
def test_a_loss_within_a_saturation_or_between_those_compared_is_found(kept, said):
    check = matched(kept)
    assert (check.passed, check.severity) == (False, "blocks")
    assert said in check.detail


def test_a_loss_that_pooling_would_hide_is_found():
    """The letter lacks 15% of all its clusters' customers, and no further action as much of its own elsewhere."""
    check = matched({("all", "letter"): 0.85, ("low", "nfa"): 0.85, ("high", "nfa"): 0.6})
    assert check.passed is False
    assert "saturation all" in check.detail
    assert "Letter" in check.detail


def test_alike_losses_make_no_alarm():
    assert [matched({(name, "*"): 0.9 for name in LEVELS}, seed=seed).passed for seed in range(20)] == [True] * 20
