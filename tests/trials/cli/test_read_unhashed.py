"""What the command line says of an edited snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trials.cli.conftest import Otm
from tests.trials.stages.test_read_unhashed import edit, file_of, reversed_in


@pytest.mark.parametrize("command", ["evaluate", "issue", "whois"])
def test_it_says_which_file_of_which_trial_and_ends_with_2(otm: Otm, done, tmp_path: Path, command: str) -> None:
    path = file_of(done.registry, "allocation")
    edit(path, reversed_in("arm"))
    more = {"issue": ["--arm", "letter", "--out", tmp_path / "out"], "whois": ["C000001"], "evaluate": []}[command]
    ran = otm(command, "reminders", *more)
    said = " ".join(ran.err.split())
    assert (ran.code, ran.out) == (2, "")
    assert f"{path.name}: the snapshot has been changed (the allocation of reminders)" in said
    assert f"put {path.name} back from the last backup" in said
    assert "Traceback" not in said
