"""No traceback, whatever happens: one line, a log that others cannot read, and exit code 70."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from tests.places import ROOT
from tests.trials import tampering
from tests.trials.examples import FIRST
from trials.errors import RegistryRefused
from trials.registry import open_registry
from trials.registry.storage.database import database_url
from trials.registry.tables import Trial
from trials.registry.tables.base import Row
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.unforeseen import LARGEST_LOG, LOG

CUSTOMER = "C000020"


def said(done) -> str:
    assert "Traceback" not in done.err
    assert "Traceback" not in done.out
    return done.err


@pytest.mark.parametrize("failure", [RuntimeError(f"no room for {CUSTOMER}"), KeyError(CUSTOMER), RecursionError()])
def test_what_nobody_foresaw_is_one_line_and_a_private_log(otm, done, monkeypatch, failure):
    def fail(*_):
        raise failure

    monkeypatch.setattr("trials.stages.whois._whereabouts", fail)
    asked = otm("whois", done.files.trial, CUSTOMER)
    assert asked.code == 70
    words = said(asked)
    assert words.startswith(
        f"Failed. otm whois: the program failed ({type(failure).__name__} at tests/trials/cli/test_unforeseen.py:"
    )
    assert len(words.splitlines()) == 1
    assert CUSTOMER not in words
    log = done.registry.home / LOG
    assert "Traceback" in log.read_text("utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_too_little_memory_is_said_as_such(otm, done, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("trials.stages.whois._whereabouts", fail)
    asked = otm("whois", done.files.trial, CUSTOMER)
    assert (asked.code, "not enough memory" in said(asked)) == (70, True)


def test_the_log_is_bounded_and_never_follows_a_link(otm, done, monkeypatch, tmp_path):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr("trials.stages.whois._whereabouts", fail)
    log = done.registry.home / LOG
    log.write_text("x" * (LARGEST_LOG + 1))
    otm("whois", done.files.trial, CUSTOMER)
    assert log.stat().st_size < LARGEST_LOG
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    log.unlink()
    log.symlink_to(elsewhere)
    assert otm("whois", done.files.trial, CUSTOMER).code == 70
    assert elsewhere.read_text() == "mine"


def test_a_fault_where_no_home_is_makes_none(otm, home, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr("trials.registry.is_there", fail)
    home.rmdir()
    asked = otm("trials")
    assert (asked.code, "tell whoever looks after" in said(asked)) == (70, True)
    assert not home.exists()


ODD = os.fsdecode(b"caf\xe9")


ARGUMENTS = [
        ("verify", ODD), ("certificate", ODD), ("lock", ODD), ("randomise", ODD), ("evaluate", ODD),
        ("release", ODD, "--reason", "x"), ("release", "reminders", "--reason", ODD), ("void", ODD, "--reason", "x"),
        ("void", "reminders", "--reason", ODD), ("overlap", ODD, "reminders"), ("overlap", "reminders", ODD),
        ("decide", ODD, "--action", "x", "--reason", "x", "--review-on", "2999-01-01"),
        ("decide", "reminders", "--action", ODD, "--reason", "x", "--review-on", "2999-01-01"),
        ("decide", "reminders", "--action", "x", "--reason", ODD, "--review-on", "2999-01-01"),
        ("decide", "reminders", "--action", "x", "--reason", "x", "--review-on", "2999-01-01", "--finding", ODD),
        ("issue", ODD, "--arm", "sms", "--out", "x"), ("issue", "reminders", "--arm", ODD, "--out", "x"),
        ("whois", "reminders", ODD), ("whois", ODD, CUSTOMER), ("outcomes", "load", ODD, "x.csv"),
        ("outcomes", "load", "reminders", f"{ODD}.csv"), ("contacts", "load", "reminders", f"{ODD}.csv"),
        ("outcomes", "withdraw", "reminders", "--reason", ODD), ("register", f"{ODD}.yaml"),
        ("population", "load", f"{ODD}.csv", "--protocol", f"{ODD}.yaml"), ("restore", ODD),
        ("protocol", "check", f"{ODD}.yaml"), ("power", f"{ODD}.yaml"), ("analyse", f"{ODD}.yaml", f"{ODD}.csv"),
        ("correct", ODD, "--reason", "x"), (ODD,), ("trials", f"--{ODD}"),
        ("outcomes", "withdraw", "reminders", "--reason", "x", "--version", "9" * 30),
        ("certificate", "reminders", "--wave", "9" * 30),
        ("issue", "reminders", "--arm", "sms", "--out", "x", "--wave", "9" * 30),
        ("verify", "x" * 5_000), ("whois", "reminders", "y" * 100_000),
]  # fmt: skip


def test_arguments_that_nobody_would_type_are_refused(otm, done, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ARGUMENTS:
        asked = otm(*command)
        said(asked)
        assert asked.code == 2, (command, asked.err)


def test_files_whose_names_are_not_utf8_are_read_and_written(otm, done, tmp_path):
    file = tmp_path / f"{ODD}.csv"
    shutil.copyfile(done.files.outcomes, file)
    loaded = otm("outcomes", "load", done.files.trial, file, "--replace", "--as-at", "2099-01-01", "--json", "-")
    assert (loaded.code, said(loaded)) == (0, loaded.err)
    assert '"caf\ufffd.csv"' in otm("outcomes", "withdraw", done.files.trial, "--reason", "x", "--json", "-").out
    assert otm("trials", "--json", tmp_path / f"{ODD}.json").code == 0
    assert (tmp_path / f"{ODD}.json").is_file()


def test_settings_that_are_not_utf8_are_refused(otm, done, monkeypatch):
    assert "OTM_ACTOR" in said(otm("trials", actor=f"{ODD}:all"))
    monkeypatch.setenv("OTM_HOME", str(done.registry.home.with_name(ODD)))
    assert "OTM_HOME: the folder's name is not UTF-8" in said(otm("trials"))


def test_no_name_ends_a_command_whose_streams_are_strict(done):
    """As with PYTHONUTF8=0 or an encoding that somebody has set."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii:strict", "OTM_HOME": str(done.registry.home)}
    asked = subprocess.run(
        [sys.executable, "-m", "trials.cli", "verify", b"caf\xe9"],
        cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (asked.returncode, b"Traceback" in asked.stderr) == (2, False)


ADDRESSES = [
    "postgresql://u:p@127.0.0.1:abc/d", "postgresql://u:p@[::1/d", "postgresql://u:p@127.0.0.1:99999999/d",
    "postgresql://u:p@127.0.0.1:1/d", "postgresql://u:p@127.0.0.1:1/d?nooption=1", "mysql://h/d", "nonsense", "://",
    "postgresql://u:p@127.0.0.1:1/d?connect_timeout=x", "postgresql://u:p@127.0.0.1:1/d?sslmode=x",
    "postgresql://u:p@127.0.0.1:1/d?options=x", "sqlite://", "sqlite:///:memory:", "sqlite:////x?uri=true&nolock=1",
    "sqlite:////x?foo=bar", "postgresql://u:p@127.0.0.1:1/" + "d" * 5_000,
]  # fmt: skip


def test_a_broken_address_is_refused_without_its_password(otm, files, home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    commands = [(("trials",), address) for address in ADDRESSES]
    others = (("migrate",), ("backup", "copy"), ("register", files.protocol))
    commands += [(command, ADDRESSES[0]) for command in others]
    for command, address in commands:
        monkeypatch.setenv("OTM_DATABASE_URL", address.replace("u:p@", "user:s3cret@"))
        asked = otm(*command)
        words = said(asked)
        assert (asked.code, words.startswith("Refused. ")) == (2, True), (address, words)
        assert "OTM_DATABASE_URL" in words
        assert "s3cret" not in words


def test_a_wrong_password_role_or_database_is_refused(otm, home, monkeypatch, postgres_url):
    url = database_url(home, postgres_url)
    for wrong in (url.set(username="nobody_here", password="s3cret"), url.set(database="nothing_here")):
        monkeypatch.setenv("OTM_DATABASE_URL", wrong.render_as_string(hide_password=False))
        words = said(otm("trials"))
        assert "the database cannot be reached" in words
        assert "s3cret" not in words


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("0008", "this program needs"),
        ("9999", "run the newer program, or restore a backup"),
        ("0000", "which no version of this program wrote"),
        ("", "which no version of this program wrote"),
        ("head", "which no version of this program wrote"),
        ("zzzz", "which no version of this program wrote"),
        ("1'; --", "which no version of this program wrote"),
    ],
)
def test_a_revision_of_another_program_says_what_to_do(otm, either, monkeypatch, tmp_path, revision, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTM_DATABASE_URL", either.url.render_as_string(hide_password=False))
    tampering.run(either, "UPDATE alembic_version SET version_num = '" + revision.replace("'", "''") + "'")
    for command in (("trials",),) if revision == "0008" else (("trials",), ("backup", "copy"), ("migrate",)):
        asked = otm(*command)
        assert (asked.code, words in said(asked)) == (2, True), (command, asked.err)
        assert revision != "9999" or "then run otm migrate" not in asked.err


@pytest.mark.parametrize("broken", ["DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('0001')"])
def test_no_revision_and_two_are_refused(otm, either, monkeypatch, broken):
    monkeypatch.setenv("OTM_DATABASE_URL", either.url.render_as_string(hide_password=False))
    tampering.run(either, broken)
    asked = otm("trials")
    assert (asked.code, "restore a backup" in said(asked)) == (2, True)


RECORDS = sorted(set(Row.metadata.tables) - {"audit_event", "job", "draft"})
QUESTIONS = (("trials",), ("verify", "reminders"), ("certificate", "reminders"), ("whois", "reminders", CUSTOMER))


def answered(otm, change) -> None:
    for command in QUESTIONS:
        asked = otm(*command)
        said(asked)
        assert asked.code in (0, 1, 2), (change, command, asked.err)


def test_rows_and_tables_that_are_gone_are_no_traceback(otm, allocated_once, home):
    for statement in (f"{how} {table}" for how in ("DELETE FROM", "DROP TABLE") for table in RECORDS):
        shutil.copytree(allocated_once, home, dirs_exist_ok=True)
        with closing(sqlite3.connect(home / "registry.sqlite")) as database:
            database.execute(statement)
            database.commit()
        answered(otm, statement)


def test_rows_that_are_gone_from_postgresql_are_no_traceback(
    otm, allocated_once, home, postgres_url, tmp_path, monkeypatch
):
    with closing(open_registry(Settings(home=allocated_once))) as first:
        folder = backup(first, FIRST, tmp_path / "a-backup").folder
    settings = Settings(home=home, database_url=postgres_url)
    restore(settings, FIRST, folder)
    monkeypatch.setenv("OTM_DATABASE_URL", postgres_url)
    with closing(open_registry(settings)) as registry:
        for statement in ("TRUNCATE wave CASCADE", "TRUNCATE population_version CASCADE", "DROP TABLE draw CASCADE"):
            tampering.run(registry, statement)
            answered(otm, statement)


EDITS = [
    "UPDATE protocol_version SET canonical = 'no protocol'", "UPDATE allocation SET counts = '{'",
    "UPDATE draw SET committed_at = 'soon'", "UPDATE wave SET exclusions = '[[[['",
    "UPDATE trial SET registered_at = 1",
    "UPDATE allocation SET certificate = '7'", "UPDATE audit_event SET detail = '[]'",
    "UPDATE allocation SET counts = '[]'",
]  # fmt: skip


def test_values_that_nobody_wrote_are_no_traceback(otm, allocated_once, home):
    for statement in EDITS:
        shutil.copytree(allocated_once, home, dirs_exist_ok=True)
        with closing(sqlite3.connect(home / "registry.sqlite")) as database:
            database.execute(statement)
            database.commit()
        for command in QUESTIONS:
            said(otm(*command))


def test_a_text_longer_than_its_column_is_refused_by_either_database(either):
    with either.write(FIRST, "register", "a-trial") as work:
        row = Trial(id="a-trial", registered_at=now(), registered_by="n" * 256)
        with pytest.raises(RegistryRefused, match=r"registered by has 256 characters.*at most 255"):
            work.add(row)


def test_a_denial_about_what_is_no_trial_is_logged_and_does_not_fail(otm, either, monkeypatch):
    monkeypatch.setenv("OTM_DATABASE_URL", either.url.render_as_string(hide_password=False))
    for asked in ("x" * 300, ODD, "A Trial"):
        denied = otm("randomise", asked, actor="An Analyst:analyst")
        assert (denied.code, "may not randomise" in said(denied)) == (2, True)
    assert [event["action"] for event in tampering.chain(either)].count("denied") == 3


INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which whoever starts the tests may have set aside
sys.argv = ["otm", "schema"]
import trials.cli.app as cli

def work(*_):
    {work}

import trials.cli.evaluate as room
room.write_json = work
cli.main()
"""
IN_PYTHON = "os.kill(os.getpid(), signal.SIGINT)"
IN_THE_ENGINE = """
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        raise RuntimeError("INTERRUPT Error: Interrupted!") from None"""


@pytest.mark.parametrize("work", [IN_PYTHON, IN_THE_ENGINE])
def test_who_interrupts_is_told_wherever_it_comes(work, home):
    """Typer ends for an interruption of Python's own without a word; an engine tells it as a failure of its own."""
    script = INTERRUPTED.replace("{work}", work)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Stopped. What was not finished can be repeated.\n")
