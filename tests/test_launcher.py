"""The launcher, with a runner that records what it is asked to run instead of running it."""

from __future__ import annotations

import fcntl
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.places import ROOT


@pytest.fixture
def otm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The launcher as a module, with a checkout of its own: three requirements files and nothing else."""
    loader = importlib.machinery.SourceFileLoader("otm_launcher", str(ROOT / "otm"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path / "checkout")
    (module.ROOT / "requirements").mkdir(parents=True)
    for name in ("uv", "main", "test"):
        module.requirements_file(name).write_text(f"{name}==1\n")
    return module


class Runner:
    """Stands in for running: makes what venv and pip would make, and fails where a test says so."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self.failing = failing
        self.asked: list[str] = []

    def __call__(self, command, *, environment=None, keep_open=()) -> int:
        words = [str(part) for part in command]
        kind = self.kind(words)
        self.asked.append(kind)
        if kind in self.failing:
            return 1
        if kind == "venv":
            venv = Path(words[-1])
            (venv / "bin").mkdir(parents=True, exist_ok=True)
            (venv / "pyvenv.cfg").write_text("home = nowhere\n")
            if not (venv / "bin" / "python").exists():
                (venv / "bin" / "python").unlink(missing_ok=True)
                (venv / "bin" / "python").symlink_to(sys.executable)
        if kind == "pip uv.txt":
            (Path(words[0]).parent / "uv").touch()
        return 0

    @staticmethod
    def kind(words: list[str]) -> str:
        if "venv" in words:
            return "venv"
        if words[1] == "-c":
            return "probe"
        tool = "uv" if Path(words[0]).name == "uv" else "pip" if words[1:3] == ["-m", "pip"] else Path(words[0]).name
        return f"{tool} {Path(words[-1]).name}"


def test_first_run_makes_installs_and_stamps(otm, tmp_path):
    runner, venv = Runner(), tmp_path / "venv"
    otm.set_up(venv, "main", runner)
    assert runner.asked == ["venv", "pip uv.txt", "uv main.txt"]
    assert otm.is_ready(venv, "main")
    assert not otm.is_ready(venv, "test")


def test_second_run_runs_nothing(otm, tmp_path):
    otm.set_up(tmp_path / "venv", "main", Runner())
    second = Runner()
    otm.set_up(tmp_path / "venv", "main", second)
    assert second.asked == []


def test_tests_bring_what_the_service_needs_and_the_service_leaves_the_tests_alone(otm, tmp_path):
    venv = tmp_path / "venv"
    otm.set_up(venv, "test", Runner())
    assert otm.is_ready(venv, "main")
    after = Runner()
    otm.set_up(venv, "main", after)
    assert after.asked == []
    assert otm.is_ready(venv, "test")


def test_new_pins_are_installed_into_the_same_environment(otm, tmp_path):
    venv = tmp_path / "venv"
    otm.set_up(venv, "test", Runner())
    otm.requirements_file("main").write_text("main==2\n")
    runner = Runner()
    otm.set_up(venv, "main", runner)
    assert runner.asked == ["probe", "uv main.txt"]
    # What main.txt changed may be older than what test.txt pins: the next test run looks again.
    assert not otm.is_ready(venv, "test")


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        (("uv main.txt",), ["venv", "pip uv.txt", "uv main.txt", "pip main.txt"]),
        (("pip uv.txt",), ["venv", "pip uv.txt", "pip main.txt"]),
    ],
)
def test_pip_installs_where_uv_cannot(otm, tmp_path, failing, expected):
    runner = Runner(failing)
    otm.set_up(tmp_path / "venv", "main", runner)
    assert runner.asked == expected
    assert otm.is_ready(tmp_path / "venv", "main")


def test_a_failed_install_leaves_no_stamp(otm, tmp_path):
    with pytest.raises(otm.CannotStart, match=r"requirements/main\.txt could not be installed"):
        otm.set_up(tmp_path / "venv", "main", Runner(("uv main.txt", "pip main.txt")))
    assert not otm.is_ready(tmp_path / "venv", "main")


def test_an_upgrade_that_fails_takes_the_old_stamp_with_it(otm, tmp_path):
    venv = tmp_path / "venv"
    otm.set_up(venv, "main", Runner())
    with pytest.raises(otm.CannotStart):
        otm.set_up(venv, "test", Runner(("uv test.txt", "pip test.txt")))
    assert not otm.is_ready(venv, "main")


@pytest.mark.parametrize("damage", ["python gone", "half made", "other python", "stamp torn"])
def test_a_broken_environment_is_made_again(otm, tmp_path, damage):
    venv = tmp_path / "venv"
    runner = Runner()
    otm.set_up(venv, "main", Runner())
    python = venv / "bin" / "python"
    if damage == "half made":
        otm.stamp_of(venv).unlink()
        runner.failing = ("probe",)
    elif damage == "stamp torn":
        otm.stamp_of(venv).write_text('{"main": ')
    else:
        python.unlink()
        python.symlink_to("/nowhere/python3" if damage == "python gone" else "/bin/sh")
    assert not otm.is_ready(venv, "main")
    otm.set_up(venv, "main", runner)
    assert "venv" in runner.asked
    assert otm.is_ready(venv, "main")


def test_an_environment_made_by_hand_is_kept(otm, tmp_path):
    venv = tmp_path / "venv"
    Runner()(["python3", "-m", "venv", venv])
    runner = Runner()
    otm.set_up(venv, "main", runner)
    assert runner.asked == ["probe", "pip uv.txt", "uv main.txt"]


