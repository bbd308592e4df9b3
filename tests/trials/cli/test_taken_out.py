"""Whatever takes rows of customers out is in the audit chain: who, of what, how many, why; and never whose they are."""

from __future__ import annotations

import csv
import stat

from tests.trials import tampering
from tests.trials.examples import write_csv


def read(path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


RANDOMISER = "A Randomiser:randomiser"


def taken_out(registry) -> list[dict]:
    events = tampering.chain(registry)
    return [event | event["detail"] for event in events if event["action"] == "take_out"]


def test_the_units_of_a_certificate(otm, done, tmp_path):
    file, trial = tmp_path / "units.csv", done.files.trial
    assert otm("certificate", trial, actor=RANDOMISER).code == 0
    assert taken_out(done.registry) == []
    asked = otm("certificate", trial, "--population", file, "--reason", "for the auditor", actor=RANDOMISER)
    assert asked.code == 0, asked.err
    (event,) = taken_out(done.registry)
    rows = read(file)
    assert (event["actor"], event["role"], event["trial_id"]) == ("A Randomiser", "randomiser", trial)
    assert (event["what"], event["rows_taken"], event["reason"]) == ("units of wave 1", len(rows), "for the auditor")
    assert not any(row["id"] in str(event) for row in rows)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    refused = otm("certificate", trial, "--population", file, actor="An Analyst:analyst")
    assert (refused.code, len(taken_out(done.registry))) == (2, 1)


def test_the_reasons_of_rejected_rows(otm, done, tmp_path):
    files, why = done.files, tmp_path / "why.csv"
    spoilt = [row | {"customer_id": "=1+1"} if at == 4 else row for at, row in enumerate(files.customers)]
    population = write_csv(tmp_path / "spoilt.csv", spoilt)
    loaded = otm("population", "load", population, "--protocol", files.protocol, "--synthetic", "--rejections", why)
    assert loaded.code == 0, loaded.err
    command = ("outcomes", "load", files.trial, files.outcomes, "--replace", "--as-at", "2099-01-01")
    assert otm(*command).code == 0
    assert otm(*command, "--rejections", why).code == 0
    population_event, outcomes_event = taken_out(done.registry)
    assert (population_event["use_case"], population_event["trial_id"]) == ("load_population", None)
    assert (outcomes_event["use_case"], outcomes_event["trial_id"]) == ("load_outcomes", files.trial)
    assert outcomes_event["rows_taken"] == len(read(why))


def test_nothing_leaves_that_cannot_be_recorded(otm, done, tmp_path):
    tampering.run(done.registry, "DELETE FROM audit_event WHERE sequence = (SELECT max(sequence) FROM audit_event)")
    asked = otm("certificate", done.files.trial, "--population", tmp_path / "units.csv")
    assert (asked.code, (tmp_path / "units.csv").exists()) == (2, False), asked.err
