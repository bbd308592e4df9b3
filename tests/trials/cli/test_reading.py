"""A command that reads makes nothing, and reads what it may not write."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from tests.places import ROOT
from tests.trials.examples import Files, allocated
from trials.registry import open_registry
from trials.settings import Settings

READING = [
    ("trials",), ("verify", "reminders"), ("certificate", "reminders"), ("overlap", "reminders", "reminders"),
    ("backup", "copy"), ("whois", "reminders", "C1"), ("lock", "reminders"), ("evaluate", "reminders"), ("collect",),
    ("release", "reminders", "--reason", "x"), ("issue", "reminders", "--arm", "sms", "--out", "lists"),
    ("outcomes", "load", "reminders", "x.csv"), ("void", "reminders", "--confirm"),
]  # fmt: skip
"""Commands that begin no registry."""


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mode, b"" if path.is_dir() else path.read_bytes())
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("state", ["no home", "an empty home", "an empty file", "a home with a head and a key"])
def test_a_command_that_reads_makes_nothing(otm, home, tmp_path, monkeypatch, state):
    monkeypatch.chdir(tmp_path)
    if state == "no home":
        home.rmdir()
    elif state == "an empty file":
        (home / "registry.sqlite").touch()
    elif state != "an empty home":
        (home / "chain-head").write_text("1 " + "a" * 64 + "\n")
        (home / "ledger.key").write_text("b" * 64 + "\n")
    before = everything(tmp_path)
    for command in READING:
        asked = otm(*command)
        assert "here is no registry" in asked.err, command
        assert (asked.code, "Traceback" in asked.err) == (0 if command == ("trials",) else 2, False)
        assert everything(tmp_path) == before


def test_a_command_that_reads_makes_no_table_on_postgresql(otm, home, tmp_path, monkeypatch, postgres_url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTM_DATABASE_URL", postgres_url)
    for command in READING:
        assert "here is no registry" in otm(*command).err, command
    engine = create_engine(postgres_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    assert everything(home) == {}


@pytest.mark.parametrize("command", [("trials",), ("verify", "reminders"), ("certificate", "reminders")])
def test_reading_changes_no_file_and_no_mode(otm, allocated_once, home, command):
    shutil.copytree(allocated_once, home, dirs_exist_ok=True)
    for path in home.rglob("*"):
        if path.name != "ledger.key":
            path.chmod(0o755 if path.is_dir() else 0o644)
    before = everything(home)
    assert otm(*command).code == (1 if command[0] == "verify" else 0)  # it says who else may read what
    assert everything(home) == before


CAPABILITY_TO_WRITE_ANYWHERE = 1  # CAP_DAC_OVERRIDE, of capabilities(7)
PR_CAPBSET_DROP = 24


def as_one_who_may_not_write() -> None:
    """In the child: root too is bound by modes from here on."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_CAPBSET_DROP, CAPABILITY_TO_WRITE_ANYWHERE, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "the right to write anywhere could not be given up")


@pytest.fixture
def read_only(home, tmp_path):
    """Two trials in a home that nobody may write."""
    registry = open_registry(Settings(home=home))
    allocated(registry, Files(tmp_path / "files"))
    allocated(registry, Files(tmp_path / "other", trial="other", population="others", first=200), seed="1" * 64)
    registry.close()
    for path in (*home.rglob("*"), home):
        path.chmod(0o500 if path.is_dir() else 0o400)
    yield home
    for path in (home, *home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def test_a_home_that_may_not_be_written_can_be_read(read_only, tmp_path):
    before = everything(read_only)
    environment = os.environ | {"OTM_HOME": str(read_only)}

    def otm(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "trials.cli", *words], cwd=ROOT, env=environment, capture_output=True, text=True,
            timeout=300, check=False, preexec_fn=as_one_who_may_not_write,
        )  # fmt: skip

    for words, said in (
        (("trials",), "reminders"),
        (("verify", "reminders"), "holds  replay"),
        (("certificate", "reminders"), "seed commitment"),
        (("overlap", "reminders", "other"), "share"),
    ):
        asked = otm(*words)
        assert (asked.returncode, said in asked.stdout) == (0, True), asked.stderr
    refused = otm("release", "reminders", "--reason", "x")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False), refused.stderr
    assert everything(read_only) == before
    assert stat.S_IMODE(read_only.stat().st_mode) == 0o500
