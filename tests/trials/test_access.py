"""Roles hold: every role × use case, denied below the screen and logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.trials.examples import FIRST, SEED, Files
from trials.access import LOCAL_ACTOR, Action, Actor, Role, allow, parse_actor, roles_allowed
from trials.errors import AccessRefused, Refused
from trials.registry import Registry
from trials.stages.allocate import randomise
from trials.stages.backup import backup, restore
from trials.stages.certificate import certificate
from trials.stages.collect import collect
from trials.stages.contacts import load_contacts
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.migrate import migrate
from trials.stages.outcomes import load_outcomes
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void

# Written out on purpose, so that a change of the grants is a change of two files.
HOLDERS: dict[Action, set[Role]] = {
    "read": set(get_args(Role)),
    "certificate": set(get_args(Role)),
    "verify": set(get_args(Role)),
    "register": {"designer", "all"},
    "load_population": {"designer", "all"},
    "lock": {"designer", "all"},
    "randomise": {"randomiser", "all"},
    "issue": {"randomiser", "all"},
    "load_contacts": {"randomiser", "all"},
    "release": {"randomiser", "all"},
    "load_outcomes": {"analyst", "all"},
    "evaluate": {"analyst", "all"},
    "decide": {"manager", "all"},
    "request_void": {"randomiser", "manager", "administrator", "all"},
    "confirm_void": {"randomiser", "manager", "administrator", "all"},
    "backup": {"administrator", "all"},
    "restore": {"administrator", "all"},
    "migrate": {"administrator", "all"},
    "collect": {"administrator", "all"},
}

UseCase = Callable[[Registry, Actor, Files, Path], Any]
USE_CASES: dict[Action, UseCase] = {
    "certificate": lambda r, a, f, _: certificate(r, a, f.trial),
    "verify": lambda r, a, f, _: verify(r, a, f.trial),
    "register": lambda r, a, f, _: register(r, a, f.protocol),
    "load_population": lambda r, a, f, _: load_population(r, a, f.population, f.protocol),
    "lock": lambda r, a, f, _: lock(r, a, f.trial),
    "randomise": lambda r, a, f, _: randomise(r, a, f.trial),
    "issue": lambda r, a, f, out: issue(r, a, f.trial, "sms", out / a.role),
    "load_contacts": lambda r, a, f, _: load_contacts(r, a, f.trial, f.outcomes),
    "release": lambda r, a, f, _: release(r, a, f.trial, reason="done"),
    "load_outcomes": lambda r, a, f, _: load_outcomes(r, a, f.trial, f.outcomes),
    "evaluate": lambda r, a, f, _: evaluate(r, a, f.trial),
    "decide": lambda r, a, f, _: decide(
        r, a, f.trial, choice="accept", action="stop", reason="no", review_on=date(2999, 1, 1)
    ),
    "request_void": lambda r, a, f, _: request_void(r, a, f.trial, reason="wrong"),
    "confirm_void": lambda r, a, f, _: confirm_void(r, a, f.trial),
    "backup": lambda r, a, f, out: backup(r, a, out / f"backup-{a.role}"),
    "restore": lambda r, a, f, out: restore(r.settings, a, out / "backup"),
    "migrate": lambda r, a, f, _: migrate(r.settings, a),
    "collect": lambda r, a, f, _: collect(r, a),
}


def test_grants_are_those_written_here():
    assert set(HOLDERS) == set(get_args(Action))
    assert {action: set(roles_allowed(action)) for action in HOLDERS} == HOLDERS


def test_every_use_case_but_reading_is_called_below():
    assert set(USE_CASES) == set(HOLDERS) - {"read"}


@pytest.mark.requirement("S17")
def test_every_role_is_held_to_its_use_cases_and_each_denial_is_logged(done, tmp_path):
    registry, files = done.registry, done.files
    denied = []
    for action, use_case in USE_CASES.items():
        for role in get_args(Role):
            actor = Actor(f"A {role}", role)
            if role in HOLDERS[action]:
                try:
                    use_case(registry, actor, files, tmp_path)
                except AccessRefused as refusal:  # pragma: no cover
                    pytest.fail(f"{role} was denied {action}: {refusal}")
                except Refused:
                    pass  # the step itself may be over; who may take it is what is asked here
            else:
                with pytest.raises(AccessRefused, match=f"the role {role} may not {action.replace('_', ' ')}"):
                    use_case(registry, actor, files, tmp_path)
                if action not in ("restore", "migrate"):  # there is no registry to log to before these
                    denied.append((f"A {role}", role, action))
    with registry.read() as reader:
        logged = [(e.actor, e.role, e.detail["use_case"]) for e in reader.audit() if e.action == "denied"]
    assert logged == denied


def test_a_denial_changes_nothing_else(registry, files):
    with registry.read() as reader:
        before = reader.portfolio()
    with pytest.raises(AccessRefused):
        register(registry, Actor("An Analyst", "analyst"), files.protocol)
    with registry.read() as reader:
        assert reader.portfolio() == before == ()
        assert [event.action for event in reader.audit()] == ["installed", "denied"]


@pytest.mark.parametrize(
    "text", ["analyst", ":analyst", "A Person:", "A Person:boss", "a:b:c", "A\nPerson:analyst", "x" * 101 + ":analyst"]
)
def test_an_actor_that_cannot_be_read_is_refused(text):
    with pytest.raises(AccessRefused, match=r"OTM_ACTOR: .* Rule: name:role"):
        parse_actor(text)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_without_an_actor_the_local_default_holds_all_roles(text):
    assert parse_actor(text) == LOCAL_ACTOR
    for action in get_args(Action):
        allow(LOCAL_ACTOR, action)


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
