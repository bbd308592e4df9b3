"""A plan simulated whole: the same figures from any number of processes, and a word on how long it takes."""

from __future__ import annotations

import pytest

from analysis.diagnosis import TRUTHS, declared_world
from analysis.errors import AnalysisRefused
from tests.analysis.evaluations import declared
from trials.errors import TrialRefused
from trials.stages.diagnose import duration, simulated

DIGEST = "a" * 64
PAID = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "baseline": 0.3,
        "minimum_effect": 0.08}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    return declared_world(declared(outcomes=[PAID]), customers=600)


def test_the_number_of_processes_changes_no_figure(world):
    one, two = (simulated(world, DIGEST, replicates=5, seed=11, workers=workers) for workers in (1, 2))
    assert one == two
    assert one != simulated(world, DIGEST, replicates=5, seed=12, workers=1)


def test_every_truth_has_its_own_trials_and_the_first_stay_when_more_are_asked_for(world):
    few = simulated(world, DIGEST, replicates=2, seed=3, workers=1)
    assert tuple(at.truth for at in few.truths) == TRUTHS
    assert {at.verdicts["scale"].trials for at in few.truths} == {2}
    estimates = {at.effects[0].mean_estimate.value for at in few.truths}
    assert len(estimates) == len(TRUTHS)


def test_time_is_said_after_the_first_trials_and_the_end_is_told(world):
    said = []
    simulated(world, DIGEST, replicates=3, seed=1, workers=1, progress=lambda *words: said.append(words))
    assert said[0] == ("simulating the first trials", 0, 12)
    assert any("all take about" in words for words, *_ in said)
    assert said[-1] == ("trial 12 of 12 is simulated", 12, 12)


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_watches_can_end_it(world, workers):
    class Enough(Exception):
        pass

    def watch(_doing, done, _total):
        if done >= 4:
            raise Enough

    with pytest.raises(Enough):
        simulated(world, DIGEST, replicates=50, seed=1, workers=workers, progress=watch)


@pytest.mark.parametrize(("replicates", "seed"), [(1, 1), (100_001, 1), (5, -1)])
def test_numbers_that_cannot_be_are_refused(world, replicates, seed):
    with pytest.raises(TrialRefused):
        simulated(world, DIGEST, replicates=replicates, seed=seed)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refusal_in_a_process_of_its_own_is_the_refusal(workers):
    levels = {f"office {number}": f"office {number}" for number in range(61)}
    many = declared_world(
        declared(
            outcomes=[PAID],
            population={"unit": "customer_id", "columns": {"office": {"levels": levels}}},
            analysis={"subgroups": [{"column": "office"}]},
        ),
        customers=2_000,
    )
    with pytest.raises(AnalysisRefused, match="the subgroup column has 61 values") as refused:
        simulated(many, DIGEST, replicates=2, seed=1, workers=workers)
    assert (refused.value.where, refused.value.rule) == ("office", "a subgroup has at most 60 levels")


def test_durations_are_in_the_words_of_people():
    assert [duration(seconds) for seconds in (0.6, 45, 59.7, 61, 3600, 5400)] == [
        "1 second", "45 seconds", "60 seconds", "1 minute", "1 hour", "1 hour 30 minutes",
    ]  # fmt: skip
