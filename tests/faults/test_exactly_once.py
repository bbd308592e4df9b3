"""The short form of `otm faults`: a spread of crash points, disk errors and crowds, on both databases."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.faults.children import Child, Outcome
from tests.faults.exactly_once import (
    TRIAL,
    crowd,
    killed_after,
    killed_at,
    refused_by_the_disk,
    spread,
    undisturbed,
)
from tests.faults.prepared import Prepared, half_done
from tests.trials.examples import SEED


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    return Prepared(Path(tmp_path_factory.mktemp("prepared")), server, [TRIAL])


@pytest.fixture(scope="module")
def whole(prepared: Prepared) -> Outcome:
    return undisturbed(prepared)


def test_every_durable_step_of_an_allocation_is_a_point(whole):
    """Three files and two commits, files first, each commit witnessed outside: a step that is added is seen here."""
    assert whole.calls.count("rename") == 3  # units, customers left out, allocation
    assert whole.points.count("before commit") == whole.points.count("after commit") == 2
    assert whole.calls.count("fsync") >= 3 * 2 + 2  # each file and its folder, and the chain head twice
    order = [name for name in whole.points if name in ("after rename", "before commit")]
    assert order == ["after rename", "after rename", "before commit", "after rename", "before commit"]


@pytest.mark.requirement("S08")
def test_a_run_that_is_killed_and_started_again_gives_one_allocation(prepared, whole):
    faults = [fault for point in spread(len(whole.points), 6) for fault in killed_at(prepared, whole, point)]
    assert faults == []


def test_a_run_that_is_killed_around_its_commits_gives_one_allocation(prepared, whole):
    commits = [at for at, name in enumerate(whole.points, start=1) if "commit" in name]
    assert [fault for point in commits for fault in killed_at(prepared, whole, point)] == []


def test_a_run_that_is_killed_wherever_it_is_gives_one_allocation(prepared, whole):
    assert killed_after(prepared, whole, 0.1) == []


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_is_a_plain_refusal_and_nothing_is_lost(prepared, whole, error):
    faults = [
        fault for call in spread(len(whole.calls), 5) for fault in refused_by_the_disk(prepared, whole, call, error)
    ]
    assert faults == []


def test_many_processes_on_one_trial_make_one_allocation(prepared):
    assert crowd(prepared, 4) == []


def test_many_processes_on_different_trials_allocate_each_of_them(tmp_path, prepared):
    server = prepared.server
    assert crowd(Prepared(tmp_path, server, ["one", "two", "three"], customers=30), 2) == []


def test_a_killed_run_shows_that_the_points_are_real(prepared, whole):
    """If nothing were killed, every test above would pass for nothing."""
    place = prepared.copy()
    first = whole.points.index("after commit") + 1
    assert Child(place, TRIAL, SEED, kill_at=first).outcome().killed
    assert half_done(place, TRIAL) == []
    assert Child(place, TRIAL, "1" * 64).outcome().refusal is not None  # the seed is there, and another is refused
    done = Child(place, TRIAL, None).outcome()
    assert done.digest == whole.digest  # whoever goes on uses the seed first committed
    prepared.drop(place)


@pytest.mark.parametrize(
    ("count", "wanted", "chosen"), [(5, 9, [1, 2, 3, 4, 5]), (9, 3, [1, 5, 9]), (9, 2, [1, 9]), (9, 1, [9])]
)
def test_points_are_spread_from_the_first_to_the_last(count, wanted, chosen):
    assert list(spread(count, wanted)) == chosen
