"""No ledger id and no arm survives a kill but in the registry's own folder, and there only until its next start."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.private import scratch_in
from tests.places import ROOT
from tests.trials.examples import FIRST, Files, evaluated
from tests.trials.tampering import chain
from trials.registry import Registry, open_registry
from trials.stages.collect import collect

# Each command is killed when it has laid down what it works on; umask 000, as a careless service would have it.
DIES = """
import os, signal, sys
from unittest.mock import patch
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
target, *words = sys.argv[1:]
os.umask(0)
if target != "nothing":
    patch(target, die).start()
sys.argv = ["otm", *words]
import runpy
runpy.run_module("trials.cli", run_name="__main__")
"""


def run(home: Path, elsewhere: Path, target: str, *words: str | Path) -> int:
    environment = {**os.environ, "OTM_HOME": str(home), "TMPDIR": str(elsewhere), "HOME": str(elsewhere)}
    environment.pop("OTM_DATABASE_URL", None)
    command = [sys.executable, "-c", DIES, target, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True).returncode


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]


def scratch_of(home: Path) -> list[Path]:
    room = home / "scratch"
    return [path for path in room.iterdir() if path.is_dir()] if room.is_dir() else []


def all_private(home: Path) -> bool:
    modes = {stat.S_IMODE(path.stat().st_mode): path for path in [home, *home.rglob("*")]}
    return set(modes) <= {0o700, 0o600}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_an_evaluation_that_is_killed_leaves_its_frame_at_home_and_the_next_start_removes_it(
    done: Any, elsewhere: Path
) -> None:
    home = done.registry.home
    assert run(home, elsewhere, "analysis.evaluate.evaluate", "evaluate", "reminders") == -signal.SIGKILL
    assert files_below(elsewhere) == []
    (left,) = scratch_of(home)
    assert (left / "frame.parquet").exists()
    assert all_private(left)
    assert run(home, elsewhere, "nothing", "trials") == 0
    assert scratch_of(home) == []


def test_collect_removes_it_from_under_a_server_that_lives_on(done: Any, elsewhere: Path) -> None:
    registry: Registry = done.registry  # opened before
    run(registry.home, elsewhere, "analysis.evaluate.evaluate", "evaluate", "reminders")
    (left,) = scratch_of(registry.home)
    assert collect(registry, FIRST) == (f"scratch/{left.name}",)
    assert scratch_of(registry.home) == []


def test_what_is_being_worked_on_is_not_taken_away_by_another_start(done: Any) -> None:
    with scratch_in(done.registry.scratch_room) as folder:
        (folder / "frame.parquet").write_bytes(b"x")
        open_registry(done.registry.settings).close()
        assert collect(done.registry, FIRST) == ()
        assert (folder / "frame.parquet").exists()
    assert scratch_of(done.registry.home) == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("trials.randomiser.fixed.eligible", ("lock", "second")),
        ("trials.stages.allocate.eligible", ("randomise", "second")),
        ("trials.registry.identities.contact_ledger.overlap", ("overlap", "reminders", "reminders")),
        ("trials.field.taking.known_customers", ("outcomes", "load", "reminders", "OUTCOMES", "--replace")),
        ("trials.field.dispatch.export_ids", ("issue", "reminders", "--arm", "letter", "--out", "OUT")),
        ("trials.stages.whois.export_ids", ("whois", "reminders", "C000001")),
        ("trials.demonstration.load_population", ("demo", "--no-serve")),
    ],
)
def test_whatever_is_killed_leaves_nothing_elsewhere(
    done: Any, tmp_path: Path, elsewhere: Path, target: str, words: tuple[str, ...]
) -> None:
    home = done.registry.home
    if "second" in words:
        from trials.stages.lock import lock
        from trials.stages.population import load_population
        from trials.stages.register import register

        files = Files(tmp_path / "second", trial="second", population="second")
        load_population(done.registry, FIRST, files.population, files.protocol, synthetic=True)
        register(done.registry, FIRST, files.protocol)
        if words[0] == "randomise":
            lock(done.registry, FIRST, "second")
    out = tmp_path / "out"
    given = [{"OUTCOMES": str(done.files.outcomes), "OUT": str(out)}.get(word, word) for word in words]
    assert run(home, elsewhere, target, *given) == -signal.SIGKILL
    assert files_below(elsewhere) == []
    assert not out.exists() or files_below(out) == []
    assert run(home, elsewhere, "nothing", "collect") == 0
    assert scratch_of(home) == []


@pytest.mark.parametrize("target", ["trials.field.dispatch.Written.write_manifest", "trials.stages.issue._record"])
def test_a_list_that_is_killed_in_the_writing_has_no_name_and_goes_with_the_next(
    done: Any, tmp_path: Path, elsewhere: Path, target: str
) -> None:
    home, out = done.registry.home, tmp_path / "out"
    issue = ("issue", "reminders", "--out", out, "--arm")
    assert run(home, elsewhere, target, *issue, "letter") == -signal.SIGKILL
    left = files_below(out)
    assert len(left) == 2
    assert all(path.name.startswith(".") and path.name.endswith(".partial") for path in left)
    assert all_private(out)
    assert run(home, elsewhere, "nothing", *issue, "sms") == 0
    assert {path.name for path in files_below(out)} == {"reminders-sms-sms.csv", "reminders-sms-sms.manifest.json"}
    assert run(home, elsewhere, "nothing", *issue, "letter") == 0
    (letter,) = out.glob("*-letter-*.json")
    assert '"reissue": false' in letter.read_text("utf-8")


def test_a_list_that_is_killed_as_it_gets_its_name_can_be_issued_again(
    done: Any, tmp_path: Path, elsewhere: Path
) -> None:
    """Its manifest came first, and is no use to anybody."""
    home, out = done.registry.home, tmp_path / "out"
    issue = ("issue", "reminders", "--out", out, "--arm", "letter")
    for name in ("reminders-letter-letter.csv", "reminders-letter-letter.manifest.json"):
        out.mkdir(exist_ok=True)
        (out / name).write_text("stale")
    assert run(home, elsewhere, "nothing", *issue) == 2
    assert {path.read_text() for path in files_below(out)} == {"stale"}
    (out / "reminders-letter-letter.csv").unlink()
    assert run(home, elsewhere, "nothing", *issue) == 0
    assert '"reissue": false' in (out / "reminders-letter-letter.manifest.json").read_text("utf-8")


def test_a_list_that_is_killed_before_it_has_its_name_is_on_record(done: Any, tmp_path: Path, elsewhere: Path) -> None:
    home, out = done.registry.home, tmp_path / "out"
    issue = ("issue", "reminders", "--out", out, "--arm", "letter")
    assert run(home, elsewhere, "trials.field.dispatch.Written.finish", *issue) == -signal.SIGKILL
    assert [path.suffix for path in files_below(out)] == [".partial", ".partial"]
    assert chain(done.registry)[-1]["action"] == "issue"
    assert run(home, elsewhere, "nothing", *issue) == 0
    assert '"reissue": true' in (out / "reminders-letter-letter.manifest.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("target", "recorded"),
    [
        ("trials.registry.unit_of_work.UnitOfWork.commit", False),
        ("trials.stages.backup._Beside.put_in_place", True),
    ],
)
def test_a_backup_that_is_killed_has_its_name_only_once_it_is_on_record(
    done: Any, tmp_path: Path, elsewhere: Path, target: str, recorded: bool
) -> None:
    home = done.registry.home
    assert run(home, elsewhere, target, "backup", tmp_path / "copy") == -signal.SIGKILL
    assert not (tmp_path / "copy").exists()
    assert (chain(done.registry)[-1]["action"] == "backup") is recorded
    assert run(home, elsewhere, "nothing", "backup", tmp_path / "copy") == 0
    assert not (tmp_path / "copy.partial").exists()


def test_an_analysis_without_a_registry_lays_nothing_down_at_all(tmp_path: Path, elsewhere: Path) -> None:
    protocol = tmp_path / "elsewhere.yaml"
    protocol.write_text(EXTERNAL, encoding="utf-8")
    rows = "\n".join(f"{n},{'t' if n % 2 else 'c'},{n % 3 % 2}" for n in range(400))
    (tmp_path / "rows.csv").write_text(f"id,arm,y\n{rows}\n", encoding="utf-8")
    home = tmp_path / "none"
    before = set(files_below(tmp_path))
    words = ("analyse", protocol, tmp_path / "rows.csv")
    assert run(home, elsewhere, "analysis.document.to_document", *words, "--json", "-") == -signal.SIGKILL
    assert set(files_below(tmp_path)) == before
    assert run(home, elsewhere, "nothing", *words, "--json", "-") == 0
    assert set(files_below(tmp_path)) == before
    assert not home.exists()


EXTERNAL = """\
schema: 1
id: elsewhere
title: Elsewhere
hypothesis: It works.
population: {unit: id}
arms:
  - {id: c, kind: nfa, label: Control}
  - {id: t, kind: otm, label: Treatment, channel: letter}
