from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from trials.cli.commands import application

PROTOCOL = {
    "schema": 1,
    "id": "sizing",
    "title": "Sizing",
    "hypothesis": "A letter helps.",
    "population": {"unit": "customer_id"},
    "arms": [{"id": name, "label": name, "kind": kind} for name, kind in (("nfa", "nfa"), ("letter", "otm"))],
    "randomisation": {"method": "external", "arm_column": "arm"},
    "outcomes": [
        {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "baseline": 0.34,
         "minimum_effect": 0.02}
    ],
    "analysis": {"adjustment": "none", "standard_errors": "HC2"},
}  # fmt: skip


@pytest.fixture
def protocol(tmp_path):
    file = tmp_path / "sizing.yaml"
    file.write_text(json.dumps(PROTOCOL))
    return file


def test_the_pinned_size_comes_out_as_json(protocol):
    """34% against 36% with 80% power at 5%: 8,925 customers an arm, by the unpooled normal approximation."""
    done = CliRunner().invoke(
        application(), ["power", str(protocol), "--customers", "17850", "--json", "-"], catch_exceptions=False
    )
    (row,) = json.loads(done.stdout)["outcomes"]
    assert (row["outcome"], row["arm"], row["n_per_arm"]) == ("paid", "letter", 8925)
    assert row["power"] == pytest.approx(0.8, abs=1e-4)
    assert row["minimum_detectable_effect"] == pytest.approx(0.02, abs=1e-5)


def test_people_get_a_table_and_what_is_missing_is_said(protocol):
    done = CliRunner().invoke(application(), ["power", str(protocol)], catch_exceptions=False)
    assert "8,925" in done.stdout
    assert "the number of customers is not known yet" in done.stdout


def test_a_size_beyond_arithmetic_is_refused(otm, files):
    extremes = ("alpha: 1.0e-300, power: 0.9999999999999999", "alpha: 0.05, power: 0.9999999999999999")
    for effect, extreme in (("0.02", extremes[0]), ("1.0e-200", extremes[1])):
        plan = files.protocol.read_text("utf-8")
        plan = plan.replace("analysis: {", f"analysis: {{{extreme}, ", 1)
        sized = f"direction: increase, day: 23, baseline: 0.3, minimum_effect: {effect}"
        (files.folder / "extreme.yaml").write_text(plan.replace("direction: increase, day: 23", sized, 1), "utf-8")
        asked = otm("power", files.folder / "extreme.yaml")
        assert asked.code == 2, asked
        assert "no sample is large enough to be counted" in asked.err
