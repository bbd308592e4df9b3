"""What `otm test` concludes from its parts. The parts themselves are not run again here."""

from __future__ import annotations

import json
import os
import subprocess
from types import SimpleNamespace

import pytest

from tests.commands import test as command


@pytest.fixture
def stage(monkeypatch, tmp_path):
    """Everything is quick and good, unless a test says otherwise."""
    state = SimpleNamespace(
        broken=set(),
        counts={"passed": 40, "failed": 0, "skipped": 0},
        status=0,
        asked=[],
        record=tmp_path / "last.json",
    )

    def run_pytest(arguments, record):
        state.asked.append((list(arguments), record))
        if record and state.counts:
            record.write_text(json.dumps(state.counts))
        return state.status

    monkeypatch.setattr(command, "LAST_TEST", state.record)
    monkeypatch.setattr(command, "install_browser", lambda: None)
    monkeypatch.setattr(command, "run_pytest", run_pytest)
    monkeypatch.setattr(
        command,
        "carry_out",
        lambda name, arguments: command.Result(name, int(name in state.broken), 0.1, f"about {name}"),
    )
    return state


def last_line(capsys) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_checks_and_tests_are_counted_together(stage, capsys):
    assert command.main([]) == 0
    assert last_line(capsys) == "44 passed, 0 failed"


def test_a_broken_check_fails_the_run_and_its_output_is_shown(stage, capsys):
    stage.broken = {"types"}
    assert command.main([]) == 1
    output = capsys.readouterr().out
    assert "about types" in output
    assert "about lint" not in output
    assert output.splitlines()[-1] == "43 passed, 1 failed"


def test_a_failed_test_fails_the_run(stage, capsys):
    stage.counts, stage.status = {"passed": 38, "failed": 1, "skipped": 1}, 1
    assert command.main([]) == 1
    assert last_line(capsys) == "42 passed, 1 failed, 1 skipped"


@pytest.mark.parametrize("counts", [None, {"passed": 0, "failed": 0, "skipped": 0}])
def test_pytest_that_stops_without_a_result_is_a_failure(stage, capsys, counts):
    stage.record.write_text(json.dumps({"passed": 999, "failed": 0}))  # an earlier run must not speak for this one
    stage.counts, stage.status = counts, 3
    assert command.main([]) == 1
    assert last_line(capsys) == "4 passed, 1 failed"


@pytest.mark.parametrize("arguments", [["tests/designs"], ["--", "-k", "rounding", "-x"]])
def test_a_part_runs_only_what_was_asked_for_and_leaves_the_record(stage, arguments):
    stage.record.write_text("the last whole run")
    stage.status = 5
    assert command.main(arguments) == 5
    assert stage.asked == [([argument for argument in arguments if argument != "--"], None)]
    assert stage.record.read_text() == "the last whole run"


@pytest.mark.parametrize("root", [True, False])
def test_the_browser_is_installed_where_that_is_allowed(monkeypatch, tmp_path, capsys, root):
    ran = []
    monkeypatch.setattr(command, "CHROMIUM", tmp_path / "chromium")
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(command.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", lambda words, **_: ran.append(words))
    command.install_browser()
    assert [("install" in words, "chromium" in words) for words in ran] == (
        [(False, False), (True, True)] if root else []
    )
    assert ("As root: apt-get install" in capsys.readouterr().out) is not root


def test_a_browser_that_is_there_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / "chromium").touch()
    monkeypatch.setattr(command, "CHROMIUM", tmp_path / "chromium")
    monkeypatch.setattr(subprocess, "run", None)
    command.install_browser()
