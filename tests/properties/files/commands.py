"""A made file by the command line: exit codes, JSON, what is said, and that a refusal stores nothing."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from tests.places import ROOT
from tests.properties.files.made import Made
from tests.properties.files.roles import TRIAL
from tests.properties.files.taken import Field
from trials.access import LOCAL_ACTOR
from trials.cli.app import REFUSED, main


def arguments(made: Made, path: Path, at: Field) -> list[str]:
    """The command that a user gives for a file of this kind."""
    plan = str(at.plan_of(made.role))
    if made.role == "analyse":
        return ["analyse", plan, str(path), "--json", "-"]
    if made.role == "population":
        return ["population", "load", str(path), "--protocol", plan, "--synthetic", "--json", "-"]
    return [made.role, "load", TRIAL, str(path), "--replace", "--json", "-"]


def _surroundings(at: Field) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
    return kept | {"OTM_HOME": str(at.folder / "home"), "PYTHONPATH": str(ROOT)}


def wrong_with_command(made: Made, path: Path, at: Field, *, refused: bool) -> Iterator[str]:
    """The command in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = stored(at)
    with (
        patch.dict(os.environ, _surroundings(at), clear=True),
        patch.object(sys, "argv", ["otm", *arguments(made, path, at)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code or 0
    yield from _wrong(made, path, at, code, (out.getvalue(), err.getvalue()), before, refused=refused)


def wrong_with_process(made: Made, path: Path, at: Field, *, refused: bool) -> Iterator[str]:
    """The command as a process of its own."""
    before = stored(at)
    command = [sys.executable, "-m", "trials.cli", *arguments(made, path, at)]
    done = subprocess.run(command, cwd=ROOT, env=_surroundings(at), capture_output=True, text=True, check=False)
    yield from _wrong(made, path, at, done.returncode, (done.stdout, done.stderr), before, refused=refused)


def stored(at: Field) -> tuple[frozenset[str], int]:
    """What the registry holds: snapshots, and events of its audit chain."""
    with at.registry.read(LOCAL_ACTOR) as reader:
        return at.registry.snapshots.digests(), len(reader.audit())


def _wrong(
    made: Made,
    path: Path,
    at: Field,
    code: object,
    said: tuple[str, str],
    before: tuple[frozenset[str], int],
    *,
    refused: bool,
) -> Iterator[str]:
    out, err = said
    if "Traceback" in err or code not in (0, REFUSED):
        yield f"the command ended with {code}: {err[-400:]}"
    elif code == REFUSED and not refused and made.role != "analyse":
        yield f"the command refused what is taken: {err[-400:]}"
    elif code == 0 and refused:
        yield "the command took what is refused"
    elif code == REFUSED:
        if out or not err.splitlines()[-1].startswith("Refused. ") or path.name not in err:
            yield f"a refusal that does not say so: {out[:100]} {err[-400:]}"
        if stored(at) != before:
            yield "a refusal stored something"
    elif made.role != "analyse":
        account = json.loads(out)
        if account["read"] != account["loaded"] + account["rejected"] or account["loaded"] == 0:
            yield f"{account['read']} read, {account['loaded']} loaded, {account['rejected']} rejected"
    elif not {"flow", "checks", "verdict", "unreadable"} <= set(json.loads(out)):
        yield f"an evaluation without its parts: {out[:200]}"