randomisation: {method: external, arm_column: arm}
outcomes: [{id: y, role: primary, kind: binary, direction: increase}]
analysis: {adjustment: none, standard_errors: HC2}
"""


def test_with_any_umask_everything_at_home_is_private(tmp_path: Path, elsewhere: Path) -> None:
    files, home = Files(tmp_path / "files"), tmp_path / "deep" / "home"
    steps: list[tuple[str | Path, ...]] = [
        ("population", "load", files.population, "--protocol", files.protocol, "--synthetic"),
        ("register", files.protocol),
        ("lock", files.trial),
        ("randomise", files.trial),
        ("issue", files.trial, "--arm", "letter", "--out", tmp_path / "lists"),
        ("certificate", files.trial, "--population", tmp_path / "lists" / "units.csv"),
        ("backup", tmp_path / "backup"),
    ]
    for step in steps:
        assert run(home, elsewhere, "nothing", *step) == 0, step
    assert all_private(home)
    assert all_private(tmp_path / "lists")
    assert all_private(tmp_path / "backup")
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_a_home_that_may_only_be_read_still_tells_what_two_trials_share(done: Any, monkeypatch: Any) -> None:
    from trials.stages import overlap

    room = done.registry.home / "scratch"
    monkeypatch.setattr(overlap.os, "access", lambda *_: False)
    assert overlap.overlap(done.registry, FIRST, "reminders", "reminders") > 0
    assert not room.exists() or scratch_of(done.registry.home) == []


def test_evaluating_in_process_leaves_no_scratch(registry: Registry, files: Files) -> None:
    evaluated(registry, files)
    assert scratch_of(registry.home) == []
