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


def test_a_port_that_another_program_has_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "OTM_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "trials.cli", "serve", "--port", str(port)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode != 0
    assert f"Where another program has port {port}, choose a free one: otm serve --port NUMBER" in ended.stderr
    assert "token" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("option", "asked", "held"),
    [
        ("server.address", '"0.0.0.0"', "127.0.0.1"),
        ("server.baseUrlPath", '"elsewhere"', ""),
        ("server.enableAgentApi", "true", False),
        ("server.enableXsrfProtection", "false", True),
        ("server.maxUploadSize", "5000", 5),
        ("browser.gatherUsageStats", "true", False),
    ],
)
def test_no_setting_of_the_account_opens_the_door_wider(tmp_path: Path, option: str, asked: str, held: object) -> None:
    """Streamlit reads a file of the account besides the project's, and variables where it is started by itself."""
    program = (
        "from streamlit import config; from streamlit.web.server.starlette import starlette_server\n"
        "from dashboards.__main__ import serve\n"
        f"starlette_server.UvicornRunner.run = lambda _: print(repr(config.get_option('{option}')))\n"
        "serve(8999)"
    )
    section, name = option.split(".")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(f"[{section}]\n{name} = {asked}\n")
    variable = "STREAMLIT_" + re.sub(r"([A-Z])", r"_\1", option.replace(".", "_")).upper()
    environment = {**os.environ, "HOME": str(tmp_path), "OTM_HOME": str(tmp_path), variable: asked.strip('"')}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert ended.stdout == f"{held!r}\n", ended.stderr[-500:]


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
