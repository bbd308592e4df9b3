"""Private whatever the umask; and what a killed process leaves goes when somebody else comes."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import DataRefused
from data.private import clear_scratch, make_private, scratch_in, write_private

DIES = """
import os, pathlib, signal, sys
from data.private import scratch_in
with scratch_in(pathlib.Path(sys.argv[1])) as folder:
    (folder / "frame").write_text("customer and arm")
    os.kill(os.getpid(), signal.SIGKILL)
"""
HOLDS = """
import pathlib, sys
from data.private import scratch_in
with scratch_in(pathlib.Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def open_to_everybody() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def killed(room: Path) -> None:
    assert subprocess.run([sys.executable, "-c", DIES, str(room)]).returncode == -signal.SIGKILL


def modes(place: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in place.rglob("*") if path.is_file()}


def test_what_is_made_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    write_private(tmp_path / "a" / "b" / "file", b"1")
    (tmp_path / "open").write_bytes(b"0")
    write_private(tmp_path / "open", b"1")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")} == {0o700}
    assert modes(tmp_path) == {0o600}


def test_scratch_is_private_and_gone_at_the_end_even_of_work_that_failed(tmp_path: Path) -> None:
    room = tmp_path / "scratch"

    def work() -> None:
        with scratch_in(room) as folder:
            assert {stat.S_IMODE(place.stat().st_mode) for place in (folder, room)} == {0o700}
            assert modes(room) == {0o600}
            (folder / "frame").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert [path.name for path in room.iterdir()] == [".lock"]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    room = tmp_path / "scratch"
    killed(room)
    killed(room)
    (room / "notes").mkdir()  # of somebody else
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(room)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as living:
        assert living.stdout is not None
        held = Path(living.stdout.readline().strip())
        left = {path.name for path in room.iterdir()} - {".lock", "notes", held.name}
        assert len(left) == 2
        assert set(clear_scratch(room)) == left
        assert clear_scratch(room) == ()
        assert held.is_dir()
        living.communicate("")
    assert {path.name for path in room.iterdir()} == {".lock", "notes"}


def test_a_folder_of_a_process_killed_in_its_making_is_removed(tmp_path: Path) -> None:
    with scratch_in(tmp_path):
        pass
    (tmp_path / ("0" * 32)).mkdir()
    assert clear_scratch(tmp_path) == ("0" * 32,)


def test_whoever_clears_waits_for_nobody(tmp_path: Path) -> None:
    killed(tmp_path)
    with (tmp_path / ".lock").open("r+b") as room:
        fcntl.flock(room, fcntl.LOCK_EX)
        assert clear_scratch(tmp_path) == ()
    assert len(clear_scratch(tmp_path)) == 1


def test_a_room_that_is_not_there_or_may_not_be_written_is_no_trouble_to_whoever_clears(tmp_path: Path) -> None:
    assert clear_scratch(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_bytes(b"")
    assert clear_scratch(tmp_path / "file") == ()
    with pytest.raises(DataRefused, match="no room to work in"), scratch_in(tmp_path / "file"):
        pass


def test_nobodys_scratch_is_taken_away_by_those_who_clear_at_the_same_time(tmp_path: Path) -> None:
    lost: list[Path] = []

    def work() -> None:
        for _ in range(40):
            with scratch_in(tmp_path) as folder:
                (folder / "frame").write_text("x")
                clear_scratch(tmp_path)
                if not (folder / "frame").exists():
                    lost.append(folder)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert lost == []
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
