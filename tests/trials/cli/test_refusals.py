"""Bad input: exit 2, one plain message, nothing changed, no traceback."""

from __future__ import annotations

import shutil

import pytest

from tests.trials.examples import SEED, Files, write_csv
from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.registry.storage.dump import dump
from trials.settings import Settings


@pytest.fixture
def standing(allocated_once, home):
    """A trial that is assigned; what its registry and its files hold. Its protocol's file is not this test's own."""
    shutil.copytree(allocated_once, home, dirs_exist_ok=True)
    return state(home)


@pytest.fixture
def standing_on_its_own(otm, files, home):
    """The same from the command line, with a protocol that the test may edit."""
    for command in (
        ("population", "load", files.population, "--protocol", files.protocol, "--synthetic"),
        ("register", files.protocol),
        ("lock", files.trial),
        ("randomise", files.trial, "--demonstration-seed", SEED),
    ):
        done = otm(*command)
        assert done.code == 0, done.err
    return state(home)


def state(home) -> dict[str, object]:
    registry = open_registry(Settings(home=home))
    with registry.inspect(LOCAL_ACTOR, "backup") as session:
        rows = dump(session)
    registry.close()
    files = {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*.parquet")}
    return {"rows": rows, "files": files, "head": (home / "chain-head").read_bytes()}


def refused(done, *words: str) -> None:
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert done.err.startswith("Refused. ")
    for word in words:
        assert word in done.err


POPULATIONS = {
    "an empty file": ("", "empty"),
    "a header and no rows": ("customer_id,principal,hnw,band,age\n", "no rows"),
    "a file without the id column": ("principal,hnw,band,age\n50,0,low,3\n", "customer_id"),
    "duplicate ids": ("customer_id,principal,hnw,band,age\nC1,50,0,low,3\nC1,60,0,low,3\n", "C1"),
    "a missing column": ("customer_id,principal,hnw,band\nC1,50,0,low\n", "age"),
    "bytes that are no text": ("\x00\x01\x02", ""),
}


@pytest.mark.parametrize("name", sorted(POPULATIONS))
def test_a_population_that_cannot_be_taken(otm, standing, files, home, name):
    content, word = POPULATIONS[name]
    files.population.write_text(content)
    refused(otm("population", "load", files.population, "--protocol", files.protocol), word)
    assert state(home) == standing


def test_a_file_that_is_not_there(otm, standing, files, home):
    refused(otm("population", "load", files.folder / "nothing.csv", "--protocol", files.protocol), "nothing.csv")
    refused(otm("population", "load", files.population, "--protocol", files.folder / "nothing.yaml"), "nothing.yaml")
    refused(otm("outcomes", "load", files.trial, files.folder / "nothing.csv"), "nothing.csv")
    assert state(home) == standing


def test_ids_that_a_spreadsheet_spoilt_are_rejected_row_by_row(otm, files):
    rows = [row | {"customer_id": "1E+13"} if at == 4 else row for at, row in enumerate(files.customers)]
    write_csv(files.population, rows)
    done = otm("population", "load", files.population, "--protocol", files.protocol)
    assert done.code == 0
    assert "400 rows read, 399 loaded, 1 rejected." in done.out
    assert "1E+13" in done.out


@pytest.mark.parametrize("seed", [(), ("--demonstration-seed", SEED)])
def test_a_second_allocation(otm, standing, files, home, seed):
    refused(otm("randomise", files.trial, *seed), "this trial has been randomised", "one draw a trial")
    assert state(home) == standing


@pytest.mark.parametrize(
    "command",
    [("register", "PROTOCOL"), ("population", "load", "POPULATION", "--protocol", "PROTOCOL"),
     ("issue", "reminders", "--arm", "sms", "--out", "lists"), ("outcomes", "load", "reminders", "OUTCOMES"),
     ("evaluate", "reminders")],
)  # fmt: skip
def test_a_protocol_edited_after_its_lock(otm, standing_on_its_own, files, home, command):
    files.edit_protocol(lambda text: text.replace("share: 2", "share: 3"))
    paths = {"PROTOCOL": files.protocol, "POPULATION": files.population, "OUTCOMES": files.outcomes}
    refused(otm(*(paths.get(word, word) for word in command)), "the protocol was edited after the lock", "To do: put")
    assert state(home) == standing_on_its_own


@pytest.mark.parametrize(
    ("command", "words"),
    [(("issue", "reminders", "--arm", "email", "--out", "lists"), ("no arm 'email'", "nfa, letter, sms")),
     (("issue", "reminders", "--arm", "nfa", "--out", "lists"), ("are not contacted",)),
     (("lock", "reminders"), ("locked already",)),
     (("lock", "nothing"), ("there is no trial 'nothing'",)),
     (("verify", "nothing"), ("there is no trial 'nothing'",)),
     (("certificate", "nothing"), ("there is no trial 'nothing'",)),
     (("evaluate", "reminders"), ("no outcomes are loaded",)),
     (("release", "reminders", "--reason", "curious"), ("still running",)),
     (("void", "reminders", "--confirm"), ("nobody asked for a void",)),
     (("decide", "reminders", "--action", "x", "--reason", "x", "--review-on", "2999-01-01"), ("no evaluation",)),
     (("restore", "nothing"), ("not a backup",)),
     (("protocol", "check", "nothing.yaml"), ("nothing.yaml",))],
)  # fmt: skip
def test_steps_that_cannot_be_taken(otm, standing, home, command, words):
    refused(otm(*command), *words)
    assert state(home) == standing


OUTCOMES = {
    "an empty file": ("", ""),
    "a file without the id column": ("paid,collected\n1,2\n", "customer_id"),
    "an outcome missing": ("customer_id,paid\nC000020,1\n", "collected"),
    "a column of arms": ("customer_id,paid,collected,arm\nC000020,1,2,sms\n", "from the registry alone"),
    "an arm that the protocol lacks": ("customer_id,paid,collected,arm\nC000020,1,2,pigeon\n", "from the registry"),
    "nobody we know": ("customer_id,paid,collected\nZ9,1,2\n", "no row of the file belongs to a customer"),
}


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_outcomes_that_cannot_be_taken(otm, standing, files, home, name):
    content, word = OUTCOMES[name]
    files.outcomes.write_text(content)
    refused(otm("outcomes", "load", files.trial, files.outcomes), word)
    assert state(home) == standing


def test_a_role_that_may_not(otm, standing, files, home):
    refused(otm("randomise", files.trial, actor="An Analyst:analyst"), "the role analyst may not randomise")
    after = state(home)
    denied = after["rows"]["tables"]["audit_event"].pop()
    assert denied["action"] == "denied"
    assert after["rows"] == standing["rows"]
    refused(otm("trials", actor="nobody in particular"), "OTM_ACTOR", "name:role")


def test_settings_that_cannot_be_used(otm, home, monkeypatch):
    monkeypatch.setenv("OTM_ENGINE", "abacus")
    refused(otm("trials"), "OTM_ENGINE")
    monkeypatch.delenv("OTM_ENGINE")
    monkeypatch.setenv("OTM_DATABASE_URL", "mysql://host/db")
    refused(otm("trials"), "OTM_DATABASE_URL")
    monkeypatch.delenv("OTM_DATABASE_URL")
    (home / "in-the-way").write_text("")
    monkeypatch.setenv("OTM_HOME", str(home / "in-the-way" / "home"))
    refused(otm("trials"), "OTM_HOME")


@pytest.mark.parametrize(
    "command",
    [
        ("nothing",),
        ("lock",),
        ("decide", "x", "--review-on", "soon"),
        ("serve", "--port", "0"),
        ("verify", "x", "--loud"),
    ],
)
def test_words_that_are_no_command_exit_2_too(otm, command):
    done = otm(*command)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


@pytest.fixture
def external(tmp_path):
    protocol = tmp_path / "external.yaml"
    protocol.write_text(
        """\
schema: 1
id: elsewhere
title: A trial randomised elsewhere
hypothesis: The letter raises payment.
population: {unit: customer_id}
arms: [{id: nfa, kind: nfa}, {id: letter, kind: otm}]
randomisation: {method: external, arm_column: group}
outcomes: [{id: paid, role: primary, kind: binary, direction: increase}]
analysis: {adjustment: none}
"""
    )
    return protocol


@pytest.mark.parametrize(
    ("content", "word"),
    [("", ""), ("customer_id,group\nC1,nfa\n", "paid"), ("group,paid\nnfa,1\n", "customer_id"),
     ("customer_id,group,paid\nC1,nfa,1\nC1,letter,0\n", "C1"),
     ("customer_id,group,paid\nC1,nfa,1\nC2,pigeon,0\n", "pigeon")],
)  # fmt: skip
def test_a_trial_elsewhere_that_cannot_be_analysed(otm, external, tmp_path, content, word):
    data = tmp_path / "data.csv"
    data.write_text(content)
    refused(otm("analyse", external, data, "--json", "-"), word)


def test_a_trial_assigned_here_is_not_analysed_from_a_file(otm, files):
    refused(otm("analyse", files.protocol, files.outcomes), "randomised here")


def test_a_trial_assigned_elsewhere_is_not_assigned_here(otm, external, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("customer_id,group,paid\nC1,nfa,1\n")
    refused(otm("population", "load", data, "--protocol", external), "randomised elsewhere", "otm analyse")
    assert otm("register", external).code == 0
    refused(otm("lock", "elsewhere"), "randomised elsewhere", "otm analyse")


def test_a_folder_of_files_is_not_a_trial(otm, tmp_path):
    files = Files(tmp_path / "files")
    refused(otm("population", "load", files.folder, "--protocol", files.protocol))
