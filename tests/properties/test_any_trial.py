"""Some of the trials of `otm faults --suites any-trial`: enough reach a verdict, and every stage is among them."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest

from tests.properties.any_evaluation import VERDICTS
from tests.properties.any_trial import STEPS, Ending, carried_through

TRIALS = 20
pytestmark = pytest.mark.xdist_group("random-trials")  # conducted once, whichever worker takes them


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> list[Ending]:
    """How each ended; whatever was not refused in time is raised here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return [carried_through(seed, tmp_path_factory.mktemp("any")) for seed in range(TRIALS)]


def test_most_trials_reach_a_verdict_and_few_are_refused(endings: list[Ending]) -> None:
    reached = Counter(ending.code for ending in endings)
    assert set(reached) <= {*VERDICTS, "refused", "void", "not_due"}
    assert sum(reached[code] for code in VERDICTS) >= 0.6 * TRIALS
    assert reached["refused"] <= 0.3 * TRIALS
    assert len(VERDICTS & set(reached)) >= 3


def test_a_refusal_says_why(endings: list[Ending]) -> None:
    refused = [ending for ending in endings if ending.code == "refused"]
    assert refused
    assert all("Rule: " in str(ending.reason) for ending in refused)


def test_every_stage_is_among_them(endings: list[Ending]) -> None:
    taken = Counter(step for ending in endings for step in set(ending.steps))
    assert [step for step in STEPS if taken[step] == 0] == []


@pytest.mark.parametrize("kind", ["binary", "amount", "time_to_event"])
def test_primaries_of_every_kind_are_evaluated(endings: list[Ending], kind: str) -> None:
    codes = {ending.code for ending in endings if ending.primary == kind and "evaluate" in ending.steps}
    assert codes
