"""The server ends with the command that started it, and says where it found no registry."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.places import ROOT


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_whoever_ends_the_command_ends_the_server(tmp_path: Path, ending: signal.Signals) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "mistyped"
    environment = {**os.environ, "OTM_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "trials.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        said, address = _until_printed(process)
        assert address is not None, said
        while not _answers(address):  # which is no longer than the process lives
            assert process.poll() is None
        process.send_signal(ending)
        process.wait()
        assert not _answers(address)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
    assert f"There is no registry in {home} yet" in said


def test_a_port_that_another_program_has_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "OTM_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "trials.cli", "serve", "--port", str(port)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True)
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
        ("runner.magicEnabled", "true", False),
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
    ended = subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout == f"{held!r}\n", ended.stderr[-500:]


def _until_printed(process: subprocess.Popen[str]) -> tuple[str, str | None]:
    """What the server says up to its address, and the address; None where it ended without one."""
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        printed = re.search(r"http://\S+", line)
        if printed is not None:
            return said, printed[0]
    return said, None


def _answers(address: str) -> bool:
    """Whether an address leads to the pages."""
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({}))
    try:
        with visitor.open(address) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
