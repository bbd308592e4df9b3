"""A protocol that a process of its own reads: the same answers, bounded, and gone with whoever asked."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from data.apart import Allowance, environment
from designs.errors import DesignRefused
from designs.library import templates
from designs.protocol import CheckedProtocol, ProtocolRefused, check, named_texts
from designs.protocol.apart import asking, protocol_reader
from designs.protocol.apart.wire import Failed, receive_checked
from tests.bombs.protocols import KINDS
from tests.places import ROOT

MIB = 1 << 20


def in_words(refused: ProtocolRefused) -> tuple[object, ...]:
    return refused.problem, refused.lines, refused.count


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[object, CheckedProtocol]]:
    """What one process says of every template."""
    with protocol_reader("plan.yaml") as reader:
        return {
            template.name: (reader.named_texts(template.path.read_bytes()), reader.check(template.path))
            for template in templates()
        }


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_it_says_what_this_process_would(answers, template) -> None:
    assert answers[template.name] == (named_texts(template.path.read_bytes()), check(template.path).checked)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"a: [", b"- 1", b"\xff\xfe", b"schema: 1", b'a: "\\ud800"', b"*x", "é: ü".encode(), b"x" * (300 << 10),
        b"".join(b"x%d: 1\n" % number for number in range(1_200)),
    ],
)  # fmt: skip
def test_it_refuses_in_the_same_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(ProtocolRefused) as here:
        check(path)
    with protocol_reader("plan.yaml") as reader:
        assert reader.named_texts(content) == ()
        with pytest.raises(ProtocolRefused) as apart:
            reader.check(path)
        assert apart.value.where == "plan.yaml"
        with pytest.raises(ProtocolRefused) as again:
            reader.check(path)
    assert in_words(apart.value) == in_words(here.value) == in_words(again.value)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_bomb_is_refused_and_by_its_own_fault(tmp_path: Path, kind) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(kind(Random(7)))
    with protocol_reader("plan.yaml") as reader:
        assert reader.named_texts(path.read_bytes()) == ()
        with pytest.raises(ProtocolRefused) as refused:
            reader.check(path)
    assert not any("its reader ended" in line or "MiB of memory" in line for line in refused.value.lines)


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (Allowance(memory=24 * MIB, seconds=60), "takes more than 24 MiB of memory|its reader ended"),
        (Allowance(memory=2048 * MIB, seconds=0), "takes more than 0 seconds of the processor|its reader ended"),
    ],
)
def test_what_the_process_may_take_is_held_by_the_system(
    tmp_path: Path, monkeypatch, allowed: Allowance, said: str
) -> None:
    monkeypatch.setattr(asking, "ALLOWED", allowed)
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"arms: [" + b"{a: 1}," * 6_000 + b"]")
    with protocol_reader("plan.yaml") as reader, pytest.raises(ProtocolRefused, match=said):
        reader.check(path)


def test_a_process_that_says_nothing_or_never_began_is_a_refusal(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with protocol_reader("plan.yaml") as reader, pytest.raises(ProtocolRefused, match=r"its reader ended \(status 1\)"):
        reader.named_texts(b"a: 1")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(DesignRefused, match="no process could be started"), protocol_reader("plan.yaml"):
        pass


def test_a_fault_of_the_reader_is_none_of_the_files() -> None:
    with protocol_reader("plan.yaml") as reader:
        reader._process.ask(pickle.dumps(7))
        with pytest.raises(Failed, match="Traceback"):
            receive_checked(reader._process.said, "plan.yaml")


def test_the_process_writes_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path)
    with protocol_reader("plan.yaml") as reader:
        reader.check(templates()[0].path)
    assert {path.name for path in tmp_path.rglob("*")} == {"scratch"}


def test_the_process_ends_with_whoever_asked() -> None:
    """Whoever asked is killed while the process waits for its question, which somebody else could still put."""
    asker = (
        "import os, subprocess, sys\n"
        "end = int(sys.argv[1])\n"
        "child = subprocess.Popen([sys.executable, '-m', 'designs.protocol.apart', str(os.getpid())], stdin=end)\n"
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
