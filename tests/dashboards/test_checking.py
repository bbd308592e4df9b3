"""What is sent is read by a process of its own, one at a time, and the server parses nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dashboards import checking, session
from dashboards.uploads import Upload
from data.errors import DataRefused
from designs.protocol import ProtocolRefused, reading
from designs.protocol.apart import asking
from tests.places import ROOT
from tests.trials.examples import PROTOCOL
from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.collect import collect

LETTERS = ROOT / "designs" / "library"
GOOD = PROTOCOL.format(id="added-2026", population="debts", extra="").encode()


@pytest.fixture
def no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process nobody can read a protocol."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the server parsed what was sent")

    monkeypatch.setattr(reading, "_parse", refuse)


def test_the_server_parses_nothing_of_what_is_sent(empty_registry, no_reader) -> None:
    texts = tuple(Upload(text.name, text.read_bytes()) for text in (LETTERS / "wording").glob("small-debts-*.md"))
    protocol = Upload("plan.yaml", (LETTERS / "small-debts.yaml").read_bytes())
    trial = session.register(protocol, texts)
    assert session.register(protocol, texts) == trial, "sent again"
    with empty_registry.read(LOCAL_ACTOR) as reader:
        assert [found.id for found in reader.portfolio()] == [trial]
    (kept,) = (empty_registry.home / "uploads").iterdir()
    assert (kept / "protocol.yaml").read_bytes() == protocol.content
    with empty_registry.inspect(LOCAL_ACTOR, "read") as asked:
        from trials.registry.kept_texts import texts_of

        named = {Path(text.name).name for text in texts_of(asked, trial)}
    assert named == {text.name for text in texts}, "the registry keeps the texts as well"


@pytest.mark.parametrize("content", [b"a: [", b"- 1", b"a: 1", b"\xff", b"a: " + b"[" * 60_000, b"x" * (300 << 10)])
def test_what_is_no_protocol_is_refused_in_the_words_of_its_reader(empty_registry, no_reader, content) -> None:
    with pytest.raises(ProtocolRefused) as refused:
        session.register(Upload("plan.yaml", content), ())
    assert refused.value.lines
    assert not (empty_registry.home / "uploads").exists()


def test_one_is_checked_at_a_time(empty_registry, monkeypatch) -> None:
    at_work: list[int] = []
    most: list[int] = []
    check = asking.ProtocolReader.check

    def counted(self, path):
        at_work.append(1)
        most.append(len(at_work))
        try:
            return check(self, path)
        finally:
            at_work.pop()

    monkeypatch.setattr(asking.ProtocolReader, "check", counted)
    senders = [
        threading.Thread(target=session.register, args=(Upload("p", GOOD.replace(b"added", b"n%d" % n)), ()))
        for n in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert most == [1, 1, 1, 1]


def test_whoever_waits_too_long_is_told_to_send_again(empty_registry, monkeypatch) -> None:
    monkeypatch.setattr(checking, "PATIENCE", 0.0)
    with checking.checking("first"), pytest.raises(DataRefused, match="others' protocols are still being checked"):
        session.register(Upload("plan.yaml", GOOD), ())
    assert session.register(Upload("plan.yaml", GOOD), ()) == "added-2026"


DIES = """
import os, signal, sys
from unittest.mock import patch
from dashboards import session
from dashboards.uploads import Upload
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
session.open_for_visitors()
os.umask(0)
with patch(sys.argv[1], die):
    session.register(Upload("plan.yaml", sys.stdin.buffer.read()), ())
"""


@pytest.mark.parametrize("target", ["designs.protocol.apart.asking.ProtocolReader.check", "dashboards.uploads.settle"])
@pytest.mark.parametrize("cleared_by", ["the next start", "collect"])
def test_an_upload_that_is_killed_leaves_nothing_for_long(empty_registry, target, cleared_by) -> None:
    home = empty_registry.home
    environment = {**os.environ, "OTM_HOME": str(home), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", DIES, target], input=GOOD, env=environment, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not (home / "uploads").exists()
    (left,) = [place for place in (home / "scratch").iterdir() if place.is_dir()]
    assert (left / "upload" / "protocol.yaml").exists()
    assert {place.stat().st_mode & 0o077 for place in home.rglob("*")} == {0}
    if cleared_by == "collect":
        assert collect(empty_registry, LOCAL_ACTOR) == (f"scratch/{left.name}",)
    else:
        open_registry(Settings(home=home)).close()
    assert not left.exists()


@pytest.mark.parametrize("cleared_by", ["the next start", "collect"])
def test_what_an_earlier_program_left_half_laid_out_goes_too(empty_registry, cleared_by) -> None:
    """It laid uploads out beside those that are kept."""
    uploads = empty_registry.home / "uploads"
    session.register(Upload("plan.yaml", GOOD), ())
    (kept,) = uploads.iterdir()
    (uploads / "tmp0a_xyz12" / "wording").mkdir(parents=True)
    (uploads / "tmp0a_xyz12" / "wording" / "letter.md").write_text("Please pay.")
    (uploads / "notes").mkdir()  # of somebody else
    if cleared_by == "collect":
        assert collect(empty_registry, LOCAL_ACTOR) == ("uploads/tmp0a_xyz12",)
    else:
        open_registry(Settings(home=empty_registry.home)).close()
    assert {path.name for path in uploads.iterdir()} == {kept.name, "notes"}
