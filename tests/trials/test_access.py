"""Roles hold: every role × use case, denied below the screen and logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from designs.entries import parse_entry
from tests.designs.test_entries import document
from tests.trials.examples import FIRST, SEED, Files, as_read, load_contacts, load_outcomes
from trials import access
from trials.access import LOCAL_ACTOR, Action, Actor, Role, UseCase, allow, parse_actor, roles_allowed
from trials.errors import AccessRefused, Refused
from trials.registry import Registry
from trials.registry.tables.columns import now
from trials.stages.allocate import randomise
from trials.stages.amend import amend, confirm_amendment, withdraw_amendment
from trials.stages.backup import backup, restore
from trials.stages.certificate import certificate
from trials.stages.collect import collect
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.diagnose import diagnose
from trials.stages.enter import enter
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.migrate import migrate
from trials.stages.overlap import overlap
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void
from trials.stages.whois import whois


def read_trial(registry: Registry, actor: Actor, trial_id: str) -> Any:
    with registry.read(actor, trial_id) as reader:
        return reader.trial(trial_id)


# Written out on purpose, so that a change of the grants is a change of two files.
HOLDERS: dict[UseCase, set[Role]] = {
    "read": set(get_args(Role)),
    "overlap": set(get_args(Role)),
    "certificate": set(get_args(Role)),
    "verify": set(get_args(Role)),
    "register": {"designer", "all"},
    "load_population": {"designer", "all"},
    "design": {"designer", "all"},
    "sign_off": {"reviewer", "analyst", "all"},
    "approve": {"manager", "all"},
    "set_aside": {"designer", "manager", "all"},
    "diagnose": {"designer", "analyst", "all"},
    "lock_outside": {"administrator", "all"},
    "amend": {"designer", "all"},
    "confirm_amendment": {"designer", "analyst", "manager", "all"},
    "withdraw_amendment": {"designer", "analyst", "manager", "all"},
    "lock": {"designer", "all"},
    "randomise": {"randomiser", "all"},
    "issue": {"randomiser", "all"},
    "whois": {"randomiser", "all"},
    "load_contacts": {"randomiser", "all"},
    "release": {"randomiser", "all"},
    "load_outcomes": {"analyst", "all"},
    "evaluate": {"analyst", "all"},
    "decide": {"manager", "all"},
    "request_void": {"randomiser", "manager", "administrator", "all"},
    "confirm_void": {"randomiser", "manager", "administrator", "all"},
    "request_correction": {"analyst", "manager", "all"},
    "confirm_correction": {"analyst", "manager", "all"},
    "backup": {"administrator", "all"},
    "restore": {"administrator", "all"},
    "migrate": {"administrator", "all"},
    "collect": {"administrator", "all"},
}

SIGNS = {role: "kai" if role == "analyst" else "taa" for role in get_args(Role)}
Call = Callable[[Registry, Actor, Files, Path], Any]
CALLS: dict[UseCase, Call] = {
    "read": lambda r, a, f, _: read_trial(r, a, f.trial),
    "overlap": lambda r, a, f, _: overlap(r, a, f.trial, f.trial),
    "certificate": lambda r, a, f, _: certificate(r, a, f.trial),
    "verify": lambda r, a, f, _: verify(r, a, f.trial),
    "register": lambda r, a, f, _: register(r, a, f.protocol),
    "load_population": lambda r, a, f, _: load_population(r, a, f.population, f.protocol),
    "design": lambda r, a, f, _: enter(r, a, f.trial, parse_entry(document("consulted"))),
    "sign_off": lambda r, a, f, _: enter(
        r, a, f.trial, parse_entry(document("signed_off", signatory=SIGNS[a.role], on=now().date().isoformat()))
    ),
    "approve": lambda r, a, f, _: enter(
        r, a, f.trial, parse_entry(document("line_signed_off")), read=as_read(r, f.trial)
    ),
    "set_aside": lambda r, a, f, _: enter(
        r, a, f.trial, parse_entry(document("set_aside", on=now().date().isoformat())), read=as_read(r, f.trial)
    ),
    "lock_outside": lambda r, a, f, _: enter(r, a, f.trial, parse_entry(document("locked_outside"))),
    "diagnose": lambda r, a, f, _: diagnose(r, a, f.trial, revision=1),
    "amend": lambda r, a, f, _: amend(r, a, f.trial, f.protocol, reason="better"),
    "confirm_amendment": lambda r, a, f, _: confirm_amendment(r, a, f.trial, 1),
    "withdraw_amendment": lambda r, a, f, _: withdraw_amendment(r, a, f.trial, 1, reason="worse"),
    "lock": lambda r, a, f, _: lock(r, a, f.trial),
    "randomise": lambda r, a, f, _: randomise(r, a, f.trial),
    "issue": lambda r, a, f, out: issue(r, a, f.trial, "sms", out / a.role),
    "whois": lambda r, a, f, _: whois(r, a, f.trial, [f.customers[1]["customer_id"]]),
    "load_contacts": lambda r, a, f, _: load_contacts(r, a, f.trial, f.outcomes),
    "release": lambda r, a, f, _: release(r, a, f.trial, reason="done"),
    "load_outcomes": lambda r, a, f, _: load_outcomes(r, a, f.trial, f.outcomes),
    "evaluate": lambda r, a, f, _: evaluate(r, a, f.trial),
    "decide": lambda r, a, f, _: decide(
        r, a, f.trial, choice="accept", action="stop", reason="no", review_on=date(2999, 1, 1)
    ),
    "request_void": lambda r, a, f, _: request_void(r, a, f.trial, reason="wrong"),
    "confirm_void": lambda r, a, f, _: confirm_void(r, a, f.trial),
    "request_correction": lambda r, a, f, _: request_correction(r, a, f.trial, reason="wrong"),
    "confirm_correction": lambda r, a, f, _: confirm_correction(r, a, f.trial),
    "backup": lambda r, a, f, out: backup(r, a, out / f"backup-{a.role}"),
    "restore": lambda r, a, f, out: restore(r.settings, a, out / "backup"),
    "migrate": lambda r, a, f, _: migrate(r.settings, a),
    "collect": lambda r, a, f, _: collect(r, a),
}


def test_grants_are_those_written_here():
    assert set(HOLDERS) == set(get_args(UseCase))
    assert {use_case: set(roles_allowed(use_case)) for use_case in HOLDERS} == HOLDERS


def test_every_use_case_is_called_below():
    assert set(CALLS) == set(HOLDERS)


@pytest.mark.requirement("S17")
def test_every_role_is_held_to_its_use_cases_and_each_denial_is_logged(done, tmp_path):
    registry, files = done.registry, done.files
    denied = []
    for use_case, call in CALLS.items():
        for role in get_args(Role):
            actor = Actor(f"A {role}", role)
            if role in HOLDERS[use_case]:
                try:
                    call(registry, actor, files, tmp_path)
                except AccessRefused as refusal:  # pragma: no cover
                    pytest.fail(f"{role} was denied {use_case}: {refusal}")
                except Refused:
                    pass  # the step itself may be over; who may take it is what is asked here
            else:
                with pytest.raises(AccessRefused, match=f"the role {role} may not {use_case.replace('_', ' ')}"):
                    call(registry, actor, files, tmp_path)
                denied.append((f"A {role}", role, use_case))
    with registry.read(LOCAL_ACTOR) as reader:
        logged = [(e.actor, e.role, e.detail["use_case"]) for e in reader.audit() if e.action == "denied"]
    assert logged == denied


def test_a_denial_changes_nothing_else(registry, files):
    with registry.read(LOCAL_ACTOR) as reader:
        before = reader.portfolio()
    with pytest.raises(AccessRefused):
        register(registry, Actor("An Analyst", "analyst"), files.protocol)
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.portfolio() == before == ()
        assert [event.action for event in reader.audit()] == ["installed", "denied"]


def test_a_role_that_may_not_read_is_denied_before_anything_is_read_and_the_denial_is_logged(done, monkeypatch):
    """Every role may read today; the rule is asked all the same, so that a narrower grant holds everywhere at once."""
    monkeypatch.setitem(access._GRANTS, "read", frozenset({"analyst"}))
    manager = Actor("A Manager", "manager")
    with pytest.raises(AccessRefused, match="the role manager may not read"), done.registry.read(manager):
        pytest.fail("the reader was handed over")
    with pytest.raises(AccessRefused, match="may not read"):
        read_trial(done.registry, manager, done.files.trial)
    with done.registry.read(Actor("An Analyst", "analyst")) as reader:
        denied = [(event.actor, event.trial, event.detail) for event in reader.audit() if event.action == "denied"]
    said = {"use_case": "read"}
    assert denied == [("A Manager", None, said | {"rows": {}}), ("A Manager", done.files.trial, said)]


def test_every_action_in_the_audit_chain_is_one_that_the_vocabulary_has(done):
    with done.registry.read(LOCAL_ACTOR) as reader:
        actions = {event.action for event in reader.audit()}
    assert {"installed", "commit_seed", "allocate", "evaluate"} <= actions <= set(get_args(Action))


@pytest.mark.parametrize(
    "text", ["analyst", ":analyst", "A Person:", "A Person:boss", "a:b:c", "A\nPerson:analyst", "x" * 101 + ":analyst"]
)
def test_an_actor_that_cannot_be_read_is_refused(text):
    with pytest.raises(AccessRefused, match=r"OTM_ACTOR: .* Rule: name:role"):
        parse_actor(text)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_without_an_actor_the_local_default_holds_all_roles(text):
    assert parse_actor(text) == LOCAL_ACTOR
    for use_case in get_args(UseCase):
        allow(LOCAL_ACTOR, use_case)


def test_the_population_of_a_certificate_is_the_randomisers_alone(done, tmp_path):
    registry, files = done.registry, done.files
    with pytest.raises(AccessRefused, match="may not randomise"):
        certificate(registry, Actor("An Analyst", "analyst"), files.trial, population=tmp_path / "units.csv")
    assert not (tmp_path / "units.csv").exists()
    certificate(registry, Actor("A Randomiser", "randomiser"), files.trial, population=tmp_path / "units.csv")
    assert (tmp_path / "units.csv").read_text().startswith('"id","stratum"')


def test_a_name_with_colons_keeps_them():
    assert parse_actor("Team: Behaviour:designer") == Actor("Team: Behaviour", "designer")


def test_first_is_not_the_seed():
    """A guard on these tests themselves: a name that held the seed would hide a leak."""
    assert SEED not in str(FIRST)
