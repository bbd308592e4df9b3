"""What is no file is refused at once by every command that reads one: nobody waits for a pipe, or reads a device."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.trials.examples import Files

# Each input of each command; NOTHING is what is no file.
COMMANDS = {
    "protocol check": ("protocol", "check", "NOTHING"),
    "power": ("power", "NOTHING"),
    "register": ("register", "NOTHING"),
    "design begin": ("design", "begin", "late-2027", "--file", "NOTHING"),
    "design revise": ("design", "revise", "late-2027", "NOTHING", "--made-from", "1"),
    "design enter": ("design", "enter", "late-2027", "NOTHING"),
    "population load, the customers": ("population", "load", "NOTHING", "--protocol", "PROTOCOL"),
    "population load, the protocol": ("population", "load", "POPULATION", "--protocol", "NOTHING"),
    "analyse, the protocol": ("analyse", "NOTHING", "POPULATION"),
    "analyse, the data": ("analyse", "EXTERNAL", "NOTHING"),
    "contacts load": ("contacts", "load", "reminders", "NOTHING"),
    "outcomes load": ("outcomes", "load", "reminders", "NOTHING"),
    "whois": ("whois", "reminders", "C000001", "--population", "NOTHING"),
    "verify": ("verify", "--all", "--head", "NOTHING"),
    "restore": ("restore", "NOTHING"),
}
ENDINGS = ("", ".csv", ".csv.gz", ".parquet", ".xlsx", ".dta")
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


@contextmanager
def pipe(path: Path) -> Iterator[Path]:
    """A named pipe; whoever opens it to read finds it empty, so that a mistake here is an answer and no silence."""
    os.mkfifo(path)

    def offer() -> None:
        os.close(os.open(path, os.O_WRONLY))

    writer = threading.Thread(target=offer)
    writer.start()
    try:
        yield path
    finally:
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer.join()  # who had not come to its opening yet finds a reader still
        os.close(reader)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", ["pipe", "device", "link to a pipe"])
def test_no_command_reads_what_is_no_file(otm, done, tmp_path: Path, name: str, kind: str) -> None:
    endings = ENDINGS if name in ("contacts load", "outcomes load") else (".csv",)
    external = tmp_path / "external.yaml"
    external.write_text(EXTERNAL)
    places = {"PROTOCOL": done.files.protocol, "POPULATION": done.files.population, "EXTERNAL": external}
    for ending in endings:
        with pipe(tmp_path / f"pipe{ending}") as named:
            nothing = named
            if kind != "pipe":
                nothing = tmp_path / f"link{ending}"
                nothing.symlink_to("/dev/zero" if kind == "device" else named)
            said = otm(*({**places, "NOTHING": nothing}.get(word, word) for word in COMMANDS[name]))
        assert (said.code, said.out) == (2, ""), said
        assert "Traceback" not in said.err
        told = "no file" in said.err or "Not a directory" in said.err or "no copy of a chain head" in said.err
        assert told or "no backup" in said.err or "not a backup" in said.err, said.err


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("command", [("protocol", "check"), ("register",)])
def test_no_text_of_a_protocol_is_one_that_is_no_file(otm, tmp_path: Path, kind: str, command: tuple[str, ...]) -> None:
    files = Files(tmp_path / "files")
    files.edit_protocol(lambda text: text.replace("channel: sms", "channel: sms, text: {en: sms.txt}"))
    with pipe(files.folder / ("sms.txt" if kind == "pipe" else "pipe")):
        if kind == "device":
            (files.folder / "sms.txt").symlink_to("/dev/zero")
        said = otm(*command, files.protocol)
    assert said.code == 2
    assert "text.en" in said.err
    assert '"sms.txt"' in said.err
