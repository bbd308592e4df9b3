"""Situations of the folder of cases that take several commands: the steps as they stand there, and what is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trials.cli.conftest import Otm
from tests.trials.examples import SEED


@pytest.fixture
def cases(reference_data: Path) -> Path:
    return reference_data.parent / "cases"


def drawn(otm: Otm, plan: Path, population: Path, trial: str) -> None:
    for command in (
        ["register", plan],
        ["population", "load", population, "--protocol", plan, "--synthetic"],
        ["lock", trial],
        ["randomise", trial, "--demonstration-seed", SEED],
    ):
        done = otm(*command)
        assert done.code == 0, done.err


def listed(otm: Otm, folder: Path, trial: str, arm: str, *columns: str) -> Path:
    chosen = [word for column in columns for word in ("--column", column)]
    done = otm("issue", trial, "--arm", arm, "--out", folder / "lists", *chosen)
    assert done.code == 0, done.err
    (path,) = (folder / "lists").glob(f"{trial}*.csv")
    return path


def test_balance_on_a_total_is_refused_at_the_lock(otm: Otm, cases: Path) -> None:
    """13: of two amounts and their sum one follows from the others."""
    folder = cases / "13-rerandomise-on-a-total"
    otm("register", folder / "p.yaml")
    otm("population", "load", folder / "population.csv", "--protocol", folder / "p.yaml")
    for check in ([], ["--check"]):
        refused = otm("lock", "balance-on-a-total", *check)
        assert refused.code == 2
        assert "owed, paid_before, both: the covariates to balance are collinear" in refused.err
        assert "follow from the others" in refused.err
    assert otm("randomise", "balance-on-a-total").code == 2


@pytest.mark.parametrize(
    ("name", "plan", "trial", "customers", "letters", "power"),
    [
        ("18-power-with-a-hold-out", "held_half.yaml", "held-half", 1000, 250, 0.6286),
        ("18-power-with-a-hold-out", "held_fifth.yaml", "held-fifth", 1000, 400, 0.7424),
        ("19-power-with-saturations", "p.yaml", "three-saturations", 1440, 270, 0.7632),
    ],
)
def test_power_is_that_of_the_customers_who_get_the_letter(
    otm: Otm, cases: Path, tmp_path: Path, name: str, plan: str, trial: str, customers: int, letters: int, power: float
) -> None:
    """18 and 19: what is held out, or not treated, is not in the arm; the power by `reference.py` of each."""
    folder = cases / name
    (row,) = json.loads(otm("power", folder / plan, "--customers", customers, "--json", "-").out)["outcomes"]
    assert row["expected_in_arm"] == letters
    assert row["power"] == pytest.approx(power, abs=5e-5)
    drawn(otm, folder / plan, folder / "population.csv", trial)
    lines = listed(otm, tmp_path, trial, "letter").read_text(encoding="utf-8").splitlines()
    assert len(lines) - 1 == letters


@pytest.mark.parametrize(
    ("name", "plan", "customers", "needed", "power"),
    [
        ("06-power-with-few-large-clusters", "clusters_of_500.yaml", 3000, 1500, 0.93),
        ("06-power-with-few-large-clusters", "clusters_of_1000.yaml", 4000, 9000, 0.14),
        ("17-power-of-a-handful", "p.yaml", 8, 6, 0.657),
        ("17-power-of-a-handful", "p.yaml", 10, 6, 0.790),
    ],
)
def test_power_of_few_units_is_students(
    otm: Otm, cases: Path, name: str, plan: str, customers: int, needed: int, power: float
) -> None:
    """06 and 17, by `reference.py` of each: whole clusters, and t on the units less two."""
    (row,) = json.loads(otm("power", cases / name / plan, "--customers", customers, "--json", "-").out)["outcomes"]
    assert (row["n_per_arm"], row["n_comparison"]) == (needed, needed)
    assert row["power"] == pytest.approx(power, abs=5e-4 if power != round(power, 2) else 5e-3)


@pytest.mark.parametrize(
    ("plan", "reached"), [("above", "1.1"), ("just_above", "1.03"), ("from_one", "1.02"), ("below", "-0.01")]
)
def test_power_for_an_impossible_effect_is_refused(otm: Otm, cases: Path, plan: str, reached: str) -> None:
    """07: a baseline and an effect that leave 0 to 1; both keys are named, by the check and by the power alike."""
    file = cases / "07-power-for-an-impossible-effect" / f"{plan}.yaml"
    for command in (("protocol", "check", file), ("power", file, "--customers", 2000, "--json", "-")):
        asked = otm(*command)
        assert asked.code == 2
        assert "minimum_effect" in asked.err
        assert "baseline" in asked.err
        assert reached in asked.err


def test_contacts_that_are_corrected(otm: Otm, cases: Path, tmp_path: Path) -> None:
    """52: two in three received it, and the effect of 0.10 among all is 0.15 among those reached."""
    folder = cases / "field-trial"
    population, trial = folder / "population.csv", "text-reminder"
    drawn(otm, folder / "p.yaml", population, trial)
    issued = listed(otm, tmp_path, trial, "text", "mobile", "ref")
    files = {}
    for kind in ("contacts", "contacts_bounced", "outcomes"):
        files[kind] = tmp_path / f"{kind}.csv"
        made = [sys.executable, folder / "made.py", kind, population, issued, files[kind]]
        subprocess.run(made, check=True)
    assert otm("contacts", "load", trial, files["contacts"]).code == 0
    asked = otm("contacts", "load", trial, files["contacts_bounced"])
    assert (asked.code, "--correct (its customers' rows replace theirs)" in asked.err) == (2, True)
    assert otm("contacts", "load", trial, files["contacts_bounced"], "--correct").code == 0
    assert otm("outcomes", "load", trial, files["outcomes"], "--as-at", "2099-01-01").code == 0
    document = json.loads(otm("evaluate", trial, "--json", "-").out)
    (reached,) = [row for row in document["estimates"] if (row["outcome"], row["estimand"]) == ("paid", "complier")]
    assert reached["estimate"] == pytest.approx(0.10 / (2 / 3), abs=1e-9)
    assert reached["note"].startswith("receipt differs by 0.667,")
