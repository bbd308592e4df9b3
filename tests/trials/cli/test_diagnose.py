from __future__ import annotations

import json

import pytest

from tests.trials.cli.test_power import PROTOCOL


@pytest.fixture
def protocol(tmp_path):
    file = tmp_path / "sizing.yaml"
    file.write_text(json.dumps(PROTOCOL))
    return file


def test_a_plan_is_diagnosed_as_json_and_in_words(otm, protocol):
    asked = ("diagnose", protocol, "--customers", 600, "--replicates", 3, "--seed", 5, "--workers", 1)
    found = json.loads(otm(*asked, "--json", "-").out)
    assert found["simulated"] is True
    assert (found["trial"], found["customers"], found["replicates"], found["seed"]) == ("sizing", 600, 3, 5)
    assert [at["truth"] for at in found["truths"]] == ["none", "low", "central", "high"]
    central = found["truths"][2]
    assert central["effects"][0]["truth"] == pytest.approx(0.02)
    assert sum(held["value"] for held in central["verdicts"].values()) == pytest.approx(1)
    assert json.loads(otm(*asked, "--json", "-").out) == found
    said = otm(*asked)
    assert "Simulated: no customer is in it." in said.out
    assert "scale to everyone" in said.out
    assert "Every contact reaches its customer." in said.out
    assert "all take about" in said.err


def test_what_no_trial_can_have_is_refused(otm, protocol):
    asked = otm("diagnose", protocol, "--missing", 1.2)
    assert (asked.code, asked.out) == (2, "")
    assert "cannot be missing" in asked.err
    few = otm("diagnose", protocol, "--customers", 5)
    assert few.code == 2
    assert "is not simulated" in few.err