def test_a_folder_that_holds_something_else_is_never_cleared(otm, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "letter.txt").write_text("kept")
    runner = Runner()
    with pytest.raises(otm.CannotStart, match="holds something else"):
        otm.set_up(tmp_path / "precious", "main", runner)
    assert runner.asked == []
    assert (tmp_path / "precious" / "letter.txt").read_text() == "kept"


def test_a_second_set_up_waits_says_so_and_finds_the_work_done(otm, tmp_path, capfd):
    venv = tmp_path / "venv"
    with otm.SetUpLock(venv):
        waiting = subprocess.Popen(
            [sys.executable, "-c", _WAITER, str(ROOT / "otm"), str(otm.ROOT), str(venv)],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        assert "waiting for it to finish" in waiting.stderr.readline()
        Runner()(["python3", "-m", "venv", venv])
        otm.write_stamp(venv, "main")
        assert waiting.poll() is None
    with waiting:
        assert waiting.wait(timeout=30) == 0


_WAITER = """
import importlib.machinery, importlib.util, pathlib, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("otm_launcher", sys.argv[1])
otm = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
loader.exec_module(otm)
otm.ROOT = pathlib.Path(sys.argv[2])
def refuse(*_, **__): raise SystemExit("ran something")
otm.set_up(pathlib.Path(sys.argv[3]), "main", refuse)
"""


def test_installers_hold_the_lock_too(otm, tmp_path):
    held = []

    class Asking(Runner):
        def __call__(self, command, *, environment=None, keep_open=()) -> int:
            held.extend(keep_open)
            with otm.SetUpLock(tmp_path / "venv").path.open("a") as other, pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return super().__call__(command)

    otm.set_up(tmp_path / "venv", "main", Asking())
    assert len(held) == 3


class TestWithoutTheVenvModule:
    """Debian's python3 alone."""

    @pytest.fixture(autouse=True)
    def _bare(self, otm, monkeypatch):
        self.present = False
        monkeypatch.setattr(otm, "has_venv", lambda: self.present)

    def test_root_installs_it_after_an_update(self, otm, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        case = self

        class Apt(Runner):
            def __call__(self, command, *, environment=None, keep_open=()) -> int:
                if command[0] == "apt-get":
                    assert "/usr/sbin" in environment["PATH"].split(":")
                    case.present = command[-1] == "python3-venv"
                return super().__call__(command)

        runner = Apt()
        otm.set_up(tmp_path / "venv", "main", runner)
        assert runner.asked[:3] == ["apt-get update", "apt-get python3-venv", "venv"]

    def test_others_are_told_the_command(self, otm, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        runner = Runner()
        with pytest.raises(otm.CannotStart, match=r"apt-get install -y python3-venv"):
            otm.set_up(tmp_path / "venv", "main", runner)
        assert runner.asked == []

    def test_a_python_that_apt_does_not_serve_is_named(self, otm, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        with pytest.raises(otm.CannotStart, match="still has no venv module"):
            otm.set_up(tmp_path / "venv", "main", Runner())

    def test_no_apt_get_is_no_traceback(self, otm, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setenv("OTM_VENV", str(tmp_path / "venv"))
        monkeypatch.setattr(otm, "set_up", lambda venv, needs: otm.provide_venv_module(_no_such_program))
        assert otm.main(["trials"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "no apt-get" in err


def _no_such_program(command, **_):
    raise FileNotFoundError(command[0])


@pytest.mark.parametrize(
    ("arguments", "needs", "module", "rest"),
    [
        (["test", "tests/designs", "-x"], "test", "tests.commands.test", ["tests/designs", "-x"]),
        (["bench", "--rows", "P1"], "test", "tests.commands.bench", ["--rows", "P1"]),
        (["calibrate"], "test", "tests.commands.calibrate", []),
        (["faults"], "test", "tests.commands.faults", []),
        (["requirements", "--json", "-"], "main", "tests.commands.requirements", ["--json", "-"]),
        (["demo", "--no-serve"], "main", "trials.cli", ["demo", "--no-serve"]),
        (["analyse", "p.yaml", "d.csv"], "main", "trials.cli", ["analyse", "p.yaml", "d.csv"]),
        ([], "main", "trials.cli", ["--help"]),
    ],
)
def test_each_command_starts_its_module(otm, tmp_path, monkeypatch, arguments, needs, module, rest):
    started = []
    monkeypatch.setenv("OTM_VENV", str(tmp_path / "venv"))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setattr(os, "execve", lambda *call: started.append(call))
    wanted = []
    monkeypatch.setattr(otm, "set_up", lambda venv, needs: wanted.append(needs))
    otm.main(arguments)
    ((program, words, environment),) = started
    assert wanted == [needs]
    assert program == str(tmp_path / "venv" / "bin" / "python")
    assert words[1:] == ["-m", module, *rest]
    assert environment["PYTHONPATH"] == str(otm.ROOT)
    assert environment["PYTHONSAFEPATH"] == "1"
    assert "PYTHONHOME" not in environment


def test_the_callers_folder_stays_and_lends_no_modules(otm, tmp_path, monkeypatch):
    """A folder named like one of ours, where the caller stands, is a folder of data and nothing else."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("raise SystemExit('the wrong data')")
    started = []
    monkeypatch.setattr(otm, "ROOT", ROOT)
    monkeypatch.setattr(os, "execve", lambda *call: started.append(call))
    otm.launch(Path(sys.prefix), ["trials"])
    environment = started[0][2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.where"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [str(tmp_path), str(ROOT / "data")]
