"""A file has its name once it is whole; what was never finished goes, unless somebody is still at it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from data import whole_files
from data.whole_files import clear_unfinished, unfinished

AT_WORK = """
import os, pathlib, signal, sys
from data.whole_files import unfinished
with unfinished(pathlib.Path(sys.argv[1]) / "list.csv") as made:
    made.file.write(b"half")
    made.file.flush()
    if sys.argv[2] == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    print(made.partial.name, flush=True)
    sys.stdin.read()
"""


def killed(folder: Path) -> None:
    assert subprocess.run([sys.executable, "-c", AT_WORK, str(folder), "dies"]).returncode == -signal.SIGKILL


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "lists" / "list.csv"
    before = os.umask(0)
    try:
        with unfinished(path) as made:
            made.file.write(b"whole")
            assert not path.exists()
            made.finish()
            assert path.read_bytes() == b"whole"
    finally:
        os.umask(before)
    assert names(path.parent) == {"list.csv"}
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.parametrize("finished", [False, True])
def test_work_that_fails_leaves_nothing(tmp_path: Path, finished: bool) -> None:
    def work() -> None:
        with unfinished(tmp_path / "list.csv") as made:
            made.file.write(b"half")
            if finished:
                made.finish()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert names(tmp_path) == set()


def test_a_file_that_is_there_is_neither_replaced_nor_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with unfinished(path) as made:
        path.write_bytes(b"another's")
        with pytest.raises(FileExistsError):
            made.finish()
        made.take_back()
    assert path.read_bytes() == b"another's"
    assert names(tmp_path) == {"list.csv"}


def test_what_a_killed_writer_left_goes_with_the_next_one_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    killed(tmp_path)
    killed(tmp_path)
    (left,) = names(tmp_path)  # the second removed what the first had left
    (tmp_path / ".reminders-letter.csv.0123abcd.partial").write_text("an earlier program's")
    for other in (".notes.partial", "report.0123abcd.partial", ".01234567.partial", ".film.mkv.0123abcd.partial"):
        (tmp_path / other).write_text("somebody else's")
    others = names(tmp_path) - {left, ".reminders-letter.csv.0123abcd.partial"}
    command = [sys.executable, "-c", AT_WORK, str(tmp_path), "lives"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living:
        assert living.stdout is not None
        held = living.stdout.readline().strip()
        assert clear_unfinished(tmp_path) == ()
        assert names(tmp_path) == {*others, held}
        living.communicate("")


def test_nobodys_file_is_taken_away_by_those_who_clear_at_the_same_time(tmp_path: Path) -> None:
    def work(number: int) -> None:
        for turn in range(30):
            with unfinished(tmp_path / f"{number}-{turn}") as made:
                clear_unfinished(tmp_path)
                made.finish()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert names(tmp_path) == {f"{number}-{turn}" for number in range(6) for turn in range(30)}


def test_a_folder_that_cannot_be_cleared_is_no_trouble_to_whoever_clears(tmp_path: Path) -> None:
    assert clear_unfinished(tmp_path / "none") == ()
    (tmp_path / "file").write_bytes(b"")
    assert clear_unfinished(tmp_path / "file") == ()


def test_a_share_without_locks_takes_files_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(whole_files.fcntl, "flock", refuse)
    monkeypatch.setattr(whole_files, "fsync_folder", refuse)
    with unfinished(tmp_path / "list.csv") as made:
        assert clear_unfinished(tmp_path) == (), "of a living writer, perhaps"
        made.file.write(b"whole")
        made.finish()
    assert (tmp_path / "list.csv").read_bytes() == b"whole"
