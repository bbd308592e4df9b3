"""Standard output that is full, closed or read by nobody; and a command that is interrupted at work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.places import ROOT

RUN = [sys.executable, "-m", "trials.cli"]


def environment(done):
    return {**os.environ, "OTM_HOME": str(done.registry.home)} | {"PYTHONPATH": str(ROOT)}


def shell(done, redirection, *words):
    """A command with its descriptors as a shell lays them."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *RUN, *words]
    return subprocess.run(command, env=environment(done), capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "words", [("trials",), ("trials", "--json", "-"), ("certificate", "reminders"), ("verify", "reminders", "--quick")]
)
def test_a_full_disk_behind_standard_output_is_said(done, words):
    ended = shell(done, "> /dev/full", *words)
    assert ended.returncode == 2
    assert "Refused. standard output: the result cannot be written there (No space left on device)" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_without_a_standard_output_nothing_is_done(done):
    before = (done.registry.home / "chain-head").read_bytes()
    ended = shell(done, ">&-", "evaluate", "reminders")
    assert (ended.returncode, "there is no standard output" in ended.stderr) == (2, True)
    assert (done.registry.home / "chain-head").read_bytes() == before


@pytest.mark.parametrize("redirection", ["2>&-", "<&-", "<&- 2>&-"])
def test_the_other_descriptors_may_be_closed_and_no_file_takes_their_place(done, redirection):
    ended = shell(done, redirection, "trials", "--json", "-")
    assert (ended.returncode, ended.stdout[0]) == (0, "{")
    shell(done, redirection, "whois", "reminders", "C000020")
    checked = shell(done, "", "verify", "--all", "--quick")
    assert checked.returncode == 0, checked.stdout


def test_a_reader_who_has_gone_is_no_fault(done):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*RUN, "trials"], env=environment(done), stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, "")


INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which whoever starts the tests may have set aside
from unittest.mock import patch
import trials.stages.evaluate as stage
def fail(*args, **kwargs):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10**6): pass
    except KeyboardInterrupt as asked:
        raise {error}("the engine says it in its own words") from asked
stage.evaluated = fail
sys.argv = ["otm", "evaluate", "reminders"]
import runpy
runpy.run_module("trials.cli", run_name="__main__")
"""


@pytest.mark.parametrize("error", ["RuntimeError", "OSError", "stage.TrialRefused"])
def test_what_is_interrupted_is_stopped_however_it_is_told(done, error):
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(error=error)],
        env=environment(done), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (130, "Stopped. What was not finished can be repeated.\n")


def test_an_interruption_leaves_the_handler_as_it_was(otm):
    before = signal.getsignal(signal.SIGINT)
    otm("trials")
    assert signal.getsignal(signal.SIGINT) is before
