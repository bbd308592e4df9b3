"""The command of amendments, as two people give it."""

from __future__ import annotations

import json

import pytest

from tests.trials.examples import Files, write_csv
from tests.trials.stages.test_amend import changed
from tests.trials.stages.test_unplanned import CALLED, SECONDARY, called

DESIGNER, ANALYST, RANDOMISER = "A Designer:designer", "An Analyst:analyst", "A Randomiser:randomiser"
WHY = "nobody had thought of the helpline"


@pytest.mark.requirement("K16")
def test_a_trial_is_amended_after_its_draw_and_every_later_word_says_so(otm, tmp_path):
    files = Files(tmp_path / "files")
    assert otm("register", files.protocol, actor=DESIGNER).code == 0
    loaded = otm("population", "load", files.population, "--protocol", files.protocol, "--synthetic", actor=DESIGNER)
    assert loaded.code == 0
    assert otm("lock", files.trial, actor=DESIGNER).code == 0
    assert "never amended" in otm("amend", files.trial, actor=DESIGNER).out
    assert otm("randomise", files.trial, actor=RANDOMISER).code == 0
    changed(files, (SECONDARY, SECONDARY + CALLED))
    refused = otm("amend", files.trial, files.protocol, actor=DESIGNER)
    assert (refused.code, "--reason TEXT" in refused.err) == (2, True)
    proposed = otm("amend", files.trial, files.protocol, "--reason", WHY, actor=DESIGNER)
    assert proposed.code == 0
    assert "outcomes, called" in proposed.out
    assert f"otm amend {files.trial} --confirm 1" in proposed.err
    assert otm("amend", files.trial, "--confirm", "1", actor=DESIGNER).code == 2
    assert otm("amend", files.trial, "--confirm", "1", actor=RANDOMISER).code == 2
    confirmed = otm("amend", files.trial, "--confirm", "1", "--json", "-", actor=ANALYST)
    (record,) = json.loads(confirmed.out)["amendments"]
    assert (record["in_force"], record["effect"], record["confirmed_by"]) == (True, "unplanned", "An Analyst")
    assert [change["path"] for change in record["changes"]] == [["outcomes", "called"]]
    assert json.loads(otm("amend", files.trial, "--json", "-").out)["amendments"] == [record]
    later = "2099-01-01"
    write_csv(files.outcomes, called(files))
    assert otm("outcomes", "load", files.trial, files.outcomes, "--as-at", later, actor=ANALYST).code == 0
    evaluated = otm("evaluate", files.trial, actor=ANALYST)
    assert evaluated.code == 0
    assert "Unplanned: Called the helpline" in evaluated.out
    for command in (("trials",), ("certificate", files.trial)):
        said = otm(*command)
        assert WHY in said.out + said.err, command
    listed = json.loads(otm("trials", "--json", "-").out)["trials"]
    assert [trial["amendments"] for trial in listed] == [[record]]
    certified = json.loads(otm("certificate", files.trial, "--json", "-").out)
    assert certified["amendments"] == [record]
    document = json.loads(otm("evaluate", files.trial, "--json", "-").out)
    assert [of["reason"] for of in document["amendments"]] == [WHY]
    assert {row["outcome"] for row in document["unplanned"]["estimates"]} == {"called"}
    assert otm("verify", files.trial, actor=ANALYST).code == 0


def test_a_withdrawal_says_why_and_one_thing_is_asked_at_a_time(otm, tmp_path):
    files = Files(tmp_path / "files")
    otm("register", files.protocol)
    otm("population", "load", files.population, "--protocol", files.protocol, "--synthetic")
    otm("lock", files.trial)
    changed(files, ("title: ", "title: Our "))
    assert otm("amend", files.trial, files.protocol, "--reason", WHY, "--confirm", "1").code == 2
    assert otm("amend", files.trial, "--withdraw", "too early", "--amendment", "1").code == 2
    assert otm("amend", files.trial, files.protocol, "--reason", WHY).code == 0
    assert otm("amend", files.trial, "--withdraw", " ", "--amendment", "1").code == 2
    withdrawn = otm("amend", files.trial, "--withdraw", "too early", "--amendment", "1", "--json", "-")
    assert json.loads(withdrawn.out)["amendments"][0]["withdrawn_at"] is not None
    assert "withdrawn by local" in otm("amend", files.trial).out
    assert otm("amend", "no-such-trial").code == 2
