"""The server ends with the command that started it, and says where it found no registry."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.places import ROOT

PATIENCE = 60.0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_whoever_ends_the_command_ends_the_server(tmp_path: Path, ending: signal.Signals) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "mistyped"
    environment = {**os.environ, "OTM_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "trials.cli", "serve", "--port", str(port)]
    log = tmp_path / "said"  # a file: a server that is left over would hold a pipe open
    with log.open("w") as said_to:
        process = subprocess.Popen(command, env=environment, stderr=said_to, stdout=subprocess.DEVNULL)
    try:
        _wait_until(lambda: _answers(log))
        process.send_signal(ending)
        process.wait(PATIENCE)
        _wait_until(lambda: not _answers(log))
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert f"There is no registry in {home} yet" in said


def _answers(log: Path) -> bool:
    """Whether the address that was printed leads to the pages."""
    printed = re.search(r"http://\S+", log.read_text())
    if printed is None:
        return False
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({}))
    try:
        with visitor.open(printed[0], timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_until(holds) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)
