"""Verify and head on the command line: one trial, all of them, and against a copy of the chain head."""

from __future__ import annotations

import json

from tests.trials.examples import locked
from trials.registry import open_registry
from trials.settings import Settings


def test_a_copy_is_made_and_compared_with(otm, files, tmp_path, home):
    place = tmp_path / "elsewhere"
    place.mkdir()
    with_registry = open_registry(Settings(home=home))
    locked(with_registry, files)
    with_registry.close()
    told = otm("head", "--to", place)
    assert (told.code, told.out.split()[0]) == (0, "4")
    assert f"--head {place / 'chain-head'}" in told.err
    assert json.loads(otm("head", "--json", "-").out)["copy"] is None
    done = otm("verify", "--all", "--head", place / "chain-head")
    assert (done.code, done.out.count("FAILS")) == (0, 0)
    assert "compared with a copy that has seen 4 events" in done.err
    (home / "chain-head").unlink()
    for words in (("verify", "--all"), ("verify", "reminders")):
        done = otm(*words)
        assert done.code == 1
        assert "FAILS  audit_chain" in done.out
        assert "the chain head is gone" in done.err
    document = json.loads(otm("verify", "--all", "--json", "-").out)
    assert (document["verified"], [of["trial"] for of in document["trials"]]) == (False, ["reminders"])
    assert otm("head").code == 2
    for words in (("verify",), ("verify", "reminders", "--all")):
        assert otm(*words).code == 2
