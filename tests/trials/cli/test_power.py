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


VALUED = {
    **PROTOCOL,
    "arms": [*PROTOCOL["arms"][:1], {**PROTOCOL["arms"][1], "cost_per_customer": 0.85}],
    "outcomes": [
        *PROTOCOL["outcomes"],
        {"id": "complained", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.002,
         "baseline": 0.01},
    ],
    "decision": {"benefits": [{"outcome": "paid", "value": 50}]},
}  # fmt: skip


@pytest.fixture
def audited(tmp_path):
    file = tmp_path / "audited.yaml"
    file.write_text(json.dumps(VALUED))
    return file


@pytest.mark.requirement("S16")
def test_the_chance_of_each_verdict_comes_out_as_json(audited):
    """The audited trial: 75% to 80% power for its effect, and a 1% chance of `scale`."""
    done = CliRunner().invoke(
        application(), ["power", str(audited), "--customers", "17850", "--json", "-"], catch_exceptions=False
    )
    verdicts = json.loads(done.stdout)["verdicts"]
    found = verdicts["found"]
    chances = found["verdicts"]
    assert set(chances) == {"scale", "scale_segment", "no_further_action", "not_shown"}
    assert 0.004 < chances["scale"]["value"] < 0.03
    assert (found["draws"], found["customers"], found["effects"]) == (2000, 17_850, {"letter": pytest.approx(0.02)})
    assert chances["scale"]["monte_carlo_error"] == pytest.approx((0.0165 * 0.9835 / 2000) ** 0.5, rel=0.5)
    assert 700_000 < verdicts["customers_for_scale"] < 950_000


@pytest.mark.requirement("S16")
def test_a_trial_that_hardly_ever_scales_says_so_and_which_size_would(audited):
    done = CliRunner().invoke(application(), ["power", str(audited), "--customers", "17850"], catch_exceptions=False)
    said = " ".join(done.output.split())
    assert "With 17,850 customers the trial hardly ever ends in scaling an approach" in said
    assert "It would in 80.0% of trials from about 8" in said
    assert "2,000 draws" in said
    assert "What a customer does in one outcome says nothing of another." in said


def test_a_plan_that_values_nothing_is_told_that_it_scales_nothing(protocol):
    done = CliRunner().invoke(application(), ["power", str(protocol), "--customers", "9000"], catch_exceptions=False)
    assert "No such trial ends in scaling an approach, however large it is" in " ".join(done.output.split())


def test_chances_that_do_not_follow_are_said(tmp_path):
    plan = {**VALUED, "outcomes": [{k: v for k, v in o.items() if k != "minimum_effect"} for o in VALUED["outcomes"]]}
    file = tmp_path / "plan.yaml"
    file.write_text(json.dumps(plan))
    done = CliRunner().invoke(application(), ["power", str(file), "--customers", "9000"], catch_exceptions=False)
    assert "How often such a trial ends in each verdict is not known" in " ".join(done.output.split())
    few = CliRunner().invoke(application(), ["power", str(file), "--customers", "3", "--json", "-"])
    assert few.exit_code == 0


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
