"""A whole trial, through the stages a person calls, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.trials.examples import FIRST, SECOND, SEED, Files, allocated, evaluated, load_outcomes, locked
from trials.access import LOCAL_ACTOR
from trials.registry import Registry, open_registry
from trials.registry.tables.columns import now
from trials.reporting.portfolio import next_actor
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void


def state(registry: Registry) -> tuple[str, str]:
    with registry.read(LOCAL_ACTOR) as reader:
        (trial,) = reader.portfolio()
    return trial.state, next_actor(trial.next)


def test_a_trial_goes_from_draft_to_decided(either, files, tmp_path):
    register(either, FIRST, files.protocol)
    assert state(either) == ("draft", "designer")
    load_population(either, FIRST, files.population, files.protocol, synthetic=True)
    record = lock(either, FIRST, files.trial)
    assert state(either) == ("locked", "randomiser")
    allocation = randomise(either, FIRST, files.trial, demonstration_seed=SEED)
    assert state(either) == ("allocated", "randomiser")
    assert sum(allocation.counts.values()) == record.eligible
    assert record.eligible + sum(e.customers for e in record.exclusions) == len(files.customers)
    issue(either, FIRST, files.trial, "sms", tmp_path / "lists")
    assert state(either) == ("in_field", "randomiser")  # the letters are still to be issued
    issue(either, FIRST, files.trial, "letter", tmp_path / "lists")
    assert state(either) == ("in_field", "analyst")
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    assert state(either) == ("data_cut", "analyst")
    evaluation = evaluate(either, FIRST, files.trial)
    assert state(either) == ("analysed", "manager")
    release(either, FIRST, files.trial, reason="results are stored")
    review = now().date() + timedelta(days=90)
    decide(either, FIRST, files.trial, choice="accept", action="do not scale", reason="not shown", review_on=review)
    assert state(either) == ("decided", "manager")
    with either.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
        actions = [event.action for event in reader.audit(files.trial)]
    assert detail.evaluation is not None
    assert detail.evaluation.document["flow"]["allocated"] == record.eligible
    assert detail.decisions[0].verdict_code == evaluation.document["verdict"]["code"]
    assert detail.allocation is not None
    assert detail.allocation.seed == SEED
    assert detail.summary.synthetic
    assert actions == [
        "register", "load_population", "lock", "commit_seed", "allocate", "issue", "issue", "load_outcomes", "evaluate",
        "release", "decide",
    ]  # fmt: skip
    assert all(proof.holds for proof in verify(either, FIRST, files.trial))


def test_a_later_cut_of_the_data_asks_for_another_evaluation(registry, files):
    first = evaluated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    assert state(registry) == ("data_cut", "analyst")
    second = evaluate(registry, FIRST, files.trial)
    assert (first.id, second.id) == (1, 2)
    assert second.digest == first.digest  # the same data, the same plan, the same code


def test_sqlite_and_postgresql_give_the_same_digests(tmp_path, home, postgres_url):
    digests = []
    for number, url in enumerate((None, postgres_url)):
        opened = open_registry(Settings(home=home / str(number), database_url=url))
        evaluation = evaluated(opened, Files(tmp_path / "files"))
        with opened.read(LOCAL_ACTOR) as reader:
            detail = reader.trial("reminders")
        assert detail.allocation is not None
        assert detail.population is not None
        allocation = detail.allocation
        digests.append(
            (detail.population.digest, allocation.digest, allocation.snapshot_digest, evaluation.digest,
             evaluation.data_digest)
        )  # fmt: skip
        opened.close()
    assert digests[0] == digests[1]


@pytest.mark.parametrize("at", ["allocated", "evaluated"])
def test_a_void_takes_two_people_and_is_shown(registry, files, at):
    (allocated if at == "allocated" else evaluated)(registry, files)
    request_void(registry, FIRST, files.trial, reason="the wrong population was loaded")
    with registry.read(LOCAL_ACTOR) as reader:
        (asked,) = reader.portfolio()
        before = reader.trial(files.trial)
    assert asked.state != "void"
    assert next_actor(asked.next) == "someone other than First Person"
    confirm_void(registry, SECOND, files.trial)
    assert state(registry) == ("void", "nobody")
    with registry.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
    assert detail.void is not None
    assert (detail.void.requested_by, detail.void.confirmed_by) == ("First Person", "Second Person")
    assert before.allocation is not None
    assert detail.allocation is not None
    assert detail.allocation.voided
    assert detail.allocation.digest == before.allocation.digest
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_a_draw_without_its_seed_is_the_operating_systems(registry, files, tmp_path):
    locked(registry, files, synthetic=False)
    first = randomise(registry, FIRST, files.trial)
    other = open_registry(Settings(home=tmp_path / "other"))
    second = allocated(other, files, seed=None)
    assert first.seed_commitment != second.seed_commitment
    assert first.digest != second.digest
    other.close()


def test_a_trial_can_be_built_where_a_folder_has_signs_that_databases_read(tmp_path: Path, files: Files):
    opened = open_registry(Settings(home=tmp_path / "ho me%20?#[x]"))
    allocated(opened, files)
    assert state(opened)[0] == "allocated"
    opened.close()
