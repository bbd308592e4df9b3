"""The command line, called as a person calls it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from trials.cli.app import main


@dataclass(frozen=True)
class Done:
    """What one command did."""

    code: int
    out: str
    err: str


Otm = Callable[..., Done]


@pytest.fixture
def otm(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Otm:
    """Run one command in this process, in a home of its own; the exit code and both outputs."""

    def run(*arguments: str | Path, actor: str | None = None) -> Done:
        if actor is None:
            monkeypatch.delenv("OTM_ACTOR", raising=False)
        else:
            monkeypatch.setenv("OTM_ACTOR", actor)
        monkeypatch.setattr(sys, "argv", ["otm", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)

    return run
