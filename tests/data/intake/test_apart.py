"""The process that opens a file: bounded by the file's size, gone with whoever asked, and none of its doing left."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from data.apart import Allowance, Broken, environment
from data.errors import DataRefused
from data.intake import read_file
from data.intake.apart import asking, starting, wire
from data.intake.apart.limits import allowance
from data.intake.machine import memory_of_machine
from data.intake.result import Fault, Reading, Rejection
from data.schema import ColumnContract, FileContract
from tests.bombs.typed import in_row_groups, one_text_again, zeros_again
from tests.places import ROOT

CONTRACT = FileContract("customer_id", (ColumnContract("principal", "number", required=False),))
MIB = 1 << 20


@pytest.fixture(params=["forked", "started"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """By a process forked from one that is ready, and, as where that is not offered, by one started anew."""
    assert starting.can_fork() or sys.platform != "linux"
    starting.end_ready()  # of whatever ran before in this process
    if request.param == "started":
        monkeypatch.setattr(starting, "can_fork", lambda: False)
    yield
    if request.param == "started":
        assert starting._ready == {}
    starting.end_ready()


both_ways = pytest.mark.usefixtures("_way")


@both_ways
def test_a_dictionary_that_unfolds_into_gigabytes_is_refused(tmp_path: Path) -> None:
    path = in_row_groups(tmp_path / "people.parquet", one_text_again(2_000, MIB))
    assert path.stat().st_size < 100_000
    with pytest.raises(DataRefused, match=r"takes more than 768 MiB of memory|unfolds into more than"):
        read_file(path, CONTRACT)


@both_ways
def test_a_run_of_one_value_is_refused_at_64_mebibytes(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"unfolds into more than 6\d,\d{3},\d{3} \(in its first [23],"):
        read_file(in_row_groups(tmp_path / "people.parquet", zeros_again(), times=4), CONTRACT)


@both_ways
def test_a_cell_of_more_than_a_mebibyte_is_named_by_its_row(tmp_path: Path) -> None:
    table = pa.table({"customer_id": ["a", "b", "c"], "note": ["x", "y" * (MIB + 1), "z"]})
    with pytest.raises(DataRefused, match="row 2 of note holds 1,048,577 bytes"):
        read_file(in_row_groups(tmp_path / "people.parquet", table), CONTRACT)
    just = pa.table({"customer_id": ["a", "b", "c"], "note": ["x", "y" * MIB, "z"]})
    assert read_file(in_row_groups(tmp_path / "people.parquet", just), CONTRACT).loaded == 3


@both_ways
def test_a_table_has_no_more_than_4_096_columns(tmp_path: Path) -> None:
    wide = {f"c{i}": [1] for i in range(4_095)}
    path = in_row_groups(tmp_path / "people.parquet", pa.table({"customer_id": ["a"]} | wide))
    assert read_file(path, CONTRACT).loaded == 1
    in_row_groups(path, pa.table({"customer_id": ["a"]} | wide | {"one": [1]}))
    with pytest.raises(DataRefused, match="the file has 4,097 columns"):
        read_file(path, CONTRACT)


def test_memory_grows_with_the_file_and_never_beyond_half_the_machine() -> None:
    small, large = allowance("workbook", 1_000), allowance("workbook", 20 * MIB)
    assert small.memory < 800 * MIB < large.memory
    assert small.seconds < large.seconds
    assert allowance("stata", 1 << 60).memory <= max(768 * MIB, memory_of_machine() // 2)


@both_ways
@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (Allowance(memory=200 * MIB, seconds=60), "takes more than 200 MiB of memory|its reader ended"),
        (Allowance(memory=2048 * MIB, seconds=0), "takes more than 0 seconds of the processor|its reader ended"),
    ],
)
def test_what_the_process_may_take_is_held_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: Allowance, said: str
) -> None:
    rows = 300_000
    table = pa.table({"customer_id": [f"C{i}" for i in range(rows)], "note": np.arange(rows)})
    path = in_row_groups(tmp_path / "people.parquet", table)
    monkeypatch.setattr(asking, "allowance", lambda kind, size: allowed)
    with pytest.raises(DataRefused, match=said):
        read_file(path, CONTRACT)


@both_ways
def test_a_reader_that_ends_without_a_word_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = in_row_groups(tmp_path / "people.parquet", pa.table({"customer_id": ["a"]}))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    for _ in range(2):
        with pytest.raises(DataRefused, match=r"its reader ended \(status 1\)"):
            read_file(path, CONTRACT)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(DataRefused, match="no process could be started"):
        read_file(path, CONTRACT)


@both_ways
def test_the_process_knows_no_secret_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTM_DATABASE_URL", "postgresql://someone:secret@host/db")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path)
    assert not [name for name in environment() if name.startswith("OTM_")]
    path = in_row_groups(tmp_path / "people.parquet", pa.table({"customer_id": ["a"]}))
    assert read_file(path, CONTRACT).loaded == 1
    assert read_file(Path(path.name), CONTRACT).loaded == 1, "named from the folder in which the command is given"
    assert {p.name for p in tmp_path.rglob("*")} == {"scratch", "people.parquet"}


def test_the_process_ends_with_whoever_asked() -> None:
    """Whoever asked is killed while the process waits for its question, which somebody else could still put."""
    asker = (
        "import os, subprocess, sys\n"
        "end = int(sys.argv[1])\n"
        "child = subprocess.Popen([sys.executable, '-m', 'data.intake.apart', str(os.getpid())], stdin=end)\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    theirs, ours = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", asker, str(theirs)],
            stdout=subprocess.PIPE, pass_fds=(theirs,), cwd=ROOT, env=environment(),
        )  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.read()  # ends when the last process that could speak has ended
        process.wait()
        process.stdout.close()
        assert said.decode().strip().isdigit()
    finally:
        os.close(theirs)
        os.close(ours)


def test_what_is_sent_is_what_is_received() -> None:
    reading = Reading(
        pa.table({"id": ["a", None], "n": [1.5, 2.5], "band": pa.array(["x", "y"]).dictionary_encode()}),
        4,
        np.array([1, 3]),
        (Rejection(2, None, "the row is empty"), Rejection(4, "id", "it’s 'x'")),
        ("a warning",),
        untyped=True,
        faults=(Fault(0, "n", "why"),),
    )
    pipe = io.BytesIO()
    opened = wire.Opened.of(reading)
    wire.send(pipe, opened)
    wire.send_account(pipe, opened, "digest")
    for cut in (0, 5, 40, len(pipe.getvalue()) - 1):
        with pytest.raises(Broken):
            wire.receive(io.BytesIO(pipe.getvalue()[:cut]))
    pipe.seek(0)
    received, digest = wire.receive(pipe)
    assert digest == "digest"
    assert received.table.equals(reading.table)
    assert np.array_equal(received.rows, reading.rows)
    assert (received.read, received.rejections, received.warnings, received.untyped, received.faults) == (
        reading.read, reading.rejections, reading.warnings, reading.untyped, reading.faults,
    )  # fmt: skip
