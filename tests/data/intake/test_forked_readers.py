"""The process that has a reader ready: no file reaches it, so none reaches another, and it ends with whoever asks."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.apart import Allowance
from data.errors import DataRefused
from data.intake import read_file
from data.intake.apart import asking, starting
from data.schema import ColumnContract, FileContract
from tests.bombs.workbooks import HEADER, written
from tests.places import ROOT

CONTRACT = FileContract("customer_id", (ColumnContract("principal", "number", required=False),))
MIB = 1 << 20
PATIENCE = 60_000  # milliseconds until a process that should end is a finding; none takes a second


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    starting.end_ready()
    yield
    starting.end_ready()


def parquet(folder: Path, rows: int = 3, name: str = "people") -> Path:
    ids = [f"C{i}" for i in range(rows)]
    pq.write_table(pa.table({"customer_id": ids, "principal": np.arange(rows)}), folder / f"{name}.parquet")
    return folder / f"{name}.parquet"


def workbook(folder: Path) -> Path:
    rows = "".join(f'<row><c t="inlineStr"><is><t>C{i}</t></is></c></row>' for i in range(3))
    return written(folder, (HEADER + rows).encode())


def stata(folder: Path) -> Path:
    pd.DataFrame({"customer_id": ["C0", "C1", "C2"]}).to_stata(folder / "people.dta", write_index=False)
    return folder / "people.dta"


def ready(kind: str = "parquet") -> int:
    return starting._ready[kind].process.pid


def children_of(number: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = next(line for line in status.read_text().splitlines() if line.startswith("PPid:"))
        except (OSError, StopIteration):
            continue
        if int(parent.split()[1]) == number:
            found.append(int(status.parent.name))
    return found


FORMATS = {"parquet": parquet, "workbook": workbook, "stata": stata}


@pytest.mark.parametrize("kind", FORMATS)
def test_one_process_is_ready_for_all_files_of_a_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("OTM_DATABASE_URL", "postgresql://someone:secret@host/db")
    monkeypatch.chdir(tmp_path)
    file = FORMATS[kind](tmp_path)
    assert read_file(file, CONTRACT).loaded == 3
    number = ready(kind)
    for _ in range(5):
        assert read_file(file, CONTRACT).loaded == 3
    assert ready(kind) == number
    assert children_of(number) == [], "each reader has ended with its call"
    process = Path(f"/proc/{number}")
    assert len(list((process / "task").iterdir())) == 1, "who has threads must not fork"
    assert len(list((process / "fd").iterdir())) == 4, "its three, and one that tells of the end of whoever asks"
    assert (process / "cwd").readlink() == Path("/")
    environment = (process / "environ").read_bytes()
    assert b"OTM_" not in environment
    assert f"PYTHONPATH={ROOT}\0".encode() in environment


def test_what_a_file_may_take_is_held_for_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, rows = parquet(tmp_path, 300_000), 300_000
    usual = asking.allowance
    for allowed, said in (
        (Allowance(memory=200 * MIB, seconds=60), "takes more than 200 MiB of memory|its reader ended"),
        (Allowance(memory=2048 * MIB, seconds=0), r"takes more than 0 seconds of the processor"),
    ):
        monkeypatch.setattr(asking, "allowance", lambda kind, size, allowed=allowed: allowed)
        for _ in range(2):
            with pytest.raises(DataRefused, match=said):
                read_file(file, CONTRACT)
        monkeypatch.setattr(asking, "allowance", usual)
        number = ready()
        assert read_file(file, CONTRACT).loaded == rows
        assert ready() == number
    assert children_of(number) == []


# A reader that does what a file might make it do, by the file's name.
SPOILT = """
import os, signal, sys
from data.intake.apart import confined, forking, opening, wire
from data.errors import DataRefused

done, tell = [], confined.tell

