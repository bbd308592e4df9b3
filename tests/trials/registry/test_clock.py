"""Time goes forward in the registry: a clock that is behind records nothing, and nothing is dated before its draw."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest

from tests.trials.examples import (
    FIRST,
    SECOND,
    Files,
    allocated,
    evaluated,
    load_contacts,
    load_outcomes,
    on,
    write_csv,
)
from trials.access import Actor
from trials.errors import AccessRefused, RegistryRefused, TrialRefused
from trials.registry import queries
from trials.registry.proof import clock as clocks
from trials.registry.proof.clock import ALLOWED
from trials.registry.tables import columns
from trials.registry.tables.columns import now
from trials.stages import decide as deciding
from trials.stages.allocate import randomise
from trials.stages.backup import backup
from trials.stages.collect import collect
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue_lists
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.returned_files import withdraw_returned_file
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void
from trials.stages.whois import whois

LATER = date(2999, 12, 31)
TERMS = {"choice": "accept", "action": "stop", "reason": "it is so", "review_on": LATER}


def contacts(registry, files):
    row = {"customer_id": "C000100", "channel": "sms", "sent_on": f"{now():%Y-%m-%d}"}
    load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", [row]))


WRITERS = {
    "population": lambda r, f: load_population(r, FIRST, f.population, f.protocol, synthetic=True),
    "register": lambda r, f: register(r, FIRST, Files(f.folder / "other", trial="other").protocol),
    "issue": lambda r, f: issue_lists(r, FIRST, f.trial, "sms", f.folder / "lists"),
    "whois": lambda r, f: whois(r, FIRST, f.trial, ["C000100"]),
    "contacts": contacts,
    "outcomes": lambda r, f: load_outcomes(r, FIRST, f.trial, f.outcomes),
    "withdraw": lambda r, f: withdraw_returned_file(r, FIRST, f.trial, "outcomes", reason="wrong"),
    "evaluate": lambda r, f: evaluate(r, FIRST, f.trial),
    "decide": lambda r, f: decide(r, FIRST, f.trial, **TERMS),
    "release": lambda r, f: release(r, FIRST, f.trial, reason="over"),
    "void": lambda r, f: request_void(r, FIRST, f.trial, reason="wrong"),
    "backup": lambda r, f: backup(r, FIRST, f.folder / "backup"),
    "collect": lambda r, f: collect(r, FIRST),
}


def events(registry):
    with registry.inspect(FIRST, "verify") as session:
        return queries.audit_events(session)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("behind", [timedelta(days=365), timedelta(minutes=1)], ids=["a year", "a minute"])
def test_a_clock_behind_the_last_event_records_nothing(done, tmp_path, writer, behind):
    registry, files = done.registry, Files(tmp_path / "own")
    before = events(registry)
    with clock(before[-1].at - behind), pytest.raises(RegistryRefused) as refused:
        WRITERS[writer](registry, files)
    said = str(refused.value)
    assert "the clock of this machine says" in said
    assert "set the clock of this machine right" in said
    assert f"number {before[-1].sequence}, evaluate, by local" in said
    assert events(registry) == before
    assert not (tmp_path / "own" / "lists").exists()


@pytest.mark.parametrize("step", ["lock", "randomise", "confirm"])
def test_so_on_either_database_for_what_happens_once(either, files, step):
    load_population(either, FIRST, files.population, files.protocol, synthetic=True)
    register(either, FIRST, files.protocol)
    acts = {
        "lock": lambda: lock(either, FIRST, files.trial),
        "randomise": lambda: randomise(either, FIRST, files.trial),
        "confirm": lambda: confirm_void(either, SECOND, files.trial),
    }
    for done in ("lock", "randomise", "confirm"):
        if done == "confirm":
            request_void(either, FIRST, files.trial, reason="wrong")
        if done == step:
            break
        acts[done]()
    before = events(either)
    with clock(now() - timedelta(days=30)), pytest.raises(RegistryRefused, match="the clock of this machine"):
        acts[step]()
    assert events(either) == before
    acts[step]()
    assert all(proof.holds for proof in verify(either, FIRST, files.trial))


def test_clocks_that_differ_by_little_are_alike_and_the_chain_goes_forward(done):
    registry, files = done.registry, done.files
    latest = events(registry)[-1].at
    with clock(latest - ALLOWED / 2):
        decide(registry, FIRST, files.trial, **TERMS)
    assert [event.at for event in events(registry)[-2:]] == [latest, latest]
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_a_decision_dated_before_its_draw_is_refused_whatever_the_chain_says(registry, files, monkeypatch):
    evaluated(registry, files)
    monkeypatch.setattr(deciding, "now", lambda: now() - timedelta(days=365))
    with pytest.raises(TrialRefused, match=r"this decision would be dated .*, before the draw of .*comes after it"):
        decide(registry, FIRST, files.trial, **TERMS)
    monkeypatch.undo()
    decide(registry, FIRST, files.trial, **TERMS)


def test_a_clock_that_ran_ahead_stops_later_ones_until_its_time_and_says_what_to_do(registry, files):
    with on(now().date() + timedelta(days=40)):
        allocated(registry, files)
    with pytest.raises(RegistryRefused, match="wait until that time or restore a backup of before that event"):
        load_outcomes(registry, FIRST, files.trial, files.outcomes)
    with on(now().date() + timedelta(days=40)):
        load_outcomes(registry, FIRST, files.trial, files.outcomes)


def test_a_denial_is_recorded_whatever_the_clock_says_and_stops_nobody(done):
    registry, files = done.registry, done.files
    for wrong in (-400, 400):
        with clock(now() + timedelta(days=wrong)), pytest.raises(AccessRefused):
            decide(registry, Actor("A", "analyst"), files.trial, **TERMS)
    assert [event.action for event in events(registry)[-2:]] == ["denied", "denied"]
    decide(registry, FIRST, files.trial, **TERMS)


@pytest.mark.parametrize("apart", [timedelta(days=40), timedelta(days=-40)], ids=["ahead", "behind"])
def test_a_clock_that_is_apart_from_the_databases_or_the_folders_records_nothing(either, files, monkeypatch, apart):
    """The machine says one day, and the file system that writes the chain head another; so does PostgreSQL."""
    allocated(either, files)
    before = events(either)
    wrong = datetime.now(UTC) + apart
    with monkeypatch.context() as patched:
        patched.setattr(clocks, "machine_clock", lambda: wrong)
        patched.setattr(clocks.queries, "latest_change", lambda _: None)  # what a clock behind is refused for already
        for write in (
            lambda: load_outcomes(either, FIRST, files.trial, files.outcomes),
            lambda: request_void(either, FIRST, files.trial, reason="wrong"),
            lambda: backup(either, FIRST, files.folder / "backup"),
        ):
            with pytest.raises(RegistryRefused, match=r"clock of this machine says .*, and that of the .* NTP") as told:
                write()
            assert f"{wrong:%Y-%m-%d}" in str(told.value)
            assert f"{datetime.now(UTC):%Y-%m}" in str(told.value)
        with pytest.raises(AccessRefused):  # a denial is recorded whatever the clocks say
            decide(either, Actor("A", "analyst"), files.trial, **TERMS)
        assert all(proof.holds for proof in verify(either, FIRST, files.trial)), "whoever reads may read"
    assert [event.action for event in events(either)[len(before) :]] == ["denied"]
    assert not (files.folder / "backup").exists()
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    assert all(proof.holds for proof in verify(either, FIRST, files.trial))


def test_ten_minutes_are_too_many_for_a_database_and_few_for_a_file_system(either, files, monkeypatch):
    allocated(either, files)
    before = events(either)
    monkeypatch.setattr(clocks, "machine_clock", lambda: datetime.now(UTC) + timedelta(minutes=10))
    if either.url.get_backend_name() == "postgresql":
        with pytest.raises(RegistryRefused, match=r"of the database's machine .* more than five minutes apart"):
            load_outcomes(either, FIRST, files.trial, files.outcomes)
        assert events(either) == before
    else:
        load_outcomes(either, FIRST, files.trial, files.outcomes)


def test_clocks_that_differ_by_minutes_stop_nobody(either, files, monkeypatch):
    monkeypatch.setattr(clocks, "machine_clock", lambda: datetime.now(UTC) + timedelta(minutes=4))
    allocated(either, files)


def clock(at: datetime):
    """As if the clock said this."""

    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return at.astimezone(tz or UTC)

    return patch.object(columns, "datetime", Then)
