"""What is fixed or accepted is what its author read: a plan and its population at the lock, outcomes at a decision."""

from __future__ import annotations

import pytest

from tests.trials.examples import FIRST, SECOND, allocated
from tests.trials.stages.test_findings import LATER, better, cut, rows_of
from trials.access import Actor
from trials.cli.commands import application
from trials.errors import TrialRefused
from trials.registry import queries
from trials.reporting.results.decisions import decision_lines, decision_notice
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.lock import check_lock, lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.returned_files import withdraw_returned_file


def versions(registry, files, *people):
    """A plan, and another version of it by each of the people in turn."""
    for number, person in enumerate(people):
        files.edit_protocol(lambda text, day=23 + number: text.replace("day: 23", f"day: {day}"))
        register(registry, person, files.protocol)


def is_locked(registry, files):
    with registry.inspect(FIRST, "read", files.trial) as session:
        return queries.lock_of(session, files.trial) is not None


def test_a_version_that_came_in_unseen_is_not_locked(either, files):
    load_population(either, FIRST, files.population, files.protocol, synthetic=True)
    versions(either, files, FIRST)
    read = check_lock(either, FIRST, files.trial).record.protocol_version
    files.edit_protocol(lambda text: text.replace("day: 23", "day: 90"))
    register(either, SECOND, files.protocol)
    with pytest.raises(
        TrialRefused, match=r"version of the plan is not yours.*1 \(by First.*2 \(by Second.*--version 2"
    ):
        lock(either, FIRST, files.trial)
    with pytest.raises(TrialRefused, match="version of the plan 1 is not the last one"):
        lock(either, FIRST, files.trial, version=read)
    assert not is_locked(either, files)
    assert lock(either, FIRST, files.trial, version=2).protocol_version == 2


def test_a_load_of_the_population_that_came_in_unseen_is_not_locked(registry, files):
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    versions(registry, files, FIRST)
    load_population(registry, SECOND, files.population, files.protocol, synthetic=True)
    with pytest.raises(TrialRefused, match=r"the last load of the population is not yours.*--load 2"):
        lock(registry, FIRST, files.trial)
    with pytest.raises(TrialRefused, match="load of the population 1 is not the last one"):
        lock(registry, FIRST, files.trial, load=1)
    assert lock(registry, FIRST, files.trial, load=2).population.version == 2


def test_one_person_locks_their_own_last_version_without_naming_it(registry, files):
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, SECOND, files.protocol)
    files.edit_protocol(lambda text: text.replace("day: 23", "day: 30"))
    register(registry, FIRST, files.protocol)
    assert lock(registry, FIRST, files.trial).protocol_version == 2


def test_the_only_version_and_load_need_no_name_whoever_entered_them(registry, files):
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    assert lock(registry, SECOND, files.trial).protocol_version == 1


def test_the_check_says_how_to_lock_what_it_showed(registry, files, capsys, monkeypatch):
    load_population(registry, SECOND, files.population, files.protocol, synthetic=True)
    load_population(registry, SECOND, files.population, files.protocol, synthetic=True)
    versions(registry, files, FIRST, SECOND)
    monkeypatch.setenv("OTM_ACTOR", "First Person:all")
    application()(["lock", files.trial, "--check"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "The plan is version 2, digest " in said
    command = said.rpartition("otm ")[2].split()
    assert command == ["lock", files.trial, "--version", "2", "--load", "2"]
    application()(command, standalone_mode=False)
    assert is_locked(registry, files)


@pytest.fixture
def found(registry, files):
    allocated(registry, files)
    cut(registry, files, rows_of(files))
    return registry


def decided(registry, files, choice="accept", *, finding=1, also_read=()):
    terms = {"action": "stop", "reason": "it is so", "review_on": LATER}
    return decide(registry, FIRST, files.trial, choice=choice, **terms, finding=finding, also_read=also_read)


def test_a_verdict_whose_outcomes_were_withdrawn_is_not_accepted(found, files):
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="another trial's file")
    with pytest.raises(TrialRefused, match=r"rests on were withdrawn: load 1 .*First Person.*another trial's file"):
        decided(found, files)
    assert decided(found, files, "override").choice == "override"


GONE = "Outcomes that evaluation 1 was made of were withdrawn: load 1 (cut-0.csv), by First Person on "


@pytest.mark.parametrize("choice", ["override", "accept"])
def test_whoever_reads_a_decision_on_withdrawn_outcomes_is_told(found, files, choice):
    """Overridden after they were taken back, or accepted before: every page, the command and the chain say so."""
    if choice == "accept":
        decided(found, files)
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="another trial's file")
    if choice == "override":
        decided(found, files, choice)
    for actor in (FIRST, Actor("A Manager", "manager")):
        with found.read(actor) as reader:
            detail, events = reader.trial(files.trial), reader.audit(files.trial)
        (decision,) = detail.decisions
        assert decision_lines(decision, detail.evaluations, detail.returned)[-1].startswith(GONE)
        notice = decision_notice(detail)
        assert GONE in notice
        assert notice.endswith("another trial's file.")
        said = next(event.detail for event in events if event.action == "decide")
        assert said.get("withdrawn") == ([1] if choice == "override" else None)


def test_nobody_is_told_of_what_outcomes_that_stand_bear_out(found, files):
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="cut on the wrong day")
    cut(found, files, rows_of(files), after=24)
    decided(found, files, also_read=[2])
    with found.read(FIRST) as reader:
        assert decision_notice(reader.trial(files.trial)) is None


def test_the_command_tells_whoever_overrides(found, files, monkeypatch, capsys):
    monkeypatch.setenv("OTM_HOME", str(found.home))
    monkeypatch.setenv("OTM_ACTOR", "A Manager:manager")
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="another trial's file")
    terms = ["--action", "stop", "--reason", "its file was another trial's", "--review-on", "2999-12-31"]
    application()(["decide", files.trial, "--override", *terms], standalone_mode=False)
    assert f"Note: {GONE}" in capsys.readouterr().err


def test_it_is_accepted_again_once_outcomes_that_stand_say_the_same(found, files):
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="cut on the wrong day")
    cut(found, files, rows_of(files), after=24)
    assert decided(found, files, also_read=[2]).evaluation == 1


def test_outcomes_that_stand_and_say_otherwise_do_not_carry_it(found, files):
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="last year's file")
    cut(found, files, better(found, files), after=24)
    with pytest.raises(TrialRefused, match="were withdrawn: load 1"):
        decided(found, files, also_read=[2])
    asked = request_correction(found, FIRST, files.trial, reason="last year's file", in_place_of=1)
    confirm_correction(found, SECOND, files.trial, evaluation=asked.replacing)
    assert decided(found, files, finding=2).evaluation == 2


def test_a_load_that_a_finding_did_not_read_may_be_withdrawn(found, files):
    cut(found, files, better(found, files), after=60)
    withdraw_returned_file(found, FIRST, files.trial, "outcomes", reason="a trial run")
    assert decided(found, files, also_read=[2]).evaluation == 1