def spoilt(pipe, reader, source, contract, kind):
    if done or os.environ.get("SPOILT") or signal.getsignal(signal.SIGTERM) == signal.SIG_IGN:
        raise DataRefused("another file was here before")
    done.append(source.name)
    os.environ["SPOILT"] = "yes"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if source.name.startswith("number"):
        os._exit(7)
    if source.name.startswith("signal"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if source.name.startswith("parent"):
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
    if source.name.startswith("pause"):
        signal.pause()
    if source.name.startswith("half"):
        wire.send(pipe, reader(source, contract))
        os._exit(0)
    if source.name.startswith("loud"):
        for number in range(3, 256):
            try:
                if not os.path.sameopenfile(number, 1):
                    os.write(number, b"status 0")
            except OSError:
                pass
        os.write(0, b"1")
    if source.name.startswith("silent"):
        os.close(1)
        os._exit(3)
    tell(pipe, reader, source, contract, kind)

confined.tell = spoilt
if os.environ.get("NO_PROCESS"):
    def fork():
        raise BlockingIOError(11, "Resource temporarily unavailable")
    os.fork = fork
forking.fork_readers(sys.argv[2], int(sys.argv[1]))
"""


@pytest.fixture
def _spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_command", lambda: [sys.executable, "-B", "-c", SPOILT, str(os.getpid())])


@pytest.mark.usefixtures("_spoilt")
def test_what_a_file_does_to_its_reader_reaches_no_other_file(tmp_path: Path) -> None:
    good = parquet(tmp_path)
    assert read_file(good, CONTRACT).loaded == 3
    number = ready()
    for name, said in (
        ("number", r"its reader ended \(status 7\)"),
        ("signal", r"its reader ended \(SIGSEGV\)"),
        ("half", r"its reader ended \(status 0\)"),
        ("silent", r"its reader ended \(status 3\)"),
    ):
        with pytest.raises(DataRefused, match=said):
            read_file(parquet(tmp_path, name=name), CONTRACT)
        assert read_file(good, CONTRACT).loaded == 3
    assert read_file(parquet(tmp_path, name="loud"), CONTRACT).loaded == 3, "it has nobody's descriptors"
    assert read_file(good, CONTRACT).loaded == 3
    assert ready() == number
    assert children_of(number) == []


@pytest.mark.usefixtures("_spoilt")
def test_where_the_process_that_is_ready_has_ended_the_next_file_starts_another(tmp_path: Path) -> None:
    good = parquet(tmp_path)
    with pytest.raises(DataRefused, match=r"its reader ended \(SIGKILL\)"):
        read_file(parquet(tmp_path, name="parent"), CONTRACT)
    assert read_file(good, CONTRACT).loaded == 3
    number = ready()
    os.kill(number, signal.SIGKILL)
    starting._ready["parquet"].process.wait()
    assert read_file(good, CONTRACT).loaded == 3
    assert ready() != number


@pytest.mark.usefixtures("_spoilt")
def test_that_the_system_gives_no_process_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROCESS", "1")
    for _ in range(2):
        with pytest.raises(DataRefused, match=r"no process could be started to open the file \(Resource temporarily"):
            read_file(parquet(tmp_path), CONTRACT)


def test_a_reader_ends_with_its_call(tmp_path: Path) -> None:
    """Also where the call is broken off before it has asked anything."""
    assert read_file(parquet(tmp_path), CONTRACT).loaded == 3
    reader = starting.start_reader("parquet")
    while not children_of(ready()):
        pass
    reader.end()
    assert children_of(ready()) == []


def test_the_process_outlives_the_thread_that_started_it_and_serves_many_at_once(tmp_path: Path) -> None:
    files = [parquet(tmp_path, rows, f"of_{rows}") for rows in range(1, 13)]
    first = threading.Thread(target=read_file, args=(files[0], CONTRACT))
    first.start()
    first.join()
    number = ready()
    loaded: dict[int, int] = {}

    def load(at: int) -> None:
        loaded[at] = read_file(files[at], CONTRACT).loaded

    threads = [threading.Thread(target=load, args=(at,)) for at in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == {at: at + 1 for at in range(len(files))}
    assert ready() == number
    assert children_of(number) == []


def test_whoever_asks_may_care_for_no_child_of_its_own(tmp_path: Path) -> None:
    """That a child's end is ignored is handed down to what is started."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        for _ in range(2):
            assert read_file(parquet(tmp_path), CONTRACT).loaded == 3
        number = ready()
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert read_file(parquet(tmp_path), CONTRACT).loaded == 3
    assert ready() == number


ASKER = """
import os, sys, threading
from pathlib import Path
from data.intake import read_file
from data.intake.apart import starting
from tests.data.intake.test_forked_readers import CONTRACT, SPOILT, children_of, ready

file, how = Path(sys.argv[1]), sys.argv[2]
if how == "reading":
    starting._command = lambda: [sys.executable, "-B", "-c", SPOILT, str(os.getpid())]
    threading.Thread(target=read_file, args=(file, CONTRACT), daemon=True).start()
    while not (starting._ready and (readers := children_of(ready()))):
        pass
else:
    read_file(file, CONTRACT)
    readers = []
print(ready(), *readers, flush=True)
if how != "done":
    sys.stdin.read()
"""


def asker(file: Path, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", ASKER, str(file), how]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)


@pytest.mark.parametrize("how", ["waiting", "reading"])
def test_it_ends_with_whoever_asks_however_that_ends(tmp_path: Path, how: str) -> None:
    """Whoever asks is killed, with a file being read and without."""
    with asker(parquet(tmp_path, name="pause" if how == "reading" else "people"), how) as process:
        assert process.stdout is not None
        numbers = [int(number) for number in process.stdout.readline().split()]
        assert len(numbers) == (2 if how == "reading" else 1)
        ends = [os.pidfd_open(number) for number in numbers]
        process.kill()
    for end in ends:
        waiting = select.poll()
        waiting.register(end, select.POLLIN)
        assert waiting.poll(PATIENCE), "it lives on"
        os.close(end)


def test_nothing_is_left_when_whoever_asks_has_done(tmp_path: Path) -> None:
    with asker(parquet(tmp_path), "done") as process:
        said, _ = process.communicate()
    assert process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(said), 0)


FORK = """
import os, sys
from pathlib import Path
from data.intake import read_file
from data.intake.apart import starting
from tests.data.intake.test_forked_readers import CONTRACT, ready

file = Path(sys.argv[1])
assert read_file(file, CONTRACT).loaded == 3
number = ready()
child = os.fork()
if child == 0:
    assert not starting._ready
    assert read_file(file, CONTRACT).loaded == 3
    assert ready() != number
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert read_file(file, CONTRACT).loaded == 3
assert ready() == number
"""


def test_whoever_asks_may_fork(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", FORK, str(parquet(tmp_path))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
